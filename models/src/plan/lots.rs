//! Fewer order lines: a line costs its line cost whatever it holds, so lines of one item are merged,
//! split over their neighbours or dropped, and lines that can wait are put off together.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, offer, item or supplier of the same model")]

use super::improve::{keeps_minimum, undo};
use super::outlook::outlook;
use super::packs::{Change, Draft};
use super::parallel::in_chunks;
use super::walk::Scratch;
use crate::convert::{ceil_to_count, count_to_f64};

/// Lines of one item taken away in a row.
const MERGES_MAX: usize = 24;
/// Share of its line cost that leaving the decision about a line open is worth.
const WAIT_WORTH: f64 = 0.25;
/// Chance of running out before the next order could arrive up to which a line can wait.
const WAIT_CHANCE: f64 = 0.01;
/// Offers of one share of the work.
const EACH: usize = 256;
/// Periods by which a group of lines is put off at most.
const PUT_OFF_MAX: usize = 4;

/// Takes lines away whose packs are cheaper in the item's neighbouring lines, or not bought at all.
pub(crate) fn merge_lines(draft: &mut Draft<'_>) {
    let model = draft.model;
    for i in 0..model.items.len() {
        if model.items[i].offers.iter().all(|&k| model.offers[k].line_cost <= 0.0) {
            continue;
        }
        for _ in 0..MERGES_MAX {
            if draft.walks_left == 0 || !best_merge(draft, i) {
                break;
            }
        }
    }
}

/// Lines of one item by period of arrival: `(arrival, offer, period)`.
fn lines_of(draft: &Draft<'_>, i: usize) -> Vec<(usize, usize, usize)> {
    let model = draft.model;
    let mut lines = Vec::new();
    for &k in &model.items[i].offers {
        for t in (0..model.periods).filter(|&t| draft.packs[k][t] > 0) {
            lines.push((t + model.offers[k].lead, k, t));
        }
    }
    lines.sort_unstable();
    lines
}

fn best_merge(draft: &mut Draft<'_>, i: usize) -> bool {
    let lines = lines_of(draft, i);
    let mut best: Option<(f64, Vec<Change>)> = None;
    for (n, &(_, k, t)) in lines.iter().enumerate() {
        let line = draft.packs[k][t];
        let away = Change { offer: k, period: t, packs: -line };
        let before = n.checked_sub(1).map(|b| lines[b]);
        let after = lines.get(n + 1).copied();
        for (early, late) in splits(line) {
            let mut changes = vec![away];
            changes.extend(before.and_then(|to| taken_over(draft, k, to, early)));
            changes.extend(after.and_then(|to| taken_over(draft, k, to, late)));
            let ceiling = best.as_ref().map_or(-1e-7, |b| b.0);
            if let Some(delta) = draft.trial_below(&changes, true, ceiling) {
                best = Some((delta, changes));
            }
        }
    }
    let Some((_, changes)) = best else {
        return false;
    };
    draft.make(&changes);
    true
}

/// Packs of a line that go to the line before and to the line after: all, half or none to either,
/// and one less than all.
fn splits(line: i64) -> [(i64, i64); 8] {
    let half = line / 2;
    let less = line - 1;
    [(0, 0), (line, 0), (0, line), (half, line - half), (half, 0), (0, half), (less, 0), (0, less)]
}

/// `packs` of offer `k` as packs of another line, at least as many units.
fn taken_over(draft: &Draft<'_>, k: usize, (_, to, period): (usize, usize, usize), packs: i64) -> Option<Change> {
    let offers = &draft.model.offers;
    let units = count_to_f64(packs) * offers[k].units;
    (packs > 0).then(|| Change { offer: to, period, packs: ceil_to_count(units / offers[to].units) })
}

/// Leaves lines of period 0 to a later order where that costs no more than [`WAIT_WORTH`] of their
/// line costs and the stock lasts well without them: what is not ordered now is decided again with
/// newer figures. First to orders that are placed anyway, then together to one of their own.
pub(crate) fn leave_for_later(draft: &mut Draft<'_>) {
    for s in 0..draft.model.suppliers.len() {
        let waiting = can_wait(draft, s);
        for &k in &waiting {
            let mut placed: Vec<usize> = (1..draft.model.periods).collect();
            placed.retain(|&to| draft.lines[s][to] > 0);
            let costs = placed.into_iter().filter_map(|to| Some((wait(draft, k, to)?, to)));
            if let Some((_, to)) = costs.min_by(|a, b| a.0.total_cmp(&b.0)) {
                let changes = to_period(draft, k, to);
                draft.make(&changes);
            }
        }
        let mut best: Option<(f64, Vec<Vec<Change>>)> = None;
        for to in 1..draft.model.periods.min(1 + PUT_OFF_MAX) {
            if let Some(found) = wait_together(draft, s, &waiting, to)
                && best.as_ref().is_none_or(|b| found.0 > b.0)
            {
                best = Some(found);
            }
        }
        for changes in best.into_iter().flat_map(|b| b.1) {
            draft.make(&changes);
        }
    }
    draft.refresh();
}

/// What waiting is worth beyond its cost when the lines of period 0 that can wait go to a new order,
/// and the moves; the plan stays. `None`: not worth it, or not allowed.
fn wait_together(draft: &mut Draft<'_>, s: usize, waiting: &[usize], to: usize) -> Option<(f64, Vec<Vec<Change>>)> {
    if draft.lines[s][to] > 0 {
        return None;
    }
    let mut surplus = -draft.model.suppliers[s].fee;
    let mut made: Vec<Vec<Change>> = Vec::new();
    draft.emptying = Some(s);
    for &k in waiting {
        if let Some(cost) = wait(draft, k, to) {
            surplus += WAIT_WORTH * draft.model.offers[k].line_cost - cost;
            let changes = to_period(draft, k, to).to_vec();
            draft.make(&changes);
            made.push(changes);
        }
    }
    draft.emptying = None;
    let allowed = !made.is_empty() && keeps_minimum(draft, s);
    undo(draft, &made);
    (allowed && surplus >= 0.0).then_some((surplus, made))
}

/// Offers of a supplier whose line of period 0 isn't needed before the next order could arrive.
fn can_wait(draft: &Draft<'_>, s: usize) -> Vec<usize> {
    let model = draft.model;
    let parts: Vec<&[usize]> = model.suppliers[s].offers.chunks(EACH).collect();
    let waiting = in_chunks(parts.len(), model.threads, |n| {
        let mut room = Scratch::new(model.periods);
        let mut waiting = parts[n].to_vec();
        waiting.retain(|&k| {
            let line = draft.packs[k][0] > 0 && model.offers[k].line_cost > 0.0;
            line && outlook(draft, &mut room, k, 0).stockout(0.0) <= WAIT_CHANCE
        });
        waiting
    });
    waiting.concat()
}

/// The line of period 0 moved to another period.
fn to_period(draft: &Draft<'_>, k: usize, to: usize) -> [Change; 2] {
    let packs = draft.packs[k][0];
    [Change { offer: k, period: 0, packs: -packs }, Change { offer: k, period: to, packs }]
}

/// What moving the line of period 0 costs, a new order aside; `None`: too much, or not allowed.
fn wait(draft: &mut Draft<'_>, k: usize, to: usize) -> Option<f64> {
    let offer = &draft.model.offers[k];
    if draft.packs[k][0] == 0 || !offer.open[to] {
        return None;
    }
    let opening = if draft.lines[offer.supplier][to] == 0 { draft.model.suppliers[offer.supplier].fee } else { 0.0 };
    let changes = to_period(draft, k, to);
    draft.trial(&changes, true).map(|delta| delta - opening).filter(|&delta| delta <= WAIT_WORTH * offer.line_cost)
}

/// Per order: the lines that lose nothing by waiting are put off together when that pays a later
/// order of its own.
pub(crate) fn put_off(draft: &mut Draft<'_>) {
    let model = draft.model;
    for s in 0..model.suppliers.len() {
        for t in 0..model.periods {
            for to in t + 1..model.periods.min(t + 1 + PUT_OFF_MAX) {
                if draft.lines[s][t] > 0 && draft.lines[s][to] == 0 && draft.walks_left > 0 {
                    put_off_to(draft, s, t, to);
                }
            }
        }
    }
}

/// Moves the lines of one order that are cheaper later, its own cost aside, to an order of their
/// own; keeps the result only if it is cheaper.
fn put_off_to(draft: &mut Draft<'_>, s: usize, t: usize, to: usize) {
    let model = draft.model;
    let mut gain = 0.0;
    let mut made: Vec<Vec<Change>> = Vec::new();
    draft.emptying = Some(s);
    for &k in &model.suppliers[s].offers {
        let packs = draft.packs[k][t];
        if packs == 0 || !model.offers[k].open[to] {
            continue;
        }
        let changes = vec![Change { offer: k, period: t, packs: -packs }, Change { offer: k, period: to, packs }];
        let opening = if draft.lines[s][to] == 0 { model.suppliers[s].fee } else { 0.0 };
        if let Some(delta) = draft.trial_below(&changes, true, opening - 1e-7) {
            gain -= delta;
            draft.make(&changes);
            made.push(changes);
        }
    }
    draft.emptying = None;
    // Well above the rounding of a sum of differences.
    let better = gain > 1e-6 && keeps_minimum(draft, s);
    if !better {
        undo(draft, &made);
    }
}
