//! The ledger under random operations: against a model in memory, the same on both databases, and summed up.
//!
//! `WARDSTOCK_MODEL_CASES` cases (60), `WARDSTOCK_MODEL_SEED` repeats them; `WARDSTOCK_OPERATIONS` operations that are summed up
//! (2,000).

mod model;
mod operations;
mod sums;
