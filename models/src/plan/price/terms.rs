//! What one item pays at given prices.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, offer or item of the same model")]

use super::super::model::{ItemModel, Model};
use super::reduce::{Reduced, Source};

/// Prices of what items share.
///
/// `rows`: money per money of budget by period, then money per litre by storage limit and period, all at least 0.
/// `shares[offer * periods + period]`: what an order line adds to pay its supplier's order cost; the shares of one
/// supplier and period add up to its order cost at most.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Duals {
    pub(crate) rows: Vec<f64>,
    pub(crate) shares: Vec<f64>,
}

/// One item at given prices.
#[derive(Debug)]
pub(crate) struct Terms<'a> {
    pub(crate) model: &'a Model<'a>,
    pub(crate) item: &'a ItemModel,
    pub(crate) reduced: &'a Reduced,
    pub(crate) duals: &'a Duals,
    pub(crate) steer: bool,
    /// Whether deliveries are used no longer than they keep: for a plan, not for a bound.
    pub(crate) strict: bool,
    /// Share of the holding and storage cost that is charged.
    carry: f64,
}

impl<'a> Terms<'a> {
    /// Where new units can expire, a true plan throws units away at the disposal cost, while the kernels keep them:
    /// kept, a unit only helps, but costs holding. So no more of it is charged over the whole horizon than the
    /// disposal costs, and the kernels' answer stays a lower bound.
    pub(crate) fn new(model: &'a Model<'a>, item: &'a ItemModel, reduced: &'a Reduced, duals: &'a Duals, steer: bool) -> Self {
        let mut made = Self { model, item, reduced, duals, steer, strict: false, carry: 1.0 };
        if reduced.expires {
            let whole: f64 = (0..model.periods).map(|t| made.holding(t)).sum();
            made.carry = if whole > item.disposal { item.disposal / whole } else { 1.0 };
        }
        made
    }
}

impl Terms<'_> {
    /// Money per pack of a way.
    pub(crate) fn pack(&self, source: &Source) -> f64 {
        source.price * (1.0 + self.duals.rows[source.ordered])
    }

    /// Money per order line of a way.
    pub(crate) fn line(&self, source: &Source) -> f64 {
        self.model.offers[source.offer].line_cost + self.duals.shares[source.offer * self.model.periods + source.ordered]
    }

    /// Money per unit at the end of `t`: holding and storage.
    pub(crate) fn holding(&self, t: usize) -> f64 {
        let storage = self.item.class.map_or(0.0, |c| self.item.volume * self.duals.rows[self.model.periods * (c + 1) + t]);
        self.carry * (self.item.holding + storage)
    }

    /// New units at the end of `t` from which on low stock has no price.
    pub(crate) fn margin(&self, t: usize) -> f64 {
        if !self.steer {
            return 0.0;
        }
        let target: f64 = self.item.risk[t].iter().map(|piece| piece.width).sum();
        (target - self.reduced.known[t]).max(0.0)
    }

    /// Price of low stock with `new` units beside the known stock at the end of `t`.
    pub(crate) fn risk(&self, t: usize, new: f64) -> f64 {
        if !self.steer || self.item.risk[t].is_empty() {
            return 0.0;
        }
        let mut room = self.reduced.known[t] + new;
        let mut cost = 0.0;
        for piece in &self.item.risk[t] {
            let filled = piece.width.min(room);
            cost += piece.credit * (piece.width - filled);
            room -= filled;
        }
        cost
    }
}

/// What one item does with the prices: cost at these prices and its use of what is shared.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reply {
    /// Money: a lower bound on what any plan of the item costs at these prices; known stock included.
    pub(crate) value: f64,
    /// `(way, packs)`; packs are whole when the lattice kernel answered.
    pub(crate) bought: Vec<(usize, f64)>,
    /// New units at the end of each period.
    pub(crate) stock: Vec<f64>,
}

impl Reply {
    pub(crate) fn clear(&mut self, periods: usize) {
        self.value = 0.0;
        self.bought.clear();
        self.stock.clear();
        self.stock.resize(periods, 0.0);
    }
}
