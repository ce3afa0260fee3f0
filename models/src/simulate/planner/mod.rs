//! `wardstock`: our planner in the closed loop: forecast, law of lead times, plan, order what period 0 says.

mod instance;
mod learned;

use super::SimulateError;
use super::book::Book;
use super::policy::Policy;
use crate::convert::period_to_index;
use crate::plan::standard::{LINE_COST, SHORTAGE_PRICE_MIN};
use crate::plan::{SolveLimits, solve};
use learned::Learned;

/// Days of a period of the plan: weeks, as the service plans, however often it is reviewed.
pub(super) const PERIOD_DAYS: usize = 7;
/// Articles planned in one solve: no limit couples them here, and small programs solve faster than in proportion.
const CHUNK: usize = 25;
/// Seconds that a solve may take; far above what it needs, so that no run depends on the machine.
const TIME_LIMIT_S: f64 = 600.0;

/// What can be set about the planner; the default is what the service plans with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Knobs {
    /// Money per order line in the plan.
    pub line_cost: f64,
    /// A missing unit costs at least as if it were worth this, money.
    pub price_floor: f64,
    /// Factor on what a missing unit costs in the plan; 1 is the cost that judges.
    pub shortage_factor: f64,
    /// Weeks of a plan.
    pub periods: u32,
    /// Days after which forecast errors and lead times are learned anew.
    pub learn_days: usize,
}

impl Default for Knobs {
    fn default() -> Self {
        Self { line_cost: LINE_COST, price_floor: SHORTAGE_PRICE_MIN, shortage_factor: 1.0, periods: 13, learn_days: 28 }
    }
}

/// Our planner as a policy.
#[derive(Debug)]
pub struct Wardstock {
    knobs: Knobs,
    learned: Option<Learned>,
}

impl Wardstock {
    /// A planner that has learned nothing yet.
    pub fn new(knobs: Knobs) -> Self {
        Self { knobs, learned: None }
    }
}

impl Policy for Wardstock {
    fn units(&mut self, book: &Book<'_>) -> Result<Vec<i64>, SimulateError> {
        let series = instance::series(book)?;
        if self.learned.as_ref().is_none_or(|learned| book.day >= learned.day + self.knobs.learn_days) {
            self.learned = Some(Learned::from(book, &series, self.knobs.periods)?);
        }
        let Some(learned) = &self.learned else { return Ok(Vec::new()) };
        let forecasts = learned.forecast(&series, self.knobs.periods)?;
        let mut wanted = vec![0; book.pages.len()];
        let rows = book.pages.iter().zip(&forecasts).collect::<Vec<_>>();
        for (chunk, wanted) in rows.chunks(CHUNK).zip(wanted.chunks_mut(CHUNK)) {
            let instance = instance::instance(chunk, learned, self.knobs);
            let limits = SolveLimits { time_limit_s: TIME_LIMIT_S, ..SolveLimits::default() };
            let planned = solve(&instance, &limits, &mut |_| true).map_err(|cause| SimulateError::Planner { what: cause.to_string() })?;
            for order in planned.orders.iter().filter(|order| order.period == 0) {
                // Ids are positions in the chunk.
                let row = order.offer.parse().unwrap_or(usize::MAX);
                if let (Some(units), Some((page, _))) = (wanted.get_mut(row), chunk.get(row)) {
                    *units = order.packs.saturating_mul(page.article.units_per_pack);
                }
            }
        }
        Ok(wanted)
    }
}

/// The knobs' periods as a length.
pub(super) fn horizon(periods: u32) -> usize {
    period_to_index(periods).max(1)
}
