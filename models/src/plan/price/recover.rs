//! From prices to whole packs: which orders to place, and what every item buys in them.
//!
//! An order is placed when the lines that want it pay a good part of its cost. Then every item answers once more:
//! lines in placed orders pay nothing for them, any other line pays the whole order. The plan keeps minimum and
//! maximum packs; budget, storage and minimum orders are repaired afterwards.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, offer or item of the same model")]

use super::super::model::Model;
use super::dual::climb;
use super::pass::{Bought, Kernel, Scope, pass};
use super::terms::Duals;
use crate::convert::ceil_to_count;

/// Shares of the order cost from which an order is placed; the one with the cheapest answer is kept.
const PLACED: [f64; 3] = [0.15, 0.35, 0.6];
/// Passes over the sample once the orders are placed: per period, and beside. Fewer leave prices whose answers fit badly.
const PASSES_A_PERIOD: usize = 3;
const PASSES: usize = 14;
const PASSES_SMALL: usize = 60;

/// Item-periods up to which plans are made for every share of [`PLACED`] and by both kernels: few items answer a near choice very
/// differently.
const ALL_MAX: usize = 2_000;

/// Plans in whole packs at the prices, each `packs[offer][period]`: the most promising alone, or several.
///
/// - `sample`: the items that decide which orders are placed and how prices answer.
pub(crate) fn recover(all: &Scope<'_>, sample: &Scope<'_>, duals: &Duals, bought: &[Bought], scales: &[f64]) -> Vec<Vec<Vec<i64>>> {
    let model = all.model;
    let fees = model.suppliers.iter().any(|s| s.fee > 0.0);
    let mut choices: Vec<(f64, Duals)> = Vec::new();
    for share in PLACED.into_iter().take(if fees { PLACED.len() } else { 1 }) {
        let (shares, cost) = placed(model, duals, bought, share);
        let fixed = Duals { rows: duals.rows.clone(), shares };
        choices.push((cost + pass(sample, &fixed, Kernel::Plan).value, fixed));
    }
    let small = is_small(model);
    if !small {
        choices.sort_by(|a, b| a.0.total_cmp(&b.0));
        choices.truncate(1);
    }
    let mut plans = Vec::new();
    for (_, fixed) in choices {
        if small {
            plans.push(answers((all, Kernel::Exact), (sample, Kernel::Exact), fixed.clone(), scales));
        }
        plans.push(answers((all, Kernel::Whole), (sample, Kernel::Plan), fixed, scales));
    }
    plans
}

fn is_small(model: &Model<'_>) -> bool {
    model.items.len() * model.periods <= ALL_MAX
}

/// Whole packs once it is decided which orders are placed.
fn answers((all, last): (&Scope<'_>, Kernel), (sample, kernel): (&Scope<'_>, Kernel), mut fixed: Duals, scales: &[f64]) -> Vec<Vec<i64>> {
    let model = all.model;
    let passes = PASSES_A_PERIOD * model.periods + if is_small(model) { PASSES_SMALL } else { PASSES };
    let found = climb(sample, &fixed, kernel, scales, (passes, 0.02), &mut |_, _| ());
    let numbers = numbers(model.items.len(), &found.mix);
    let mut lines = Vec::new();
    for &(number, _) in &found.mix {
        fixed.rows.clone_from(&found.points[number]);
        lines.extend(pass(&Scope { only: Some((&numbers, number)), ..*all }, &fixed, last).bought);
    }
    whole(model, &lines)
}

/// Of every item one answer, so that answers are used as often as their weights say.
fn numbers(items: usize, mix: &[(usize, f64)]) -> Vec<usize> {
    let sum: f64 = mix.iter().map(|m| m.1).sum();
    let mut place: f64 = 0.5;
    let mut chosen = Vec::with_capacity(items);
    for _ in 0..items {
        // Steps of the golden ratio spread evenly over the weights.
        place = (place + 0.618_033_988_749_895).fract();
        let mut left = place * sum;
        let within = mix.iter().find(|m| {
            left -= m.1;
            left <= 0.0
        });
        chosen.push(within.or(mix.last()).map_or(0, |m| m.0));
    }
    chosen
}

/// What a line pays once it is decided which orders are placed, and their cost.
fn placed(model: &Model<'_>, duals: &Duals, bought: &[Bought], share: f64) -> (Vec<f64>, f64) {
    let periods = model.periods;
    let mut paid = vec![0.0; model.suppliers.len() * periods];
    for line in bought.iter().filter(|l| l.packs > 1e-9) {
        paid[model.offers[line.offer].supplier * periods + line.period] += duals.shares[line.offer * periods + line.period];
    }
    let mut shares = vec![0.0; duals.shares.len()];
    let mut fees = 0.0;
    for (s, supplier) in model.suppliers.iter().enumerate() {
        for t in 0..periods {
            if paid[s * periods + t] >= share * supplier.fee {
                fees += supplier.fee;
            } else {
                for &k in &supplier.offers {
                    shares[k * periods + t] = supplier.fee;
                }
            }
        }
    }
    (shares, fees)
}

/// Cumulative orders of each offer rounded up, so that stock is never below what was asked.
fn whole(model: &Model<'_>, bought: &[Bought]) -> Vec<Vec<i64>> {
    let mut asked = vec![vec![0.0; model.periods]; model.offers.len()];
    for line in bought {
        asked[line.offer][line.period] += line.packs;
    }
    let mut packs = vec![vec![0; model.periods]; model.offers.len()];
    for (k, offer) in model.offers.iter().enumerate() {
        let (mut wanted, mut placed) = (0.0, 0_i64);
        for t in (0..model.periods).filter(|&t| offer.open[t]) {
            wanted += asked[k][t];
            let missing = ceil_to_count(wanted) - placed;
            if asked[k][t] > 0.0 && missing > 0 {
                packs[k][t] = missing.max(offer.moq).min(offer.most);
                placed += packs[k][t];
            }
        }
    }
    packs
}
