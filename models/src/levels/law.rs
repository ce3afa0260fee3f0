//! Distribution functions of demand on a grid of stock levels.
#![expect(clippy::indexing_slicing, reason = "rows have CELLS entries, made here")]

use crate::convert::{count_to_f64, length_to_f64};
use crate::distribution::special::gamma_cdf;

/// Stock levels looked at.
pub(super) const CELLS: usize = 260;
/// Above this mean, or this many units, counts are computed as a gamma law with continuity correction.
const COUNT_MEAN_MAX: f64 = 400.0;
const COUNT_UNITS_MAX: f64 = 6_000.0;

/// Stock levels 0, unit, 2 unit, ...
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grid {
    unit: i64,
}

impl Grid {
    /// A grid with steps of `unit` base units, at least 1.
    pub(super) fn new(unit: i64) -> Self {
        Self { unit: unit.max(1) }
    }

    /// Base units of a step.
    pub(super) fn unit(self) -> f64 {
        count_to_f64(self.unit)
    }

    /// Base units at a cell.
    pub(super) fn units(self, cell: usize) -> f64 {
        length_to_f64(cell) * self.unit()
    }
}

/// `row[cell] = P(D <= units of the cell)` of a count with this mean and variance: negative binomial, Poisson where
/// the variance does not exceed the mean, a gamma law where counts are large.
pub(super) fn count_row(mean: f64, variance: f64, grid: Grid) -> Vec<f64> {
    if mean <= 0.0 {
        return vec![1.0; CELLS];
    }
    let top = grid.units(CELLS);
    if mean < COUNT_MEAN_MAX && top <= COUNT_UNITS_MAX {
        let over = (variance - mean).max(0.0);
        let lumped = over > 1e-6 * mean;
        let (size, chance) = if lumped { (mean * mean / over, over / variance) } else { (0.0, 0.0) };
        let first = if lumped { (size * (1.0 - chance).ln()).exp() } else { (-mean).exp() };
        if first > 1e-280 {
            let ratio = |x: f64| if lumped { (size + x) / (x + 1.0) * chance } else { mean / (x + 1.0) };
            return summed(first, ratio, grid);
        }
    }
    gamma_row(mean, variance.max(mean), grid)
}

/// Sums of `p(0) = first`, `p(x + 1) = p(x) ratio(x)` up to each cell.
fn summed(first: f64, ratio: impl Fn(f64) -> f64, grid: Grid) -> Vec<f64> {
    let mut row = vec![1.0; CELLS];
    let (mut sum, mut mass, mut x) = (0.0_f64, first, 0.0_f64);
    for (cell, value) in row.iter_mut().enumerate() {
        let edge = grid.units(cell);
        while x <= edge {
            sum += mass;
            mass *= ratio(x);
            x += 1.0;
        }
        *value = sum.min(1.0);
    }
    row
}

fn gamma_row(mean: f64, variance: f64, grid: Grid) -> Vec<f64> {
    let (shape, scale) = (mean * mean / variance, variance / mean);
    (0..CELLS).map(|cell| gamma_cdf(shape, (grid.units(cell) + 0.5) / scale)).collect()
}

/// Units by which demand is expected to exceed `units`: the sum of `1 - F` from there on.
pub(super) fn expected_short(row: &[f64], grid: Grid, units: f64) -> f64 {
    let cell = usize::try_from(crate::convert::floor_to_count(units / grid.unit())).unwrap_or(0).min(CELLS - 1);
    row[cell..].iter().map(|below| (1.0 - below) * grid.unit()).sum()
}
