//! Why each line stands in the plan, and which items a limit holds back: figures by evaluating the
//! plan again with the line changed, never by quoting a dual as a promise.
#![expect(
    clippy::indexing_slicing,
    reason = "all arrays have one entry per period, offer, item or supplier of the same model"
)]

use super::formulate::Relaxed;
use super::input::Instance;
use super::output::{BindingLimit, Drivers, Explanation, Reason, WhatIf};
use super::packs::{Change, Draft};
use super::risk::{Spread, sum_over};
use super::solve::money_of;
use super::text::paragraph;
use super::walk::{Scratch, roll};
use crate::convert::{count_to_f64, index_to_period, period_to_index, round_to_count};

/// Longest cover stated, days.
const COVER_DAYS_MAX: f64 = 3_650.0;

/// One explanation per order line by period, then one per item held back by a limit.
pub(crate) fn explanations(draft: &Draft<'_>, relaxed: Option<&Relaxed>) -> Vec<Explanation> {
    let mut judge = Judge::new(draft, relaxed);
    let model = draft.model;
    let mut rows = Vec::new();
    let mut limited = vec![false; model.items.len()];
    for t in 0..model.periods {
        for k in 0..model.offers.len() {
            if draft.packs[k][t] > 0 {
                let row = judge.line(k, t);
                limited[model.offers[k].item] |= row.drivers.binding_limit.is_some();
                rows.push(row);
            }
        }
    }
    for (i, &limited) in limited.iter().enumerate() {
        if !limited {
            rows.extend(judge.held_back(i));
        }
    }
    rows
}

/// Supply and distribution of demand up to the next arrival.
struct Outlook {
    next: usize,
    /// Demand until the next arrival.
    demand: Spread,
    /// Usable units until the next arrival without the line.
    supply_without: f64,
    /// Probability of a shortage before the line arrives.
    before: f64,
    on_order: i64,
    planned: i64,
    shortage_period: Option<usize>,
}

impl Outlook {
    fn stockout(&self, line_units: f64) -> f64 {
        let after = self.demand.survival(self.supply_without + line_units);
        after.max(self.before).clamp(0.0, 1.0)
    }
}

struct Judge<'a> {
    draft: Draft<'a>,
    instance: &'a Instance,
    relaxed: Option<&'a Relaxed>,
    room: Scratch,
}

impl<'a> Judge<'a> {
    fn new(draft: &Draft<'a>, relaxed: Option<&'a Relaxed>) -> Self {
        Self {
            draft: draft.clone(),
            instance: draft.model.instance,
            relaxed,
            room: draft.room.clone(),
        }
    }

    fn line(&mut self, k: usize, t: usize) -> Explanation {
        let packs = self.draft.packs[k][t];
        let more = self.blocked_more(k, t);
        let drivers = self.drivers(k, t, more);
        debug_assert_eq!(drivers.packs, packs);
        let reason = self.reason(k, t, &drivers);
        self.explanation(k, t, reason, drivers)
    }

    fn explanation(&self, k: usize, t: usize, reason: Reason, drivers: Drivers) -> Explanation {
        Explanation {
            offer: self.instance.offers[k].id.clone(),
            period: index_to_period(t),
            reason,
            text: paragraph(self.instance, k, t, reason, &drivers),
            drivers,
        }
    }

    /// The earliest line that would lower the cost and that budget or storage forbids.
    fn held_back(&mut self, i: usize) -> Option<Explanation> {
        let model = self.draft.model;
        for t in 0..model.periods {
            let lines = model.items[i].offers.iter();
            if lines.clone().any(|&k| self.draft.packs[k][t] > 0) {
                continue;
            }
            for &k in lines {
                if !model.offers[k].open[t] {
                    continue;
                }
                let blocked = self.blocked_more(k, t);
                if let (Some(limit), asked) = &blocked
                    && *asked > 0
                {
                    let reason = reason_of(limit);
                    let drivers = self.drivers(k, t, blocked);
                    return Some(self.explanation(k, t, reason, drivers));
                }
            }
        }
        None
    }

    /// The limit that forbids more of this line, and the packs wanted without it.
    fn blocked_more(&mut self, k: usize, t: usize) -> (Option<BindingLimit>, i64) {
        let now = self.draft.packs[k][t];
        let change = |packs| Change {
            offer: k,
            period: t,
            packs,
        };
        let step = self.draft.step(k, t, true);
        let most = self.draft.model.offers[k].most;
        if now + step > most {
            return (None, now);
        }
        let gain = self.draft.trial(&[change(step)], false).unwrap_or(0.0);
        if gain >= -1e-7 || self.draft.trial(&[change(step)], true).is_some() {
            return (None, now);
        }
        let Some(limit) = self.limit_hit(k, t, step) else {
            return (None, now);
        };
        let (mut asked, mut best, mut stride) = (step, gain, 1_i64);
        for _ in 0..80 {
            let next = asked.saturating_add(stride);
            let delta = (now + next <= most)
                .then(|| self.draft.trial(&[change(next)], false))
                .flatten();
            match delta {
                Some(delta) if delta < best - 1e-9 => {
                    (asked, best) = (next, delta);
                    stride = stride.saturating_mul(2);
                }
                _ if stride == 1 => break,
                _ => stride /= 2,
            }
        }
        (Some(limit), now + asked)
    }

    /// Which limit `step` more packs would break: budget first, then storage.
    fn limit_hit(&mut self, k: usize, t: usize, step: i64) -> Option<BindingLimit> {
        let model = self.draft.model;
        let offer = &model.offers[k];
        if self.draft.spent[t] + money_of(step, offer.price) > model.budget[t] + 1e-9 {
            return Some(BindingLimit {
                limit: "budget".to_owned(),
                period: index_to_period(t),
                price: self.relaxed.map_or(0.0, |r| r.budget_price[t]),
            });
        }
        let item = &model.items[offer.item];
        let c = item.class?;
        self.draft.packs[k][t] += step;
        roll(item, &model.offers, &self.draft.packs, &mut self.room);
        self.draft.packs[k][t] -= step;
        let class = &model.classes[c];
        let full = (0..model.periods).find(|&p| {
            let more = item.volume * (self.room.stock[p] - self.draft.stock[offer.item][p]);
            more > 1e-12 && self.draft.litres[c][p] + more > class.limit[p] + 1e-9
        })?;
        Some(BindingLimit {
            limit: format!("storage:{}", class.name),
            period: index_to_period(full),
            price: self.relaxed.map_or(0.0, |r| r.storage_price[c][full]),
        })
    }

    fn outlook(&mut self, k: usize, t: usize) -> Outlook {
        let model = self.draft.model;
        let offer = &model.offers[k];
        let (i, arrives) = (offer.item, t + offer.lead);
        let item = &model.items[i];
        let given = &self.instance.items[i];
        let next = model.next_arrival(i, t, arrives);
        roll(item, &model.offers, &self.draft.packs, &mut self.room);
        let unmet_with = self.room.unmet.clone();
        let now = std::mem::take(&mut self.draft.packs[k][t]);
        roll(item, &model.offers, &self.draft.packs, &mut self.room);
        self.draft.packs[k][t] = now;
        let shortage_period =
            (0..model.periods).find(|&p| self.room.unmet[p] > unmet_with[p] + 1e-6);
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
        let lost = |room: &Scratch, until: usize| -> f64 {
            room.disposed[..until.saturating_sub(1)].iter().sum()
        };
        let supply = |draft: &Draft<'_>, room: &Scratch, until: usize| {
            on_hand + count_to_f64(on_order(until)) + planned(draft, until) - lost(room, until)
        };
        let before = if arrives == 0 {
            0.0
        } else {
            let supply = supply(&self.draft, &self.room, arrives);
            sum_over(given, arrives).survival(supply)
        };
        Outlook {
            next,
            demand: sum_over(given, next),
            supply_without: supply(&self.draft, &self.room, next),
            before,
            on_order: on_order(next),
            planned: round_to_count(planned(&self.draft, next)),
            shortage_period,
        }
    }

    fn drivers(&mut self, k: usize, t: usize, blocked: (Option<BindingLimit>, i64)) -> Drivers {
        let model = self.draft.model;
        let offer = &model.offers[k];
        let (given_offer, given) = (&self.instance.offers[k], &self.instance.items[offer.item]);
        let outlook = self.outlook(k, t);
        let packs = self.draft.packs[k][t];
        let units = count_to_f64(packs) * offer.units;
        let (binding_limit, asked) = blocked;
        let one_pack_more = self.what_if(k, t, true, &outlook);
        let one_pack_less = self.what_if(k, t, false, &outlook);
        let on_hand = given.on_hand.iter().map(|lot| lot.units).sum();
        Drivers {
            item: given.id.clone(),
            on_hand,
            on_order: outlook.on_order,
            planned_before: outlook.planned,
            packs,
            units_per_pack: given_offer.units_per_pack,
            units: packs.saturating_mul(given_offer.units_per_pack),
            purchase: money_of(packs, offer.price),
            arrives_period: index_to_period(t + offer.lead),
            next_arrival_period: index_to_period(outlook.next),
            forecast_until_next_arrival: outlook.demand.mean,
            stockout_probability_without: outlook.stockout(0.0),
            stockout_probability_with: outlook.stockout(units),
            cover_days_after: self.cover_days(k, t),
            shortage_period_without: outlook.shortage_period.map(index_to_period),
            asked_packs: binding_limit.is_some().then_some(asked),
            binding_limit,
            one_pack_more,
            one_pack_less,
            expiry_risk_units: self.expiry_risk(k, t),
            cheaper_by: self.cheaper_by(k),
        }
    }

    fn what_if(&mut self, k: usize, t: usize, more: bool, outlook: &Outlook) -> Option<WhatIf> {
        let offer = &self.draft.model.offers[k];
        let now = self.draft.packs[k][t];
        let step = self.draft.step(k, t, more);
        let after = now + step;
        if after > offer.most || (now == 0 && !more) {
            return None;
        }
        let change = Change {
            offer: k,
            period: t,
            packs: step,
        };
        let cost_change = self.draft.trial(&[change], false)?;
        Some(WhatIf {
            cost_change,
            stockout_probability: outlook.stockout(count_to_f64(after) * offer.units),
        })
    }

    /// Days of mean demand covered by the stock at the start of the arrival period; beyond the
    /// horizon demand goes on as in its last four periods.
    fn cover_days(&self, k: usize, t: usize) -> f64 {
        let model = self.draft.model;
        let offer = &model.offers[k];
        let (i, arrives) = (offer.item, t + offer.lead);
        let item = &model.items[i];
        let mut stock = if arrives > 0 {
            self.draft.stock[i][arrives - 1]
        } else {
            0.0
        };
        stock += item.receipts[arrives].iter().map(|r| r.units).sum::<f64>();
        for &other in &item.offers {
            let o = &model.offers[other];
            if let Some(ordered) = arrives.checked_sub(o.lead) {
                stock += count_to_f64(self.draft.packs[other][ordered]) * o.units;
            }
        }
        let day = f64::from(self.instance.period_days);
        let mut days = 0.0;
        for &demand in &item.demand[arrives..] {
            if demand > stock {
                return days + day * stock / demand;
            }
            stock -= demand;
            days += day;
        }
        let last = &item.demand[model.periods.saturating_sub(4)..];
        let usual = last.iter().sum::<f64>() / crate::convert::length_to_f64(last.len());
        if usual > 0.0 {
            days += day * stock / usual;
        } else if stock > 0.0 {
            days = COVER_DAYS_MAX;
        }
        days.min(COVER_DAYS_MAX)
    }

    /// Expected units of this line left when its shelf life ends; beyond the horizon by means only.
    fn expiry_risk(&self, k: usize, t: usize) -> f64 {
        let model = self.draft.model;
        let offer = &model.offers[k];
        let item = &model.items[offer.item];
        let given = &self.instance.items[offer.item];
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
                supply += count_to_f64(self.draft.packs[other][ordered]) * o.units;
            }
        }
        let line = count_to_f64(self.draft.packs[k][t]) * offer.units;
        let left = if end <= model.periods {
            sum_over(given, end).expected_left(supply)
        } else {
            let all: f64 = item.demand.iter().sum();
            let usual = all / f64::from(self.instance.periods);
            let beyond = crate::convert::length_to_f64(end - model.periods) * usual;
            (supply - all - beyond).max(0.0)
        };
        left.clamp(0.0, line)
    }

    /// Money per unit the next offer of the item is dearer, if it is.
    fn cheaper_by(&self, k: usize) -> Option<f64> {
        let model = self.draft.model;
        let unit_price = |k: usize| model.offers[k].price / model.offers[k].units;
        let others = model.items[model.offers[k].item].offers.iter();
        let next = others
            .filter(|&&o| model.offers[o].supplier != model.offers[k].supplier)
            .map(|&o| unit_price(o))
            .min_by(f64::total_cmp)?;
        (next > unit_price(k) + 1e-12).then(|| next - unit_price(k))
    }

    fn reason(&mut self, k: usize, t: usize, drivers: &Drivers) -> Reason {
        let model = self.draft.model;
        let offer = &model.offers[k];
        if let Some(limit) = &drivers.binding_limit {
            return reason_of(limit);
        }
        let one = Change {
            offer: k,
            period: t,
            packs: -1,
        };
        let smaller_is_cheaper = self.draft.trial(&[one], false).is_some_and(|d| d < -1e-7);
        if smaller_is_cheaper {
            return Reason::MoqOrMinValue;
        }
        if self.more_expires(k, t) {
            return Reason::ExpiryCaps;
        }
        let next = period_to_index(drivers.next_arrival_period);
        let short = drivers
            .shortage_period_without
            .is_some_and(|p| period_to_index(p) < next);
        let risky = drivers.stockout_probability_without > drivers.stockout_probability_with + 0.02;
        if short || risky {
            return Reason::ProjectedShortage;
        }
        if self.draft.lines[offer.supplier][t] > 1 && model.suppliers[offer.supplier].fee > 0.0 {
            return Reason::JoinsPaidOrder;
        }
        if drivers.cheaper_by.is_some() && drivers.shortage_period_without.is_none() {
            return Reason::CheaperSupplier;
        }
        Reason::ProjectedShortage
    }

    /// Whether half or more of one more pack would be disposed of in the projection.
    fn more_expires(&mut self, k: usize, t: usize) -> bool {
        let model = self.draft.model;
        let offer = &model.offers[k];
        let item = &model.items[offer.item];
        roll(item, &model.offers, &self.draft.packs, &mut self.room);
        let now: f64 = self.room.disposed.iter().sum();
        self.draft.packs[k][t] += 1;
        roll(item, &model.offers, &self.draft.packs, &mut self.room);
        self.draft.packs[k][t] -= 1;
        let more: f64 = self.room.disposed.iter().sum();
        more - now >= 0.5 * offer.units
    }
}

fn reason_of(limit: &BindingLimit) -> Reason {
    if limit.limit == "budget" {
        Reason::BudgetLimited
    } else {
        Reason::StorageLimited
    }
}
