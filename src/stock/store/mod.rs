//! The tables of movements, levels and lots; reads join what they need.

mod figures;
mod ledger;
mod lots;
mod projection;

pub(super) use figures::*;
pub(super) use ledger::*;
pub(super) use lots::*;
pub(super) use projection::*;
