//! What is kept and from whom it can be bought: items, suppliers, offers, substitutes.

pub mod item;
mod store;
