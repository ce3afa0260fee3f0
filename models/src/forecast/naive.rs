//! The seasonal naive forecast as a distribution: the yardstick of every method, and what an item falls back to.

use super::censored::Observed;
use super::score::seasonal_naive;
use crate::distribution::Distribution;
use crate::series::{PeriodLength, count};

/// Periods of one season: 12 months, 52 weeks, 7 days.
pub(crate) fn season(period: PeriodLength) -> usize {
    match period {
        PeriodLength::Day => 7,
        PeriodLength::Week => 52,
        PeriodLength::Month => 12,
    }
}

/// The demand of a series as last season had it.
#[derive(Debug, Clone)]
pub(crate) struct Naive {
    /// Demand of the coming periods, units.
    pub(crate) means: Vec<f64>,
    /// Own history from the first record on without gaps, units: a period that is not known counts as the mean of the known ones.
    filled: Vec<f64>,
    lag: usize,
    unit: f64,
}

impl Naive {
    /// What does last season say? `f_h = y_(T - lag + ((h - 1) mod lag))`, with less than a season and six periods of
    /// history the last value.
    pub(crate) fn of(observed: &Observed, period: PeriodLength, horizon: usize) -> Self {
        let (weights, sum) = observed.pairs().fold((0.0, 0.0), |all, (value, weight)| (all.0 + weight, all.1 + value * weight));
        let usual = if weights > 0.0 { sum / weights } else { 0.0 };
        // Before the first record there is no history: its mean would pass for a season.
        let begun = observed.values.iter().skip_while(|value| value.is_nan());
        let filled: Vec<f64> = begun.map(|value| if value.is_nan() { usual } else { *value }).collect();
        let lag = if filled.len() >= season(period) + 6 { season(period) } else { 1 };
        Self { means: seasonal_naive(&filled, lag, horizon), filled, lag, unit: observed.unit }
    }

    /// The law of the sum over the first `length` periods: negative binomial with the mean of last season's sum and the mean
    /// squared change of such sums over one season (`length` independent changes when history is too short for sums).
    pub(crate) fn sum(&self, length: usize) -> Distribution {
        let mean: f64 = self.means.iter().take(length).sum();
        Distribution::lattice(mean, self.spread(length).max(1.000_1 * mean), self.unit)
    }

    /// The law of step `at` alone.
    pub(crate) fn step(&self, at: usize) -> Distribution {
        let mean = self.means.get(at).copied().unwrap_or(0.0);
        Distribution::lattice(mean, self.spread(1).max(1.000_1 * mean), self.unit)
    }

    fn spread(&self, length: usize) -> f64 {
        let sums: Vec<f64> = self.filled.windows(length).map(|window| window.iter().sum()).collect();
        let lag = self.lag.max(length);
        let changes: Vec<f64> = sums.iter().skip(lag).zip(&sums).map(|(now, before)| (now - before).powi(2)).collect();
        if changes.len() >= 3 || length == 1 {
            return super::mean(&changes);
        }
        count(length) * self.spread(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::{PeriodDemand, Series};

    fn naive(values: &[f64], period: PeriodLength) -> Naive {
        let periods = values.iter().copied().map(PeriodDemand::known).collect();
        Naive::of(&Observed::of(&Series::new("s", None, period, 0, periods).unwrap()), period, 9)
    }

    #[test]
    fn last_week_by_hand() {
        // Two weeks 1..7 and 3..9: every day 2 more than a week before.
        let days: Vec<f64> = (1..=7).chain(3..=9).map(f64::from).collect();
        let naive = naive(&days, PeriodLength::Day);
        assert_eq!(naive.means, [3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 3.0, 4.0]);
        assert!((naive.step(0).mean() - 3.0).abs() < 1e-12 && (naive.step(0).variance() - 4.0).abs() < 1e-9);
        assert!((naive.sum(2).mean() - 7.0).abs() < 1e-12 && (naive.sum(2).variance() - 16.0).abs() < 1e-9);
    }

    #[test]
    fn what_is_before_the_first_record_is_no_season() {
        let mut periods = vec![PeriodDemand::unknown(); 60];
        periods.extend([4.0, 8.0, 6.0].map(PeriodDemand::known));
        let observed = Observed::of(&Series::new("s", None, PeriodLength::Week, 0, periods).unwrap());
        assert_eq!(Naive::of(&observed, PeriodLength::Week, 3).means, [6.0; 3]);
    }

    #[test]
    fn short_and_empty() {
        assert_eq!(naive(&[5.0, 3.0], PeriodLength::Month).means, [3.0; 9]);
        assert!(naive(&[], PeriodLength::Month).sum(3).quantile(0.99) <= 0.0);
    }
}
