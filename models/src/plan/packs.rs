//! Whole packs: a plan that can be changed line by line at the price of one item's walk.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, offer, item or supplier of the same model")]

use super::model::Model;
use super::parallel::{fill, in_chunks};
use super::walk::{ItemCost, Scratch, roll, roll_changed};
use crate::convert::count_to_f64;

/// Items of one share of the work.
const EACH: usize = 1_024;

/// One change of a line: packs of an offer in a period, more or less.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change {
    pub(crate) offer: usize,
    pub(crate) period: usize,
    pub(crate) packs: i64,
}

/// Rules that may be broken on the way to a plan that keeps them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Leave {
    /// A supplier whose orders may be below its minimum.
    pub(crate) emptying: Option<usize>,
    /// First period whose budget may be exceeded.
    pub(crate) over_budget_from: usize,
}

impl Leave {
    /// Every rule counts.
    pub(crate) const NONE: Self = Self { emptying: None, over_budget_from: usize::MAX };
}

/// A plan in whole packs with everything its limits need, kept up to date.
#[derive(Debug, Clone)]
pub(crate) struct Draft<'a> {
    pub(crate) model: &'a Model<'a>,
    /// `packs[offer][period]`.
    pub(crate) packs: Vec<Vec<i64>>,
    pub(crate) costs: Vec<ItemCost>,
    /// `stock[item][period]`, units at the end.
    pub(crate) stock: Vec<Vec<f64>>,
    /// `spent[period]`, money.
    pub(crate) spent: Vec<f64>,
    /// `value[supplier][period]`, money.
    pub(crate) value: Vec<Vec<f64>>,
    /// `lines[supplier][period]`.
    pub(crate) lines: Vec<Vec<u32>>,
    /// `litres[class][period]`.
    pub(crate) litres: Vec<Vec<f64>>,
    /// A supplier whose orders are being moved and may be below its minimum on the way.
    pub(crate) emptying: Option<usize>,
    /// Walks left before the search stops: the work limit.
    pub(crate) walks_left: u64,
    pub(crate) room: Scratch,
}

impl<'a> Draft<'a> {
    /// The plan with these packs; limits may be broken.
    pub(crate) fn new(model: &'a Model<'a>, packs: Vec<Vec<i64>>, walks: u64) -> Self {
        let periods = model.periods;
        let mut made = Self {
            model,
            packs,
            costs: vec![ItemCost::default(); model.items.len()],
            stock: vec![vec![0.0; periods]; model.items.len()],
            spent: vec![0.0; periods],
            value: vec![vec![0.0; periods]; model.suppliers.len()],
            lines: vec![vec![0; periods]; model.suppliers.len()],
            litres: vec![vec![0.0; periods]; model.classes.len()],
            emptying: None,
            walks_left: walks,
            room: Scratch::new(periods),
        };
        made.refresh();
        made
    }

    /// The plan that orders nothing: always within every limit.
    pub(crate) fn empty(model: &'a Model<'a>, walks: u64) -> Self {
        let none = vec![vec![0; model.periods]; model.offers.len()];
        Self::new(model, none, walks)
    }

    /// Recomputes all sums, so that no rounding error of many changes remains.
    pub(crate) fn refresh(&mut self) {
        let model = self.model;
        let packs = &self.packs;
        let orders = in_chunks(model.suppliers.len(), model.threads, |s| {
            let (mut value, mut lines) = (vec![0.0; model.periods], vec![0_u32; model.periods]);
            for &k in &model.suppliers[s].offers {
                for (t, &packs) in packs[k].iter().enumerate().filter(|line| *line.1 > 0) {
                    value[t] += count_to_f64(packs) * model.offers[k].price;
                    lines[t] += 1;
                }
            }
            (value, lines)
        });
        (self.value, self.lines) = orders.into_iter().unzip();
        self.spent.fill(0.0);
        for value in &self.value {
            self.spent.iter_mut().zip(value).for_each(|(sum, value)| *sum += value);
        }
        self.refresh_stock();
    }

    /// The walk of every item, and litres.
    fn refresh_stock(&mut self) {
        let model = self.model;
        let mut walks: Vec<(&mut ItemCost, &mut Vec<f64>)> = self.costs.iter_mut().zip(&mut self.stock).collect();
        let packs = &self.packs;
        fill(
            &mut walks,
            (EACH, model.threads),
            || Scratch::new(model.periods),
            |room, first, part| {
                for ((cost, stock), item) in part.iter_mut().zip(&model.items[first..]) {
                    **cost = roll(item, &model.offers, packs, room);
                    stock.copy_from_slice(&room.stock);
                }
            },
        );
        for row in &mut self.litres {
            row.fill(0.0);
        }
        for (item, stock) in model.items.iter().zip(&self.stock) {
            if let Some(c) = item.class {
                for (sum, stock) in self.litres[c].iter_mut().zip(stock) {
                    *sum += item.volume * stock;
                }
            }
        }
    }

    /// Order costs without line costs (those are in [`Self::costs`]), money.
    pub(crate) fn fees(&self) -> f64 {
        let of = |(s, lines): (usize, &Vec<u32>)| {
            let placed = lines.iter().filter(|&&n| n > 0).count();
            self.model.suppliers[s].fee * crate::convert::length_to_f64(placed)
        };
        self.lines.iter().enumerate().map(of).sum()
    }

    /// What steers: the contract's cost plus the risk term, money.
    pub(crate) fn steering(&self) -> f64 {
        self.fees() + self.costs.iter().map(ItemCost::steering).sum::<f64>()
    }

    fn shift(&mut self, change: Change) {
        let Change { offer: k, period: t, packs } = change;
        let offer = &self.model.offers[k];
        let before = self.packs[k][t];
        let after = before + packs;
        let money = count_to_f64(packs) * offer.price;
        self.packs[k][t] = after;
        self.spent[t] += money;
        self.value[offer.supplier][t] += money;
        if before <= 0 && after > 0 {
            self.lines[offer.supplier][t] += 1;
        } else if before > 0 && after <= 0 {
            self.lines[offer.supplier][t] -= 1;
        }
    }

    /// Packs of a line once `changes` are made.
    fn packs_after(&self, changes: &[Change], (k, t): (usize, usize)) -> i64 {
        let made = changes.iter().filter(|c| (c.offer, c.period) == (k, t)).map(|c| c.packs);
        self.packs[k][t] + made.sum::<i64>()
    }

    /// Lines and money of a supplier's order once `changes` are made.
    fn order_after(&self, changes: &[Change], (s, t): (usize, usize)) -> (i64, f64) {
        let (mut lines, mut value) = (i64::from(self.lines[s][t]), self.value[s][t]);
        for (n, change) in changes.iter().enumerate() {
            let offer = &self.model.offers[change.offer];
            if change.period != t || offer.supplier != s {
                continue;
            }
            value += count_to_f64(change.packs) * offer.price;
            let line = (change.offer, t);
            if !changes[..n].iter().any(|c| (c.offer, c.period) == line) {
                let there = |packs: i64| i64::from(packs > 0);
                lines += there(self.packs_after(changes, line)) - there(self.packs[change.offer][t]);
            }
        }
        (lines, value)
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
            if self.order_after(changes, (s, change.period)).0 > 0 {
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
            let (lines, value) = self.order_after(changes, (s, t));
            lines == 0 || value >= minimum - 1e-9 * minimum.max(1.0)
        })
    }

    /// Whether the budget of `t` is kept once `changes` are made.
    fn affordable(&self, changes: &[Change], t: usize) -> bool {
        let made = changes.iter().filter(|c| c.period == t);
        let money = made.fold(self.spent[t], |sum, c| sum + count_to_f64(c.packs) * self.model.offers[c.offer].price);
        within(money, self.model.budget[t])
    }

    pub(crate) fn within_budget(&self, t: usize) -> bool {
        within(self.spent[t], self.model.budget[t])
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
        self.judged_below(changes, limits, f64::INFINITY, room)
    }

    /// The same; also `None` where the change is at least `ceiling`. Most are seen to be without a walk: packs, lines and
    /// orders are paid in any case, and no more than all of the item's other costs can be saved.
    pub(crate) fn judged_below(&self, changes: &[Change], limits: Option<Leave>, ceiling: f64, room: &mut Scratch) -> Option<f64> {
        let i = self.model.offers[changes.first()?.offer].item;
        let (mut paid, mut other_lines) = (0.0, false);
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
                other_lines = true;
                paid += if after > 0 { offer.line_cost } else { -offer.line_cost };
            }
        }
        let fees = if other_lines { self.fee_change(changes) } else { 0.0 };
        let costs = &self.costs[i];
        let saved = costs.steering() - costs.purchase - costs.lines;
        // The margin is for rounding.
        if fees + paid - saved > ceiling + 1e-9 * (1.0 + costs.steering())
            || limits.is_some_and(|leave| !self.lines_allowed(changes, leave))
        {
            return None;
        }
        let cost = roll_changed(&self.model.items[i], &self.model.offers, (&self.packs, changes), room);
        let delta = fees + (cost.steering() - costs.steering());
        (delta < ceiling && (limits.is_none() || self.storage_allowed(i, room))).then_some(delta)
    }

    /// The same with the draft's own room, as a step of the search.
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

    /// Makes changes of one item's lines.
    pub(crate) fn make(&mut self, changes: &[Change]) {
        let Some(first) = changes.first() else {
            return;
        };
        for &change in changes {
            self.shift(change);
        }
        let model = self.model;
        let i = model.offers[first.offer].item;
        let item = &model.items[i];
        self.costs[i] = roll(item, &model.offers, &self.packs, &mut self.room);
        if let Some(c) = item.class {
            for t in 0..model.periods {
                self.litres[c][t] += item.volume * (self.room.stock[t] - self.stock[i][t]);
            }
        }
        self.stock[i].copy_from_slice(&self.room.stock);
    }

    /// Packs by which a line grows or shrinks in one step: 1, or its minimum from or to nothing.
    pub(crate) fn step(&self, k: usize, t: usize, more: bool) -> i64 {
        let (now, moq) = (self.packs[k][t], self.model.offers[k].moq);
        match (more, now) {
            (true, 0) => moq,
            (true, _) => 1,
            (false, now) if now <= moq => -now,
            (false, _) => -1,
        }
    }
}

/// Whether what is used keeps a limit, up to rounding.
pub(crate) fn within(used: f64, limit: f64) -> bool {
    used <= limit + 1e-10 * limit.clamp(1.0, 1e9)
}
