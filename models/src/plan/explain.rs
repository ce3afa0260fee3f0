//! Why each line stands in the plan, and which items a limit holds back: figures by evaluating the
//! plan again with the line changed, never by quoting a dual as a promise.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, offer, item or supplier of the same model")]

use super::formulate::Relaxed;
use super::input::{Due, Instance};
use super::model::ClassModel;
use super::outlook::{Outlook, cover_days, expiry_risk, outlook_of, without_line};
use super::output::{BindingLimit, Drivers, Explanation, Projection, Reason, WhatIf};
use super::packs::{Change, Draft, Leave};
use super::parallel::{fill, in_chunks};
use super::solve::money_of;
use super::text::paragraph;
use super::walk::Scratch;
use crate::convert::{count_to_f64, index_to_period, round_to_count};

/// Lines and items of one share of the work.
const EACH: usize = 256;

/// One explanation per order line by period, then one per item held back by a limit.
///
/// - `projection`: every item and period of the draft.
pub(crate) fn explanations(draft: &Draft<'_>, relaxed: Option<&Relaxed>, projection: &[Projection]) -> Vec<Explanation> {
    let model = draft.model;
    let slack = slack(draft);
    let start = || Judge { draft, instance: model.instance, relaxed, projection, slack: &slack, room: Scratch::new(model.periods) };
    let mut lines = Vec::new();
    for t in 0..model.periods {
        lines.extend((0..model.offers.len()).filter(|&k| draft.packs[k][t] > 0).map(|k| (k, t)));
    }
    let mut rows: Vec<Option<Explanation>> = Vec::with_capacity(lines.len() + lines.len() / 64);
    rows.resize_with(lines.len(), || None);
    fill(&mut rows, (EACH, draft.model.threads), start, |judge, first, part| {
        for (row, &(k, t)) in part.iter_mut().zip(&lines[first..]) {
            *row = Some(judge.line(k, t));
        }
    });
    let mut limited = vec![false; model.items.len()];
    for (row, &(k, _)) in rows.iter().zip(&lines) {
        limited[model.offers[k].item] |= row.as_ref().is_some_and(|r| r.drivers.binding_limit.is_some());
    }
    let held = in_chunks(model.items.len().div_ceil(EACH), draft.model.threads, |n| {
        let mut judge = start();
        let items = n * EACH..((n + 1) * EACH).min(model.items.len());
        items.filter(|&i| !limited[i]).filter_map(|i| judge.held_back(i)).collect::<Vec<_>>()
    });
    rows.extend(held.into_iter().flatten().map(Some));
    // Unlike `flatten`, this is done in place.
    rows.into_iter().flatten().collect()
}

/// Litres free from each period on: the least of them.
fn slack(draft: &Draft<'_>) -> Vec<Vec<f64>> {
    let of = |(class, litres): (&ClassModel, &Vec<f64>)| {
        let mut free: Vec<f64> = class.limit.iter().zip(litres).map(|(limit, used)| limit - used).collect();
        for t in (1..free.len()).rev() {
            free[t - 1] = free[t - 1].min(free[t]);
        }
        free
    };
    draft.model.classes.iter().zip(&draft.litres).map(of).collect()
}

/// A line with packs more or less: change of the steering cost, units disposed of.
#[derive(Debug, Clone, Copy)]
struct Tried {
    packs: i64,
    delta: f64,
    disposed: f64,
}

struct Judge<'a> {
    draft: &'a Draft<'a>,
    instance: &'a Instance,
    relaxed: Option<&'a Relaxed>,
    projection: &'a [Projection],
    /// `slack[class][period]`, litres.
    slack: &'a [Vec<f64>],
    room: Scratch,
}

/// A line's figures that several parts of an explanation need.
struct Case {
    more: Option<Tried>,
    less: Option<Tried>,
    outlook: Outlook,
    binding_limit: Option<BindingLimit>,
    asked: i64,
}

impl Judge<'_> {
    fn line(&mut self, k: usize, t: usize) -> Explanation {
        let case = self.case(k, t);
        let drivers = self.drivers(k, t, &case);
        let reason = self.reason(k, t, &case, &drivers);
        self.explanation(k, t, reason, drivers)
    }

    /// Walks the item with the line a step smaller, without it and a step larger.
    fn case(&mut self, k: usize, t: usize) -> Case {
        let now = self.draft.packs[k][t];
        let step = self.draft.step(k, t, false);
        let less = if now > 0 { self.tried(k, t, step) } else { None };
        if now == 0 || now + step > 0 {
            without_line(self.draft, &mut self.room, k, t);
        }
        let first = self.draft.model.offers[k].item * self.draft.model.periods;
        let projection = self.projection;
        let unmet = |p: usize| projection[first + p].unmet;
        let outlook = outlook_of(self.draft, (&unmet, &self.room), k, t);
        let more = self.one_more(k, t);
        let (binding_limit, asked) = self.blocked_more((k, t), more);
        Case { more, less, outlook, binding_limit, asked }
    }

    /// The line changed by `packs`, whatever the limits; its walk is in the room.
    fn tried(&mut self, k: usize, t: usize, packs: i64) -> Option<Tried> {
        let delta = self.draft.judged(&[Change { offer: k, period: t, packs }], None, &mut self.room)?;
        Some(Tried { packs, delta, disposed: self.room.disposed.iter().sum() })
    }

    /// The line one step larger, if its offer allows that.
    fn one_more(&mut self, k: usize, t: usize) -> Option<Tried> {
        let step = self.draft.step(k, t, true);
        let fits = self.draft.packs[k][t] + step <= self.draft.model.offers[k].most;
        if fits { self.tried(k, t, step) } else { None }
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
                if !model.offers[k].open[t] || !self.can_be_limited(k, t) {
                    continue;
                }
                let more = self.one_more(k, t);
                if let (Some(limit), asked) = &self.blocked_more((k, t), more)
                    && *asked > 0
                {
                    let reason = reason_of(limit);
                    let case = self.case(k, t);
                    let drivers = self.drivers(k, t, &case);
                    return Some(self.explanation(k, t, reason, drivers));
                }
            }
        }
        None
    }

    /// Whether a step more of the line could break a limit: cheaper to see than whether it does.
    fn can_be_limited(&self, k: usize, t: usize) -> bool {
        let model = self.draft.model;
        let offer = &model.offers[k];
        let item = &model.items[offer.item];
        let step = self.draft.step(k, t, true);
        let litres = item.volume * offer.units * count_to_f64(step);
        let storage = item.class.is_some_and(|c| litres > self.slack[c].get(t + offer.lead).copied().unwrap_or(0.0));
        storage || self.draft.spent[t] + money_of(step, offer.price) > model.budget[t]
    }

    /// The limit that forbids more of this line, and the packs wanted without it. `more`: one step more, whose walk
    /// is in the room.
    fn blocked_more(&mut self, (k, t): (usize, usize), more: Option<Tried>) -> (Option<BindingLimit>, i64) {
        let now = self.draft.packs[k][t];
        let change = |packs| [Change { offer: k, period: t, packs }];
        let Some(more) = more.filter(|m| m.delta < -1e-7 && self.can_be_limited(k, t)) else {
            return (None, now);
        };
        let Some(limit) = self.limit_hit(k, t, more.packs) else {
            return (None, now);
        };
        if self.draft.judged(&change(more.packs), Some(Leave::NONE), &mut self.room).is_some() {
            return (None, now);
        }
        let most = self.draft.model.offers[k].most;
        let (mut asked, mut best, mut stride) = (more.packs, more.delta, 1_i64);
        for _ in 0..80 {
            let next = asked.saturating_add(stride);
            let delta = (now + next <= most).then(|| self.draft.judged(&change(next), None, &mut self.room)).flatten();
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

    /// Which limit `step` more packs would break, their walk being in the room: budget first, then storage.
    fn limit_hit(&self, k: usize, t: usize, step: i64) -> Option<BindingLimit> {
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

    fn drivers(&self, k: usize, t: usize, case: &Case) -> Drivers {
        let offer = &self.draft.model.offers[k];
        let (given_offer, given) = (&self.instance.offers[k], &self.instance.items[offer.item]);
        let outlook = &case.outlook;
        let packs = self.draft.packs[k][t];
        let units = count_to_f64(packs) * offer.units;
        let stockout = |more: i64| outlook.stockout(count_to_f64(packs + more) * offer.units);
        let what_if = |tried: Option<Tried>| {
            let tried = tried?;
            Some(WhatIf { cost_change: tried.delta, stockout_probability: stockout(tried.packs) })
        };
        // The plan ends with its horizon, where stock left over is worth nothing; the item's own levels look beyond.
        let levels = |cost: Option<f64>, more| Some(WhatIf { cost_change: cost?, stockout_probability: stockout(more) });
        let (one_pack_more, one_pack_less) = match self.as_due(k, t) {
            Some(due) => (levels(due.one_pack_more, 1), levels(due.one_pack_less, -1)),
            None => (what_if(case.more), what_if(case.less)),
        };
        Drivers {
            item: given.id.clone(),
            on_hand: given.on_hand.iter().map(|lot| lot.units).sum(),
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
            forecast_until_next_arrival: outlook.mean(),
            stockout_probability_before_arrival: outlook.before.clamp(0.0, 1.0),
            stockout_probability_without: outlook.stockout(0.0),
            stockout_probability_with: outlook.stockout(units),
            cover_days_after: cover_days(self.draft, k, t),
            shortage_period_without: outlook.shortage_period.map(index_to_period),
            asked_packs: case.binding_limit.is_some().then_some(case.asked),
            binding_limit: case.binding_limit.clone(),
            one_pack_more,
            one_pack_less,
            expiry_risk_units: expiry_risk(self.draft, k, t),
            cheaper_by: self.cheaper_by(k),
        }
    }

    /// The item's own levels, where this line is just what they advise.
    fn as_due(&self, k: usize, t: usize) -> Option<&Due> {
        let offer = &self.instance.offers[k];
        let due = self.instance.items[self.draft.model.offers[k].item].due.as_ref()?;
        (t == 0 && due.packs > 0 && due.packs == self.draft.packs[k][t] && due.offer == offer.id).then_some(due)
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

    fn reason(&mut self, k: usize, t: usize, case: &Case, drivers: &Drivers) -> Reason {
        let model = self.draft.model;
        let offer = &model.offers[k];
        let outlook = &case.outlook;
        if let Some(limit) = &case.binding_limit {
            return reason_of(limit);
        }
        if drivers.expiry_makes_it_short() || self.as_due(k, t).is_some() {
            return Reason::ProjectedShortage;
        }
        let one_less = match case.less {
            Some(less) if less.packs == -1 => Some(less),
            _ => self.tried(k, t, -1),
        };
        if one_less.is_some_and(|less| less.delta < -1e-7) {
            return Reason::MoqOrMinValue;
        }
        if self.more_expires(k, t, case.more) {
            return Reason::ExpiryCaps;
        }
        let short = outlook.shortage_period.is_some_and(|p| p < outlook.next);
        let risky = drivers.stockout_probability_without > drivers.stockout_probability_with + 0.02;
        if short || risky {
            return Reason::ProjectedShortage;
        }
        if self.draft.lines[offer.supplier][t] > 1 && model.suppliers[offer.supplier].fee > 0.0 {
            return Reason::JoinsPaidOrder;
        }
        if drivers.cheaper_by.is_some() && outlook.shortage_period.is_none() {
            return Reason::CheaperSupplier;
        }
        Reason::ProjectedShortage
    }

    /// Whether half or more of one more pack would be disposed of in the projection.
    fn more_expires(&mut self, k: usize, t: usize, more: Option<Tried>) -> bool {
        let model = self.draft.model;
        let offer = &model.offers[k];
        let first = offer.item * model.periods;
        let now: f64 = self.projection[first..first + model.periods].iter().map(|row| row.disposed).sum();
        let more = more.filter(|m| m.packs == 1).or_else(|| self.tried(k, t, 1));
        more.is_some_and(|more| more.disposed - now >= 0.5 * offer.units)
    }
}

fn reason_of(limit: &BindingLimit) -> Reason {
    if limit.limit == "budget" { Reason::BudgetLimited } else { Reason::StorageLimited }
}
