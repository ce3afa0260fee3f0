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
use super::super::parallel::{fill, in_chunks};
use super::pass::Bought;

/// Offers of one share of the work.
const EACH: usize = 1_024;
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
pub(crate) fn shares(model: &Model<'_>, bought: &[Bought], before: Vec<f64>) -> Vec<f64> {
    let fresh = before.is_empty();
    let periods = model.periods;
    let mut used = vec![false; model.offers.len() * periods];
    for line in bought {
        used[line.offer * periods + line.period] |= line.packs > 1e-9;
    }
    let weights = |k: usize| {
        let carried = carrying(model, k) + 1e-9;
        let open = &model.offers[k].open;
        let used = &used[k * periods..(k + 1) * periods];
        open.iter().zip(used).map(move |(&open, &used)| match (open, used) {
            (false, _) => 0.0,
            (true, true) => carried,
            (true, false) => carried * UNUSED,
        })
    };
    let sums = in_chunks(model.suppliers.len(), model.threads, |s| {
        let mut sums = vec![0.0; periods];
        for &k in &model.suppliers[s].offers {
            sums.iter_mut().zip(weights(k)).for_each(|(sum, weight)| *sum += weight);
        }
        sums
    });
    let mut shares = if before.is_empty() { vec![0.0; used.len()] } else { before };
    let step = if fresh { 1.0 } else { STEP };
    fill(
        &mut shares,
        (EACH * periods, model.threads),
        || (),
        |(), first, part| {
            for (n, row) in part.chunks_mut(periods).enumerate() {
                let k = first / periods + n;
                let s = model.offers[k].supplier;
                let fee = model.suppliers[s].fee * (1.0 - 1e-12);
                for ((share, weight), &sum) in row.iter_mut().zip(weights(k)).zip(&sums[s]) {
                    if fee > 0.0 && sum > 0.0 {
                        *share += step * (fee * weight / sum - *share);
                    }
                }
            }
        },
    );
    shares
}
