//! What changes of one item's lines would cost, and whether they keep the rules: the step every search takes most often.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, offer, item or supplier of the same model")]

use super::packs::{Change, Draft, Leave, within};
use super::walk::{Scratch, missing, roll_changed};
use crate::convert::count_to_f64;

impl Draft<'_> {
    /// Packs of a line once `changes` are made.
    fn packs_after(&self, changes: &[Change], (k, t): (usize, usize)) -> i64 {
        let made = changes.iter().filter(|c| (c.offer, c.period) == (k, t)).map(|c| c.packs);
        self.packs[k][t] + made.sum::<i64>()
    }

    /// Lines of a supplier's order once `changes` are made.
    fn lines_after(&self, changes: &[Change], (s, t): (usize, usize)) -> i64 {
        let mut lines = i64::from(self.lines[s][t]);
        for (n, change) in changes.iter().enumerate() {
            let line = (change.offer, t);
            let first = !changes[..n].iter().any(|c| (c.offer, c.period) == line);
            if change.period == t && self.model.offers[change.offer].supplier == s && first {
                lines += i64::from(self.packs_after(changes, line) > 0) - i64::from(self.packs[change.offer][t] > 0);
            }
        }
        lines
    }

    /// Change of order costs by `changes`.
    fn fee_change(&self, changes: &[Change]) -> f64 {
        let (mut before, mut after) = (0.0, 0.0);
        for (n, change) in changes.iter().enumerate() {
            let s = self.model.offers[change.offer].supplier;
            let seen = changes[..n].iter().any(|c| c.period == change.period && self.model.offers[c.offer].supplier == s);
            let fee = self.model.suppliers[s].fee;
            if seen || fee <= 0.0 {
                continue;
            }
            if self.lines[s][change.period] > 0 {
                before += fee;
            }
            if self.lines_after(changes, (s, change.period)) > 0 {
                after += fee;
            }
        }
        after - before
    }

    /// Whether the lines touched by `changes` keep their own rules and the budget once these are made.
    fn lines_allowed(&self, changes: &[Change], leave: Leave) -> bool {
        changes.iter().all(|c| {
            let offer = &self.model.offers[c.offer];
            let packs = self.packs_after(changes, (c.offer, c.period));
            let (s, t) = (offer.supplier, c.period);
            let line = packs == 0 || (packs >= offer.moq && packs <= offer.most && (offer.open[t] || c.packs < 0));
            if !line || (c.packs > 0 && t < leave.over_budget_from && !self.affordable(changes, t)) {
                return false;
            }
            let minimum = self.model.suppliers[s].minimum;
            if minimum <= 0.0 || leave.emptying == Some(s) {
                return true;
            }
            let own = changes.iter().filter(|c| c.period == t && self.model.offers[c.offer].supplier == s);
            let value = own.fold(self.value[s][t], |sum, c| sum + count_to_f64(c.packs) * self.model.offers[c.offer].price);
            value >= minimum - 1e-9 * minimum.max(1.0) || self.lines_after(changes, (s, t)) == 0
        })
    }

    /// Whether the budget of `t` is kept once `changes` are made.
    fn affordable(&self, changes: &[Change], t: usize) -> bool {
        let made = changes.iter().filter(|c| c.period == t);
        let money = made.fold(self.spent[t], |sum, c| sum + count_to_f64(c.packs) * self.model.offers[c.offer].price);
        within(money, self.model.budget[t])
    }

    /// Whether the walk in `room` of item `i` keeps every storage limit it adds to.
    fn storage_allowed(&self, i: usize, room: &Scratch) -> bool {
        let item = &self.model.items[i];
        let Some(c) = item.class else {
            return true;
        };
        let class = &self.model.classes[c];
        (0..self.model.periods).all(|t| {
            let more = item.volume * (room.stock[t] - self.stock[i][t]);
            more <= 1e-12 || within(self.litres[c][t] + more, class.limit[t])
        })
    }

    /// Change of [`Self::steering`] if these changes of one item's lines were made; the plan stays and `room` holds
    /// the item's walk. `None`: a rule forbids them.
    ///
    /// - `limits`: the rules that may be broken; `None`: minima, budget and storage don't count.
    pub(crate) fn judged(&self, changes: &[Change], limits: Option<Leave>, room: &mut Scratch) -> Option<f64> {
        self.paid(changes, limits, f64::INFINITY)?;
        self.walked(changes, limits, room)
    }

    /// The same; also `None` where the change is at least `ceiling`, and `room` may hold anything.
    pub(crate) fn judged_below(&self, changes: &[Change], limits: Option<Leave>, ceiling: f64, room: &mut Scratch) -> Option<f64> {
        let paid = self.paid(changes, limits, ceiling)?;
        let plain = self.model.items[self.model.offers[changes.first()?.offer].item].plain;
        let delta = if plain { self.shifted(changes, paid, limits) } else { self.walked(changes, limits, room) };
        delta.filter(|&delta| delta < ceiling)
    }

    /// What changes of one item's lines pay more for packs, lines and orders. `None`: a rule about lines and orders or the
    /// budget forbids them, or the item's other costs are too small to bring the whole change below `ceiling`.
    fn paid(&self, changes: &[Change], limits: Option<Leave>, ceiling: f64) -> Option<f64> {
        let (mut paid, mut fees, mut joined) = (0.0, 0.0, false);
        for (n, change) in changes.iter().enumerate() {
            let line = (change.offer, change.period);
            if changes[..n].iter().any(|c| (c.offer, c.period) == line) {
                continue;
            }
            let (offer, now, after) = (&self.model.offers[change.offer], self.packs[line.0][line.1], self.packs_after(changes, line));
            if after < 0 {
                return None;
            }
            paid += count_to_f64(after - now) * offer.price;
            if (now > 0) != (after > 0) {
                let (s, t) = (offer.supplier, change.period);
                // A line alone in its order among the changes opens or closes it by itself.
                joined |= changes.iter().filter(|c| c.period == t && self.model.offers[c.offer].supplier == s).count() > 1;
                let fee = if self.lines[s][t] == u32::from(now > 0) { self.model.suppliers[s].fee } else { 0.0 };
                fees += if after > 0 { fee } else { -fee };
                paid += if after > 0 { offer.line_cost } else { -offer.line_cost };
            }
        }
        paid += if joined { self.fee_change(changes) } else { fees };
        let costs = &self.costs[self.model.offers[changes.first()?.offer].item];
        let saved = costs.steering() - costs.purchase - costs.lines;
        // The margin is for rounding.
        let hopeless = paid - saved > ceiling + 1e-9 * (1.0 + costs.steering());
        (!hopeless && limits.is_none_or(|leave| self.lines_allowed(changes, leave))).then_some(paid)
    }

    fn walked(&self, changes: &[Change], limits: Option<Leave>, room: &mut Scratch) -> Option<f64> {
        let i = self.model.offers[changes.first()?.offer].item;
        let cost = roll_changed(&self.model.items[i], &self.model.offers, (&self.packs, changes), room);
        let delta = self.fee_change(changes) + (cost.steering() - self.costs[i].steering());
        (limits.is_none() || self.storage_allowed(i, room)).then_some(delta)
    }

    /// The same for an item of which nothing expires in the horizon, from what is known of the walk as it is: its stock
    /// alone tells what comes later, so only periods in which that differs are looked at.
    fn shifted(&self, changes: &[Change], paid: f64, limits: Option<Leave>) -> Option<f64> {
        let (offers, i) = (&self.model.offers, self.model.offers[changes.first()?.offer].item);
        let item = &self.model.items[i];
        let (mut first, mut last) = (self.model.periods, 0);
        for change in changes {
            let arrives = change.period + offers[change.offer].lead;
            (first, last) = (first.min(arrives), last.max(arrives));
        }
        let class = item.class.filter(|_| limits.is_some());
        let (mut delta, mut more) = (paid, 0.0);
        for t in first..self.model.periods {
            if t <= last {
                for change in changes.iter().filter(|c| c.period + offers[c.offer].lead == t) {
                    more += count_to_f64(change.packs) * offers[change.offer].units;
                }
            } else if more == 0.0 {
                break;
            }
            let (before, unmet) = (self.stock[i][t], self.unmet[i][t]);
            let net = before - unmet + more;
            let stock = if net < 1e-9 { 0.0 } else { net };
            more = stock - before;
            // What is left of a sum of differences is no stock.
            if more.abs() < 1e-9 {
                more = 0.0;
            }
            delta += item.holding * more + item.shortage * ((stock - net).max(0.0) - unmet);
            if !item.risk[t].is_empty() {
                delta += missing(&item.risk[t], stock) - missing(&item.risk[t], before);
            }
            if let Some(c) = class.filter(|_| item.volume * more > 1e-12)
                && !within(self.litres[c][t] + item.volume * more, self.model.classes[c].limit[t])
            {
                return None;
            }
        }
        Some(delta)
    }

    /// The change of [`Self::steering`] as a step of the search.
    pub(crate) fn trial(&mut self, changes: &[Change], limits: bool) -> Option<f64> {
        self.trial_below(changes, limits, f64::INFINITY)
    }

    /// The same; also `None` where the change is at least `ceiling`.
    pub(crate) fn trial_below(&mut self, changes: &[Change], limits: bool, ceiling: f64) -> Option<f64> {
        self.walks_left = self.walks_left.saturating_sub(1);
        let mut room = std::mem::take(&mut self.room);
        let leave = Leave { emptying: self.emptying, ..Leave::NONE };
        let delta = self.judged_below(changes, limits.then_some(leave), ceiling, &mut room);
        self.room = room;
        delta
    }
}
