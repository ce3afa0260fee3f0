//! Who pays an order: shares of each supplier's order cost, at most the whole of it per period.
//!
//! A plan that places an order pays its cost once; lines that each pay a share pay at most as much. So any shares
//! that add up to the order cost keep the Lagrangian value a lower bound (the dual of the link "no line without an
//! order"). Good shares are those at which an item orders when the order is placed: in proportion to what it costs
//! to carry the item's demand of a period (joint replenishment: every item alone then has the same cycle), among
//! the lines that are used.
//!
//! # Source
//! Jackson, Maxwell, Muckstadt: The joint replenishment problem with a powers-of-two restriction, IIE
//! Transactions 17 (1985).
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, offer or supplier of the same model")]

use super::super::model::Model;
use super::pass::Bought;

/// Weight of an unused line against a used one.
const UNUSED: f64 = 0.02;
/// How far shares move towards the last pass.
const STEP: f64 = 0.5;

/// What it costs to carry a period's demand of the offer's item, money; the key of the first shares.
fn carrying(model: &Model<'_>, k: usize) -> f64 {
    let item = &model.items[model.offers[k].item];
    item.demand.iter().sum::<f64>() * item.holding
}

/// Shares in proportion to what the items cost to carry, for the lines of `bought`.
///
/// - `before`: earlier shares; the result is between these and those of the last pass. Empty: from nothing.
pub(crate) fn shares(model: &Model<'_>, bought: &[Bought], before: &[f64]) -> Vec<f64> {
    let periods = model.periods;
    let mut used = vec![false; model.offers.len() * periods];
    for line in bought {
        used[line.offer * periods + line.period] |= line.packs > 1e-9;
    }
    let carried: Vec<f64> = (0..model.offers.len()).map(|k| carrying(model, k) + 1e-9).collect();
    let mut shares = vec![0.0; used.len()];
    for supplier in model.suppliers.iter().filter(|s| s.fee > 0.0) {
        for t in 0..periods {
            let weight = |k: usize| {
                let open = if model.offers[k].open[t] { 1.0 } else { 0.0 };
                open * carried[k] * if used[k * periods + t] { 1.0 } else { UNUSED }
            };
            let sum: f64 = supplier.offers.iter().map(|&k| weight(k)).sum();
            if sum <= 0.0 {
                continue;
            }
            for &k in &supplier.offers {
                let at = k * periods + t;
                let wanted = supplier.fee * (1.0 - 1e-12) * weight(k) / sum;
                shares[at] = before.get(at).map_or(wanted, |old| old + STEP * (wanted - old));
            }
        }
    }
    shares
}
