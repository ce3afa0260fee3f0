//! Prices of budget, storage and orders, and the lower bound they prove.
//!
//! For any prices `lambda, mu >= 0` and shares `w` with `sum w <= F` per supplier and period,
//! `sum over items of (least cost at these prices) - sum lambda B - sum mu C` is at most the cost of every plan in
//! whole packs that keeps budget and storage: its items cost at least their least cost, what it pays for budget
//! and storage at these prices is at most their price, and its orders cost at least the shares of its lines.
//! Minimum orders are left out, which can only lower it.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, offer, item or limit of the same model")]

use super::super::formulate::Relaxed;
use super::super::links::Wished;
use super::super::model::Model;
use super::super::parallel::in_chunks;
use super::super::walk::{Scratch, roll};
use super::bundle::Bundle;
use super::pass::{Bought, Kernel, Scope, Total, pass};
use super::recover::recover;
use super::reduce::Reduced;
use super::shares::shares;
use super::terms::Duals;
use crate::convert::{floor_to_count, length_to_f64};

/// Item-periods that prices are first found with, at most.
const SAMPLE: usize = 13_000;
/// Share of the items, one in so many, and items at least: for the first prices, and for those of the plan.
const SAMPLE_FIRST: (usize, usize) = (10, 100);
const SAMPLE_PLAN: (usize, usize) = (5, 200);
/// Passes over the sample with fractional packs, and with whole ones: per period, and beside.
const SAMPLE_PASSES: usize = 90;
const EXACT_PASSES_A_PERIOD: usize = 2;
const EXACT_PASSES: usize = 8;
/// Relative promise at which passes end.
const PROMISE: f64 = 1e-6;
/// Work spent on passes over all items, item times period to the power of 1.5, and most passes.
const WORK: f64 = 6e6;
const PASSES_MAX: f64 = 40.0;
/// Of that, what is spent where low stock has a price: the last pass, which counts packs, brings more than many before.
const STEERED_SHARE: f64 = 0.28;
/// Of that, what the bound without the price of low stock takes beside.
const PLAIN_SHARE: f64 = 0.16;
/// Passes in which the shares of order costs are found.
const SHARE_PASSES: usize = 6;

/// Prices and what they prove.
#[derive(Debug, Clone)]
pub(crate) struct Priced {
    /// Money: lower bound on the cost of every plan, with the price of low stock where it steers.
    pub(crate) bound: f64,
    pub(crate) duals: Duals,
    /// What the items buy at these prices.
    pub(crate) bought: Vec<Bought>,
    /// Whole packs near it, one plan or several, each `packs[offer][period]`; limits may be broken.
    pub(crate) plans: Vec<Vec<Vec<i64>>>,
}

impl Priced {
    fn take(&mut self, duals: &Duals, total: &Total) {
        if total.value > self.bound {
            self.bound = total.value;
            self.duals.clone_from(duals);
            self.bought.clone_from(&total.bought);
        }
    }

    /// Hands over the plans and lets go of everything else that has an entry per line.
    pub(crate) fn take_plans(&mut self) -> Vec<Vec<Vec<i64>>> {
        self.bought = Vec::new();
        self.duals.shares = Vec::new();
        std::mem::take(&mut self.plans)
    }

    /// Money per money of budget, at least one entry per period.
    pub(crate) fn budget_prices(&self) -> &[f64] {
        &self.duals.rows
    }

    /// The prices in the shape of a solved relaxation; no column and no row was made for them.
    pub(crate) fn relaxed(&self, model: &Model<'_>) -> Relaxed {
        let periods = model.periods;
        let row = |n: usize| self.duals.rows[n * periods..(n + 1) * periods].to_vec();
        Relaxed {
            optimum: self.bound,
            packs: Vec::new(),
            flows: Wished::default(),
            budget_price: row(0),
            storage_price: (1..=model.classes.len()).map(row).collect(),
            minimum_price: vec![vec![0.0; periods]; model.suppliers.len()],
            columns: 0,
            rows: 0,
            nonzeros: 0,
        }
    }
}

/// The best prices found within a fixed amount of work, so that the same model gives the same prices.
///
/// - `steer`: with the price of low stock.
/// - `effort`: share of the full effort, 0 to 1.
pub(crate) fn prices(model: &Model<'_>, steer: bool, effort: f64) -> Priced {
    search(model, steer, effort, true)
}

/// The bound alone, without the price of low stock; beside a plan that pays for safety it needs little of the work.
pub(crate) fn plain_bound(model: &Model<'_>, effort: f64) -> f64 {
    bound_prices(model, effort * PLAIN_SHARE).bound
}

/// The bound without the price of low stock, with its prices; no plans are made of them.
pub(crate) fn bound_prices(model: &Model<'_>, effort: f64) -> Priced {
    search(model, false, effort, false)
}

/// The Lagrangian value at given prices without the items of `left_out`, as if these used nothing: litres of their known
/// stock are free to them.
pub(crate) fn value_without(model: &Model<'_>, duals: &Duals, steer: bool, left_out: impl Fn(usize) -> bool) -> f64 {
    let mut items = reduce(model, steer);
    items.retain(|one| !left_out(one.0));
    let mut limits = limits(model);
    let none = vec![vec![0; model.periods]; model.offers.len()];
    let mut room = Scratch::new(model.periods);
    for (i, item) in model.items.iter().enumerate().filter(|one| left_out(one.0)) {
        if let Some(c) = item.class {
            roll(&model.items[i], &model.offers, &none, &mut room);
            for (t, stock) in room.stock.iter().enumerate() {
                limits[model.periods * (c + 1) + t] += item.volume * stock;
            }
        }
    }
    let all = Scope { model, items: &items, limits: &limits, steer, only: None };
    pass(&all, duals, Kernel::Exact).value
}

/// Passes over all items for this share of the full effort.
fn passes(model: &Model<'_>, effort: f64) -> usize {
    let work = (length_to_f64(model.items.len()) * length_to_f64(model.periods).powf(1.5)).max(1.0);
    usize::try_from(floor_to_count((effort * WORK / work).clamp(0.0, PASSES_MAX))).unwrap_or(0)
}

fn search(model: &Model<'_>, steer: bool, effort: f64, plan: bool) -> Priced {
    let items = reduce(model, steer);
    let limits = limits(model);
    let passes = passes(model, if steer { effort * STEERED_SHARE } else { effort });
    let all = Scope { model, items: &items, limits: &limits, steer, only: None };
    let scales = scales(model);
    let few = sample(model, &items, SAMPLE_FIRST);
    let sample = few.as_ref().map_or(all, |few| Scope { items: few, ..all });
    let mut duals = Duals { rows: vec![0.0; limits.len()], shares: vec![0.0; model.offers.len() * model.periods] };
    let first = climb(&sample, &duals, Kernel::Convex, &scales, (SAMPLE_PASSES, 0.3), &mut |_, _| ());
    duals.rows = first.rows;
    let fees = model.suppliers.iter().any(|s| s.fee > 0.0);
    if fees {
        duals.shares = shares(model, &every_line(model), Vec::new());
    }
    if few.is_some() {
        let passes = EXACT_PASSES + EXACT_PASSES_A_PERIOD * model.periods;
        duals.rows = climb(&sample, &duals, Kernel::Exact, &scales, (passes, 0.02), &mut |_, _| ()).rows;
    }
    let total = pass(&all, &duals, Kernel::Exact);
    let mut best = Priced { bound: total.value, duals, bought: total.bought, plans: Vec::new() };
    refine(&all, if fees { SHARE_PASSES.min(passes / 2).max(1) } else { 0 }, passes, &scales, &mut best);
    if plan {
        let few = self::sample(model, &items, SAMPLE_PLAN);
        let sample = few.as_ref().map_or(all, |few| Scope { items: few, ..all });
        best.plans = recover(&all, &sample, &best.duals, &best.bought, &scales);
    }
    best
}

/// The items that matter: those that are bought for most money, and of the others every n-th for all of them. `None`
/// where these are all.
fn sample(model: &Model<'_>, items: &[(usize, Reduced)], (one_in, least): (usize, usize)) -> Option<Vec<(usize, Reduced)>> {
    let most = (items.len() / one_in).min(SAMPLE / model.periods.max(1)).max(least);
    if items.len() <= most {
        return None;
    }
    let money = |one: &(usize, Reduced)| {
        let item = &model.items[one.0];
        let prices = item.offers.iter().map(|&k| model.offers[k].price / model.offers[k].units);
        let unit = prices.fold(f64::INFINITY, f64::min);
        if unit.is_finite() { unit * one.1.demand.iter().sum::<f64>() } else { 0.0 }
    };
    let mut order: Vec<(f64, usize)> = items.iter().enumerate().map(|(n, one)| (money(one), n)).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let (top, rest) = order.split_at(most / 2);
    let stride = rest.len().div_ceil(most / 2).max(1);
    let mut chosen: Vec<(usize, Reduced)> = top.iter().map(|&(_, n)| items[n].clone()).collect();
    for group in rest.chunks(stride) {
        let (middle, n) = group[group.len() / 2];
        let mut one = items[n].clone();
        let sum: f64 = group.iter().map(|g| g.0).sum();
        one.1.weight = if middle > 0.0 { sum / middle } else { length_to_f64(group.len()) };
        chosen.push(one);
    }
    Some(chosen)
}

/// Row by row product: slopes by scaled prices, prices from scaled prices.
pub(crate) fn scaled(rows: &[f64], scales: &[f64]) -> Vec<f64> {
    rows.iter().zip(scales).map(|(row, scale)| row * scale).collect()
}

fn reduce(model: &Model<'_>, steer: bool) -> Vec<(usize, Reduced)> {
    let none = vec![vec![0; model.periods]; model.offers.len()];
    let each = 512;
    let parts = in_chunks(model.items.len().div_ceil(each), model.threads, |n| {
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

/// Where a climb ended.
pub(crate) struct Climbed {
    /// The best prices.
    pub(crate) rows: Vec<f64>,
    /// Prices of every answer, and the weights with which the answers together keep the limits best.
    pub(crate) points: Vec<Vec<f64>>,
    pub(crate) mix: Vec<(usize, f64)>,
}

/// Better prices for given shares: at most so many passes, the first step about so far.
pub(crate) fn climb(
    scope: &Scope<'_>,
    start: &Duals,
    kernel: Kernel,
    scales: &[f64],
    (passes, reach): (usize, f64),
    seen: &mut dyn FnMut(&Duals, &Total),
) -> Climbed {
    let mut duals = start.clone();
    let total = pass(scope, &duals, kernel);
    let centre = duals.rows.iter().zip(scales).map(|(p, s)| p / s).collect();
    let mut bundle = Bundle::new(centre, total.value, &scaled(&total.excess, scales), reach);
    let mut best = (total.value, duals.rows.clone());
    let mut points = vec![duals.rows.clone()];
    for _ in 0..passes {
        let point = bundle.propose();
        if bundle.promised() <= PROMISE * best.0.abs() {
            break;
        }
        duals.rows = scaled(&point, scales);
        let total = pass(scope, &duals, kernel);
        seen(&duals, &total);
        bundle.learn(&point, total.value, &scaled(&total.excess, scales));
        points.push(duals.rows.clone());
        if total.value > best.0 {
            best = (total.value, duals.rows.clone());
        }
    }
    bundle.propose();
    Climbed { rows: best.1, points, mix: bundle.mix() }
}

/// Shares of order costs, then better prices, with whole packs over all items; keeps what proves most.
fn refine(all: &Scope<'_>, rounds: usize, passes: usize, scales: &[f64], best: &mut Priced) {
    let mut bought = best.bought.clone();
    let mut duals = best.duals.clone();
    for _ in 0..rounds {
        duals.shares = shares(all.model, &bought, std::mem::take(&mut duals.shares));
        let total = pass(all, &duals, Kernel::Exact);
        best.take(&duals, &total);
        bought = total.bought;
    }
    if passes > rounds + 1 {
        let start = best.duals.clone();
        climb(all, &start, Kernel::Exact, scales, (passes - rounds - 1, 0.02), &mut |duals, total| best.take(duals, total));
        if all.steer {
            // Where low stock has a price, items of many packs answered without the whole cost of their lines.
            let duals = best.duals.clone();
            best.take(&duals, &pass(all, &duals, Kernel::Counted));
        }
    }
}

/// Every line that can be ordered: what the first shares are spread over.
fn every_line(model: &Model<'_>) -> Vec<Bought> {
    let mut lines = Vec::new();
    for (offer, made) in model.offers.iter().enumerate() {
        lines.extend((0..model.periods).filter(|&t| made.open[t]).map(|period| Bought { offer, period, packs: 1.0 }));
    }
    lines
}
