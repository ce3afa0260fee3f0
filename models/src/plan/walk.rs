//! The contract's rules for one item, exactly: receipts, demand by first expired first out,
//! disposal at the end of the last period of use, holding on what remains.

#![expect(clippy::indexing_slicing, reason = "all slices have one entry per period, buckets one more; made in Scratch::new")]

use super::model::{ItemModel, OfferModel};
use super::packs::Change;
use super::risk::Segment;
use crate::convert::count_to_f64;

/// Money of one item over the horizon.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct ItemCost {
    pub(crate) purchase: f64,
    /// Line costs; part of the order costs on the wire.
    pub(crate) lines: f64,
    pub(crate) holding: f64,
    pub(crate) shortage: f64,
    pub(crate) disposal: f64,
    /// The steering term of the risk form; not part of the objective.
    pub(crate) risk: f64,
}

impl ItemCost {
    /// What steers: everything of this item, without the costs per order.
    pub(crate) fn steering(&self) -> f64 {
        self.purchase + self.lines + self.holding + self.shortage + self.disposal + self.risk
    }
}

/// Room for one walk, used again and again.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scratch {
    /// Units by last period of use; the last bucket outlives the horizon.
    buckets: Vec<f64>,
    /// `stock[period]`, units at the end.
    pub(crate) stock: Vec<f64>,
    /// `unmet[period]`, units.
    pub(crate) unmet: Vec<f64>,
    /// `disposed[period]`, units.
    pub(crate) disposed: Vec<f64>,
}

impl Scratch {
    pub(crate) fn new(periods: usize) -> Self {
        Self { buckets: vec![0.0; periods + 1], stock: vec![0.0; periods], unmet: vec![0.0; periods], disposed: vec![0.0; periods] }
    }
}

/// Cost of one item when `packs[offer][period]` are ordered; fills the projection in `room`.
pub(crate) fn roll(item: &ItemModel, offers: &[OfferModel], packs: &[Vec<i64>], room: &mut Scratch) -> ItemCost {
    walk(item, offers, |k, t| packs[k][t], room)
}

/// The same with some lines changed.
pub(crate) fn roll_changed(
    item: &ItemModel,
    offers: &[OfferModel],
    (packs, changes): (&[Vec<i64>], &[Change]),
    room: &mut Scratch,
) -> ItemCost {
    let ordered = |k: usize, t: usize| {
        let made = changes.iter().filter(|c| (c.offer, c.period) == (k, t)).map(|c| c.packs);
        packs[k][t] + made.sum::<i64>()
    };
    walk(item, offers, ordered, room)
}

fn walk(item: &ItemModel, offers: &[OfferModel], ordered: impl Fn(usize, usize) -> i64, room: &mut Scratch) -> ItemCost {
    let periods = item.demand.len();
    room.buckets.fill(0.0);
    let mut cost = ItemCost::default();
    // Buckets below hold nothing: most items have all their stock in the last one.
    let mut low = periods;
    for period in 0..periods {
        for receipt in &item.receipts[period] {
            room.buckets[receipt.last] += receipt.units;
            low = low.min(receipt.last);
        }
        for &k in &item.offers {
            let offer = &offers[k];
            if period < offer.lead {
                continue;
            }
            let ordered = ordered(k, period - offer.lead);
            if ordered > 0 {
                let ordered = count_to_f64(ordered);
                let last = item.last_use(period);
                room.buckets[last] += ordered * offer.units;
                low = low.min(last);
                cost.purchase += ordered * offer.price;
                cost.lines += offer.line_cost;
            }
        }
        let mut wanted = item.demand[period];
        let mut left = 0.0;
        low = low.max(period);
        for bucket in &mut room.buckets[low..] {
            // Not `min`: neither can be no number.
            let used = if *bucket < wanted { *bucket } else { wanted };
            *bucket -= used;
            wanted -= used;
            left += *bucket;
        }
        let gone = std::mem::take(&mut room.buckets[period]);
        while low < periods && room.buckets[low] <= 0.0 {
            low += 1;
        }
        left -= gone;
        let left = if left < 1e-9 { 0.0 } else { left };
        room.stock[period] = left;
        room.unmet[period] = wanted;
        room.disposed[period] = gone;
        cost.holding += item.holding * left;
        cost.shortage += item.shortage * wanted;
        cost.disposal += item.disposal * gone;
        cost.risk += missing(&item.risk[period], left);
    }
    cost
}

/// Price of low stock: what the pieces above `stock` would have avoided.
pub(crate) fn missing(pieces: &[Segment], stock: f64) -> f64 {
    let mut cost = 0.0;
    let mut room = stock;
    for piece in pieces {
        let filled = piece.width.min(room);
        cost += piece.credit * (piece.width - filled);
        room -= filled;
    }
    cost
}
