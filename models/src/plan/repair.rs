//! From fractional packs to a plan that keeps every rule: rounding of cumulative orders and repair.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, offer, item or supplier of the same model")]

use super::improve::undo;
use super::model::Model;
use super::packs::{Change, Draft};
use super::queue::Queue;
use super::relief::{Limit, relieve};
use crate::convert::{count_to_f64, round_to_count};

/// Whole packs near a fractional plan: the cumulative order of each offer, rounded.
pub(crate) fn rounded(model: &Model<'_>, fractional: &[Vec<f64>]) -> Vec<Vec<i64>> {
    let mut packs = vec![vec![0; model.periods]; model.offers.len()];
    for (k, offer) in model.offers.iter().enumerate() {
        let mut wanted = 0.0;
        let mut placed = 0;
        for t in 0..model.periods {
            wanted += fractional[k][t];
            let most = if offer.open[t] { offer.most } else { 0 };
            let now = (round_to_count(wanted) - placed).clamp(0, most);
            packs[k][t] = now;
            placed += now;
        }
    }
    packs
}

/// Share of the cost that a repair may add before the other order of the periods is tried too.
const DEAR: f64 = 1e-4;

/// Makes a plan keep every rule: minimum packs, budget, storage, minimum order, in this order.
///
/// From the first period on, what doesn't fit is put off at the price of later budgets. Where money is short all along,
/// that only moves the loss to the end, so then periods are also relieved from the last one on, each into what room
/// there is; the cheaper plan is kept.
///
/// - `prices[period]`: money per money of budget.
pub(crate) fn repair(draft: &mut Draft<'_>, prices: &[f64]) {
    fill_minima(draft);
    let before = draft.steering();
    let start = draft.packs.clone();
    keep_limits(draft, (0..draft.model.periods).map(|period| Limit::Budget { period, prices, forward: true }));
    if draft.steering() > before + DEAR * before.abs() {
        let mut other = Draft::new(draft.model, start, draft.walks_left);
        keep_limits(&mut other, (0..draft.model.periods).rev().map(|period| Limit::Budget { period, prices, forward: false }));
        if other.steering() < draft.steering() {
            *draft = other;
        }
    }
}

/// Lines below their minimum: filled or dropped.
fn fill_minima(draft: &mut Draft<'_>) {
    let model = draft.model;
    for (k, offer) in model.offers.iter().enumerate() {
        for t in 0..model.periods {
            let now = draft.packs[k][t];
            if now > 0 && now < offer.moq {
                let change = |packs| Change { offer: k, period: t, packs };
                let fill = draft.trial(&[change(offer.moq - now)], false);
                let drop = draft.trial(&[change(-now)], false);
                let packs = if fill < drop { offer.moq - now } else { -now };
                draft.make(&[change(packs)]);
            }
        }
    }
}

/// Budget in the order given, then storage and minimum orders.
fn keep_limits<'p>(draft: &mut Draft<'_>, budgets: impl Iterator<Item = Limit<'p>>) {
    let model = draft.model;
    for budget in budgets {
        relieve(draft, budget);
    }
    for class in 0..model.classes.len() {
        for period in 0..model.periods {
            relieve(draft, Limit::Storage { class, period });
        }
    }
    for s in 0..model.suppliers.len() {
        for t in 0..model.periods {
            let minimum = model.suppliers[s].minimum;
            if draft.lines[s][t] > 0 && draft.value[s][t] < minimum - 1e-9 * minimum.max(1.0) {
                top_up_or_drop(draft, s, t);
            }
        }
    }
    draft.refresh();
}

/// An order below its minimum: filled with the packs that lose least, or dropped, whichever is cheaper.
fn top_up_or_drop(draft: &mut Draft<'_>, s: usize, t: usize) {
    let before = draft.lines[s][t];
    let mut loss = 0.0;
    let mut made = Vec::new();
    draft.emptying = Some(s);
    let full = top_up(draft, (s, t), &mut loss, &mut made);
    let drop = drop_lines(draft, s, t, &made);
    if full && loss < drop {
        draft.emptying = None;
        return;
    }
    undo(draft, &made);
    for &k in &draft.model.suppliers[s].offers {
        let packs = -draft.packs[k][t];
        if packs < 0 {
            draft.make(&[Change { offer: k, period: t, packs }]);
        }
    }
    draft.emptying = None;
    debug_assert!(before > 0 && draft.lines[s][t] == 0);
}

/// What dropping all lines of an order costs beside what was added by `made`, each item alone.
fn drop_lines(draft: &mut Draft<'_>, s: usize, t: usize, made: &[Vec<Change>]) -> f64 {
    let mut loss = -draft.model.suppliers[s].fee;
    for &k in &draft.model.suppliers[s].offers {
        let added: i64 = made.iter().flatten().filter(|c| (c.offer, c.period) == (k, t)).map(|c| c.packs).sum();
        let packs = draft.packs[k][t];
        if packs > added {
            let all = draft.trial(&[Change { offer: k, period: t, packs: -packs }], false).unwrap_or(0.0);
            let back = if added > 0 { draft.trial(&[Change { offer: k, period: t, packs: -added }], false).unwrap_or(0.0) } else { 0.0 };
            loss += all - back;
        }
    }
    loss
}

/// Adds the packs that lose least per money until the minimum is reached.
fn top_up(draft: &mut Draft<'_>, (s, t): (usize, usize), loss: &mut f64, made: &mut Vec<Vec<Change>>) -> bool {
    let model = draft.model;
    let minimum = model.suppliers[s].minimum;
    let missing = |draft: &Draft<'_>| minimum - draft.value[s][t];
    let best = |draft: &mut Draft<'_>, k: usize| {
        let price = model.offers[k].price;
        if !model.offers[k].open[t] || price <= 0.0 {
            return None;
        }
        let change = Change { offer: k, period: t, packs: draft.step(k, t, true) };
        let delta = draft.trial(&[change], true)?;
        Some((delta / (count_to_f64(change.packs) * price).min(missing(draft)).max(1e-9), delta, change))
    };
    let mut queue = Queue::new();
    for &k in &model.suppliers[s].offers {
        if let Some((rate, ..)) = best(draft, k) {
            queue.push(-rate, k);
        }
    }
    for _ in 0..5_000 {
        if missing(draft) <= 1e-9 * minimum.max(1.0) {
            return true;
        }
        let Some((_, k)) = queue.pop() else {
            return false;
        };
        if let Some((rate, delta, change)) = best(draft, k) {
            if queue.best().is_none_or(|next| -rate >= next - 1e-12) {
                *loss += delta;
                draft.make(&[change]);
                made.push(vec![change]);
            }
            queue.push(-rate, k);
        }
    }
    false
}
