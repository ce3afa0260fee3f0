//! How good was a forecast? The measures, exactly as the published tables compute them.

use super::mean;

/// What scales an error: the mean absolute change over `lag` periods, in-sample.
///
/// `mean over t >= lag of |y_t - y_(t - lag)|`; when that is 0 or undefined the same with lag 1.
///
/// - `history`: base units per period, oldest first, the part used for fitting.
/// - `lag`: periods of one season, at least 1.
///
/// Returns base units above 0, or `None` when both lags give 0 or nothing: the series has no scale.
///
/// # Source
/// Hyndman, Koehler: Another look at measures of forecast accuracy, IJF 22 (2006); the fallback is that of
/// the Monash archive, `utils/error_calculator.R`.
pub fn scale(history: &[f64], lag: usize) -> Option<f64> {
    [lag.max(1), 1].into_iter().find_map(|lag| {
        let later = history.iter().skip(lag);
        let changes: Vec<f64> = later.zip(history).map(|(now, before)| (now - before).abs()).collect();
        let scale = mean(&changes);
        (scale > 0.0 && scale.is_finite()).then_some(scale)
    })
}

/// How large are the errors, in units of the naive one? MASE of one series.
///
/// `mean |y - f| / scale(history, lag)`.
///
/// - `history`, `actual`, `forecast`: base units per period; `actual` and `forecast` of one length.
///
/// Returns a ratio, at least 0; `None` when the series has no scale or the horizon is empty. Misleads on
/// intermittent demand, where forecasting 0 scores well.
///
/// # Source
/// As [`scale`].
pub fn mase(history: &[f64], actual: &[f64], forecast: &[f64], lag: usize) -> Option<f64> {
    let errors: Vec<f64> = actual.iter().zip(forecast).map(|(y, f)| (y - f).abs()).collect();
    let scale = scale(history, lag)?;
    (!errors.is_empty()).then(|| mean(&errors) / scale)
}

/// How large are the errors relative to the sizes? sMAPE of one series, percent.
///
/// `100 mean 2 |f - y| / (|f| + |y|)`, a term is 0 when both are 0. Returns 0..200.
///
/// # Source
/// Monash archive, `utils/error_calculator.R`.
pub fn smape(actual: &[f64], forecast: &[f64]) -> f64 {
    let term = |(y, f): (&f64, &f64)| {
        let size = y.abs() + f.abs();
        if size > 0.0 { 2.0 * (f - y).abs() / size } else { 0.0 }
    };
    100.0 * mean(&actual.iter().zip(forecast).map(term).collect::<Vec<_>>())
}

/// What does a wrong quantile cost? Pinball loss.
///
/// `max(q (y - z), (q - 1) (y - z))`.
///
/// - `q`: probability; `actual`, `quantile`: base units.
///
/// Returns base units, at least 0, smallest in the mean for the true quantile.
///
/// # Source
/// Koenker, Bassett: Regression quantiles, Econometrica 46 (1978).
pub fn pinball(q: f64, actual: f64, quantile: f64) -> f64 {
    let gap = actual - quantile;
    (q * gap).max((q - 1.0) * gap)
}

/// Which share of the actual values did the quantiles cover? `share of y <= z`; 0 for none.
pub fn coverage(actual: &[f64], quantiles: &[f64]) -> f64 {
    mean(&actual.iter().zip(quantiles).map(|(y, z)| f64::from(u8::from(y <= z))).collect::<Vec<_>>())
}

/// How far off on average, in item means? `mean(y - f) / item_mean`; above 0 = too little was forecast.
///
/// - `item_mean`: base units per period, above 0; otherwise the answer is 0.
pub fn bias(actual: &[f64], forecast: &[f64], item_mean: f64) -> f64 {
    if item_mean <= 0.0 {
        return 0.0;
    }
    mean(&actual.iter().zip(forecast).map(|(y, f)| y - f).collect::<Vec<_>>()) / item_mean
}

/// What would last season's values have said? Seasonal naive forecast, the yardstick of every table.
///
/// `f_h = y_(T - lag + ((h - 1) mod lag))`; with less than one season the last value; 0 without any.
///
/// Returns `horizon` values, base units.
pub fn seasonal_naive(history: &[f64], lag: usize, horizon: usize) -> Vec<f64> {
    let season = lag.clamp(1, history.len().max(1));
    let season = if history.len() < lag { 1 } else { season };
    let tail: Vec<f64> = history.iter().skip(history.len().saturating_sub(season)).copied().collect();
    if tail.is_empty() {
        return vec![0.0; horizon];
    }
    tail.into_iter().cycle().take(horizon).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(got: f64, want: f64) {
        assert!((got - want).abs() < 1e-12, "got {got}, want {want}");
    }

    #[test]
    fn measures_by_hand() {
        check(scale(&[1.0, 3.0, 2.0, 6.0], 2).unwrap(), 2.0);
        check(scale(&[1.0, 2.0, 1.0, 2.0], 2).unwrap(), 1.0);
        assert!(scale(&[4.0; 5], 2).is_none());
        check(mase(&[1.0, 3.0, 2.0, 6.0], &[5.0, 5.0], &[4.0, 8.0], 2).unwrap(), 1.0);
        check(smape(&[0.0, 10.0], &[0.0, 30.0]), 50.0);
        check(pinball(0.9, 10.0, 8.0), 1.8);
        check(pinball(0.9, 8.0, 10.0), 0.2);
        check(coverage(&[1.0, 2.0, 3.0], &[1.0, 1.0, 4.0]), 2.0 / 3.0);
        check(bias(&[4.0, 6.0], &[3.0, 3.0], 4.0), 0.5);
        assert_eq!(seasonal_naive(&[1.0, 2.0, 3.0, 4.0], 3, 4), [2.0, 3.0, 4.0, 2.0]);
        assert_eq!(seasonal_naive(&[1.0, 2.0], 3, 2), [2.0, 2.0]);
        assert_eq!(seasonal_naive(&[], 3, 2), [0.0, 0.0]);
    }
}
