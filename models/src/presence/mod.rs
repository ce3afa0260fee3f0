//! Whether tagged units are where they should be: what antennas read and what the ledger says, made into chances.
//!
//! `tag` follows one tag; `count` adds tags up to a number of units with an interval.

mod count;
mod tag;

pub use count::{Count, count};
pub use tag::{Hazards, Likelihoods, RATES, Reads, SHELVES_MAX, Tag, Word};
