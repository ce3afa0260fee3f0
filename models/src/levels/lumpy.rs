//! Items asked for now and then: a request comes with some chance a day and asks for a geometric number of units.
#![expect(clippy::indexing_slicing, reason = "rows have CELLS entries, made here")]

use super::law::{CELLS, Grid};
use super::record::{DemandPool, DemandRecord};
use super::wander::Outlook;
use crate::convert::length_to_f64;

/// Requests that the pool is worth beside an item's own, for the chance and for the size.
const POOL_CHANCE: f64 = 1.5;
const POOL_SIZE: f64 = 4.0;
/// Points and weights of the chance: a normal score of 0 and +-sqrt 3 (Gauss and Hermite's rule of three points).
const POINTS: [(f64, f64); 3] = [(1.0 / 6.0, -1.732_050_8), (2.0 / 3.0, 0.0), (1.0 / 6.0, 1.732_050_8)];
/// Highest chance of a request per day.
const CHANCE_MAX: f64 = 0.9;

/// Demand of an item asked for now and then.
///
/// Each day a request comes with chance p and asks for `1, 2, ...` units, geometric with mean m. p has a gamma law
/// after the record (mean `(requests + 1.5) / (days + 1.5 / pooled p)`), taken at three points; m is
/// `(units + 4 pooled m) / (requests + 4)`.
///
/// # Source
/// `optimiser.md` 14: Bernoulli x geometric, rate and size shrunk to the pooled lumpy items.
#[derive(Debug, Clone, PartialEq)]
pub struct LumpyDemand {
    /// `(weight, chance of a request per day)`.
    chances: [(f64, f64); 3],
    /// Units of a request, at least 1.
    mean_size: f64,
    /// Square of the relative uncertainty of the chance.
    unsure: f64,
    /// What is known of demand far ahead.
    pub(super) outlook: Outlook,
}

impl LumpyDemand {
    /// After this record, pulled towards the pool.
    pub(super) fn new(record: &DemandRecord, pool: &DemandPool) -> Self {
        let sums = record.sums();
        let requests = sums.requests + POOL_CHANCE;
        let chance = requests / (sums.days + POOL_CHANCE / pool.chance.max(1e-4));
        let mean_size = ((sums.units + POOL_SIZE * pool.size) / (sums.requests + POOL_SIZE)).max(1.0);
        // Wilson and Hilferty's cube root of a gamma law with shape `requests`.
        let at = |score: f64| (1.0 - 1.0 / (9.0 * requests) + score / (3.0 * requests.sqrt())).max(0.05).powi(3);
        let chances = POINTS.map(|(weight, score)| (weight, (chance * at(score)).min(CHANCE_MAX)));
        Self { chances, mean_size, unsure: 1.0 / requests, outlook: Outlook::new(record, pool) }
    }

    /// With a chance and a mean size that are known for sure.
    pub(super) fn known(chance: f64, mean_size: f64) -> Self {
        let chances = POINTS.map(|(weight, _)| (weight, chance.clamp(0.0, CHANCE_MAX)));
        Self { chances, mean_size: mean_size.max(1.0), unsure: 0.0, outlook: Outlook::steady() }
    }

    /// Units per day.
    pub(super) fn mean_per_day(&self) -> f64 {
        self.chances[1].1 * self.mean_size
    }

    /// Square units of demand over `days`.
    pub(super) fn variance(&self, days: usize) -> f64 {
        let (days, chance, size) = (length_to_f64(days), self.chances[1].1, self.mean_size);
        let mean = days * chance * size;
        days * chance * (2.0 * size * size - size - chance * size * size) + self.unsure * mean * mean
    }

    /// `rows[n][cell]`: the chance that `n` days need at most the units of a cell, n from 0 to `days`.
    pub(super) fn rows(&self, grid: Grid, days: usize) -> Vec<Vec<f64>> {
        let mut rows = vec![vec![0.0; CELLS]; days + 1];
        // On a coarse grid a request is the same number of cells on average.
        let stop = (grid.unit() / self.mean_size).min(1.0);
        for (weight, chance) in self.chances {
            let mut masses = vec![0.0; CELLS];
            masses[0] = 1.0;
            for (day, row) in rows.iter_mut().enumerate() {
                if day > 0 {
                    next_day(&mut masses, chance, stop);
                }
                let mut sum = 0.0;
                for (value, mass) in row.iter_mut().zip(&masses) {
                    sum += mass;
                    *value += weight * sum;
                }
            }
        }
        rows
    }
}

/// Adds one day: `f'(j) = (1 - p) f(j) + p c(j)` with `c(j) = (1 - stop) c(j - 1) + stop f(j - 1)`.
fn next_day(masses: &mut [f64], chance: f64, stop: f64) {
    let (mut with_request, mut before) = (0.0, 0.0);
    for mass in masses {
        with_request = (1.0 - stop) * with_request + stop * before;
        before = *mass;
        *mass = (1.0 - chance) * before + chance * with_request;
    }
}
