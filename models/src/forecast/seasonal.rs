//! Seasonal indices of long smooth series, shrunk to the group's profile and the profile to none.

#![expect(clippy::indexing_slicing, reason = "columns of one row share its length, indices the layout's bins: made in Row::new")]

use super::calendar::{bin, calendar_index, per_workday, workdays};
use super::censored::median;
use crate::series::{PeriodLength, count};

/// Every logarithm is taken of at least this.
const LOG_FLOOR: f64 = 0.5;

/// How the year (or week) is cut for one period length.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    /// Number of seasonal indices: 12 months, 13 four-week blocks, 7 weekdays.
    pub(crate) bins: usize,
    /// Periods of one cycle: 12 months, 52 weeks, 7 days.
    pub(crate) span: usize,
    /// Fewest known periods for this method.
    pub(crate) least: usize,
}

/// Which cut belongs to a period length?
pub(crate) fn layout(period: PeriodLength) -> Layout {
    match period {
        PeriodLength::Month => Layout { bins: 12, span: 12, least: 24 },
        PeriodLength::Week => Layout { bins: 13, span: 52, least: 104 },
        PeriodLength::Day => Layout { bins: 7, span: 7, least: 56 },
    }
}

/// One item with what a refit at any origin needs, computed once.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// Position of its first period on the calendar shared by the group.
    pub(crate) start: i64,
    /// Demand per period in its units; NaN = not known.
    pub(crate) values: Vec<f64>,
    /// Seasonal bin of each period, and of `horizon` more.
    pub(crate) bins: Vec<usize>,
    /// Working days more than usual in each month, and in `horizon` more; 0 for days and weeks.
    pub(crate) workdays: Vec<f64>,
    /// `ln y - ln centred moving average`; NaN where the average is not known.
    ratios: Vec<f64>,
    half: usize,
}

impl Row {
    /// Prepares an item whose first period starts at `first_day` (days since 1970-01-01).
    pub(crate) fn new(values: Vec<f64>, period: PeriodLength, first_day: i64, horizon: usize) -> Self {
        let cut = layout(period);
        let bins = (0..values.len() + horizon).map(|at| bin(period, first_day, at)).collect();
        let ratios = ratios(&values, cut.span);
        let workdays = workdays(period, first_day, values.len() + horizon);
        Self { start: calendar_index(period, first_day), values, bins, workdays, ratios, half: cut.span / 2 }
    }

    /// (position, (ratio, (bin, working days))) of the ratios that only look at the first `len` periods.
    pub(crate) fn known_ratios(&self, len: usize) -> impl Iterator<Item = (usize, (f64, (usize, f64)))> + '_ {
        let dates = self.bins.iter().copied().zip(self.workdays.iter().copied());
        let all = self.ratios.iter().copied().zip(dates).take(len.saturating_sub(self.half));
        all.enumerate().filter(|(_, (ratio, _))| !ratio.is_nan())
    }

    /// How many of its periods lie before position `origin` of the shared calendar?
    pub(crate) fn len_before(&self, origin: i64) -> usize {
        usize::try_from(origin.saturating_sub(self.start)).unwrap_or(0).min(self.values.len())
    }
}

/// Seasonal indices of one item, averaging 1, and the share of its own pattern in them.
#[derive(Debug, Clone)]
pub(crate) struct Season {
    pub(crate) index: Vec<f64>,
    pub(crate) own_weight: f64,
    /// What one working day more adds to the logarithm.
    pub(crate) per_workday: f64,
}

impl Season {
    /// Seasonal index times calendar factor of one period.
    pub(crate) fn factor(&self, row: &Row, at: usize) -> f64 {
        self.index[row.bins[at]] * (self.per_workday * row.workdays[at]).exp()
    }
}

struct Own {
    means: Vec<f64>,
    variances: Vec<f64>,
}

/// Which seasonal indices does each item have, judged from its first `lens` periods?
///
/// `S_im` = mean of `ln y - ln CMA` in bin m, centred; `V_im` = residual variance / count; profile
/// `P_m = sum S / V / sum 1 / V`, itself shrunk to 0 by `tau^2 / (tau^2 + V)`; the item's
/// `ln index = P_m + g (S_im - P_m)` with `g = tau_i^2 / (tau_i^2 + V_i)`, `tau_i^2 = max(mean((S - P)^2 - V), 0)`;
/// then divided so that the indices average 1. An item alone in its group has `g = 0`.
///
/// # Source
/// `forecasting.md` 5.2; shrinkage after James, Stein (1961).
pub(crate) fn seasons(rows: &[Row], lens: &[usize], cut: Layout) -> Vec<Season> {
    let beta = per_workday(rows, lens);
    let own: Vec<Option<Own>> = rows.iter().zip(lens).map(|(row, len)| own_pattern(row, *len, cut.bins, beta)).collect();
    let profile = profile(&own, cut.bins);
    let single = own.iter().flatten().count() < 2;
    own.iter().map(|own| shrink(own.as_ref().filter(|_| !single), &profile, beta)).collect()
}

fn own_pattern(row: &Row, len: usize, bins: usize, beta: f64) -> Option<Own> {
    let mut counts = vec![0.0; bins];
    let mut means = vec![0.0; bins];
    let mut squares = 0.0;
    let mut all = 0.0;
    for at in 0..len.saturating_sub(row.half) {
        let ratio = row.ratios[at];
        if ratio.is_nan() {
            continue;
        }
        let bin = row.bins[at];
        counts[bin] += 1.0;
        all += 1.0;
        // The centred average holds a whole year, so the calendar factor cancels in it.
        let ratio = ratio - beta * row.workdays[at];
        let step = ratio - means[bin];
        means[bin] += step / counts[bin];
        squares += step * (ratio - means[bin]);
    }
    let free = all - count(bins);
    if free < 0.5 * count(bins) || counts.iter().any(|n| *n < 1.0) {
        return None;
    }
    let centre = means.iter().sum::<f64>() / count(bins);
    let residual = squares / free;
    let means = means.into_iter().map(|mean| mean - centre).collect();
    Some(Own { means, variances: counts.into_iter().map(|n| (residual / n).max(1e-6)).collect() })
}

fn profile(own: &[Option<Own>], bins: usize) -> Vec<f64> {
    let mut weighted = vec![0.0; bins];
    let mut weights = vec![0.0; bins];
    for one in own.iter().flatten() {
        for bin in 0..bins {
            weighted[bin] += one.means[bin] / one.variances[bin];
            weights[bin] += 1.0 / one.variances[bin];
        }
    }
    let raw: Vec<f64> = weighted.iter().zip(&weights).map(|(sum, weight)| sum / weight.max(1e-12)).collect();
    let noise = weights.iter().map(|weight| 1.0 / weight.max(1e-12)).sum::<f64>() / count(bins);
    let power = raw.iter().map(|value| value * value).sum::<f64>() / count(bins);
    let keep = ((power - noise) / power.max(1e-300)).clamp(0.0, 1.0);
    raw.into_iter().map(|value| keep * value).collect()
}

fn shrink(own: Option<&Own>, profile: &[f64], beta: f64) -> Season {
    let bins = count(profile.len());
    let mut logs = profile.to_vec();
    let mut own_weight = 0.0;
    if let Some(own) = own {
        let noise = own.variances.iter().sum::<f64>() / bins;
        let power = own.means.iter().zip(profile).map(|(s, p)| (s - p).powi(2)).sum::<f64>() / bins;
        let tau = (power - noise).max(0.0);
        own_weight = tau / (tau + noise);
        for (log, mean) in logs.iter_mut().zip(&own.means) {
            *log += own_weight * (mean - *log);
        }
    }
    let index: Vec<f64> = logs.iter().map(|log| log.clamp(-4.0, 4.0).exp()).collect();
    let average = index.iter().sum::<f64>() / bins;
    Season { index: index.into_iter().map(|value| value / average).collect(), own_weight, per_workday: beta }
}

/// `ln y - ln CMA` with the 2 x span centred average (plain for an odd span); known where at least
/// 0.8 of the window's weight is.
fn ratios(values: &[f64], span: usize) -> Vec<f64> {
    let half = span / 2;
    let edge = if span.is_multiple_of(2) { 0.5 } else { 1.0 };
    let mut out = vec![f64::NAN; values.len()];
    for at in half..values.len().saturating_sub(half) {
        let (mut sum, mut weights) = (0.0, 0.0);
        for (offset, value) in values[at - half..=at + half].iter().enumerate() {
            let weight = if offset == 0 || offset == 2 * half { edge } else { 1.0 };
            if !value.is_nan() {
                sum += weight * value;
                weights += weight;
            }
        }
        if weights >= 0.8 * count(span) && !values[at].is_nan() {
            out[at] = values[at].max(LOG_FLOOR).ln() - (sum / weights).max(LOG_FLOOR).ln();
        }
    }
    out
}

/// The usual length of the rows, periods.
pub(crate) fn typical_len(rows: &[Row]) -> usize {
    let lens: Vec<f64> = rows.iter().map(|row| count(row.values.len())).collect();
    let middle = median(&lens);
    rows.iter().map(|row| row.values.len()).find(|len| (count(*len) - middle).abs() < 0.5).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_pattern_is_found() {
        let pattern = [0.6, 0.8, 1.0, 1.2, 1.4, 1.0, 0.9, 1.1, 1.3, 0.7, 1.0, 1.0];
        let mut rng = crate::rng::Rng::new(5);
        let rows: Vec<Row> = (0..20)
            .map(|_| {
                let values = (0..60).map(|t| 200.0 * pattern[t % 12] * (1.0 + 0.1 * rng.normal())).collect();
                Row::new(values, PeriodLength::Month, 10_957, 12)
            })
            .collect();
        let seasons = seasons(&rows, &[60; 20], layout(PeriodLength::Month));
        for season in &seasons {
            assert!((season.index.iter().sum::<f64>() - 12.0).abs() < 1e-9);
            for (index, want) in season.index.iter().zip(&pattern) {
                assert!((index - want).abs() < 0.15, "{index} {want} {season:?}");
            }
        }
    }

    #[test]
    fn noise_gives_no_pattern() {
        let mut rng = crate::rng::Rng::new(6);
        let values = (0..60).map(|_| 200.0 * (1.0 + 0.2 * rng.normal())).collect();
        let alone = [Row::new(values, PeriodLength::Month, 10_957, 12)];
        let season = seasons(&alone, &[60], layout(PeriodLength::Month));
        assert!(season[0].index.iter().all(|index| (index - 1.0).abs() < 0.15), "{:?}", season[0].index);
    }
}
