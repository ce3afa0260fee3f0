//! From fractional packs to a plan that keeps every rule: rounding of cumulative orders and repair.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, offer, item or supplier of the same model")]

use super::model::Model;
use super::packs::{Change, Draft};
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

/// Makes a plan keep every rule: minimum packs, budget, storage, minimum order, in this order.
pub(crate) fn repair(draft: &mut Draft<'_>) {
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
    for t in 0..model.periods {
        while !draft.within_budget(t) {
            let lines = lines_of(draft, |_, period| period == t);
            let price = |c: &Change| -count_to_f64(c.packs) * model.offers[c.offer].price;
            if !drop_cheapest(draft, &lines, price) {
                break;
            }
        }
    }
    repair_storage(draft);
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

fn repair_storage(draft: &mut Draft<'_>) {
    let model = draft.model;
    for (c, class) in model.classes.iter().enumerate() {
        for t in 0..model.periods {
            let limit = class.limit[t];
            while draft.litres[c][t] > limit + 1e-10 * limit.clamp(1.0, 1e9) {
                let lines = lines_of(draft, |k, period| {
                    let offer = &model.offers[k];
                    model.items[offer.item].class == Some(c) && model.items[offer.item].volume > 0.0 && period + offer.lead <= t
                });
                let litres = |c: &Change| {
                    let offer = &model.offers[c.offer];
                    -count_to_f64(c.packs) * offer.units * model.items[offer.item].volume
                };
                if !drop_cheapest(draft, &lines, litres) {
                    break;
                }
            }
        }
    }
}

fn lines_of(draft: &Draft<'_>, wanted: impl Fn(usize, usize) -> bool) -> Vec<(usize, usize)> {
    let mut lines = Vec::new();
    for (k, row) in draft.packs.iter().enumerate() {
        for (t, &packs) in row.iter().enumerate() {
            if packs > 0 && wanted(k, t) {
                lines.push((k, t));
            }
        }
    }
    lines
}

/// Takes packs away from the line that loses least per unit of the limit, until one line is down
/// by a step; larger steps on large lines, so that 1e9 packs don't take 1e9 steps.
fn drop_cheapest(draft: &mut Draft<'_>, lines: &[(usize, usize)], relief: impl Fn(&Change) -> f64) -> bool {
    let mut best: Option<(f64, Change)> = None;
    for &(k, t) in lines {
        let one = draft.step(k, t, false);
        let many = -(draft.packs[k][t] / 16);
        let moq_kept = draft.packs[k][t] + many >= draft.model.offers[k].moq;
        let change = Change { offer: k, period: t, packs: if many < one && moq_kept { many } else { one } };
        let Some(loss) = draft.trial(&[change], false) else {
            continue;
        };
        let per = loss / relief(&change).max(1e-12);
        if relief(&change) > 0.0 && best.as_ref().is_none_or(|b| per < b.0) {
            best = Some((per, change));
        }
    }
    match best {
        Some((_, change)) => {
            draft.make(&[change]);
            true
        }
        None => false,
    }
}

/// An order below its minimum: filled with the packs that lose least, or dropped, whichever is
/// cheaper.
fn top_up_or_drop(draft: &mut Draft<'_>, s: usize, t: usize) {
    let model = draft.model;
    let mut filled = draft.clone();
    filled.emptying = Some(s);
    let minimum = model.suppliers[s].minimum;
    let mut steps = 0;
    while filled.value[s][t] < minimum - 1e-9 * minimum.max(1.0) && steps < 5_000 {
        steps += 1;
        let mut best: Option<(f64, Change)> = None;
        for &k in &model.suppliers[s].offers {
            let price = model.offers[k].price;
            if !model.offers[k].open[t] || price <= 0.0 {
                continue;
            }
            let change = Change { offer: k, period: t, packs: filled.step(k, t, true) };
            let Some(delta) = filled.trial(&[change], true) else {
                continue;
            };
            let money = count_to_f64(change.packs) * price;
            let per = delta / money.min(minimum - filled.value[s][t]).max(1e-9);
            if best.as_ref().is_none_or(|b| per < b.0) {
                best = Some((per, change));
            }
        }
        let Some((_, change)) = best else {
            break;
        };
        filled.make(&[change]);
    }
    let full = filled.value[s][t] >= minimum - 1e-9 * minimum.max(1.0);
    let mut dropped = draft.clone();
    for &k in &model.suppliers[s].offers {
        let packs = -dropped.packs[k][t];
        if packs < 0 {
            dropped.make(&[Change { offer: k, period: t, packs }]);
        }
    }
    let keep = full && filled.steering() < dropped.steering();
    *draft = if keep { filled } else { dropped };
    draft.emptying = None;
}
