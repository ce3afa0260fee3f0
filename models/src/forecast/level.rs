//! The level of a smooth series: exponential smoothing over a grid of speeds, weighted by likelihood.

use crate::series::count;

const SPEEDS: [f64; 8] = [0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.45, 0.7];

/// Share of the usual speed in the weights (months, hospital set, origins up to 60: 0, .3, .5, .7 tried).
const USUAL_SHARE: f64 = 0.5;

/// How much does the item need per period once the season is taken out?
///
/// For each speed `l += alpha (d - l)` from the mean of the first 12; SSE of the one-step errors after these;
/// weight `(SSE / min SSE)^(-n / 8)`; level = half the weighted mean of the l, half the l of the usual speed:
/// one item's likelihood says little about its speed.
///
/// - `plain`: known demand over seasonal index and calendar factor, oldest first; `usual`: place among the speeds.
///
/// Returns units per period, at least 0; 0 without any.
///
/// # Source
/// `forecasting.md` 5.3 (power 0.25 on the likelihood); the usual speed is added.
pub(crate) fn level(plain: &[f64], usual: usize) -> f64 {
    let (first, rest) = plain.split_at(plain.len().min(12));
    let start = first.iter().sum::<f64>() / count(first.len().max(1));
    let (mut levels, mut squares) = ([start; SPEEDS.len()], [0.0; SPEEDS.len()]);
    for value in first {
        for (level, alpha) in levels.iter_mut().zip(SPEEDS) {
            *level += alpha * (value - *level);
        }
    }
    for value in rest {
        for ((level, squares), alpha) in levels.iter_mut().zip(&mut squares).zip(SPEEDS) {
            let error = value - *level;
            *level += alpha * error;
            *squares += error * error;
        }
    }
    let scored = count(rest.len());
    let floor = 1e-9 * (start * start).max(1e-12) * (1.0 + scored);
    let best = squares.iter().fold(f64::INFINITY, |best, squares| best.min(squares + floor));
    let (mut sum, mut weights) = (0.0, 0.0);
    for (level, squares) in levels.iter().zip(squares) {
        let weight = (-0.125 * scored * ((squares + floor) / best).ln()).exp();
        sum += weight * level;
        weights += weight;
    }
    let own = sum / weights;
    let usual = levels.get(usual).copied().unwrap_or(own);
    (own + USUAL_SHARE * (usual - own)).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[f64], want: f64, within: f64) {
        let got = level(values, 4);
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
        // Nothing scored: from 2 each speed ends at 2 + a^2; half the mean over the speeds, half a = .2.
        check(&[1.0, 3.0], 2.0 + 0.5 * 0.8579 / 8.0 + 0.5 * 0.04, 1e-9);
    }
}
