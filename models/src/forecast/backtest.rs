//! How would the forecasts have fared in the past? Fits at each origin see only what was known then.

use serde::Serialize;

use super::censored::Observed;
use super::naive::{Naive, season};
use super::score::{bias, mase, pinball, scale, seasonal_naive, smape};
use super::{Forecast, ForecastError, HORIZON_MAX, forecast, mean};
use crate::distribution::Distribution;
use crate::series::Series;

/// Levels at which quantiles of the sum are scored.
pub const LEVELS: [f64; 4] = [0.8, 0.9, 0.95, 0.98];

/// Mean scores over series.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Scores {
    /// Number of series scored.
    pub series: usize,
    /// MASE of the step means, and of the seasonal naive forecast.
    pub mase: f64,
    /// The yardstick.
    pub mase_naive: f64,
    /// sMAPE of the step means, percent.
    pub smape: f64,
    /// `mean(y - f) / item mean`; above 0 = too little was forecast.
    pub bias: f64,
    /// Pinball loss of the sum over the horizon: mean over [`LEVELS`], divided by scale x horizon.
    pub pinball: f64,
    /// The same of the seasonal naive forecast with the spread of its own past changes.
    pub pinball_naive: f64,
    /// `coverage[level]`: share of sums at or below the quantile of [`LEVELS`].
    pub coverage: [f64; 4],
}

/// Scores by origin and over all.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// (origin = number of periods used for fitting, scores), in the order given.
    pub origins: Vec<(usize, Scores)>,
    /// Mean over origins, each with its number of series as weight.
    pub overall: Scores,
}

/// How good are the forecasts of these series over `horizon` periods, made at each of `origins`?
///
/// At origin T each series is cut after its first T periods and everything, pooled parts too, is fitted again.
/// A series is scored when all of the next `horizon` periods are known and had stock throughout, and it has a
/// scale (lag 12 for months, 52 for weeks, 7 for days; else lag 1). From the first record on, history that is not known counts as 0 in the
/// scale only.
///
/// - `origins`: numbers of periods, at least one; `horizon`: periods.
///
/// Returns the report; `series` is 0 and all scores 0 where nothing could be scored.
///
/// # Errors
/// [`ForecastError::NoOrigins`], [`ForecastError::Horizon`].
///
/// # Source
/// `forecasting.md` sections 2 and 5.10; rolling origin after Tashman, IJF 16 (2000).
pub fn backtest(series: &[Series], origins: &[usize], horizon: usize) -> Result<Report, ForecastError> {
    if origins.is_empty() {
        return Err(ForecastError::NoOrigins);
    }
    if !(1..=HORIZON_MAX).contains(&horizon) {
        return Err(ForecastError::Horizon { horizon });
    }
    let mut rows = Vec::with_capacity(origins.len());
    let mut all = Vec::new();
    for origin in origins {
        let made = outcomes(series, horizon, |one| (one.len() >= *origin).then_some(*origin), |known| forecast(known, horizon))?;
        let scored: Vec<Scores> = made.into_iter().map(|(_, outcome)| outcome.scores).collect();
        rows.push((*origin, average(&scored)));
        all.extend(scored);
    }
    Ok(Report { origins: rows, overall: average(&all) })
}

/// One past forecast of one series, and what came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outcome {
    pub(super) scores: Scores,
    /// What came less what was expected in the first period, base units.
    pub(super) first_error: f64,
    /// The same over the mean of the history.
    pub(super) first_bias: f64,
}

/// What `forecasts` makes of all series, each cut after the number of periods that `cut` says (`None`: left out); those
/// that can be scored, with their place in `series`.
pub(super) fn outcomes(
    series: &[Series],
    horizon: usize,
    cut: impl Fn(&Series) -> Option<usize>,
    forecasts: impl Fn(&[Series]) -> Result<Vec<Forecast>, ForecastError>,
) -> Result<Vec<(usize, Outcome)>, ForecastError> {
    let present: Vec<(usize, usize)> = series.iter().enumerate().filter_map(|(at, one)| Some((at, cut(one)?))).collect();
    let known: Vec<Series> = present.iter().filter_map(|(at, origin)| series.get(*at).map(|one| one.first_periods(*origin))).collect();
    let made = forecasts(&known)?;
    let scored = present.iter().zip(known.iter().zip(&made)).filter_map(|((at, _), (known, made))| {
        let outcome = score_one(series.get(*at)?, known, made, horizon)?;
        Some((*at, outcome))
    });
    Ok(scored.collect())
}

fn score_one(series: &Series, known: &Series, made: &Forecast, horizon: usize) -> Option<Outcome> {
    let origin = known.len();
    let seen = series.periods().iter().skip(origin).take(horizon);
    if seen.clone().count() < horizon || seen.clone().any(|one| one.stocked_out > 0.0 || one.ended_empty) {
        return None;
    }
    let actual: Vec<f64> = (origin..origin + horizon).map(|at| series.quantity(at)).collect::<Option<_>>()?;
    let begun = (0..origin).map(|at| series.quantity(at)).skip_while(Option::is_none);
    let history: Vec<f64> = begun.map(|quantity| quantity.unwrap_or(0.0)).collect();
    let lag = season(series.period());
    let size = scale(&history, lag)? * crate::series::count(horizon);
    let means: Vec<f64> = made.steps.iter().map(Distribution::mean).collect();
    let naive = Naive::of(&Observed::of(known), series.period(), horizon);
    let total: f64 = actual.iter().sum();
    let sum = made.sums.last()?;
    let loss = |law: &Distribution| mean(&LEVELS.map(|level| pinball(level, total, law.quantile(level)))) / size;
    let first_error = actual.first()? - means.first()?;
    let usual = mean(&history);
    let scores = Scores {
        series: 1,
        mase: mase(&history, &actual, &means, lag)?,
        mase_naive: mase(&history, &actual, &seasonal_naive(&history, lag, horizon), lag)?,
        smape: smape(&actual, &means),
        bias: bias(&actual, &means, usual),
        pinball: loss(sum),
        pinball_naive: loss(&naive.sum(horizon)),
        coverage: LEVELS.map(|level| f64::from(u8::from(total <= sum.quantile(level)))),
    };
    Some(Outcome { scores, first_error, first_bias: if usual > 0.0 { first_error / usual } else { 0.0 } })
}

fn average(scores: &[Scores]) -> Scores {
    let of = |pick: fn(&Scores) -> f64| mean(&scores.iter().map(pick).collect::<Vec<_>>());
    Scores {
        series: scores.len(),
        mase: of(|one| one.mase),
        mase_naive: of(|one| one.mase_naive),
        smape: of(|one| one.smape),
        bias: of(|one| one.bias),
        pinball: of(|one| one.pinball),
        pinball_naive: of(|one| one.pinball_naive),
        coverage: [of(|one| one.coverage[0]), of(|one| one.coverage[1]), of(|one| one.coverage[2]), of(|one| one.coverage[3])],
    }
}
