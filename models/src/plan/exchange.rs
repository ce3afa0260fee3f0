//! Exchange between items that share a full budget period: a pack that is worth more than the
//! packs it displaces takes their money; these are dropped or moved to another period.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, offer or item of the same model")]

use super::improve::{least_gain, targets, undo};
use super::packs::{Change, Draft};
use crate::convert::count_to_f64;

/// Packs displaced for one.
const DISPLACED_MAX: usize = 6;

/// Cheapest releases looked at for one pack.
const OPTIONS_MAX: usize = 24;
/// Packs looked at in one period and round.
const WISHES_MAX: usize = 1_500;

/// A way to free money in a period.
#[derive(Debug, Clone)]
struct Release {
    item: usize,
    /// Change of the steering cost, usually above 0.
    loss: f64,
    money: f64,
    changes: Vec<Change>,
}

/// A pack that is wanted and that the budget forbids.
#[derive(Debug, Clone, Copy)]
struct Wish {
    item: usize,
    gain: f64,
    money: f64,
    change: Change,
}

/// Exchanges packs in every period with a budget; each exchange lowers the steering cost.
pub(crate) fn exchange(draft: &mut Draft<'_>) {
    for t in 0..draft.model.periods {
        if draft.model.budget[t].is_finite() {
            exchange_in(draft, t);
        }
    }
}

fn exchange_in(draft: &mut Draft<'_>, t: usize) {
    let items = draft.model.items.len();
    let mut releases: Vec<Option<Release>> = (0..items).map(|i| release(draft, i, t)).collect();
    let mut wishes: Vec<Option<Wish>> = (0..items).map(|i| wish(draft, i, t)).collect();
    for _ in 0..WISHES_MAX.min(4 * items) {
        if draft.walks_left == 0 {
            return;
        }
        let best = wishes.iter().flatten().max_by(|a, b| a.gain.total_cmp(&b.gain));
        let Some(&best) = best else {
            return;
        };
        wishes[best.item] = None;
        let Some(touched) = fulfil(draft, best, &releases) else {
            continue;
        };
        for i in touched {
            releases[i] = release(draft, i, t);
            wishes[i] = wish(draft, i, t);
        }
    }
}

/// Makes one exchange if it lowers the cost; returns the items it changed.
fn fulfil(draft: &mut Draft<'_>, wish: Wish, releases: &[Option<Release>]) -> Option<Vec<usize>> {
    let t = wish.change.period;
    let mut missing = draft.spent[t] + wish.money - draft.model.budget[t];
    let mut options: Vec<&Release> = releases.iter().flatten().collect();
    options.retain(|r| r.item != wish.item && r.loss < wish.gain);
    // Money beyond what is missing is worth nothing here.
    let rate = |r: &Release| r.loss / r.money.min(missing.max(1e-9)).max(1e-9);
    let cheaper = |a: &&Release, b: &&Release| rate(a).total_cmp(&rate(b)).then(a.item.cmp(&b.item));
    if options.len() > OPTIONS_MAX {
        options.select_nth_unstable_by(OPTIONS_MAX, cheaper);
        options.truncate(OPTIONS_MAX);
    }
    options.sort_by(cheaper);
    let before = draft.steering();
    let mut loss = 0.0;
    let mut made: Vec<Vec<Change>> = Vec::new();
    let mut touched = vec![wish.item];
    for option in options {
        if missing <= 1e-9 || made.len() == DISPLACED_MAX {
            break;
        }
        loss += option.loss;
        if loss >= wish.gain {
            break;
        }
        if draft.trial(&option.changes, true).is_some() {
            draft.make(&option.changes);
            made.push(option.changes.clone());
            touched.push(option.item);
            missing -= option.money;
        }
    }
    if missing <= 1e-9 && draft.trial(&[wish.change], true).is_some() {
        draft.make(&[wish.change]);
        made.push(vec![wish.change]);
        if draft.steering() < before - least_gain(before) {
            return Some(touched);
        }
    }
    undo(draft, &made);
    None
}

/// The cheapest step of an item's lines in `t` that frees money there.
fn release(draft: &mut Draft<'_>, i: usize, t: usize) -> Option<Release> {
    let model = draft.model;
    let mut best: Option<(f64, Release)> = None;
    for &k in &model.items[i].offers {
        if draft.packs[k][t] == 0 || model.offers[k].price <= 0.0 {
            continue;
        }
        let away = Change { offer: k, period: t, packs: draft.step(k, t, false) };
        let mut ways = vec![vec![away]];
        for to in targets(draft, i, away) {
            if to.period != t {
                ways.push(vec![away, to]);
            }
        }
        for changes in ways {
            let money = -count_to_f64(away.packs) * model.offers[k].price;
            let ceiling = best.as_ref().map_or(f64::INFINITY, |b| b.0 * money);
            if let Some(loss) = draft.trial_below(&changes, true, ceiling) {
                best = Some((loss / money, Release { item: i, loss, money, changes }));
            }
        }
    }
    best.map(|b| b.1)
}

/// The step of an item's lines in `t` that is worth most among those the budget forbids.
fn wish(draft: &mut Draft<'_>, i: usize, t: usize) -> Option<Wish> {
    let model = draft.model;
    let mut best: Option<Wish> = None;
    for &k in &model.items[i].offers {
        let offer = &model.offers[k];
        if !offer.open[t] {
            continue;
        }
        let change = Change { offer: k, period: t, packs: draft.step(k, t, true) };
        let money = count_to_f64(change.packs) * offer.price;
        if money > model.budget[t] || draft.packs[k][t] + change.packs > offer.most {
            continue;
        }
        let ceiling = best.as_ref().map_or(-1e-6, |b| -b.gain);
        if let Some(delta) = draft.trial_below(&[change], false, ceiling) {
            best = Some(Wish { item: i, gain: -delta, money, change });
        }
    }
    best
}
