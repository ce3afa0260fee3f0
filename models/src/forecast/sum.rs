//! The distribution of demand summed over the next periods, from errors the method made in the past.

#![expect(clippy::indexing_slicing, reason = "rows and seasons run in parallel; lengths are made here")]

use super::curve::Curve;
use super::level::level;
use super::seasonal::{Group, Row, Season, Work};
use crate::distribution::special::normal_cdf;
use crate::distribution::{Distribution, SCORES};
use crate::series::count;

/// Default curve of dispersion against the mean of the sum, for smooth series.
const DEFAULT: [f64; 3] = [0.1, 0.25, 0.0];

/// Longest sum that is back-tested; longer ones are extrapolated.
const LENGTH_MAX: usize = 13;

/// Most origins that are refitted.
const ORIGINS_MAX: usize = 42;

/// Smallest group and smallest step mean for an empirical law.
const GROUP_MIN: usize = 10;
const MEAN_MIN: f64 = 10.0;

/// One past forecast of a sum: age of the origin, forecast, `error / sqrt(forecast)`.
#[derive(Debug, Clone, Copy)]
struct Past {
    weight: f64,
    forecast: f64,
    error: f64,
}

/// Past errors: `past[length - 1][row]`.
#[derive(Debug)]
pub(crate) struct Errors {
    past: Vec<Vec<Vec<Past>>>,
}

/// How wrong was the method at earlier origins? Season and level are refitted at each from what was known then.
pub(crate) fn back_test(group: &Group, horizon: usize) -> Errors {
    let typical = group.typical_len();
    let first = 42.min(typical.saturating_sub(18)).max(13);
    let origins = typical.saturating_sub(first).min(ORIGINS_MAX);
    let longest = horizon.min(LENGTH_MAX).min(origins.saturating_sub(5)).max(1);
    let mut past = vec![vec![Vec::with_capacity(origins); group.rows.len()]; longest];
    let mut work = Work::default();
    for age in 1..=origins {
        let origin = group.end().saturating_sub(i64::try_from(age).unwrap_or(0));
        let weight = (count(age) * 0.95_f64.ln()).exp();
        for (at, (row, season)) in group.rows.iter().zip(group.seasons(origin)).enumerate() {
            let len = row.len_before(origin);
            if len < 13 || len >= row.values.len() {
                continue;
            }
            season.without(row, len, &mut work.plain);
            let level = level(&work.plain, group.cut.usual);
            let (mut forecast, mut actual) = (0.0, 0.0);
            for (length, past) in past.iter_mut().enumerate().take(row.values.len() - len) {
                forecast += level * season.factor(row, len + length);
                actual += row.values[len + length];
                if actual.is_nan() {
                    break;
                }
                let forecast = forecast.max(0.1);
                past[at].push(Past { weight, forecast, error: (actual - forecast) / forecast.sqrt() });
            }
        }
    }
    Errors { past }
}

/// Dispersion and shape of the sums of one group. A row of `None` is an item that was not there: the group's curve alone.
#[derive(Debug, Clone)]
pub(crate) struct Spread {
    /// `own[length - 1][row]` = (periods of evidence, own phi).
    own: Vec<Vec<(f64, f64)>>,
    curves: Vec<Curve>,
    /// `shapes[length - 1]`: standardised errors at [`SCORES`], `None` for a small group.
    shapes: Vec<Option<Vec<f64>>>,
}

impl Spread {
    /// Of a group of which nothing is known: the default curve, no shape.
    pub(crate) fn unknown() -> Self {
        Self::of(&Errors { past: vec![Vec::new()] })
    }

    /// How do the errors of this group spread?
    ///
    /// `phi_i = sum w R^2` (w = .95^age, sum 1), evidence `n = 1 / sum w^2 / L`; group curve of `ln phi` on
    /// `(1, ln F, (ln F)^2)`; `phi* = (n phi + 8 prior) / (n + 8)`; `z` = weighted quantiles of `R / sqrt(phi*)`.
    ///
    /// # Source
    /// `forecasting.md` 5.4.
    pub(crate) fn of(errors: &Errors) -> Self {
        let mut spread = Self { own: Vec::new(), curves: Vec::new(), shapes: Vec::new() };
        for (at, rows) in errors.past.iter().enumerate() {
            let length = count(at + 1);
            let own: Vec<(f64, f64)> = rows.iter().map(|past| own_phi(past, length)).collect();
            let typical = |past: &[Past]| past.iter().map(|one| one.forecast).sum::<f64>() / count(past.len().max(1));
            let points: Vec<_> = rows
                .iter()
                .zip(&own)
                .filter(|(past, _)| !past.is_empty())
                .map(|(past, (_, phi))| (typical(past), phi.max(1e-3), 1.0))
                .collect();
            let degree = if points.len() >= GROUP_MIN { 2 } else { 1 };
            let curve = Curve::fit(&points, DEFAULT, degree, 1.0);
            spread.shapes.push(shape(rows, &own, &curve));
            spread.curves.push(curve);
            spread.own.push(own);
        }
        spread
    }

    /// Variance over mean of the sum over `length` periods with mean `mean`; beyond the back-tested
    /// lengths it grows as `1 + 0.1 L`.
    pub(crate) fn phi(&self, row: Option<usize>, length: usize, mean: f64) -> f64 {
        let known = length.min(self.curves.len()).max(1) - 1;
        let (evidence, own) = row.map_or((0.0, 0.0), |row| self.own[known][row]);
        let phi = shrunk(evidence, own, &self.curves[known], mean);
        phi * (1.0 + 0.1 * count(length)) / (1.0 + 0.1 * count(length.min(known + 1)))
    }

    /// Share of `phi` that comes from the group, for one period.
    pub(crate) fn group_weight(&self, row: Option<usize>) -> f64 {
        8.0 / (8.0 + row.map_or(0.0, |row| self.own[0][row].0))
    }

    /// Which distributions do the steps and the sums over steps 1..=h have, all variances times `wider`? Quantiles of the sums never fall in h.
    pub(crate) fn laws(&self, row: Option<usize>, means: &[f64], wider: f64, unit: f64) -> (Vec<Distribution>, Vec<Distribution>) {
        let smallest = means.iter().copied().fold(f64::INFINITY, f64::min);
        let shaped = smallest >= MEAN_MIN && self.shapes[0].is_some();
        let mut steps = Vec::with_capacity(means.len());
        let mut sums = Vec::with_capacity(means.len());
        let mut total = 0.0;
        let mut floor = vec![0.0; SCORES.len()];
        let (mut last_odds, mut last_mean) = (0.0, 0.0);
        for (at, mean) in means.iter().enumerate() {
            total += mean;
            let phi = wider * self.phi(row, at + 1, total);
            let step_phi = wider * self.phi(row, 1, *mean);
            let shape = self.shapes[at.min(self.shapes.len() - 1)].as_ref();
            if let (true, Some(z), Some(first)) = (shaped, shape.or(self.shapes[0].as_ref()), self.shapes[0].as_ref()) {
                let knots =
                    |mean: f64, phi: f64, z: &[f64]| -> Vec<f64> { z.iter().map(|z| (mean + z * (phi * mean).sqrt()).max(0.0)).collect() };
                for (low, knot) in floor.iter_mut().zip(knots(total, phi, z)) {
                    *low = knot.max(*low);
                }
                steps.push(Distribution::empirical(*mean, step_phi * mean, knots(*mean, step_phi, first), unit));
                sums.push(Distribution::empirical(total, phi * total, floor.clone(), unit));
                continue;
            }
            steps.push(Distribution::lattice(*mean, step_phi.max(1.000_1) * mean, unit));
            // A negative binomial rises with its size and with its odds: let neither fall.
            let most = if last_mean > 0.0 { last_odds * total / last_mean } else { f64::INFINITY };
            let odds = (phi - 1.0).max(1e-4).min(most).max(last_odds);
            sums.push(Distribution::lattice(total, total * (1.0 + odds), unit));
            (last_odds, last_mean) = (odds, total);
        }
        (steps, sums)
    }
}

fn own_phi(past: &[Past], length: f64) -> (f64, f64) {
    let total: f64 = past.iter().map(|one| one.weight).sum();
    if total <= 0.0 {
        return (0.0, 0.0);
    }
    let squares: f64 = past.iter().map(|one| (one.weight / total).powi(2)).sum();
    let phi = past.iter().map(|one| one.weight / total * one.error * one.error).sum();
    (1.0 / squares / length, phi)
}

fn shrunk(evidence: f64, own: f64, curve: &Curve, mean: f64) -> f64 {
    ((evidence * own + 8.0 * curve.mean_at(mean)) / (evidence + 8.0)).clamp(1e-3, 1e9)
}

/// Weighted quantiles of the standardised errors at [`SCORES`]; beyond 2.33 on a straight line.
fn shape(rows: &[Vec<Past>], own: &[(f64, f64)], curve: &Curve) -> Option<Vec<f64>> {
    let mut pooled: Vec<(f64, f64)> = Vec::new();
    let mut filled = 0;
    for (past, (evidence, phi)) in rows.iter().zip(own) {
        filled += usize::from(!past.is_empty());
        for one in past {
            pooled.push((one.error / shrunk(*evidence, *phi, curve, one.forecast).sqrt(), one.weight));
        }
    }
    if filled < GROUP_MIN || pooled.len() < 100 {
        return None;
    }
    pooled.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total: f64 = pooled.iter().map(|(_, weight)| weight).sum();
    let mut quantiles = vec![0.0; SCORES.len()];
    for (quantile, score) in quantiles.iter_mut().zip(SCORES) {
        let target = total * normal_cdf(score.clamp(-2.33, 2.33));
        let mut sum = 0.0;
        let reached = pooled.iter().find(|(_, weight)| {
            sum += weight;
            sum >= target
        });
        *quantile = reached.or(pooled.last()).map_or(0.0, |(value, _)| *value);
        if score.abs() > 2.33 {
            let slope = (*quantile / score.clamp(-2.33, 2.33)).max(0.5);
            *quantile += slope * (score - score.clamp(-2.33, 2.33));
        }
    }
    Some(quantiles)
}

/// Expected demand per coming period: `level x index x calendar factor x factor of events`, at least 1e-3.
pub(crate) fn step_means(row: &Row, season: &Season, level: f64, events: &[f64]) -> Vec<f64> {
    let coming = (row.values.len()..row.bins.len()).zip(events);
    coming.map(|(at, event)| (level * season.factor(row, at) * event).max(1e-3)).collect()
}
