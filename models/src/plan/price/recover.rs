//! From prices to whole packs: which orders to place, and what every item buys in them.
//!
//! An order is placed when the lines that want it pay a good part of its cost. Then every item answers once more:
//! lines in placed orders pay nothing for them, any other line pays the whole order. The plan keeps minimum and
//! maximum packs; budget, storage and minimum orders are repaired afterwards.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, offer or item of the same model")]

use super::super::model::Model;
use super::bundle::Bundle;
use super::dual::scaled;
use super::pass::{Bought, Kernel, Scope, Total, pass};
use super::terms::Duals;
use crate::convert::{ceil_to_count, count_to_f64};

/// Shares of the order cost from which an order is placed; the one with the cheapest answer is kept.
const PLACED: [f64; 3] = [0.15, 0.35, 0.6];

/// Whole packs at the prices: `packs[offer][period]`.
pub(crate) fn recover(all: &Scope<'_>, duals: &Duals, bought: &[Bought], scales: &[f64]) -> Vec<Vec<i64>> {
    let model = all.model;
    let mut best: Option<(f64, Duals, Total)> = None;
    let fees = model.suppliers.iter().any(|s| s.fee > 0.0);
    for share in PLACED.into_iter().take(if fees { PLACED.len() } else { 1 }) {
        let (shares, cost) = placed(model, duals, bought, share);
        let fixed = Duals { rows: duals.rows.clone(), shares };
        let answer = pass(all, &fixed, Kernel::Exact);
        if best.as_ref().is_none_or(|b| answer.value + cost < b.0) {
            best = Some((answer.value + cost, fixed, answer));
        }
    }
    let Some((_, mut fixed, first)) = best else {
        return Vec::new();
    };
    let centre: Vec<f64> = fixed.rows.iter().zip(scales).map(|(p, s)| p / s).collect();
    let mut bundle = Bundle::new(centre, first.value, &scaled(&first.excess, scales), 0.02);
    let mut answers = vec![first.bought];
    for _ in 0..all.passes {
        let point = bundle.propose();
        fixed.rows = scaled(&point, scales);
        let answer = pass(all, &fixed, Kernel::Exact);
        bundle.learn(&point, answer.value, &scaled(&answer.excess, scales));
        answers.push(answer.bought);
    }
    bundle.propose();
    whole(model, &mixed(model, &answers, &bundle.mix()))
}

/// Of every item the lines of one answer, so that answers are used as often as their weights say.
fn mixed(model: &Model<'_>, answers: &[Vec<Bought>], mix: &[(usize, f64)]) -> Vec<Bought> {
    let mut chosen = Vec::with_capacity(model.items.len());
    let mut place = 0.5;
    for _ in &model.items {
        // Steps of the golden ratio spread evenly over the weights.
        place = (place + 0.618_033_988_749_895_f64).fract();
        let mut left: f64 = place * mix.iter().map(|m| m.1).sum::<f64>();
        let within = mix.iter().find(|m| {
            left -= m.1;
            left <= 0.0
        });
        chosen.push(within.or(mix.last()).map_or(0, |m| m.0));
    }
    let mut lines = Vec::new();
    for (n, answer) in answers.iter().enumerate() {
        lines.extend(answer.iter().filter(|line| chosen[model.offers[line.offer].item] == n));
    }
    lines
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
        debug_assert!(wanted <= count_to_f64(placed) + 1e-6 || offer.most < i64::MAX / 4);
    }
    packs
}
