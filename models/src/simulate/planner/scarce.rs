//! Ordering with too little money.

use super::instance::{Known, instance};
use super::{Knobs, PERIOD_DAYS, PERIODS, question};
use crate::convert::{count_to_f64, length_to_f64};
use crate::levels::{Demand, OrderAdvice, Question, advise};
use crate::plan::{SolveLimits, solve};
use crate::simulate::SimulateError;
use crate::simulate::book::{Book, Page};
use crate::simulate::purse::Purse;

/// How scarce money is shared out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Allocation {
    /// By a plan of 13 weeks with the budget of each: its lines that are due at once.
    Plan,
    /// By a price of money: levels as if each missing unit cost less by what its money is worth elsewhere.
    #[default]
    Priced,
}

/// A plan close enough to its bound.
const LIMITS: SolveLimits = SolveLimits { time_limit_s: 10.0, gap: 5e-3, threads: 1 };

/// Units by article: lines of the first week's plan that are due at once.
pub(super) fn planned(rows: &[Known<'_>], purse: Purse, book: &Book<'_>, knobs: Knobs) -> Result<Vec<i64>, SimulateError> {
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

/// One article with what its money does.
struct Bid {
    /// Money of shortage avoided per money spent.
    worth: f64,
    /// Money wanted over the weeks looked at.
    need: f64,
}

/// The price of money: at it, what is still worth buying costs what there is over the weeks looked at.
///
/// Articles are bought in the order of shortage cost per price, as in a knapsack; the price is that of the first one
/// that is not bought in full, 0 when money suffices.
pub(super) fn price_of_money(rows: &[Known<'_>], purse: Purse, review_days: usize, knobs: Knobs) -> f64 {
    let reviews = length_to_f64(PERIODS * PERIOD_DAYS) / length_to_f64(review_days.max(1));
    let mut funds = count_to_f64(purse.left) / 100.0 + count_to_f64(purse.per_review) / 100.0 * (reviews - 1.0).max(0.0);
    let mut bids: Vec<Bid> = rows.iter().map(|row| bid(row, knobs)).collect();
    bids.sort_by(|one, two| two.worth.total_cmp(&one.worth));
    for one in bids {
        funds -= one.need;
        if funds < 0.0 {
            return one.worth;
        }
    }
    0.0
}

fn bid(row: &Known<'_>, knobs: Knobs) -> Bid {
    let price = row.page.article.unit_price();
    let demand = row.forecast.sums.last().map_or(0.0, crate::distribution::Distribution::mean);
    let units = demand + row.advice.reorder_level.unwrap_or(0.0) - count_to_f64(row.advice.position);
    Bid { worth: question::terms(row.page, knobs).shortage / price.max(1e-9), need: price * units.max(0.0) }
}

/// Advice when a unit of money is worth `1 + price`: a unit not bought frees its money for another article.
pub(super) fn priced(page: &Page<'_>, demand: &Demand, lead_days: &[(usize, f64)], knobs: Knobs, price: f64) -> OrderAdvice {
    question::of(page, demand, lead_days, knobs, |asked| {
        let mut terms = asked.terms;
        terms.shortage = (terms.shortage - price * page.article.unit_price()).max(0.0);
        advise(&Question { terms, ..*asked })
    })
}
