//! The outlook of one line: supply and demand until the next order could arrive, cover, expiry.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, offer, item or supplier of the same model")]

use super::input::Item;
use super::model::ItemModel;
use super::packs::{Change, Draft};
use super::risk::{Spread, sum_over};
use super::walk::{Scratch, roll_changed};
use crate::convert::{count_to_f64, length_to_f64, period_to_index, round_to_count};

/// Longest cover stated, days.
const COVER_DAYS_MAX: f64 = 3_650.0;

/// Supply and distribution of demand up to the next arrival: what the chance of a shortage follows from.
pub(crate) struct Chance {
    /// Demand until the next arrival.
    demand: Spread,
    /// Usable units until the next arrival without the line.
    supply_without: f64,
    /// Demand from the line's arrival until the next arrival.
    demand_after: Spread,
    /// Units that arrive in that time without the line.
    supply_after: f64,
}

/// What is to be expected up to the next arrival.
pub(crate) struct Outlook {
    pub(crate) next: usize,
    chance: Chance,
    /// Probability of a shortage before the line arrives; nothing ordered now can change it.
    pub(crate) before: f64,
    pub(crate) on_order: i64,
    pub(crate) planned: i64,
    pub(crate) shortage_period: Option<usize>,
    /// Units that expire unused before the next arrival, without the line.
    pub(crate) lost: f64,
    /// Last period of use of the first of them.
    pub(crate) lost_period: Option<usize>,
    /// Arrival of the supplier's next order of the plan.
    pub(crate) planned_next: Option<usize>,
    /// Probability of a shortage until then, or in the horizon, without the line.
    pub(crate) until_planned: f64,
}

impl Chance {
    /// Probability of a shortage after the line has arrived and before the next order could.
    ///
    /// Demand not met earlier is lost, so both "all demand exceeds all supply" and "demand after
    /// the arrival exceeds what arrives from then on" must hold: the smaller probability is kept.
    pub(crate) fn stockout(&self, line_units: f64) -> f64 {
        let all = self.demand.survival(self.supply_without + line_units);
        let after = self.demand_after.survival(self.supply_after + line_units);
        all.min(after).clamp(0.0, 1.0)
    }
}

impl Outlook {
    /// See [`Chance::stockout`].
    pub(crate) fn stockout(&self, line_units: f64) -> f64 {
        self.chance.stockout(line_units)
    }

    /// The same without the line if nothing expired.
    pub(crate) fn stockout_if_kept(&self) -> Option<f64> {
        let chance = &self.chance;
        (self.lost >= 0.5).then(|| chance.demand.survival(chance.supply_without + self.lost).min(self.stockout(0.0)))
    }

    /// Mean demand until the next arrival, units.
    pub(crate) fn mean(&self) -> f64 {
        self.chance.demand.mean
    }
}

/// The chances of line `(k, t)` of a plan.
pub(crate) fn outlook(draft: &Draft<'_>, room: &mut Scratch, k: usize, t: usize) -> Chance {
    without_line(draft, room, k, t);
    Supply::new(draft, room, k, t).chance()
}

/// The walk of a line's item as if the line were not there.
pub(crate) fn without_line(draft: &Draft<'_>, room: &mut Scratch, k: usize, t: usize) {
    let model = draft.model;
    let none = [Change { offer: k, period: t, packs: -draft.packs[k][t] }];
    roll_changed(&model.items[model.offers[k].item], &model.offers, (&draft.packs, &none), room);
}

/// What a line's item has without the line.
struct Supply<'a> {
    draft: &'a Draft<'a>,
    /// The walk without the line.
    room: &'a Scratch,
    line: (usize, usize),
    item: &'a ItemModel,
    given: &'a Item,
    on_hand: f64,
    arrives: usize,
    next: usize,
}

impl<'a> Supply<'a> {
    fn new(draft: &'a Draft<'a>, room: &'a Scratch, k: usize, t: usize) -> Self {
        let model = draft.model;
        let offer = &model.offers[k];
        let given = &model.instance.items[offer.item];
        let arrives = t + offer.lead;
        Self {
            draft,
            room,
            line: (k, t),
            item: &model.items[offer.item],
            given,
            on_hand: given.on_hand.iter().map(|l| count_to_f64(l.units)).sum(),
            arrives,
            next: model.next_arrival(offer.item, t, arrives),
        }
    }

    /// Units on order that arrive before `until`.
    fn on_order(&self, until: usize) -> i64 {
        self.given.on_order.iter().filter(|o| period_to_index(o.arrives_period) < until).map(|o| o.units).sum()
    }

    /// Units of other lines of the plan that arrive before `until`.
    fn planned(&self, until: usize) -> f64 {
        let model = self.draft.model;
        let mut sum = 0.0;
        for &other in &self.item.offers {
            let offer = &model.offers[other];
            for ordered in 0..until.saturating_sub(offer.lead).min(model.periods) {
                if (other, ordered) != self.line {
                    sum += count_to_f64(self.draft.packs[other][ordered]) * offer.units;
                }
            }
        }
        sum
    }

    /// Units that expire unused before `until`.
    fn lost(&self, until: usize) -> f64 {
        self.room.disposed[..until.saturating_sub(1)].iter().sum()
    }

    /// Usable units before `until`.
    fn until(&self, until: usize) -> f64 {
        self.on_hand + count_to_f64(self.on_order(until)) + self.planned(until) - self.lost(until)
    }

    fn chance(&self) -> Chance {
        let (arrives, next) = (self.arrives, self.next);
        let window: f64 = self.item.demand[arrives..next.max(arrives)].iter().sum();
        let usual = sum_over(self.given, next - arrives);
        let factor = if usual.mean > 0.0 { window / usual.mean } else { 1.0 };
        let at_hand = if arrives == 0 { self.on_hand } else { 0.0 };
        let brought = count_to_f64(self.on_order(next) - self.on_order(arrives)) + self.planned(next) - self.planned(arrives);
        Chance {
            demand: sum_over(self.given, next),
            supply_without: self.until(next),
            demand_after: usual.scaled(factor),
            supply_after: at_hand + brought,
        }
    }
}

/// The outlook of line `(k, t)` from the demand not met by the plan in a period, and the walk without the line.
pub(crate) fn outlook_of(draft: &Draft<'_>, (unmet_with, room): (&dyn Fn(usize) -> f64, &Scratch), k: usize, t: usize) -> Outlook {
    let model = draft.model;
    let offer = &model.offers[k];
    let supply = Supply::new(draft, room, k, t);
    let (arrives, next) = (supply.arrives, supply.next);
    let before = if arrives == 0 { 0.0 } else { sum_over(supply.given, arrives).survival(supply.until(arrives)) };
    let later = (t + 1..model.periods).find(|&p| draft.lines[offer.supplier][p] > 0);
    let planned_next = later.map(|p| p + offer.lead).filter(|&a| a < model.periods);
    let until = planned_next.unwrap_or(model.periods);
    Outlook {
        next,
        chance: supply.chance(),
        lost: supply.lost(next),
        lost_period: room.disposed.iter().position(|&gone| gone >= 0.5),
        planned_next,
        until_planned: sum_over(supply.given, until).survival(supply.until(until)).clamp(0.0, 1.0),
        before,
        on_order: supply.on_order(next),
        planned: round_to_count(supply.planned(next)),
        shortage_period: (0..model.periods).find(|&p| room.unmet[p] > unmet_with(p) + 1e-6),
    }
}

/// Days of mean demand covered by the stock at the start of the arrival period; beyond the
/// horizon demand goes on as in its last four periods.
pub(crate) fn cover_days(draft: &Draft<'_>, k: usize, t: usize) -> f64 {
    let model = draft.model;
    let offer = &model.offers[k];
    let (i, arrives) = (offer.item, t + offer.lead);
    let item = &model.items[i];
    let mut stock = if arrives > 0 { draft.stock[i][arrives - 1] } else { 0.0 };
    stock += item.receipts[arrives].iter().map(|r| r.units).sum::<f64>();
    for &other in &item.offers {
        let o = &model.offers[other];
        if let Some(ordered) = arrives.checked_sub(o.lead) {
            stock += count_to_f64(draft.packs[other][ordered]) * o.units;
        }
    }
    let day = f64::from(model.instance.period_days);
    let mut days = 0.0;
    for &demand in &item.demand[arrives..] {
        if demand > stock {
            return days + day * stock / demand;
        }
        stock -= demand;
        days += day;
    }
    let last = &item.demand[model.periods.saturating_sub(4)..];
    let usual = last.iter().sum::<f64>() / length_to_f64(last.len());
    if usual > 0.0 {
        days += day * stock / usual;
    } else if stock > 0.0 {
        days = COVER_DAYS_MAX;
    }
    days.min(COVER_DAYS_MAX)
}

/// Expected units of this line left when its shelf life ends; beyond the horizon by means only.
pub(crate) fn expiry_risk(draft: &Draft<'_>, k: usize, t: usize) -> f64 {
    let model = draft.model;
    let offer = &model.offers[k];
    let item = &model.items[offer.item];
    let given = &model.instance.items[offer.item];
    let Some(life) = item.life else {
        return 0.0;
    };
    let arrives = t + offer.lead;
    let end = arrives + life;
    let mut supply: f64 = given.on_hand.iter().map(|l| count_to_f64(l.units)).sum();
    let open = given.on_order.iter();
    let early = open.filter(|o| period_to_index(o.arrives_period) <= arrives);
    supply += early.map(|o| count_to_f64(o.units)).sum::<f64>();
    for &other in &item.offers {
        let o = &model.offers[other];
        for ordered in 0..(arrives + 1).saturating_sub(o.lead).min(model.periods) {
            supply += count_to_f64(draft.packs[other][ordered]) * o.units;
        }
    }
    let ordered = count_to_f64(draft.packs[k][t]) * offer.units;
    let left = if end <= model.periods {
        sum_over(given, end).expected_left(supply)
    } else {
        let all: f64 = item.demand.iter().sum();
        let usual = all / f64::from(model.instance.periods);
        let beyond = length_to_f64(end - model.periods) * usual;
        (supply - all - beyond).max(0.0)
    };
    left.clamp(0.0, ordered)
}
