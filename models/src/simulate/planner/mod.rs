//! `wardstock`: our planner in the closed loop: records of demand, forecast, law of lead times, levels, orders.
//!
//! Nothing couples the articles of a world, so what the service orders today is each article's own advice
//! (`crate::levels`), and no plan is solved. A test holds the two together (`models/tests/plan/today.rs`).

mod knowing;
mod learned;
mod question;

use super::SimulateError;
use super::book::Book;
use super::policy::Policy;
use crate::levels::{DemandPool, DemandRecord, advise};
pub use knowing::Knowing;
use learned::Learned;

/// Days of a period of the forecast: weeks, as the service plans, however often it is reviewed.
pub(super) const PERIOD_DAYS: usize = 7;
/// Weeks of a forecast.
pub(super) const PERIODS: usize = 13;
/// Days after which forecast errors and lead times are learned anew.
const LEARN_DAYS: usize = 28;

/// What can be set about the planner; the default is what the service plans with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Knobs {
    /// Money per order line in the plan.
    pub line_cost: f64,
    /// A missing unit costs at least as if it were worth this, money.
    pub price_floor: f64,
    /// Factor on what a missing unit costs in the plan; 1 is the cost that judges.
    pub shortage_factor: f64,
}

impl Default for Knobs {
    fn default() -> Self {
        use crate::plan::standard::{LINE_COST, SHORTAGE_PRICE_MIN};
        Self { line_cost: LINE_COST, price_floor: SHORTAGE_PRICE_MIN, shortage_factor: 1.0 }
    }
}

/// Our planner as a policy.
#[derive(Debug)]
pub struct Wardstock {
    knobs: Knobs,
    learned: Option<Learned>,
    /// One per article, up to the last review.
    records: Vec<DemandRecord>,
}

impl Wardstock {
    /// A planner that has learned nothing yet.
    pub fn new(knobs: Knobs) -> Self {
        Self { knobs, learned: None, records: Vec::new() }
    }
}

impl Policy for Wardstock {
    fn units(&mut self, book: &Book<'_>) -> Result<Vec<i64>, SimulateError> {
        let series = question::series(book)?;
        if self.learned.as_ref().is_none_or(|learned| book.day >= learned.day + LEARN_DAYS) {
            self.learned = Some(Learned::from(book, &series)?);
        }
        question::remember(&mut self.records, book);
        let pool = DemandPool::of(&self.records);
        let Some(learned) = &self.learned else { return Ok(Vec::new()) };
        let forecasts = learned.forecast(&series)?;
        let rows = book.pages.iter().zip(&forecasts).zip(&self.records);
        Ok(rows
            .map(|((page, forecast), record)| {
                let demand = question::demand(page, forecast, record, &pool);
                question::of(page, &demand, learned.lead_days(&page.article.supplier), self.knobs, advise).units
            })
            .collect())
    }
}
