//! Local search on whole packs: spend where a pack is worth most, move, merge and drop lines, close
//! supplier-periods whose order cost is not worth it, put lines off that can wait. Every accepted move lowers the exact cost.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, offer, item or supplier of the same model")]

use super::exchange::exchange;
use super::lot_sizing::resize_lots;
use super::lots::{merge_lines, put_off};
use super::packs::{Change, Draft};
use super::queue::Queue;
use crate::convert::{ceil_to_count, count_to_f64, floor_to_count};

/// Rounds of spend, move and close.
const ROUNDS_MAX: usize = 8;
/// Item-periods above which a round has to gain a share to be followed by another, and above which there is one round.
const MIDDLE: usize = 10_000;
const MIDDLE_GAIN: f64 = 2e-4;
const LARGE: usize = 30_000;
/// Packs of an item over the horizon above which lines grow in larger steps.
const MANY_PACKS: i64 = 2_000;
/// Moves tried on one item in a row.
const MOVES_MAX: usize = 24;

/// Improves a plan that keeps every rule; it keeps them all along. `go_on` is asked after each
/// round with the steering cost reached.
pub(crate) fn improve(draft: &mut Draft<'_>, go_on: &mut dyn FnMut(&Draft<'_>) -> bool) {
    let cells = draft.model.items.len() * draft.model.periods;
    let rounds = if cells > LARGE { 1 } else { ROUNDS_MAX };
    for _ in 0..rounds {
        let before = draft.steering();
        spend(draft);
        move_lines(draft);
        merge_lines(draft);
        // On large catalogues it brought .001 to .024 % for a tenth of all the time.
        if cells <= LARGE {
            exchange(draft);
        }
        close_orders(draft);
        put_off(draft);
        resize_lots(draft);
        draft.refresh();
        let gain = before - draft.steering();
        let least = if cells > MIDDLE { MIDDLE_GAIN * before } else { least_gain(before) };
        if !go_on(draft) || gain <= least || draft.walks_left == 0 {
            break;
        }
    }
}

/// Least gain that counts, money.
pub(crate) fn least_gain(cost: f64) -> f64 {
    1e-7 + 1e-10 * cost.abs()
}

#[derive(Debug, Clone, Copy)]
struct Buy {
    /// Money avoided per money spent.
    score: f64,
    change: Change,
}

/// Adds the pack with the best marginal value per money while one is worth its price.
fn spend(draft: &mut Draft<'_>) {
    let mut queue = Queue::new();
    for i in 0..draft.model.items.len() {
        if let Some(buy) = best_buy(draft, i) {
            queue.push(buy.score, i);
        }
    }
    while draft.walks_left > 0 {
        let Some((_, i)) = queue.pop() else {
            return;
        };
        // Other items may have used up a limit or opened the order since this was found.
        let Some(buy) = best_buy(draft, i) else {
            continue;
        };
        if queue.best().is_none_or(|next| buy.score >= next * (1.0 - 1e-9)) {
            draft.make(&[buy.change]);
            if let Some(next) = best_buy(draft, i) {
                queue.push(next.score, i);
            }
        } else {
            queue.push(buy.score, i);
        }
    }
}

fn best_buy(draft: &mut Draft<'_>, i: usize) -> Option<Buy> {
    let model = draft.model;
    let mut best: Option<Buy> = None;
    for &k in &model.items[i].offers {
        for t in (0..model.periods).filter(|&t| model.offers[k].open[t]) {
            let offer = &model.offers[k];
            let one = draft.step(k, t, true);
            let mut packs = one.max(largest_buy(draft, k, t));
            loop {
                let change = Change { offer: k, period: t, packs };
                let money = (count_to_f64(packs) * offer.price).max(1e-6);
                // A smaller step has to be clearly better than a larger one.
                let least = best.as_ref().map_or(0.0, |b| b.score * 1.000_1 * money);
                if let Some(delta) = draft.trial_below(&[change], true, (-least).min(-1e-7)) {
                    best = Some(Buy { score: -delta / money, change });
                }
                if packs <= one {
                    break;
                }
                packs = (packs / 8).max(one);
            }
        }
    }
    best
}

/// Largest step worth trying on a line of very many packs; 1 for ordinary lines, which grow pack by
/// pack.
fn largest_buy(draft: &Draft<'_>, k: usize, t: usize) -> i64 {
    let model = draft.model;
    let offer = &model.offers[k];
    let wanted: f64 = model.items[offer.item].demand.iter().sum();
    let mut packs = wanted / offer.units;
    if offer.price > 0.0 {
        packs = packs.min((model.budget[t] - draft.spent[t]) / offer.price);
    }
    let packs = floor_to_count(packs).min(offer.most - draft.packs[k][t]);
    if packs > MANY_PACKS { packs } else { 1 }
}

/// Per item: one pack or a whole line away, to another period or to another offer.
fn move_lines(draft: &mut Draft<'_>) {
    for i in 0..draft.model.items.len() {
        for _ in 0..MOVES_MAX {
            if draft.walks_left == 0 || !best_move(draft, i) {
                break;
            }
        }
    }
}

fn best_move(draft: &mut Draft<'_>, i: usize) -> bool {
    let model = draft.model;
    let mut best: Option<(f64, Vec<Change>)> = None;
    let mut consider = |draft: &mut Draft<'_>, changes: &[Change]| {
        let ceiling = best.as_ref().map_or(-1e-7, |b| b.0);
        if let Some(delta) = draft.trial_below(changes, true, ceiling) {
            best = Some((delta, changes.to_vec()));
        }
    };
    for &from in &model.items[i].offers {
        for t in 0..model.periods {
            let line = draft.packs[from][t];
            if line == 0 {
                continue;
            }
            let step = draft.step(from, t, false);
            for packs in [step, -line] {
                let away = Change { offer: from, period: t, packs };
                consider(draft, &[away]);
                for to in targets(draft, i, away) {
                    consider(draft, &[away, to]);
                }
                if step == -line {
                    break;
                }
            }
        }
    }
    let Some((_, changes)) = best else {
        return false;
    };
    draft.make(&changes);
    true
}

/// Lines of the same item that could take what is taken away.
pub(crate) fn targets(draft: &Draft<'_>, i: usize, away: Change) -> Vec<Change> {
    let model = draft.model;
    let units = count_to_f64(-away.packs) * model.offers[away.offer].units;
    let mut found = Vec::new();
    for &k in &model.items[i].offers {
        let packs = ceil_to_count(units / model.offers[k].units);
        for t in (0..model.periods).filter(|&t| model.offers[k].open[t]) {
            if (k, t) == (away.offer, away.period) {
                continue;
            }
            let least = if draft.packs[k][t] == 0 { model.offers[k].moq } else { 1 };
            found.push(Change { offer: k, period: t, packs: packs.max(least) });
        }
    }
    found
}

/// Empties supplier-periods, smallest first, when moving or dropping their lines costs less than
/// the order; then tries each order one period earlier or later as a whole.
fn close_orders(draft: &mut Draft<'_>) {
    let model = draft.model;
    let mut orders: Vec<(f64, usize, usize)> = Vec::new();
    for (s, supplier) in model.suppliers.iter().enumerate() {
        for t in 0..model.periods {
            if draft.lines[s][t] > 0 && (supplier.fee > 0.0 || supplier.minimum > 0.0) {
                orders.push((draft.value[s][t], s, t));
            }
        }
    }
    orders.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    for (_, s, t) in orders {
        if draft.lines[s][t] == 0 || draft.walks_left == 0 {
            continue;
        }
        let neighbours = [t.checked_sub(1), Some(t + 1).filter(|&n| n < model.periods)];
        if relocate(draft, s, t, None) {
            continue;
        }
        for target in neighbours.into_iter().flatten() {
            if relocate(draft, s, t, Some(target)) {
                break;
            }
        }
    }
}

/// Empties one order; keeps the result only if it is cheaper. `target`: the only period allowed;
/// `None`: any order that is placed anyway, or nothing.
fn relocate(draft: &mut Draft<'_>, s: usize, t: usize, target: Option<usize>) -> bool {
    let model = draft.model;
    let least = least_gain(draft.value[s][t]);
    let mut gain = 0.0;
    let mut made: Vec<Vec<Change>> = Vec::new();
    draft.emptying = Some(s);
    let mut emptied = true;
    for &k in &model.suppliers[s].offers {
        let line = draft.packs[k][t];
        if line == 0 {
            continue;
        }
        let Some((delta, changes)) = cheapest_home(draft, (k, t), target) else {
            emptied = false;
            break;
        };
        gain -= delta;
        draft.make(&changes);
        made.push(changes);
    }
    draft.emptying = None;
    if emptied && keeps_minimum(draft, s) && gain > least {
        return true;
    }
    undo(draft, &made);
    false
}

/// Whether every order of a supplier is worth its minimum.
pub(crate) fn keeps_minimum(draft: &Draft<'_>, s: usize) -> bool {
    let minimum = draft.model.suppliers[s].minimum;
    (0..draft.model.periods).all(|t| draft.lines[s][t] == 0 || draft.value[s][t] >= minimum - 1e-9 * minimum.max(1.0))
}

/// Takes changes back, last first.
pub(crate) fn undo(draft: &mut Draft<'_>, made: &[Vec<Change>]) {
    for changes in made.iter().rev() {
        let back: Vec<Change> = changes.iter().map(|c| Change { packs: -c.packs, ..*c }).collect();
        draft.make(&back);
    }
}

fn cheapest_home(draft: &mut Draft<'_>, (k, t): (usize, usize), target: Option<usize>) -> Option<(f64, Vec<Change>)> {
    let model = draft.model;
    let away = Change { offer: k, period: t, packs: -draft.packs[k][t] };
    let mut best: Option<(f64, Vec<Change>)> = None;
    let mut consider = |draft: &mut Draft<'_>, changes: Vec<Change>| {
        let ceiling = best.as_ref().map_or(f64::INFINITY, |b| b.0);
        if let Some(delta) = draft.trial_below(&changes, true, ceiling) {
            best = Some((delta, changes));
        }
    };
    if target.is_none() {
        consider(draft, vec![away]);
    }
    for to in targets(draft, model.offers[k].item, away) {
        let supplier = model.offers[to.offer].supplier;
        let wanted = match target {
            Some(period) => to.period == period && to.offer == k,
            None => draft.lines[supplier][to.period] > 0 && (supplier, to.period) != (model.offers[k].supplier, t),
        };
        if wanted {
            consider(draft, vec![away, to]);
        }
    }
    best
}
