//! What is counted of one article on measured days, in whole units.

use super::SimulateError;

/// Counts of one article over the measured days.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Base units asked for.
    pub requested: i64,
    /// Base units handed out; the rest was lost.
    pub issued: i64,
    /// Base units on the shelf, summed over the evenings.
    pub unit_days: i64,
    /// Base units that expired on the shelf.
    pub expired: i64,
    /// Evenings with an empty shelf.
    pub empty_days: i64,
    /// Order lines placed.
    pub lines: i64,
    /// Packs ordered.
    pub packs: i64,
}

impl Tally {
    /// Base units asked for and not handed out.
    pub fn unmet(&self) -> i64 {
        self.requested - self.issued
    }

    pub(crate) fn count_day(&mut self, asked: i64, issued: i64, left: i64, expired: i64) -> Result<(), SimulateError> {
        add(&mut self.requested, asked)?;
        add(&mut self.issued, issued)?;
        add(&mut self.unit_days, left)?;
        add(&mut self.expired, expired)?;
        add(&mut self.empty_days, i64::from(left == 0))
    }

    pub(crate) fn count_line(&mut self, packs: i64) -> Result<(), SimulateError> {
        add(&mut self.lines, 1)?;
        add(&mut self.packs, packs)
    }
}

/// Adds, or says that 64 bits are not enough.
pub(crate) fn add(sum: &mut i64, more: i64) -> Result<(), SimulateError> {
    *sum = sum.checked_add(more).ok_or(SimulateError::TooLarge)?;
    Ok(())
}
