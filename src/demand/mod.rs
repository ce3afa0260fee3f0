//! Demand: what was issued and asked for, how much an empty shelf hid, and what is forecast from it.

pub mod forecast;
pub mod history;
pub mod http;
pub mod import;
mod store;
