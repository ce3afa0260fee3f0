//! Prices of budget, storage and orders, and the lower bound they prove.
//!
//! For any prices `lambda, mu >= 0` and shares `w` with `sum w <= F` per supplier and period,
//! `sum over items of (least cost at these prices) - sum lambda B - sum mu C` is at most the cost of every plan in
//! whole packs that keeps budget and storage: its items cost at least their least cost, what it pays for budget
//! and storage at these prices is at most their price, and its orders cost at least the shares of its lines.
//! Minimum orders are left out, which can only lower it.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, offer, item or limit of the same model")]

use super::super::model::Model;
use super::super::walk::Scratch;
use super::bundle::Bundle;
use super::pass::{Bought, Kernel, Scope, Total, in_chunks, pass};
use super::recover::recover;
use super::reduce::Reduced;
use super::shares::shares;
use super::terms::Duals;
use crate::convert::{floor_to_count, length_to_f64};

/// Items the first prices are found with.
const SAMPLE: usize = 1_200;
/// Passes over the sample, and relative promise at which they end.
const SAMPLE_PASSES: usize = 90;
const SAMPLE_PROMISE: f64 = 2e-5;
/// Relative promise at which the passes over all items end.
const PROMISE: f64 = 1e-5;
/// Item-periods of work spent on passes over all items, and least and most passes.
const WORK: f64 = 1.6e6;
const PASSES_MIN: f64 = 3.0;
const PASSES_MAX: f64 = 60.0;
/// Passes in which the shares of order costs are found.
const SHARE_PASSES: usize = 4;

/// Prices and what they prove.
#[derive(Debug, Clone)]
pub(crate) struct Priced {
    /// Money: lower bound on the cost of every plan, with the price of low stock where it steers.
    pub(crate) bound: f64,
    pub(crate) duals: Duals,
    /// What the items buy at these prices.
    pub(crate) bought: Vec<Bought>,
    /// Whole packs near it, `packs[offer][period]`; limits may be broken.
    pub(crate) packs: Vec<Vec<i64>>,
}

/// The best prices found within a fixed amount of work, so that the same model gives the same prices.
///
/// - `steer`: with the price of low stock.
/// - `threads`: at least 1; the result doesn't depend on it.
pub(crate) fn prices(model: &Model<'_>, steer: bool, threads: usize) -> Priced {
    let items = reduce(model, steer, threads);
    let limits = limits(model);
    let work = length_to_f64(model.items.len() * model.periods).max(1.0);
    let passes = usize::try_from(floor_to_count((WORK / work).clamp(PASSES_MIN, PASSES_MAX))).unwrap_or(0);
    let all = Scope { model, items: &items, limits: &limits, steer, threads, passes };
    let idle = Duals { rows: vec![0.0; limits.len()], shares: vec![0.0; model.offers.len() * model.periods] };
    let free = pass(&all, &idle, Kernel::Convex);
    let scales = scales(model);
    let rows = if free.excess.iter().all(|&e| e <= 0.0) { idle.rows.clone() } else { sampled(&all, &idle, &free, &scales) };
    let mut best = Priced { bound: free.value, duals: idle, bought: free.bought, packs: Vec::new() };
    refine(&all, rows, &scales, &mut best);
    best.packs = recover(&all, &best.duals, &best.bought, &scales);
    best
}

/// Row by row product: slopes by scaled prices, prices from scaled prices.
pub(crate) fn scaled(rows: &[f64], scales: &[f64]) -> Vec<f64> {
    rows.iter().zip(scales).map(|(row, scale)| row * scale).collect()
}

fn reduce(model: &Model<'_>, steer: bool, threads: usize) -> Vec<(usize, Reduced)> {
    let none = vec![vec![0; model.periods]; model.offers.len()];
    let each = 512;
    let parts = in_chunks(model.items.len().div_ceil(each), threads, |n| {
        let mut room = Scratch::new(model.periods);
        let end = ((n + 1) * each).min(model.items.len());
        (n * each..end).map(|i| (i, Reduced::new(model, i, &none, steer, &mut room))).collect::<Vec<_>>()
    });
    parts.into_iter().flatten().collect()
}

/// What orders may use: the budget, and the litres that known stock leaves.
fn limits(model: &Model<'_>) -> Vec<f64> {
    let litres = model.classes.iter().flat_map(|c| c.limit.iter().zip(&c.before).map(|(limit, before)| limit - before));
    model.budget.iter().copied().chain(litres).collect()
}

/// Prices that mean about the same in every row: 1 for the budget; for storage a third of what a litre of the
/// class costs.
fn scales(model: &Model<'_>) -> Vec<f64> {
    let mut scales = vec![1.0; model.periods];
    for class in &model.classes {
        let (mut money, mut litres) = (0.0, 0.0);
        for &i in &class.items {
            let item = &model.items[i];
            let prices = item.offers.iter().map(|&k| model.offers[k].price / model.offers[k].units);
            let unit = prices.fold(f64::INFINITY, f64::min);
            let units: f64 = item.demand.iter().sum();
            if unit.is_finite() {
                money += units * unit;
                litres += units * item.volume;
            }
        }
        let scale = if litres > 0.0 && money > 0.0 { 0.3 * money / litres } else { 1.0 };
        scales.extend(vec![scale; model.periods]);
    }
    scales
}

/// First prices, from every n-th item against its part of the limits.
fn sampled(all: &Scope<'_>, idle: &Duals, free: &Total, scales: &[f64]) -> Vec<f64> {
    let stride = all.items.len().div_ceil(SAMPLE).max(1);
    let items: Vec<(usize, Reduced)> = all.items.iter().step_by(stride).cloned().collect();
    let part = length_to_f64(items.len()) / length_to_f64(all.items.len().max(1));
    let mut scope = Scope { items: &items, ..*all };
    let limits: Vec<f64> = if stride == 1 {
        all.limits.to_vec()
    } else {
        let zero = vec![0.0; all.limits.len()];
        let used = pass(&Scope { limits: &zero, ..scope }, idle, Kernel::Convex).excess;
        let whole = free.excess.iter().zip(all.limits).map(|(e, l)| if l.is_finite() { e + l } else { 0.0 });
        let shares = used.iter().zip(whole).map(|(&used, whole)| if whole > 0.0 && used > 0.0 { used / whole } else { part });
        all.limits.iter().zip(shares).map(|(l, share)| l * share).collect()
    };
    scope.limits = &limits;
    let start = pass(&scope, idle, Kernel::Convex);
    let slope = |total: &Total| scaled(&total.excess, scales);
    let mut best = (start.value, idle.rows.clone());
    let mut bundle = Bundle::new(idle.rows.clone(), start.value, &slope(&start), 0.3);
    for _ in 0..SAMPLE_PASSES {
        let point = bundle.propose();
        if bundle.promised() <= SAMPLE_PROMISE * best.0.abs() {
            break;
        }
        let rows = scaled(&point, scales);
        let duals = Duals { rows, shares: idle.shares.clone() };
        let total = pass(&scope, &duals, Kernel::Convex);
        bundle.learn(&point, total.value, &slope(&total));
        if total.value > best.0 {
            best = (total.value, duals.rows);
        }
    }
    best.1
}

/// Shares of order costs, then better prices, with whole packs over all items; keeps what proves most.
fn refine(all: &Scope<'_>, rows: Vec<f64>, scales: &[f64], best: &mut Priced) {
    let model = all.model;
    let fees = model.suppliers.iter().any(|s| s.fee > 0.0);
    let mut duals = Duals { rows, shares: best.duals.shares.clone() };
    let mut take = |duals: &Duals, total: Total| -> Total {
        if total.value > best.bound {
            best.bound = total.value;
            best.duals.clone_from(duals);
            best.bought.clone_from(&total.bought);
        }
        total
    };
    if fees {
        duals.shares = shares(model, &best_lines(model), &[]);
    }
    let mut total = take(&duals, pass(all, &duals, Kernel::Exact));
    let mut top = (total.value, duals.shares.clone());
    let rounds = if fees { SHARE_PASSES.min(all.passes / 2) } else { 0 };
    for _ in 0..rounds {
        duals.shares = shares(model, &total.bought, &duals.shares);
        total = take(&duals, pass(all, &duals, Kernel::Exact));
        if total.value > top.0 {
            top = (total.value, duals.shares.clone());
        }
    }
    duals.shares = top.1;
    let slope = |total: &Total| scaled(&total.excess, scales);
    let centre: Vec<f64> = duals.rows.iter().zip(scales).map(|(p, s)| p / s).collect();
    if rounds > 0 {
        total = pass(all, &duals, Kernel::Exact);
    }
    let mut bundle = Bundle::new(centre, total.value, &slope(&total), 0.02);
    for _ in rounds + 1..all.passes {
        let point = bundle.propose();
        if bundle.promised() <= PROMISE * total.value.abs() {
            break;
        }
        duals.rows = scaled(&point, scales);
        total = take(&duals, pass(all, &duals, Kernel::Exact));
        bundle.learn(&point, total.value, &slope(&total));
    }
}

/// Every line that can be ordered: what the first shares are spread over.
fn best_lines(model: &Model<'_>) -> Vec<Bought> {
    let mut lines = Vec::new();
    for (offer, made) in model.offers.iter().enumerate() {
        lines.extend((0..model.periods).filter(|&t| made.open[t]).map(|period| Bought { offer, period, packs: 1.0 }));
    }
    lines
}
