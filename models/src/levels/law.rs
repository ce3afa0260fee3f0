//! Distribution functions of demand on a grid of stock levels.
#![expect(clippy::indexing_slicing, reason = "rows have CELLS entries, made here")]

use crate::convert::{count_to_f64, length_to_f64};
use crate::distribution::special::{gamma_cdf, normal_density};

/// Stock levels looked at.
pub(super) const CELLS: usize = 260;
/// Above this mean, or this many units, counts are computed as a gamma law with continuity correction.
const COUNT_MEAN_MAX: f64 = 400.0;
const COUNT_UNITS_MAX: f64 = 6_000.0;
/// Shape from which the cube root of a gamma law counts as normal.
const CUBE_ROOT_SHAPE_MIN: f64 = 30.0;

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

/// A gamma law; from shape 30 on by Wilson and Hilferty's cube root, whose error is below 1e-4 there.
fn gamma_row(mean: f64, variance: f64, grid: Grid) -> Vec<f64> {
    let (shape, scale) = (mean * mean / variance, variance / mean);
    let edges = (0..CELLS).map(|cell| grid.units(cell) + 0.5);
    if shape < CUBE_ROOT_SHAPE_MIN {
        return edges.map(|edge| gamma_cdf(shape, edge / scale)).collect();
    }
    let (centre, width) = (1.0 - 1.0 / (9.0 * shape), 1.0 / (3.0 * shape.sqrt()));
    edges.map(|edge| normal_below(((edge / mean).cbrt() - centre) / width)).collect()
}

/// The standard normal distribution function, absolute error below 7.5e-8.
///
/// Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.17.
pub(super) fn normal_below(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * x.abs());
    let series = t * (0.319_381_530 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    let tail = normal_density(x) * series;
    if x >= 0.0 { 1.0 - tail } else { tail }
}

/// Units by which demand is expected to exceed `units`: the sum of `1 - F` from there on; never below 0, though a row
/// that is a mix of laws may exceed 1 by a rounding.
pub(super) fn expected_short(row: &[f64], grid: Grid, units: f64) -> f64 {
    let cell = usize::try_from(crate::convert::floor_to_count(units / grid.unit())).unwrap_or(0).min(CELLS - 1);
    row[cell..].iter().map(|below| (1.0 - below).max(0.0) * grid.unit()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distribution::special::normal_cdf;

    #[test]
    fn rows_are_the_laws() {
        let grid = Grid::new(7);
        // Mean 500 and variance 2,000: shape 125.
        let row = count_row(500.0, 2_000.0, grid);
        for (cell, below) in row.iter().enumerate() {
            let exact = gamma_cdf(125.0, (grid.units(cell) + 0.5) / 4.0);
            assert!((below - exact).abs() < 1e-4, "{cell} {below} {exact}");
        }
        let small = crate::distribution::Distribution::negative_binomial(20.0, 60.0).expect("a law");
        for (cell, below) in count_row(20.0, 60.0, grid).iter().enumerate() {
            assert!((below - small.cdf(grid.units(cell))).abs() < 1e-9, "{cell}");
        }
        assert!([-4.0, -1.0, 0.0, 0.3, 2.5].iter().all(|x| (normal_below(*x) - normal_cdf(*x)).abs() < 1e-7));
    }

    #[test]
    fn expected_shortage_of_a_sure_demand() {
        let row: Vec<f64> = (0..CELLS).map(|cell| f64::from(u8::from(cell >= 10))).collect();
        assert!((expected_short(&row, Grid::new(1), 4.0) - 6.0).abs() < 1e-12);
        // A plan refuses what is missing below 0.
        assert!(expected_short(&[1.0 + f64::EPSILON; CELLS], Grid::new(1), 4.0).is_sign_positive());
    }
}
