//! The outlook of one line: supply and demand until the next order could arrive, cover, expiry.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, offer, item or supplier of the same model")]

use super::packs::{Change, Draft};
use super::risk::{Spread, sum_over};
use super::walk::{Scratch, roll, roll_changed};
use crate::convert::{count_to_f64, length_to_f64, period_to_index, round_to_count};

/// Longest cover stated, days.
const COVER_DAYS_MAX: f64 = 3_650.0;

/// Supply and distribution of demand up to the next arrival.
pub(crate) struct Outlook {
    pub(crate) next: usize,
    /// Demand until the next arrival.
    pub(crate) demand: Spread,
    /// Usable units until the next arrival without the line.
    supply_without: f64,
    /// Demand from the line's arrival until the next arrival.
    demand_after: Spread,
    /// Units that arrive in that time without the line.
    supply_after: f64,
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

impl Outlook {
    /// Probability of a shortage after the line has arrived and before the next order could.
    ///
    /// Demand not met earlier is lost, so both "all demand exceeds all supply" and "demand after
    /// the arrival exceeds what arrives from then on" must hold: the smaller probability is kept.
    pub(crate) fn stockout(&self, line_units: f64) -> f64 {
        let all = self.demand.survival(self.supply_without + line_units);
        let after = self.demand_after.survival(self.supply_after + line_units);
        all.min(after).clamp(0.0, 1.0)
    }

    /// The same without the line if nothing expired.
    pub(crate) fn stockout_if_kept(&self) -> Option<f64> {
        (self.lost >= 0.5).then(|| self.demand.survival(self.supply_without + self.lost).min(self.stockout(0.0)))
    }
}

/// The outlook of line `(k, t)` of a plan.
pub(crate) fn outlook(draft: &Draft<'_>, room: &mut Scratch, k: usize, t: usize) -> Outlook {
    let model = draft.model;
    let item = &model.items[model.offers[k].item];
    roll(item, &model.offers, &draft.packs, room);
    let unmet_with = room.unmet.clone();
    without_line(draft, room, k, t);
    outlook_of(draft, (&|p| unmet_with[p], room), k, t)
}

/// The walk of a line's item as if the line were not there.
pub(crate) fn without_line(draft: &Draft<'_>, room: &mut Scratch, k: usize, t: usize) {
    let model = draft.model;
    let none = [Change { offer: k, period: t, packs: -draft.packs[k][t] }];
    roll_changed(&model.items[model.offers[k].item], &model.offers, (&draft.packs, &none), room);
}

/// The outlook of line `(k, t)` from the demand not met by the plan in a period, and the walk without the line.
pub(crate) fn outlook_of(draft: &Draft<'_>, (unmet_with, room): (&dyn Fn(usize) -> f64, &Scratch), k: usize, t: usize) -> Outlook {
    let model = draft.model;
    let offer = &model.offers[k];
    let (i, arrives) = (offer.item, t + offer.lead);
    let item = &model.items[i];
    let given = &model.instance.items[i];
    let next = model.next_arrival(i, t, arrives);
    let shortage_period = (0..model.periods).find(|&p| room.unmet[p] > unmet_with(p) + 1e-6);
    let on_order = |until: usize| -> i64 {
        let open = given.on_order.iter();
        let early = open.filter(|o| period_to_index(o.arrives_period) < until);
        early.map(|o| o.units).sum()
    };
    let planned = |draft: &Draft<'_>, until: usize| -> f64 {
        let mut sum = 0.0;
        for &other in &item.offers {
            let lead = model.offers[other].lead;
            for ordered in 0..until.saturating_sub(lead).min(model.periods) {
                if (other, ordered) != (k, t) {
                    let packs = count_to_f64(draft.packs[other][ordered]);
                    sum += packs * model.offers[other].units;
                }
            }
        }
        sum
    };
    let on_hand: f64 = given.on_hand.iter().map(|l| count_to_f64(l.units)).sum();
    let lost = |room: &Scratch, until: usize| -> f64 { room.disposed[..until.saturating_sub(1)].iter().sum() };
    let supply = |draft: &Draft<'_>, room: &Scratch, until: usize| {
        on_hand + count_to_f64(on_order(until)) + planned(draft, until) - lost(room, until)
    };
    let before = if arrives == 0 {
        0.0
    } else {
        let supply = supply(draft, room, arrives);
        sum_over(given, arrives).survival(supply)
    };
    let window: f64 = item.demand[arrives..next.max(arrives)].iter().sum();
    let usual = sum_over(given, next - arrives);
    let factor = if usual.mean > 0.0 { window / usual.mean } else { 1.0 };
    let at_hand = if arrives == 0 { on_hand } else { 0.0 };
    let brought = count_to_f64(on_order(next) - on_order(arrives)) + planned(draft, next) - planned(draft, arrives);
    let later = (t + 1..model.periods).find(|&p| draft.lines[offer.supplier][p] > 0);
    let planned_next = later.map(|p| p + offer.lead).filter(|&a| a < model.periods);
    let until = planned_next.unwrap_or(model.periods);
    Outlook {
        next,
        lost: lost(room, next),
        lost_period: room.disposed.iter().position(|&gone| gone >= 0.5),
        planned_next,
        until_planned: sum_over(given, until).survival(supply(draft, room, until)).clamp(0.0, 1.0),
        demand: sum_over(given, next),
        supply_without: supply(draft, room, next),
        demand_after: usual.scaled(factor),
        supply_after: at_hand + brought,
        before,
        on_order: on_order(next),
        planned: round_to_count(planned(draft, next)),
        shortage_period,
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
