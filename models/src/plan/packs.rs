//! Whole packs: a plan that can be changed line by line at the price of one item's walk.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, offer, item or supplier of the same model")]

use super::model::Model;
use super::walk::{ItemCost, Scratch, roll};
use crate::convert::count_to_f64;

/// One change of a line: packs of an offer in a period, more or less.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change {
    pub(crate) offer: usize,
    pub(crate) period: usize,
    pub(crate) packs: i64,
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
        self.spent.fill(0.0);
        for t in 0..model.periods {
            for (s, supplier) in model.suppliers.iter().enumerate() {
                let ordered = supplier.offers.iter().filter(|&&k| self.packs[k][t] > 0);
                self.value[s][t] = ordered.clone().map(|&k| count_to_f64(self.packs[k][t]) * model.offers[k].price).sum();
                self.lines[s][t] = u32::try_from(ordered.count()).unwrap_or(u32::MAX);
                self.spent[t] += self.value[s][t];
            }
        }
        for row in &mut self.litres {
            row.fill(0.0);
        }
        for (i, item) in model.items.iter().enumerate() {
            self.costs[i] = roll(item, &model.offers, &self.packs, &mut self.room);
            self.stock[i].copy_from_slice(&self.room.stock);
            if let Some(c) = item.class {
                for (sum, stock) in self.litres[c].iter_mut().zip(&self.room.stock) {
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

    fn fee_of(&self, changes: &[Change]) -> f64 {
        let mut sum = 0.0;
        for (n, change) in changes.iter().enumerate() {
            let s = self.model.offers[change.offer].supplier;
            let seen = changes[..n].iter().any(|c| c.period == change.period && self.model.offers[c.offer].supplier == s);
            if !seen && self.lines[s][change.period] > 0 {
                sum += self.model.suppliers[s].fee;
            }
        }
        sum
    }

    /// Whether the lines touched by `changes` (already made) keep their own rules and the budget.
    fn lines_allowed(&self, changes: &[Change]) -> bool {
        changes.iter().all(|c| {
            let offer = &self.model.offers[c.offer];
            let packs = self.packs[c.offer][c.period];
            let (s, t) = (offer.supplier, c.period);
            let line = packs == 0 || (packs >= offer.moq && packs <= offer.most && (offer.open[t] || c.packs < 0));
            let money = c.packs <= 0 || self.within_budget(t);
            let minimum = self.model.suppliers[s].minimum;
            let order = self.lines[s][t] == 0 || self.value[s][t] >= minimum - 1e-9 * minimum.max(1.0) || self.emptying == Some(s);
            line && money && order
        })
    }

    pub(crate) fn within_budget(&self, t: usize) -> bool {
        let limit = self.model.budget[t];
        self.spent[t] <= limit + 1e-10 * limit.clamp(1.0, 1e9)
    }

    /// Whether the walk in `room` of item `i` keeps every storage limit it adds to.
    fn storage_allowed(&self, i: usize) -> bool {
        let item = &self.model.items[i];
        let Some(c) = item.class else {
            return true;
        };
        let class = &self.model.classes[c];
        (0..self.model.periods).all(|t| {
            let more = item.volume * (self.room.stock[t] - self.stock[i][t]);
            let limit = class.limit[t];
            more <= 1e-12 || self.litres[c][t] + more <= limit + 1e-10 * limit.clamp(1.0, 1e9)
        })
    }

    /// Change of [`Self::steering`] if these changes of one item's lines were made; the plan stays.
    /// `None`: a rule forbids them. `limits`: whether budget, storage and minimum count.
    pub(crate) fn trial(&mut self, changes: &[Change], limits: bool) -> Option<f64> {
        let i = self.model.offers[changes.first()?.offer].item;
        let kept = changes.iter().map(|c| (c.period, self.model.offers[c.offer].supplier));
        let kept: Vec<(f64, f64)> = kept.map(|(t, s)| (self.spent[t], self.value[s][t])).collect();
        let fee = self.fee_of(changes);
        for &change in changes {
            self.shift(change);
        }
        let fee = self.fee_of(changes) - fee;
        let mut allowed = changes.iter().all(|c| self.packs[c.offer][c.period] >= 0);
        allowed = allowed && (!limits || self.lines_allowed(changes));
        let mut delta = fee;
        if allowed {
            self.walks_left = self.walks_left.saturating_sub(1);
            let model = self.model;
            let cost = roll(&model.items[i], &model.offers, &self.packs, &mut self.room);
            delta += cost.steering() - self.costs[i].steering();
            allowed = !limits || self.storage_allowed(i);
        }
        for (change, kept) in changes.iter().zip(&kept).rev() {
            self.shift(Change { packs: -change.packs, ..*change });
            self.spent[change.period] = kept.0;
            let s = self.model.offers[change.offer].supplier;
            self.value[s][change.period] = kept.1;
        }
        allowed.then_some(delta)
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
