//! Reads of the reports: one query per section, none in a loop, money with its currency.

pub(super) mod orders;
pub(super) mod plans;
pub(super) mod soundness;
pub(super) mod stock;
