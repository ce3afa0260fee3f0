//! `wardstock`: our planner in the closed loop: records of demand, forecast, law of lead times, levels, orders.
//!
//! Nothing couples the articles of a world, so what the service orders today is each article's own advice
//! (`crate::levels`), and no plan is solved. A test holds the two together (`models/tests/plan/today.rs`).

mod instance;
mod knowing;
mod learned;
mod question;
mod scarce;

use super::SimulateError;
use super::book::{Book, Page};
use super::policy::Policy;
use crate::convert::count_to_f64;
use crate::levels::{Demand, DemandPool, DemandRecord, advise};
use crate::plan::Risk;
use instance::Known;
pub use knowing::Knowing;
use learned::Learned;
pub use scarce::Allocation;

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
    /// How money is shared out where there is too little.
    pub allocation: Allocation,
    /// Order what a plan by weeks with this risk form orders at once, without the levels by the day. `None`: the levels.
    pub form: Option<Risk>,
}

impl Default for Knobs {
    fn default() -> Self {
        use crate::plan::standard::{LINE_COST, SHORTAGE_PRICE_MIN};
        Self { line_cost: LINE_COST, price_floor: SHORTAGE_PRICE_MIN, shortage_factor: 1.0, allocation: Allocation::default(), form: None }
    }
}

/// Our planner as a policy.
#[derive(Debug)]
pub struct Wardstock {
    knobs: Knobs,
    learned: Option<Learned>,
    /// One per article, up to the last review.
    records: Vec<DemandRecord>,
    /// Rank of each article's line when money is short: see [`Policy::rank`].
    ranks: std::collections::BTreeMap<String, f64>,
}

impl Wardstock {
    /// A planner that has learned nothing yet.
    pub fn new(knobs: Knobs) -> Self {
        Self { knobs, learned: None, records: Vec::new(), ranks: std::collections::BTreeMap::new() }
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
        let (mut rows, mut demands) = (Vec::with_capacity(forecasts.len()), Vec::with_capacity(forecasts.len()));
        for ((page, forecast), record) in book.pages.iter().zip(&forecasts).zip(&self.records) {
            let demand = question::demand(page, forecast, record, &pool);
            let lead_days = learned.lead_days(&page.article.supplier);
            let advice = question::of(page, &demand, lead_days, self.knobs, advise);
            rows.push(Known { page, forecast, advice, lead_days });
            demands.push(demand);
        }
        let units = self.within_budget(book, &rows, &demands)?;
        self.ranks = rows.iter().map(|row| (row.page.article.id.clone(), self.rank_of(row))).collect();
        Ok(units)
    }

    fn rank(&self, page: &Page<'_>) -> f64 {
        self.ranks.get(&page.article.id).copied().unwrap_or(0.0)
    }
}

impl Wardstock {
    /// What to order, with the money that there is.
    fn within_budget(&self, book: &Book<'_>, rows: &[Known<'_>], demands: &[Demand]) -> Result<Vec<i64>, SimulateError> {
        match book.purse {
            purse if self.knobs.form.is_some() => scarce::planned(rows, purse, book, self.knobs),
            None => Ok(rows.iter().map(|row| row.advice.units).collect()),
            purse if self.knobs.allocation == Allocation::Plan => scarce::planned(rows, purse, book, self.knobs),
            Some(purse) => Ok(scarce::priced(rows, demands, purse, self.knobs, |row| self.rank_of(row))),
        }
    }

    /// The emptier against its reorder level and the dearer its shortage per money, the sooner.
    fn rank_of(&self, row: &Known<'_>) -> f64 {
        let worth = scarce::worth(row.page, self.knobs);
        let left = count_to_f64(row.advice.position) / row.advice.reorder_level.unwrap_or(0.0).max(1.0);
        (left + 0.25) / worth.max(1e-9)
    }
}
