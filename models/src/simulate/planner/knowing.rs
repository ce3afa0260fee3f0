//! `wardstock-true`: the same planner, told the laws that demand and lead times are drawn from.

use super::{Knobs, question};
use crate::levels::advise;
use crate::simulate::SimulateError;
use crate::simulate::book::Book;
use crate::simulate::policy::Policy;
use crate::simulate::truth::Truth;

/// What forecasting costs is how far the planner stays behind this one; nobody can have it in a real hospital.
#[derive(Debug)]
pub struct Knowing {
    knobs: Knobs,
    truths: Vec<Truth>,
}

impl Knowing {
    /// - `truths`: one per article of the world walked.
    pub fn new(knobs: Knobs, truths: Vec<Truth>) -> Self {
        Self { knobs, truths }
    }
}

impl Policy for Knowing {
    fn units(&mut self, book: &Book<'_>) -> Result<Vec<i64>, SimulateError> {
        let rows = book.pages.iter().zip(&self.truths);
        rows.map(|(page, truth)| {
            let demand = truth.demand_from(page.day + 1)?;
            // An order of this evening that arrives n days later meets the demand of n - 1 days before it.
            let lead: Vec<(usize, f64)> = truth.lead_days.iter().map(|&(days, chance)| (days.saturating_sub(1), chance)).collect();
            Ok(question::of(page, &demand, &lead, self.knobs, advise).units)
        })
        .collect()
    }
}
