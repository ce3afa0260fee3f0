//! The slow movement of a series, seen from both sides.

#![expect(clippy::indexing_slicing, reason = "`out` is given the length of `plain` first")]

use crate::series::count;

/// Exponential smoothing forwards and backwards: `(f_t + b_t - a d_t) / (2 - a)`, so that each period counts once.
///
/// - `plain`: demand without season, oldest first; `speed`: a, 0..1; `out`: receives one value per entry.
///
/// Each direction starts at the mean of its first 12 entries.
///
/// # Source
/// Two-sided exponential smoothing is the local level smoother in its steady state: Harvey, Forecasting, structural
/// time series models and the Kalman filter (1989), 4.6.
pub(crate) fn two_sided(plain: &[f64], speed: f64, out: &mut Vec<f64>) {
    out.clear();
    let head = plain.len().min(12);
    let mean = |part: &[f64]| part.iter().sum::<f64>() / count(part.len().max(1));
    let mut level = mean(&plain[..head]);
    for value in plain {
        level += speed * (value - level);
        out.push(level);
    }
    level = mean(&plain[plain.len() - head..]);
    for (value, out) in plain.iter().zip(out.iter_mut()).rev() {
        level += speed * (value - level);
        *out = (*out + level - speed * value) / (2.0 - speed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(plain: &[f64], want: &[f64]) {
        let mut out = vec![9.0];
        two_sided(plain, 0.5, &mut out);
        assert_eq!(out.len(), want.len());
        assert!(out.iter().zip(want).all(|(got, want)| (got - want).abs() < 1e-12), "{out:?}");
    }

    #[test]
    fn by_hand() {
        check(&[], &[]);
        check(&[7.0, 7.0, 7.0], &[7.0, 7.0, 7.0]);
        // From 2: forwards 1, 2.5; backwards 1.5, 3; less half of the demand, over 1.5.
        check(&[0.0, 4.0], &[(1.0 + 1.5) / 1.5, (2.5 + 3.0 - 2.0) / 1.5]);
    }
}
