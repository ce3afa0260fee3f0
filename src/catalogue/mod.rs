//! What is kept and from whom it can be bought: items, suppliers, offers, substitutes.

pub(crate) mod check;
pub mod http;
pub mod import;
pub mod item;
pub mod kept;
pub mod offer;
pub(crate) mod patch;
mod predecessor;
pub(crate) mod search;
mod store;
pub mod substitute;
pub mod supplier;
