//! Back within a limit at the least loss: packs of an over-full budget or storage are dropped, or moved to a period
//! with room, cheapest per money or litre first.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, offer, item or supplier of the same model")]

use super::packs::{Change, Draft, Leave, within};
use super::parallel::fill;
use super::queue::Queue;
use super::walk::Scratch;
use crate::convert::{ceil_to_count, count_to_f64};

/// Periods looked at before and after for a new home.
const REACH: usize = 4;
/// Lines of one share of the work.
const EACH: usize = 512;

/// A limit on what a plan uses.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Limit<'a> {
    /// `forward`: packs may be put off to a later period, whether that has room or not, as it is relieved after this
    /// one; they pay its price, `prices[period]`, money per money of budget.
    Budget {
        period: usize,
        prices: &'a [f64],
        forward: bool,
    },
    Storage {
        class: usize,
        period: usize,
    },
}

impl Limit<'_> {
    fn is_broken(self, draft: &Draft<'_>) -> bool {
        match self {
            Self::Budget { period, .. } => !draft.within_budget(period),
            Self::Storage { class, period } => {
                let limit = draft.model.classes[class].limit[period];
                !within(draft.litres[class][period], limit)
            }
        }
    }

    /// Lines that use it.
    fn lines(self, draft: &Draft<'_>) -> Vec<(usize, usize)> {
        let model = draft.model;
        let mut lines = Vec::new();
        let mut add = |k: usize, range: std::ops::Range<usize>| {
            lines.extend(range.filter(|&t| draft.packs[k][t] > 0).map(|t| (k, t)));
        };
        match self {
            Self::Budget { period, .. } => (0..model.offers.len()).for_each(|k| add(k, period..period + 1)),
            Self::Storage { class, period } => {
                let items = model.classes[class].items.iter().filter(|&&i| model.items[i].volume > 0.0);
                for &k in items.flat_map(|&i| &model.items[i].offers) {
                    add(k, 0..(period + 1).saturating_sub(model.offers[k].lead));
                }
            }
        }
        lines
    }

    /// Money or litres freed by changes of one item; `room`: its walk with them.
    fn freed(self, draft: &Draft<'_>, changes: &[Change], room: &Scratch) -> f64 {
        match self {
            Self::Budget { period, .. } => {
                let money = |c: &Change| -count_to_f64(c.packs) * draft.model.offers[c.offer].price;
                changes.iter().filter(|c| c.period == period).map(money).sum()
            }
            Self::Storage { period, .. } => {
                let i = changes.first().map_or(0, |c| draft.model.offers[c.offer].item);
                draft.model.items[i].volume * (draft.stock[i][period] - room.stock[period])
            }
        }
    }

    /// What changes pay for the budget of other periods at its prices, money.
    fn due(self, draft: &Draft<'_>, changes: &[Change]) -> f64 {
        let Self::Budget { period, prices, forward: true } = self else {
            return 0.0;
        };
        let money = |c: &Change| count_to_f64(c.packs) * draft.model.offers[c.offer].price * prices.get(c.period).copied().unwrap_or(0.0);
        changes.iter().filter(|c| c.period > period).map(money).sum()
    }

    /// Periods of order that may take over packs of offer `k`.
    fn homes(self, draft: &Draft<'_>, k: usize) -> std::ops::Range<usize> {
        let periods = draft.model.periods;
        match self {
            Self::Budget { period, .. } => period.saturating_sub(REACH)..(period + REACH + 1).min(periods),
            Self::Storage { period, .. } => {
                let first = (period + 1).saturating_sub(draft.model.offers[k].lead);
                first.min(periods)..(first + REACH).min(periods)
            }
        }
    }
}

/// Takes packs away until the limit is kept.
pub(crate) fn relieve(draft: &mut Draft<'_>, limit: Limit<'_>) {
    if !limit.is_broken(draft) {
        return;
    }
    let lines = limit.lines(draft);
    let mut queue = Queue::new();
    let mut rates = vec![None; lines.len()];
    let shared = &*draft;
    fill(
        &mut rates,
        (EACH, draft.model.threads),
        || Scratch::new(shared.model.periods),
        |room, first, part| {
            for (rate, &line) in part.iter_mut().zip(&lines[first..]) {
                *rate = option(shared, room, limit, line).map(|found| found.0);
            }
        },
    );
    for (n, rate) in rates.into_iter().enumerate() {
        if let Some(rate) = rate {
            queue.push(-rate, n);
        }
    }
    let mut room = Scratch::new(draft.model.periods);
    while limit.is_broken(draft) {
        let Some((_, n)) = queue.pop() else {
            return;
        };
        // Other moves may have taken the room it wanted.
        let Some((rate, changes)) = option(draft, &mut room, limit, lines[n]) else {
            continue;
        };
        if queue.best().is_some_and(|best| best > -rate + 1e-12 * rate.abs()) {
            queue.push(-rate, n);
            continue;
        }
        draft.make(&changes);
        if let Some((rate, _)) = option(draft, &mut room, limit, lines[n]) {
            queue.push(-rate, n);
        }
    }
}

/// The cheapest way to make one line smaller, with its loss per money or litre; larger steps on large lines.
fn option(draft: &Draft<'_>, room: &mut Scratch, limit: Limit<'_>, (k, t): (usize, usize)) -> Option<(f64, Vec<Change>)> {
    let model = draft.model;
    let (offer, now) = (&model.offers[k], draft.packs[k][t]);
    if now == 0 {
        return None;
    }
    let one = draft.step(k, t, false);
    let many = -(now / 16);
    let packs = if many < one && now + many >= offer.moq { many } else { one };
    let away = Change { offer: k, period: t, packs };
    let mut best: Option<(f64, Vec<Change>)> = None;
    // A minimum order may be broken on the way; it is looked at afterwards.
    let mut leave = Leave { emptying: Some(offer.supplier), ..Leave::NONE };
    if let Limit::Budget { period, forward: true, .. } = limit {
        leave.over_budget_from = period + 1;
    }
    let mut consider = |changes: &[Change], limits: Option<Leave>| {
        // Money freed is known without a walk.
        let ceiling = match (limit, &best) {
            (Limit::Budget { .. }, Some(best)) => best.0 * limit.freed(draft, changes, room) - limit.due(draft, changes),
            _ => f64::INFINITY,
        };
        let loss = match limit {
            Limit::Budget { .. } => draft.judged_below(changes, limits, ceiling, room),
            Limit::Storage { .. } => draft.judged(changes, limits, room),
        };
        if let Some(loss) = loss {
            let freed = limit.freed(draft, changes, room);
            let rate = (loss + limit.due(draft, changes)) / freed;
            if freed > 1e-12 && best.as_ref().is_none_or(|b| rate < b.0) {
                best = Some((rate, changes.to_vec()));
            }
        }
    };
    consider(&[away], None);
    let units = -count_to_f64(packs) * offer.units;
    for &other in &model.items[offer.item].offers {
        for to in limit.homes(draft, other) {
            if (other, to) != (k, t) && model.offers[other].open[to] {
                let least = if draft.packs[other][to] == 0 { model.offers[other].moq } else { 1 };
                let packs = ceil_to_count(units / model.offers[other].units).max(least);
                consider(&[away, Change { offer: other, period: to, packs }], Some(leave));
            }
        }
    }
    best
}
