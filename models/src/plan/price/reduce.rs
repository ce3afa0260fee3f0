//! One item without what is decided anyway: the demand that stock at hand and on order leaves open.
//!
//! As long as new deliveries outlive the horizon, first expired first out uses known stock first or doesn't
//! care, so its path doesn't depend on the orders: known stock serves what it serves without any order, the
//! rest is demand for new deliveries, and cost and litres of the known part are constants. A pool of new units
//! alone is left, in which unmet demand empties the pool.
//!
//! Where a delivery can expire in the horizon the pool is a relaxation: its units live on. A true plan with what
//! expires kept instead of thrown away is a plan of the pool: known stock that is used first is never more than
//! what the true order of use leaves of it, demand is met at least as well, and what is kept costs holding
//! instead of disposal; `Terms::new` caps the holding so that this is never dearer. [`Reduced::reach`] says how long a
//! unit of the pool can be needed; the kernel that uses it (`batches`) is tighter where deliveries keep for few periods.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, offer or item of the same model")]

use super::super::model::{ItemModel, Model};
use super::super::walk::{Scratch, roll};
use crate::convert::{ceil_to_count, count_to_f64, floor_to_count};

/// A way to get packs at the start of a period.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source {
    pub(crate) offer: usize,
    /// Period of the order.
    pub(crate) ordered: usize,
    /// Money per pack.
    pub(crate) price: f64,
    /// Lattice steps per pack.
    pub(crate) steps: usize,
    /// Packs at least.
    pub(crate) moq: usize,
    /// Units per pack.
    pub(crate) units: f64,
    /// Packs no sensible order exceeds.
    pub(crate) most: f64,
}

/// One item without its known stock.
#[derive(Debug, Clone)]
pub(crate) struct Reduced {
    /// Demand left open, units by period.
    pub(crate) demand: Vec<f64>,
    /// Known stock at the end of each period, units.
    pub(crate) known: Vec<f64>,
    /// Holding and disposal of known stock, money.
    pub(crate) fixed: f64,
    /// Ways by period of arrival, one after the other; those of `t` are `starts[t]..starts[t + 1]`.
    pub(crate) sources: Vec<Source>,
    pub(crate) starts: Vec<usize>,
    /// Units of one lattice step: the greatest common divisor of the pack sizes.
    pub(crate) step: f64,
    /// Lattice steps over the horizon: what counting packs one by one costs.
    pub(crate) steps: f64,
    /// Whether a new delivery can expire in the horizon.
    pub(crate) expires: bool,
    /// By period of arrival: the period after the last in which a delivery is usable, and after the last that it can
    /// serve in the pool.
    pub(crate) keeps: Vec<usize>,
    pub(crate) reach: Vec<usize>,
    /// Units of target stock that can make more supply than demand useful.
    pub(crate) extra: f64,
    /// How many items it stands for: 1, more in a sample.
    pub(crate) weight: f64,
}

impl Reduced {
    /// - `steer`: with the price of low stock.
    pub(crate) fn new(model: &Model<'_>, i: usize, none: &[Vec<i64>], steer: bool, room: &mut Scratch) -> Self {
        let item = &model.items[i];
        let cost = roll(item, &model.offers, none, room);
        let widths = |pieces: &[super::super::risk::Segment]| pieces.iter().map(|p| p.width).sum::<f64>();
        let extra = if steer { item.risk.iter().map(widths).fold(0.0, f64::max) } else { 0.0 };
        let step = item.offers.iter().fold(0, |a, &k| divisor(a, floor_to_count(model.offers[k].units)));
        let step = count_to_f64(step.max(1));
        let (mut sources, mut starts) = (Vec::new(), Vec::with_capacity(model.periods + 1));
        let mut expires = false;
        for t in 0..model.periods {
            starts.push(sources.len());
            for &k in &item.offers {
                let offer = &model.offers[k];
                let Some(ordered) = t.checked_sub(offer.lead).filter(|&o| offer.open[o]) else {
                    continue;
                };
                expires |= item.last_use(t) < model.periods;
                sources.push(Source {
                    offer: k,
                    ordered,
                    price: offer.price,
                    steps: usize::try_from(floor_to_count(offer.units / step)).unwrap_or(usize::MAX),
                    moq: usize::try_from(offer.moq).unwrap_or(usize::MAX),
                    units: offer.units,
                    most: model.most_useful(k, ordered, extra).max(1.0),
                });
            }
        }
        starts.push(sources.len());
        let keeps: Vec<usize> = (0..model.periods).map(|t| (item.last_use(t) + 1).min(model.periods)).collect();
        let reach = if expires { reach(item, room, &keeps) } else { keeps.clone() };
        let open: f64 = room.unmet.iter().sum();
        let largest = sources.iter().map(|s| count_to_f64(i64::try_from(s.steps.saturating_mul(s.moq)).unwrap_or(i64::MAX)));
        let steps = count_to_f64(ceil_to_count((open + extra) / step)) + largest.fold(0.0, f64::max);
        Self {
            demand: room.unmet.clone(),
            known: room.stock.clone(),
            fixed: cost.holding + cost.disposal,
            sources,
            starts,
            step,
            steps,
            expires,
            keeps,
            reach,
            extra,
            weight: 1.0,
        }
    }

    /// Ways to get packs at the start of `t`.
    pub(crate) fn arriving(&self, t: usize) -> &[Source] {
        &self.sources[self.starts[t]..self.starts[t + 1]]
    }
}

/// How far deliveries reach in the pool, where known stock is always used first.
///
/// In truth a delivery may be used before known stock that keeps longer. Counted as if known stock had been used first,
/// its units then serve later: by no more open demand than the known stock serves in all, for as long as truth still
/// holds known stock it also meets all demand. So after the last period of use a delivery serves open demand up to
/// that amount. `room`: the walk of known stock alone.
fn reach(item: &ItemModel, room: &Scratch, keeps: &[usize]) -> Vec<usize> {
    let known: f64 = item.demand.iter().zip(&room.unmet).map(|(demand, unmet)| demand - unmet).sum();
    let extended = |&end: &usize| {
        let mut left = known;
        let mut end = end;
        while end < keeps.len() && left > 1e-9 {
            left -= room.unmet[end];
            end += 1;
        }
        end
    };
    keeps.iter().map(extended).collect()
}

fn divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { divisor(b, a % b) }
}
