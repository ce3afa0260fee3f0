//! Ordering with too little money.

use super::instance::{Known, instance};
use super::{Knobs, PERIOD_DAYS, PERIODS, question};
use crate::convert::{count_to_f64, floor_to_count, length_to_f64};
use crate::levels::{Demand, OrderAdvice, Question, advise};
use crate::plan::{SolveLimits, solve};
use crate::simulate::SimulateError;
use crate::simulate::book::{Book, Page};
use crate::simulate::purse::Purse;

/// How scarce money is shared out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Allocation {
    /// By a plan of 13 weeks with the budget of each, as the service does: its lines that are due at once.
    #[default]
    Plan,
    /// By a price of money: levels as if each missing unit cost less by what its money is worth elsewhere.
    Priced,
}

/// A plan close enough to its bound.
const LIMITS: SolveLimits = SolveLimits { time_limit_s: 10.0, gap: 5e-3, threads: 1 };

/// Units by article: lines of the first week's plan that are due at once.
pub(super) fn planned(rows: &[Known<'_>], purse: Option<Purse>, book: &Book<'_>, knobs: Knobs) -> Result<Vec<i64>, SimulateError> {
    let question = instance(rows, purse, book.review_days, knobs);
    let failed = |cause: &dyn std::fmt::Display| SimulateError::Planner { what: cause.to_string() };
    let planned = solve(&question, &LIMITS, &mut |_| true).map_err(|cause| failed(&cause))?;
    let mut units = vec![0; rows.len()];
    for order in planned.orders.iter().filter(|order| order.period == 0 && order.day == 0) {
        let at: usize = order.offer.parse().map_err(|cause| failed(&cause))?;
        if let (Some(units), Some(row)) = (units.get_mut(at), rows.get(at)) {
            *units = order.packs.saturating_mul(row.page.article.units_per_pack);
        }
    }
    Ok(units)
}

/// What money is worth where there is too little of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scarcity {
    /// Money of shortage avoided by the last unit of money; 0 when money suffices.
    pub(super) price: f64,
    /// Share of all money that is left for articles worth just this price.
    pub(super) share: f64,
}

/// The price of money: at it, what is still worth buying costs what there is over the weeks looked at.
///
/// Articles are bought in the order of shortage cost per price, as in a knapsack with fractions; the price is that of
/// the first ones that are not bought in full, and these get what the better ones leave.
pub(super) fn scarcity(rows: &[Known<'_>], purse: Purse, review_days: usize, knobs: Knobs) -> Scarcity {
    let reviews = length_to_f64(PERIODS * PERIOD_DAYS) / length_to_f64(review_days.max(1));
    let all = count_to_f64(purse.left) / 100.0 + count_to_f64(purse.per_review) / 100.0 * (reviews - 1.0).max(0.0);
    let mut bids: Vec<(f64, f64)> = rows.iter().map(|row| (worth(row.page, knobs), need(row))).collect();
    bids.sort_by(|one, two| two.0.total_cmp(&one.0));
    let mut left = all;
    for alike in bids.chunk_by(|one, two| same(one.0, two.0)) {
        let before = left;
        left -= alike.iter().map(|one| one.1).sum::<f64>();
        if let (true, Some(first)) = (left < 0.0, alike.first()) {
            return Scarcity { price: first.0, share: before / all.max(1e-9) };
        }
    }
    Scarcity { price: 0.0, share: 1.0 }
}

fn same(one: f64, two: f64) -> bool {
    (one - two).abs() <= 1e-9 * one.max(two)
}

/// Money of shortage avoided per money spent.
pub(super) fn worth(page: &Page<'_>, knobs: Knobs) -> f64 {
    question::terms(page, knobs).shortage / page.article.unit_price().max(1e-9)
}

/// Money wanted over the weeks looked at.
fn need(row: &Known<'_>) -> f64 {
    let demand = row.forecast.sums.last().map_or(0.0, crate::distribution::Distribution::mean);
    let units = demand + row.advice.reorder_level.unwrap_or(0.0) - count_to_f64(row.advice.position);
    row.page.article.unit_price() * units.max(0.0)
}

/// Units by article at the price of money.
///
/// A unit of a better article is missed less by what its money is worth elsewhere; those worth just the price order as
/// usual from their share of the purse, by `rank` and in whole packs; worse ones nothing.
pub(super) fn priced(rows: &[Known<'_>], demands: &[Demand], purse: Purse, knobs: Knobs, rank: impl Fn(&Known<'_>) -> f64) -> Vec<i64> {
    let review_days = rows.first().map_or(1, |row| row.page.review_days);
    let Scarcity { price, share } = scarcity(rows, purse, review_days, knobs);
    let mut units: Vec<i64> = rows.iter().map(|row| row.advice.units).collect();
    if price <= 0.0 {
        return units;
    }
    let mut marginal = Vec::new();
    for ((at, row), (demand, units)) in rows.iter().enumerate().zip(demands.iter().zip(&mut units)) {
        let own = worth(row.page, knobs);
        if same(own, price) {
            if *units > 0 {
                marginal.push((rank(row), at));
            }
        } else {
            *units = if own > price { at_price(row, demand, knobs, price).units } else { 0 };
        }
    }
    marginal.sort_by(|one, two| one.0.total_cmp(&two.0));
    let mut left = share * count_to_f64(purse.left);
    for (_, at) in marginal {
        if let (Some(units), Some(row)) = (units.get_mut(at), rows.get(at)) {
            let article = row.page.article;
            let paid = floor_to_count(left / count_to_f64(article.price_minor.max(1)));
            let packs = paid.min(*units / article.units_per_pack.max(1));
            *units = if packs >= article.moq_packs { packs * article.units_per_pack } else { 0 };
            left -= count_to_f64(*units / article.units_per_pack.max(1)) * count_to_f64(article.price_minor);
        }
    }
    units
}

/// Advice when a unit not bought frees its money for another article.
fn at_price(row: &Known<'_>, demand: &Demand, knobs: Knobs, price: f64) -> OrderAdvice {
    question::of(row.page, demand, row.lead_days, knobs, |asked| {
        let mut terms = asked.terms;
        terms.shortage = (terms.shortage - price * row.page.article.unit_price()).max(0.0);
        advise(&Question { terms, ..*asked })
    })
}
