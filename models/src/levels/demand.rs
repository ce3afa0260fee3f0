//! Demand over any number of days from tomorrow on.

use std::collections::BTreeMap;

use super::law::{Grid, count_row};
use super::lumpy::LumpyDemand;
use super::record::{DemandPool, DemandRecord};
use super::wander::Outlook;
use crate::convert::length_to_f64;
use crate::distribution::Distribution;

/// Demand of one item from tomorrow on.
#[derive(Debug, Clone, PartialEq)]
pub enum Demand {
    /// Asked for on many days.
    Smooth(SmoothDemand),
    /// Asked for now and then.
    Lumpy(LumpyDemand),
}

impl Demand {
    /// From the record of its days where it is lumpy, otherwise from the forecast of sums.
    ///
    /// - `sums`: forecast of demand summed over the first 1, 2, ... periods; at least one.
    /// - `period_days`: days of a period, at least 1.
    /// - `tomorrow`: number of the first day, in the days of the records.
    pub fn new(record: &DemandRecord, pool: &DemandPool, sums: &[Distribution], period_days: usize, tomorrow: i64) -> Self {
        if record.is_lumpy() {
            return Self::Lumpy(LumpyDemand::new(record, pool));
        }
        Self::Smooth(SmoothDemand { outlook: Outlook::new(record, pool), ..SmoothDemand::new(sums, period_days, pool.week_from(tomorrow)) })
    }

    /// From the law of demand summed over the first 1, 2, ... periods.
    ///
    /// - `sums`: at least one, base units.
    /// - `period_days`: days of a period, at least 1.
    /// - `week`: how demand spreads over the next seven days, tomorrow first; any positive weights.
    pub fn of_sums(sums: &[Distribution], period_days: usize, week: [f64; 7]) -> Self {
        Self::Smooth(SmoothDemand::new(sums, period_days, week))
    }

    /// From a known chance of a request per day and mean units of a request (at least 1).
    pub fn of_requests(chance: f64, mean_size: f64) -> Self {
        Self::Lumpy(LumpyDemand::known(chance, mean_size))
    }

    /// Units per day.
    pub(super) fn mean_per_day(&self) -> f64 {
        match self {
            Self::Smooth(demand) => demand.rate,
            Self::Lumpy(demand) => demand.mean_per_day(),
        }
    }

    /// Square units of demand over `days`.
    pub(super) fn variance(&self, days: usize) -> f64 {
        match self {
            Self::Smooth(demand) => demand.variance(days),
            Self::Lumpy(demand) => demand.variance(days),
        }
    }

    /// Mean and variance of demand over `days` so many that its level may be another by then.
    pub(super) fn far(&self, days: usize) -> (f64, f64) {
        let outlook = match self {
            Self::Smooth(demand) => demand.outlook,
            Self::Lumpy(demand) => demand.outlook,
        };
        outlook.far(self.mean_per_day(), self.variance(days), days)
    }

    /// Distribution functions for up to `days` days.
    pub(super) fn laws(&self, grid: Grid, days: usize) -> Laws<'_> {
        let rows = match self {
            Self::Smooth(_) => BTreeMap::new(),
            Self::Lumpy(demand) => demand.rows(grid, days).into_iter().enumerate().collect(),
        };
        Laws { demand: self, grid, rows, longest: days }
    }
}

/// Demand of an item asked for on many days, from a forecast of sums.
#[derive(Debug, Clone, PartialEq)]
pub struct SmoothDemand {
    /// Mean demand up to the end of each period.
    means: Vec<f64>,
    period_days: usize,
    /// Variance of n days: `own n + shared n^2`.
    own: f64,
    shared: f64,
    /// Units per day over the whole horizon.
    rate: f64,
    /// Share of a week's demand by day, tomorrow first; adds up to 7.
    week: [f64; 7],
    /// What is known of demand far ahead.
    outlook: Outlook,
}

impl SmoothDemand {
    /// From the forecast of demand summed over the first 1, 2, ... periods.
    ///
    /// Between period ends the mean goes on evenly, by `week` where a period is a week; the variance of n days is
    /// `a n + c n^2` through the first period's and that of the fourth (or last), c at least 0.
    ///
    /// - `sums`: at least one, base units.
    /// - `period_days`: days of a period, at least 1.
    /// - `week`: how demand spreads over the next seven days, tomorrow first; any positive weights.
    pub(super) fn new(sums: &[Distribution], period_days: usize, week: [f64; 7]) -> Self {
        let period_days = period_days.max(1);
        let means: Vec<f64> = sums.iter().map(Distribution::mean).collect();
        let first = sums.first().map_or(0.0, Distribution::variance);
        let far = sums.len().clamp(1, 4);
        let later = sums.get(far - 1).map_or(first, Distribution::variance);
        let (n, m) = (length_to_f64(period_days), length_to_f64(period_days * far));
        let shared = if far > 1 { ((later - m / n * first) / (m * m - m * n)).clamp(0.0, 0.9 * first / (n * n)) } else { 0.0 };
        let total: f64 = week.iter().sum();
        let week = if total > 0.0 && period_days == 7 { week.map(|share| 7.0 * share.max(0.0) / total) } else { [1.0; 7] };
        let rate = means.last().copied().unwrap_or(0.0) / length_to_f64((means.len() * period_days).max(1));
        Self { means, period_days, own: (first - shared * n * n) / n, shared, rate, week, outlook: Outlook::steady() }
    }

    fn variance(&self, days: usize) -> f64 {
        let n = length_to_f64(days);
        (self.own * n + self.shared * n * n).max(1e-9)
    }

    /// Mean demand of the next `days` days; beyond the forecast as on its average day.
    fn mean(&self, days: usize) -> f64 {
        let full = days / self.period_days;
        let upto = |periods: usize| match periods.checked_sub(1) {
            None => 0.0,
            Some(at) => self.means.get(at).copied().unwrap_or(self.rate * length_to_f64(periods * self.period_days)),
        };
        let share: f64 = self.week.iter().cycle().take(days % self.period_days).sum();
        upto(full) + (upto(full + 1) - upto(full)) * share / length_to_f64(self.period_days)
    }
}

/// `F(cell)` of demand over n days, computed when asked for.
#[derive(Debug)]
pub(super) struct Laws<'a> {
    demand: &'a Demand,
    grid: Grid,
    rows: BTreeMap<usize, Vec<f64>>,
    longest: usize,
}

impl Laws<'_> {
    /// The grid of all rows.
    pub(super) fn grid(&self) -> Grid {
        self.grid
    }

    /// Demand over `days` days from tomorrow on.
    pub(super) fn row(&mut self, days: usize) -> &[f64] {
        let (demand, grid) = (self.demand, self.grid);
        let days = days.min(self.longest);
        self.rows.entry(days).or_insert_with(|| match demand {
            Demand::Smooth(smooth) => count_row(smooth.mean(days), smooth.variance(days), grid),
            Demand::Lumpy(lumpy) => lumpy.rows(grid, days).pop().unwrap_or_default(),
        })
    }

    /// Demand over `days` days at some time: without this week's shape.
    pub(super) fn usual_row(&mut self, days: usize) -> Vec<f64> {
        match self.demand {
            Demand::Smooth(smooth) => count_row(smooth.rate * length_to_f64(days), smooth.variance(days), self.grid),
            Demand::Lumpy(_) => self.row(days).to_vec(),
        }
    }
}
