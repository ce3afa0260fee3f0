//! Policies side by side: means over seeds, and paired differences with their standard errors.

use serde::Serialize;

use super::SimulateError;
use super::book::{Book, Page};
use super::clairvoyant::clairvoyant;
use super::figures::Figures;
use super::policy::{Policy, parse};
use super::run::run;
use super::world::World;
use crate::series::count;

/// One world under every policy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trial {
    /// The seed of the world.
    pub seed: u64,
    /// Yearly cost of the clairvoyant bound, money.
    pub bound: f64,
    /// One per policy, in the order given.
    pub figures: Vec<Figures>,
}

/// What does every policy come to in this world?
///
/// - `names`: policies as on the command line.
/// - `review_days`: days from review to review.
/// - `go_on`: asked before each of the [`World::reviews`] of each policy that walks the world; `false` stops the trial.
///
/// # Errors
/// As [`parse`], [`super::policy::PolicyName::policy_in`] and [`run`]; [`SimulateError::Stopped`].
pub fn trial(
    world: &World,
    seed: u64,
    names: &[String],
    review_days: usize,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Trial, SimulateError> {
    let bound = clairvoyant(world, review_days);
    let mut figures = Vec::with_capacity(names.len());
    for name in names {
        figures.push(match parse(name)?.policy_in(world)? {
            Some(policy) => Figures::of(world, &run(world, &mut Watched { policy, go_on }, review_days)?, bound),
            None => Figures::of_bound(bound),
        });
    }
    Ok(Trial { seed, bound, figures })
}

/// A policy that somebody may stop.
struct Watched<'a> {
    policy: Box<dyn Policy>,
    go_on: &'a mut dyn FnMut() -> bool,
}

impl Policy for Watched<'_> {
    fn units(&mut self, book: &Book<'_>) -> Result<Vec<i64>, SimulateError> {
        if (self.go_on)() { self.policy.units(book) } else { Err(SimulateError::Stopped) }
    }

    fn rank(&self, page: &Page<'_>) -> f64 {
        self.policy.rank(page)
    }
}

/// A mean over seeds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// Standard deviation / sqrt(n), with n - 1 in the deviation; `None` for a single seed.
    pub standard_error: Option<f64>,
}

impl Estimate {
    /// Mean and standard error of these values.
    pub fn of(values: &[f64]) -> Self {
        let n = count(values.len());
        let mean = if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / n };
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Self { mean, standard_error: (values.len() > 1).then(|| (squares / (n - 1.0) / n).sqrt()) }
    }
}

/// First policy less another one, paired by seed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// The policy set against.
    pub against: String,
    /// Total cost, money per year.
    pub cost: Estimate,
    /// Ratio of the total costs, seed by seed; absent where the other one is 0, as for all ratios.
    pub cost_ratio: Option<Estimate>,
    /// Unit fill.
    pub unit_fill: Estimate,
    /// Unit fill of vital articles.
    pub fill_vital: Estimate,
    /// Ratio of the mean stock values.
    pub stock_ratio: Option<Estimate>,
    /// Expired value, money per year.
    pub expired: Estimate,
    /// Order lines per year.
    pub order_lines: Estimate,
    /// Ratio of the means over all seeds: expired value (seeds without any don't spoil it).
    pub expired_ratio: Option<f64>,
    /// Ratio of the means over all seeds: order lines.
    pub lines_ratio: Option<f64>,
}

/// Policies side by side over several worlds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Names of the policies, in the order of all figures.
    pub policies: Vec<String>,
    /// One per seed, in the order given.
    pub trials: Vec<Trial>,
    /// The first policy against every other.
    pub differences: Vec<Difference>,
}

impl Comparison {
    /// Sets the trials side by side; they are ordered by seed first, so threads don't matter.
    pub fn of(policies: Vec<String>, mut trials: Vec<Trial>) -> Self {
        trials.sort_by_key(|trial| trial.seed);
        let first = column(&trials, 0);
        let differences = policies.iter().enumerate().skip(1).map(|(at, name)| difference(name, &first, &column(&trials, at))).collect();
        Self { policies, trials, differences }
    }

    /// Mean over seeds of one figure of the `at`-th policy.
    pub fn mean(&self, at: usize, figure: impl Fn(&Figures) -> f64) -> Estimate {
        Estimate::of(&column(&self.trials, at).into_iter().map(figure).collect::<Vec<_>>())
    }
}

fn column(trials: &[Trial], at: usize) -> Vec<&Figures> {
    trials.iter().filter_map(|trial| trial.figures.get(at)).collect()
}

fn difference(name: &str, first: &[&Figures], other: &[&Figures]) -> Difference {
    let paired =
        |of: &dyn Fn(&Figures, &Figures) -> f64| Estimate::of(&first.iter().zip(other).map(|(one, two)| of(one, two)).collect::<Vec<_>>());
    let sums = |of: &dyn Fn(&Figures) -> f64| {
        let sum = |side: &[&Figures]| side.iter().map(|one| of(one)).sum::<f64>();
        ratio(sum(first), sum(other))
    };
    let ratios = |of: &dyn Fn(&Figures) -> f64| {
        let all: Option<Vec<f64>> = first.iter().zip(other).map(|(one, two)| ratio(of(one), of(two))).collect();
        all.map(|all| Estimate::of(&all))
    };
    Difference {
        against: name.to_owned(),
        cost: paired(&|one, two| one.cost - two.cost),
        cost_ratio: ratios(&|one| one.cost),
        unit_fill: paired(&|one, two| one.unit_fill - two.unit_fill),
        fill_vital: paired(&|one, two| one.fill_vital - two.fill_vital),
        stock_ratio: ratios(&|one| one.stock_value),
        expired: paired(&|one, two| one.expired_value - two.expired_value),
        order_lines: paired(&|one, two| one.order_lines - two.order_lines),
        expired_ratio: sums(&|one| one.expired_value),
        lines_ratio: sums(&|one| one.order_lines),
    }
}

fn ratio(over: f64, under: f64) -> Option<f64> {
    (under > 0.0).then(|| over / under)
}
