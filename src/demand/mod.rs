//! Demand: what was issued and asked for, how much an empty shelf hid, what people know of it, and what is forecast from it.

pub mod accuracy;
pub mod circumstances;
pub mod event;
pub mod flag;
pub mod forecast;
pub mod history;
pub mod holiday;
pub mod http;
pub mod import;
pub mod input;
pub mod paths;
pub mod record;
pub mod replay;
pub mod run;
mod shift;
mod store;
