//! Is the forecast of each item any good? Kept with each run; an item that loses to last season's values falls back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::backtest::{Outcome, outcomes};
use super::censored::Observed;
use super::naive::Naive;
use super::{Circumstances, Experience, Flag, Forecast, ForecastError, Method, Parts, forecast_in};
use crate::series::{Series, count};

/// Weight of the newest error in the tracking signal.
const TRACKING_SPEED: f64 = 0.1;

/// Origins that an item must have lost together before it falls back.
const LOST_MIN: usize = 8;

/// Standard errors by which it must have lost. When the sum of six losses decides (`forecasting.md` 5.10), items that
/// fell back lost 29 to 60 % more afterwards on hospital, carparts and contraceptive demand; with these, 8 to 38 % less.
const LOST_ERRORS: f64 = 4.0;

/// Origins that it must win in a row to return.
const WON_MIN: usize = 3;

/// How past forecasts of a series, or of all series of a group, compare with what came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    /// Past forecasts that could be scored: all periods known, stock throughout.
    pub scored: usize,
    /// Mean of `(y - f) / item mean`, one period ahead; above 0 = too little was forecast.
    pub bias: f64,
    /// `EWMA(e) / EWMA|e|` with weight .1, one period ahead, -1..1; for a group the mean over its series.
    pub tracking_signal: f64,
    /// Share of sums at or below their 80 % quantile.
    pub coverage_80: f64,
    /// Share of sums at or below their 95 % quantile.
    pub coverage_95: f64,
    /// Quantile loss of the sums over scale (mean of the levels .8 .9 .95 .98).
    pub loss: f64,
    /// The same of the seasonal naive forecast.
    pub loss_naive: f64,
}

/// Forecasts with the record of the method on the same series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Monitored {
    /// One per series, in the order given.
    pub forecasts: Vec<Forecast>,
    /// `series[i]` = record of series i.
    pub series: Vec<Accuracy>,
    /// Record of each group; the key of series without one is empty.
    pub groups: BTreeMap<String, Accuracy>,
}

/// What will each series need, and how well would the same method have done lately?
///
/// The method is applied again at each of the last `origins` origins to what was known then; sums over `length` periods
/// are scored; their spread is learned from what was known at the oldest of these origins. A series is answered by the
/// seasonal naive forecast ([`Method::SeasonalNaive`], [`Flag::LosesToNaive`]) when over 8 or more scored origins its loss was
/// above that forecast's by 4 standard errors, and something was wanted at each; until it wins 3 in a row.
///
/// - `horizon`, `series`, `circumstances`: as in [`forecast_in`]; `length`, `origins`: at least 1.
///
/// # Errors
/// Those of [`forecast_in`].
///
/// # Source
/// `forecasting.md` 5.10; tracking signal after Trigg, Operational Research Quarterly 15 (1964).
pub fn monitored(
    series: &[Series],
    circumstances: &Circumstances,
    horizon: usize,
    length: usize,
    origins: usize,
) -> Result<Monitored, ForecastError> {
    let mut forecasts = forecast_in(series, circumstances, horizon)?;
    let mut past: Vec<Vec<Outcome>> = vec![Vec::new(); series.len()];
    // The spread is learned once, from what was known at the oldest origin; level, season and group are fitted at each.
    let oldest: Vec<Series> = series.iter().map(|one| one.first_periods(one.len().saturating_sub(length + origins - 1))).collect();
    let experience = Experience::learn(&oldest, circumstances, length)?;
    // Oldest origin first: what fell back may have returned since.
    for age in (length..length + origins).rev() {
        let made = |known: &[Series]| experience.forecast(known, circumstances, length);
        for (at, outcome) in outcomes(series, length, |one| one.len().checked_sub(age), made)? {
            if let Some(past) = past.get_mut(at) {
                past.push(outcome);
            }
        }
    }
    let records: Vec<Accuracy> = past.iter().map(|past| record(past)).collect();
    let mut groups: BTreeMap<String, Vec<Accuracy>> = BTreeMap::new();
    for (one, record) in series.iter().zip(&records).filter(|(_, record)| record.scored > 0) {
        groups.entry(one.group().unwrap_or_default().to_owned()).or_default().push(*record);
    }
    for ((made, one), past) in forecasts.iter_mut().zip(series).zip(&past) {
        if falls_back(past) {
            fall_back(made, one, horizon);
        }
    }
    let groups = groups.into_iter().map(|(group, records)| (group, together(&records))).collect();
    Ok(Monitored { forecasts, series: records, groups })
}

fn record(past: &[Outcome]) -> Accuracy {
    let of = |pick: fn(&Outcome) -> f64| super::mean(&past.iter().map(pick).collect::<Vec<_>>());
    let (mut signed, mut absolute) = (0.0, 0.0);
    for outcome in past {
        signed += TRACKING_SPEED * (outcome.first_error - signed);
        absolute += TRACKING_SPEED * (outcome.first_error.abs() - absolute);
    }
    Accuracy {
        scored: past.len(),
        bias: of(|one| one.first_bias),
        tracking_signal: if absolute > 0.0 { signed / absolute } else { 0.0 },
        coverage_80: of(|one| one.scores.coverage[0]),
        coverage_95: of(|one| one.scores.coverage[2]),
        loss: of(|one| one.scores.pinball),
        loss_naive: of(|one| one.scores.pinball_naive),
    }
}

/// The record of a group: means over its series, each with its number of scored origins as weight.
fn together(records: &[Accuracy]) -> Accuracy {
    let scored: usize = records.iter().map(|one| one.scored).sum();
    let of = |pick: fn(&Accuracy) -> f64| records.iter().map(|one| count(one.scored) * pick(one)).sum::<f64>() / count(scored.max(1));
    Accuracy {
        scored,
        bias: of(|one| one.bias),
        tracking_signal: of(|one| one.tracking_signal),
        coverage_80: of(|one| one.coverage_80),
        coverage_95: of(|one| one.coverage_95),
        loss: of(|one| one.loss),
        loss_naive: of(|one| one.loss_naive),
    }
}

/// Does an item with this past, oldest first, use the naive forecast now?
fn falls_back(past: &[Outcome]) -> bool {
    let (mut fallen, mut since) = (false, 0);
    for at in 1..=past.len() {
        since += 1;
        let latest = |n: usize| past.iter().take(at).rev().take(n);
        let turns =
            if fallen { since >= WON_MIN && latest(WON_MIN).all(|one| lead(one) > 0.0) } else { since >= LOST_MIN && lost(latest(since)) };
        if turns {
            (fallen, since) = (!fallen, 0);
        }
    }
    fallen
}

/// By how much did the method win? Below 0 when it lost.
fn lead(one: &Outcome) -> f64 {
    one.scores.pinball_naive - one.scores.pinball
}

/// Did the method lose beyond chance? Not when the naive forecast was without fault once: a dead item, whose 0 is no merit.
fn lost<'a>(past: impl Iterator<Item = &'a Outcome> + Clone) -> bool {
    let leads: Vec<f64> = past.clone().map(lead).collect();
    let mean = super::mean(&leads);
    let variance = super::mean(&leads.iter().map(|lead| (lead - mean).powi(2)).collect::<Vec<_>>()) / count(leads.len());
    mean < -LOST_ERRORS * variance.sqrt() && mean < 0.0 && past.into_iter().all(|one| one.scores.pinball_naive > 0.0)
}

/// Puts last season's values in the place of a forecast; level and flags stay to be read.
fn fall_back(made: &mut Forecast, series: &Series, horizon: usize) {
    let naive = Naive::of(&Observed::of(series), series.period(), horizon);
    made.method = Method::SeasonalNaive;
    made.flags.push(Flag::LosesToNaive);
    made.parts = Parts { seasonal: Vec::new(), seasonal_own_weight: 0.0, group_weight: 0.0, ..made.parts.clone() };
    made.steps = (0..horizon).map(|at| naive.step(at)).collect();
    made.sums = (1..=horizon).map(|length| naive.sum(length)).collect();
}

#[cfg(test)]
mod tests;
