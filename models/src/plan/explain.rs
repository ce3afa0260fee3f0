//! Why each line stands in the plan, and which items a limit holds back: figures by evaluating the
//! plan again with the line changed, never by quoting a dual as a promise.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, offer, item or supplier of the same model")]

use super::formulate::Relaxed;
use super::input::Instance;
use super::outlook::{Outlook, cover_days, expiry_risk, outlook};
use super::output::{BindingLimit, Drivers, Explanation, Reason, WhatIf};
use super::packs::{Change, Draft};
use super::solve::money_of;
use super::text::paragraph;
use super::walk::{Scratch, roll};
use crate::convert::{count_to_f64, index_to_period, period_to_index, round_to_count};

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

struct Judge<'a> {
    draft: Draft<'a>,
    instance: &'a Instance,
    relaxed: Option<&'a Relaxed>,
    room: Scratch,
}

impl<'a> Judge<'a> {
    fn new(draft: &Draft<'a>, relaxed: Option<&'a Relaxed>) -> Self {
        Self { draft: draft.clone(), instance: draft.model.instance, relaxed, room: draft.room.clone() }
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
        let offer = &self.draft.model.offers[k];
        let who = (&self.instance.items[offer.item], &self.instance.suppliers[offer.supplier]);
        Explanation {
            offer: self.instance.offers[k].id.clone(),
            period: index_to_period(t),
            reason,
            text: paragraph(self.instance, who, t, reason, &drivers),
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
        let change = |packs| Change { offer: k, period: t, packs };
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
            let delta = (now + next <= most).then(|| self.draft.trial(&[change(next)], false)).flatten();
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

    fn drivers(&mut self, k: usize, t: usize, blocked: (Option<BindingLimit>, i64)) -> Drivers {
        let model = self.draft.model;
        let offer = &model.offers[k];
        let (given_offer, given) = (&self.instance.offers[k], &self.instance.items[offer.item]);
        let outlook = outlook(&mut self.draft, &mut self.room, k, t);
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
            expires_before_next: round_to_count(outlook.lost),
            expires_period: outlook.stockout_if_kept().and(outlook.lost_period).map(index_to_period),
            stockout_probability_if_kept: outlook.stockout_if_kept(),
            next_planned_arrival_period: outlook.planned_next.map(index_to_period),
            stockout_probability_until_planned: outlook.until_planned,
            forecast_until_next_arrival: outlook.demand.mean,
            stockout_probability_before_arrival: outlook.before.clamp(0.0, 1.0),
            stockout_probability_without: outlook.stockout(0.0),
            stockout_probability_with: outlook.stockout(units),
            cover_days_after: cover_days(&self.draft, k, t),
            shortage_period_without: outlook.shortage_period.map(index_to_period),
            asked_packs: binding_limit.is_some().then_some(asked),
            binding_limit,
            one_pack_more,
            one_pack_less,
            expiry_risk_units: expiry_risk(&self.draft, k, t),
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
        let change = Change { offer: k, period: t, packs: step };
        let cost_change = self.draft.trial(&[change], false)?;
        Some(WhatIf { cost_change, stockout_probability: outlook.stockout(count_to_f64(after) * offer.units) })
    }

    /// Money per unit the next offer of the item is dearer, if it is.
    fn cheaper_by(&self, k: usize) -> Option<f64> {
        let model = self.draft.model;
        let unit_price = |k: usize| model.offers[k].price / model.offers[k].units;
        let others = model.items[model.offers[k].item].offers.iter();
        let next =
            others.filter(|&&o| model.offers[o].supplier != model.offers[k].supplier).map(|&o| unit_price(o)).min_by(f64::total_cmp)?;
        (next > unit_price(k) + 1e-12).then(|| next - unit_price(k))
    }

    fn reason(&mut self, k: usize, t: usize, drivers: &Drivers) -> Reason {
        let model = self.draft.model;
        let offer = &model.offers[k];
        if let Some(limit) = &drivers.binding_limit {
            return reason_of(limit);
        }
        if drivers.expiry_makes_it_short() {
            return Reason::ProjectedShortage;
        }
        let one = Change { offer: k, period: t, packs: -1 };
        let smaller_is_cheaper = self.draft.trial(&[one], false).is_some_and(|d| d < -1e-7);
        if smaller_is_cheaper {
            return Reason::MoqOrMinValue;
        }
        if self.more_expires(k, t) {
            return Reason::ExpiryCaps;
        }
        let next = period_to_index(drivers.next_arrival_period);
        let short = drivers.shortage_period_without.is_some_and(|p| period_to_index(p) < next);
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
    if limit.limit == "budget" { Reason::BudgetLimited } else { Reason::StorageLimited }
}
