//! When to order one item again and up to which level, day by day: the optimal (s, S) under uncertain demand and
//! lead times.
//!
//! A plan counts in weeks and sees the future of all items together; whether an item must be ordered *today* is
//! decided in days and by risk. [`advise`] answers that for one item: the reorder level s, the order-up-to level S,
//! and what to order now. What it knows that a rule of thumb doesn't:
//! - the law of demand over any number of days ([`Demand`]), own ones for items asked for now and then;
//! - the law of the lead time with its tail of late deliveries, and that a late delivery can be replaced by a fresh
//!   order (`lead`), which needs less stock than waiting for it;
//! - shortage is charged once, to the days between the arrival of an order placed now and one placed at the next
//!   review; holding, the line and what would expire are weighed against it (`search`).
//!
//! `docs/optimiser.md` has the mathematics, `docs/planner-figures.md` what each part brought in simulation.

mod demand;
mod law;
mod lead;
mod lumpy;
mod record;
mod search;
mod wander;

pub use demand::{Demand, SmoothDemand};
pub use lead::OpenOrder;
pub use lumpy::LumpyDemand;
pub use record::{DemandPool, DemandRecord};

use crate::convert::{ceil_to_count, count_to_f64, length_to_f64, round_to_count};
use crate::distribution::special::gamma_cdf;
use law::{CELLS, Grid};
use lead::Lead;

/// Longest lot looked at, days of demand.
const LOT_DAYS_MAX: f64 = 365.0;

/// What one unit, one line and one day cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    /// Money per unit and day on the shelf.
    pub holding_per_day: f64,
    /// Money per unit asked for and not there.
    pub shortage: f64,
    /// Money per order line.
    pub line: f64,
    /// Money per unit that expires: its price and its disposal.
    pub expired: f64,
    /// Days from arrival to expiry. `None`: does not expire.
    pub shelf_life_days: Option<usize>,
    /// Units of a pack, at least 1.
    pub units_per_pack: i64,
    /// Packs of the smallest order, at least 1.
    pub moq_packs: i64,
}

/// Units on the shelf that expire together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lot {
    /// Base units.
    pub units: i64,
    /// Days on which they can still be used. `None`: does not expire.
    pub days_left: Option<usize>,
}

/// One item on the evening of a review.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Demand from tomorrow on.
    pub demand: &'a Demand,
    /// `(days, probability)`: whole days of demand between this evening and the arrival of an order placed now.
    pub lead_days: &'a [(usize, f64)],
    /// Days to the next review, at least 1.
    pub review_days: usize,
    /// Costs.
    pub terms: Terms,
    /// Usable units on the shelf, first to expire first, with the days they can still be used.
    pub lots: &'a [Lot],
    /// Orders on their way.
    pub open: &'a [OpenOrder],
}

/// The answer, in base units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OrderAdvice {
    /// s: order when the position is at or below it. `None`: not worth keeping in stock.
    pub reorder_level: Option<f64>,
    /// S: order up to about here.
    pub up_to_level: f64,
    /// On hand and on order, without what will expire unused before more can come, and late orders better replaced.
    pub position: i64,
    /// On order, late, and not counted in the position.
    pub replaced: i64,
    /// Units to order now: whole packs, 0 above the reorder level.
    pub units: i64,
    /// Days of mean demand until the position reaches the reorder level; 0 when it has.
    pub days_to_reorder: f64,
    /// Units expected to be missing before the next delivery: only a faster one can change that.
    pub short_before_delivery: f64,
    /// Expected money per day of following these levels, purchase aside.
    pub cost_per_day: f64,
    /// Money that one pack more than `units` would cost in the long run. `None`: nothing is ordered.
    pub one_pack_more: Option<f64>,
    /// The same for one pack less. `None`: nothing is ordered, or with one pack less the item would stay due.
    pub one_pack_less: Option<f64>,
}

/// Should this item be ordered now, and how much?
///
/// With `n` the days of demand before an order placed now arrives (a law), `R` the days between reviews, `D(n)` demand
/// over n days and `y` the position after ordering, a review period costs
/// `G(y) = h R (E[(y - D(n))+] + E[(y - D(n + R))+]) / 2 + b (E[(D(n + R) - y)+] - E[(D(n) - y)+])`,
/// and an order up to S costs the line and what is expected to expire of it, `x E[(S - D(shelf life))+]`. s and S
/// minimise the mean cost per period over the renewal process of demand (`search`).
///
/// - `question`: units at least 0; probabilities of `lead_days` add up to 1.
///
/// Returns finite values; the same question gives the same answer. Nothing is ordered of an item without demand.
///
/// # Source
/// Zheng, Federgruen: Finding optimal (s, S) policies is about as simple as evaluating a single policy, Operations
/// Research 39 (1991); shortage charged per order until its arrival: `optimiser.md` 14 (c).
pub fn advise(question: &Question<'_>) -> OrderAdvice {
    let Question { demand, terms, .. } = *question;
    let review_days = question.review_days.max(1);
    let all: i64 = question.open.iter().map(|order| order.units).sum();
    let rate = demand.mean_per_day();
    let horizon = mean_days(question.lead_days) + length_to_f64(review_days);
    let on_hand = lasting(question.lots, rate, horizon);
    let position = on_hand.saturating_add(all);
    if rate <= 1e-9 || question.lead_days.is_empty() {
        return OrderAdvice {
            reorder_level: None,
            up_to_level: 0.0,
            position,
            replaced: 0,
            units: 0,
            days_to_reorder: f64::INFINITY,
            short_before_delivery: 0.0,
            cost_per_day: 0.0,
            one_pack_more: None,
            one_pack_less: None,
        };
    }
    let lead = Lead::new(question.lead_days, review_days);
    let grid = grid(demand, terms, rate, lead.longest() + review_days);
    let mut laws = demand.laws(grid, lead.longest() + review_days);
    let costs = search::PeriodCosts::new(&mut laws, &lead, review_days, terms);
    let lost = |cell: usize| terms.expired * expected_expiry(demand, terms, grid.units(cell));
    let found = search::levels(&costs, terms.line, &lost);
    let reorder_level = found.reorder.map(|cell| grid.units(cell) + 0.5 * (grid.unit() - 1.0));
    let up_to_level = grid.units(found.up_to);
    let threshold = reorder_level.unwrap_or(-1.0);
    let more = lead::Replacement {
        rate,
        reorder: threshold,
        up_to: up_to_level,
        holding_per_day: terms.holding_per_day,
        shortage: terms.shortage,
    };
    let late = if count_to_f64(position) > threshold {
        let waste = |extra: f64| {
            terms.expired * (expected_expiry(demand, terms, up_to_level + extra) - expected_expiry(demand, terms, up_to_level))
        };
        lead.better_replaced(&mut laws, on_hand, question.open, more, &waste)
    } else {
        0
    };
    let counted = position - late;
    let above = count_to_f64(counted) - threshold;
    let units = if above <= 0.0 { whole_packs(up_to_level - count_to_f64(counted), terms) } else { 0 };
    let keep = found.reorder.map_or(0, |cell| cell + 1);
    let ordered = |more: i64| {
        let after = count_to_f64(counted + units + more);
        let lost = terms.expired * expected_expiry(demand, terms, after);
        (after > threshold).then(|| costs.of_starting_at(after / grid.unit(), keep, found.cost) + lost)
    };
    let changed = |more: i64| if units > 0 { Some(ordered(more)? - ordered(0)?) } else { None };
    let pack = terms.units_per_pack.max(1);
    OrderAdvice {
        reorder_level,
        up_to_level,
        position: counted,
        replaced: late,
        units,
        days_to_reorder: (above / rate).max(0.0),
        short_before_delivery: lead.short_before_delivery(&mut laws, on_hand, question.open),
        cost_per_day: found.cost / length_to_f64(review_days),
        one_pack_more: changed(pack),
        one_pack_less: if units > pack * terms.moq_packs.max(1) { changed(-pack) } else { None },
    }
}

fn mean_days(lead_days: &[(usize, f64)]) -> f64 {
    lead_days.iter().map(|(days, chance)| length_to_f64(*days) * chance).sum()
}

/// Units on hand without those that are expected to expire before an order of the next review arrives: of a lot that
/// expires within `horizon` days only what demand can use up by then counts.
fn lasting(lots: &[Lot], rate: f64, horizon: f64) -> i64 {
    let mut counted = 0_i64;
    for lot in lots {
        let days = lot.days_left.map(length_to_f64).filter(|days| *days < horizon);
        let usable = days.map_or(lot.units, |days| lot.units.min((round_to_count(rate * days) - counted).max(0)));
        counted = counted.saturating_add(usable);
    }
    counted
}

/// Whole packs nearest to what is missing, at least the smallest order.
fn whole_packs(missing: f64, terms: Terms) -> i64 {
    let pack = terms.units_per_pack.max(1);
    round_to_count(missing / count_to_f64(pack)).max(terms.moq_packs.max(1)).saturating_mul(pack)
}

/// A grid that reaches beyond any sensible order-up-to level.
fn grid(demand: &Demand, terms: Terms, rate: f64, days: usize) -> Grid {
    let spread = demand.variance(days).sqrt();
    let harris = (2.0 * terms.line * rate / terms.holding_per_day.max(1e-12)).sqrt();
    let usable = terms.shelf_life_days.map_or(f64::INFINITY, |life| rate * length_to_f64(life));
    let lot = harris.min(LOT_DAYS_MAX * rate).min(usable).max(count_to_f64(terms.units_per_pack.max(1)));
    let top = rate * length_to_f64(days) + 6.0 * spread + 2.0 * lot + 5.0;
    Grid::new(ceil_to_count(top / (length_to_f64(CELLS) - 2.0)).max(1))
}

/// Units expected to expire of a stock of `units` that nothing is added to.
///
/// `E[(u - D(life))+] = u F_k(u) - E[D] F_(k + 1)(u)` of a gamma law with shape k and the mean and variance that
/// demand has so far ahead ([`Demand::far`]).
fn expected_expiry(demand: &Demand, terms: Terms, units: f64) -> f64 {
    let Some(life) = terms.shelf_life_days else { return 0.0 };
    let (mean, variance) = demand.far(life);
    let variance = variance.max(mean).max(1e-9);
    let (shape, scale) = (mean * mean / variance, variance / mean.max(1e-9));
    (units * gamma_cdf(shape, units / scale) - mean * gamma_cdf(shape + 1.0, units / scale)).max(0.0)
}

#[cfg(test)]
mod tests;
