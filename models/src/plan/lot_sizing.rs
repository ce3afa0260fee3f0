//! All lines of one item anew: the order periods that cost least, by dynamic programming.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, offer, item or supplier of the same model")]

use super::model::{ItemModel, Model};
use super::packs::{Change, Draft};
use super::walk::roll;
use crate::convert::{ceil_to_count, count_to_f64, length_to_f64};

/// Replaces the lines of each item by the best ones of a single offer where that is cheaper; keeps every rule.
///
/// Single moves of lines can't leave a plan that orders in periods 0 and 1 for one that orders in 0 and 2. Per offer:
/// `C_b = min over a <= b of C_(a-1) + order cost of a + h sum_(a < u <= b) (u - a) r_u` over the first and last period that a
/// delivery serves, `r` = [`requirements`]; order costs count only where no other item pays them already, and no
/// delivery serves longer than it keeps. The result is rounded up to packs and judged by the exact walk.
///
/// # Source
/// Wagner, Whitin: Dynamic version of the economic lot size model, Management Science 5 (1958).
pub(crate) fn resize_lots(draft: &mut Draft<'_>) {
    let model = draft.model;
    let nothing = vec![vec![0; model.periods]; model.offers.len()];
    for (i, item) in model.items.iter().enumerate() {
        let mut best: Option<(f64, Vec<Change>)> = None;
        for &k in &item.offers {
            if draft.walks_left == 0 {
                return;
            }
            let Some(lots) = cheapest_lots(draft, k, (&nothing, 0)) else {
                continue;
            };
            let changes = changes_to(draft, i, (k, 0), &lots);
            let ceiling = best.as_ref().map_or(-1e-7, |b| b.0);
            if let Some(delta) = draft.trial_below(&changes, true, ceiling) {
                best = Some((delta, changes));
            }
        }
        if let Some((_, changes)) = best {
            draft.make(&changes);
        }
    }
}

/// The same for one item, with its lines of period 0 as they are.
pub(crate) fn resize_later_lots(draft: &mut Draft<'_>, i: usize) {
    let model = draft.model;
    let mut kept = vec![Vec::new(); model.offers.len()];
    let mut best: Option<(f64, Vec<Change>)> = None;
    for &k in &model.items[i].offers {
        kept[k] = vec![0; model.periods];
        kept[k][0] = draft.packs[k][0];
    }
    for &k in &model.items[i].offers {
        let Some(lots) = cheapest_lots(draft, k, (&kept, 1)) else {
            continue;
        };
        let changes = changes_to(draft, i, (k, 1), &lots);
        let ceiling = best.as_ref().map_or(-1e-7, |b| b.0);
        if let Some(delta) = draft.trial_below(&changes, true, ceiling) {
            best = Some((delta, changes));
        }
    }
    if let Some((_, changes)) = best {
        draft.make(&changes);
    }
}

/// `r[period]`: units that deliveries must have brought by the end of a period, more than by the end of the one before, so
/// that demand is met and every piece of stock whose price of being low exceeds a period's holding cost is there.
/// Demand before `first`, when the first delivery can arrive, is met from stock or lost. `kept`: packs that stay.
fn requirements(draft: &mut Draft<'_>, item: &ItemModel, first: usize, kept: &[Vec<i64>]) -> Vec<f64> {
    roll(item, &draft.model.offers, kept, &mut draft.room);
    let (mut needed, mut late) = (0.0_f64, 0.0);
    let mut required = vec![0.0; item.demand.len()];
    for (t, required) in required.iter_mut().enumerate().skip(first) {
        // What is lost in one period is no stock in the next: shortfalls add up, a safety margin is kept along.
        late += draft.room.unmet[t];
        let margin = (floor(item, t) - draft.room.stock[t]).max(0.0);
        let now = (late + margin).max(needed);
        *required = now - needed;
        needed = now;
    }
    required
}

/// Units at the end of a period of which each is worth more than a period's holding.
fn floor(item: &ItemModel, t: usize) -> f64 {
    item.risk[t].iter().filter(|piece| piece.credit > item.holding).map(|piece| piece.width).sum()
}

/// Units of offer `k` by order period from `from` on, beside the packs `kept`; `None`: it can't be had.
fn cheapest_lots(draft: &mut Draft<'_>, k: usize, (kept, from): (&[Vec<i64>], usize)) -> Option<Vec<f64>> {
    let model = draft.model;
    let offer = &model.offers[k];
    let item = &model.items[offer.item];
    let first = (from..model.periods).find(|&t| offer.open[t])? + offer.lead;
    let required = requirements(draft, item, first, kept);
    let order_cost = |arrival: usize| fee(draft, model, k, arrival - offer.lead).map(|fee| fee + offer.line_cost);
    // `best[b]`: periods before b are served; (cost, arrival of the last delivery).
    let mut best: Vec<(f64, usize)> = vec![(f64::INFINITY, 0); model.periods + 1];
    best[0] = (0.0, 0);
    for end in 0..model.periods {
        if required[end] <= 1e-9 && best[end].0 < best[end + 1].0 {
            best[end + 1] = (best[end].0, usize::MAX);
        }
        let mut carried = 0.0;
        let mut units = 0.0;
        // Backwards: each step earlier holds all later units one period longer.
        for arrival in (first..=end).rev() {
            carried += units;
            units += required[arrival];
            if item.life.is_some_and(|life| end - arrival >= life) {
                break;
            }
            if let Some(order) = order_cost(arrival) {
                let cost = best[arrival].0 + order + item.holding * carried;
                if cost < best[end + 1].0 {
                    best[end + 1] = (cost, arrival);
                }
            }
        }
    }
    read_back(&best, &required, offer.lead)
}

fn read_back(best: &[(f64, usize)], required: &[f64], lead: usize) -> Option<Vec<f64>> {
    let mut lots = vec![0.0; required.len()];
    let mut end = required.len();
    if !best[end].0.is_finite() {
        return None;
    }
    while end > 0 {
        let arrival = best[end].1;
        if arrival == usize::MAX {
            end -= 1;
            continue;
        }
        lots[arrival - lead] = required[arrival..end].iter().sum();
        end = arrival;
    }
    Some(lots)
}

/// What an order to the supplier of `k` in period `t` costs beyond what other items pay; `None`: it can't be placed.
fn fee(draft: &Draft<'_>, model: &Model<'_>, k: usize, t: usize) -> Option<f64> {
    let offer = &model.offers[k];
    let own = model.items[offer.item].offers.iter().filter(|&&o| model.offers[o].supplier == offer.supplier && draft.packs[o][t] > 0);
    let others = f64::from(draft.lines[offer.supplier][t]) - length_to_f64(own.count());
    offer.open[t].then(|| if others > 0.5 { 0.0 } else { model.suppliers[offer.supplier].fee })
}

/// From the lines of item `i` in periods from `from` on to these lots of offer `k`, the cumulative order rounded up to packs.
fn changes_to(draft: &Draft<'_>, i: usize, (k, from): (usize, usize), lots: &[f64]) -> Vec<Change> {
    let offer = &draft.model.offers[k];
    let mut changes = Vec::new();
    let (mut wanted, mut placed) = (0.0, 0);
    for (t, units) in lots.iter().enumerate().skip(from) {
        wanted += units;
        let mut packs = 0;
        if *units > 0.0 {
            packs = (ceil_to_count(wanted / offer.units - 1e-9) - placed).max(0);
            packs = if packs > 0 { packs.clamp(offer.moq, offer.most.max(offer.moq)) } else { 0 };
            placed += packs;
        }
        for &other in &draft.model.items[i].offers {
            let target = if other == k { packs } else { 0 };
            if draft.packs[other][t] != target {
                changes.push(Change { offer: other, period: t, packs: target - draft.packs[other][t] });
            }
        }
    }
    debug_assert!(count_to_f64(placed) * offer.units >= wanted - 1e-6 || placed == 0 || offer.most < i64::MAX / 4);
    changes
}
