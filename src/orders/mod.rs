//! Purchase orders: drafted from a plan, approved by a second person, sent, acknowledged, received, closed.

mod draft;
pub mod http;
pub mod import;
pub mod lead_time;
pub mod lifecycle;
pub mod order;
pub mod position;
pub mod receive;
mod store;

pub use draft::{Draft, DraftLine, draft};
pub use order::{OrderView, find, list, view};

#[cfg(test)]
mod tests;
