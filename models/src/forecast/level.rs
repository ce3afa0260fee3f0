//! The level of a smooth series: exponential smoothing over a grid of speeds, weighted by likelihood.

use super::seasonal::{Row, Season};

const SPEEDS: [f64; 8] = [0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.45, 0.7];

/// How much does the item need per period once the season is taken out, judged from its first `len` periods?
///
/// `d = y / (index x calendar factor)`; for each speed `l += alpha (d - l)` from the mean of the first 12 known; SSE of the
/// one-step errors after these; weight `(SSE / min SSE)^(-n / 8)`; level = weighted mean of the l.
/// Not-known periods are skipped. Returns units per period, at least 0.
///
/// # Source
/// `forecasting.md` 5.3 (power 0.25 on the likelihood).
pub(crate) fn level(row: &Row, season: &Season, len: usize) -> f64 {
    let known = row.values.iter().enumerate().take(len).filter(|(_, value)| !value.is_nan());
    let plain: Vec<f64> = known.map(|(at, value)| value / season.factor(row, at)).collect();
    let head = plain.len().min(12);
    let (first, rest) = plain.split_at(head);
    let start = first.iter().sum::<f64>() / crate::series::count(head.max(1));
    let runs = SPEEDS.map(|alpha| {
        let mut level = start;
        for value in first {
            level += alpha * (value - level);
        }
        let mut squares = 0.0;
        for value in rest {
            let error = value - level;
            level += alpha * error;
            squares += error * error;
        }
        (level, squares)
    });
    let scored = crate::series::count(rest.len());
    let floor = 1e-9 * (start * start).max(1e-12) * (1.0 + scored);
    let best = runs.iter().map(|(_, squares)| squares + floor).fold(f64::INFINITY, f64::min);
    let (mut sum, mut weights) = (0.0, 0.0);
    for (level, squares) in runs {
        let weight = (-0.125 * scored * ((squares + floor) / best).ln()).exp();
        sum += weight * level;
        weights += weight;
    }
    (sum / weights).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::PeriodLength;

    #[track_caller]
    fn check(values: &[f64], want: f64, within: f64) {
        let row = Row::new(values.to_vec(), PeriodLength::Month, 0, 1);
        let season = Season { index: vec![1.0; 12], own_weight: 0.0, per_workday: 0.0 };
        let got = level(&row, &season, values.len());
        assert!((got - want).abs() <= within, "got {got}, want {want}");
    }

    #[test]
    fn levels() {
        check(&[7.0; 30], 7.0, 1e-9);
        check(&[], 0.0, 0.0);
        check(&[4.0], 4.0, 1e-9);
        let mut step = vec![10.0; 30];
        step.extend([20.0; 30]);
        check(&step, 20.0, 1.0);
        check(&[5.0, f64::NAN, 5.0, f64::NAN, 5.0], 5.0, 1e-9);
    }
}
