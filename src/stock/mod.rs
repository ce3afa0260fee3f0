//! The ledger: movements are added, never changed; levels follow from them in the same transaction.

pub mod count;
pub mod fefo;
pub mod http;
pub mod import;
pub mod level;
pub mod lot;
pub mod movement;
mod record;
pub mod shelf_life;
mod store;

pub use record::record;
