//! Whole packs: a plan that can be changed line by line at the price of one item's walk.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, offer, item or supplier of the same model")]

use super::model::Model;
use super::parallel::{fill, in_chunks};
use super::walk::{ItemCost, Scratch, roll};
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
    /// `unmet[item][period]`, units.
    pub(crate) unmet: Vec<Vec<f64>>,
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
            unmet: vec![vec![0.0; periods]; model.items.len()],
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
        let walks = self.costs.iter_mut().zip(&mut self.stock).zip(&mut self.unmet);
        let mut walks: Vec<_> = walks.collect();
        let packs = &self.packs;
        fill(
            &mut walks,
            (EACH, model.threads),
            || Scratch::new(model.periods),
            |room, first, part| {
                for (((cost, stock), unmet), item) in part.iter_mut().zip(&model.items[first..]) {
                    **cost = roll(item, &model.offers, packs, room);
                    stock.copy_from_slice(&room.stock);
                    unmet.copy_from_slice(&room.unmet);
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

    /// Lets go of what only moves need: what comes after is as large as the plan itself.
    pub(crate) fn settle(&mut self) {
        self.unmet = Vec::new();
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

    pub(crate) fn within_budget(&self, t: usize) -> bool {
        within(self.spent[t], self.model.budget[t])
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
        self.unmet[i].copy_from_slice(&self.room.unmet);
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
