//! What a shelf that was empty for a while hides, and how much of it can be put back.
//!
//! - empty all the period and nothing handed out: not known;
//! - empty for a known share: exposure `a = 1 - stocked_out`, demand `quantity / a` seen with weight `a`;
//! - ended empty, share not known: demand was *at least* `quantity`: replaced by its conditional mean
//!   under the item's own negative binomial of highest censored likelihood (EM for its mean, a grid for its size).

#![expect(clippy::indexing_slicing, reason = "the three columns have one length, made together in Observed::of")]

use crate::distribution::Distribution;
use crate::distribution::special::ln_gamma;
use crate::series::{Series, count};

/// Below this exposure a period says too little to be divided by it.
const EXPOSURE_MIN: f64 = 0.05;

/// One series as the methods see it, in whole multiples of `unit`.
#[derive(Debug, Clone)]
pub(crate) struct Observed {
    /// Demand per full period; NaN = not known.
    pub(crate) values: Vec<f64>,
    /// Exposure 0..1; 0 = not known.
    pub(crate) weights: Vec<f64>,
    /// Base units per unit of `values`.
    pub(crate) unit: f64,
    /// Share of all periods that an empty shelf hid in whole or in part.
    pub(crate) share_censored: f64,
    /// Number of periods that say something.
    pub(crate) known: usize,
    /// Periods replaced by a conditional mean.
    at_least: Vec<usize>,
}

impl Observed {
    /// Splits a series into demand and exposure.
    pub(crate) fn of(series: &Series) -> Self {
        let unit = unit_of(series);
        let mut values = vec![f64::NAN; series.len()];
        let mut weights = vec![0.0; series.len()];
        let mut at_least = Vec::new();
        let mut censored = 0_usize;
        for (index, period) in series.periods().iter().enumerate() {
            let hidden = period.stocked_out > 0.0 || period.ended_empty;
            censored += usize::from(hidden);
            let Some(quantity) = series.quantity(index) else {
                continue;
            };
            let units = quantity / unit;
            let exposure = 1.0 - period.stocked_out;
            if exposure >= EXPOSURE_MIN {
                values[index] = units / exposure;
                weights[index] = exposure;
                if period.ended_empty && exposure >= 1.0 {
                    at_least.push(index);
                }
            } else if units > 0.0 {
                // Handed out although empty nearly all the time: a lower limit, for what it is worth.
                values[index] = units;
                weights[index] = EXPOSURE_MIN;
                at_least.push(index);
            }
        }
        let known = weights.iter().filter(|weight| **weight > 0.0).count();
        let share_censored = count(censored) / count(series.len().max(1));
        let mut observed = Self { values, weights, unit, share_censored, known, at_least };
        observed.put_back();
        observed
    }

    /// The same with each period divided by its factor: what would have been wanted at a usual time.
    pub(crate) fn without(mut self, factors: &[f64]) -> Self {
        for (value, factor) in self.values.iter_mut().zip(factors) {
            *value /= factor;
        }
        self
    }

    /// Known (value, weight) pairs, oldest first.
    pub(crate) fn pairs(&self) -> impl DoubleEndedIterator<Item = (f64, f64)> + '_ {
        let both = self.values.iter().zip(&self.weights);
        both.filter(|(_, weight)| **weight > 0.0).map(|(value, weight)| (*value, *weight))
    }

    /// The values fit for a seasonal method: periods mostly seen, others NaN.
    pub(crate) fn mostly_seen(&self) -> Vec<f64> {
        let both = self.values.iter().zip(&self.weights);
        both.map(|(value, weight)| if *weight >= 0.3 { *value } else { f64::NAN }).collect()
    }

    /// Conditional means of the at-least periods under the negative binomial that explains the series best.
    ///
    /// `ln L(mu, r) = sum a ln P(D = y) + sum over at-least periods ln P(D >= y)`; for each size r of [`SIZES`] the mean
    /// is found by EM (with r fixed the complete-data maximum is the plain mean), the best pair is kept.
    fn put_back(&mut self) {
        if self.at_least.is_empty() {
            return;
        }
        let limits: Vec<f64> = self.at_least.iter().map(|index| self.values[*index]).collect();
        let uncensored = |index: &usize| !self.at_least.contains(index) && self.weights[*index] > 0.0;
        let seen: Vec<(f64, f64)> =
            (0..self.values.len()).filter(uncensored).map(|index| (self.values[index], self.weights[index])).collect();
        let exposure: f64 = seen.iter().map(|(_, weight)| weight).sum();
        let total: f64 = seen.iter().map(|(value, weight)| value * weight).sum();
        let mean_seen = total / exposure.max(1e-12);
        let largest = limits.iter().copied().fold(mean_seen, f64::max);
        let rate_max = 3.0 * if mean_seen > 0.0 { mean_seen.max(median(&limits)) } else { largest };
        let start = (total + limits.iter().sum::<f64>()) / (exposure + count(limits.len()));
        let mut best = (f64::NEG_INFINITY, start, 1.0);
        for size in SIZES {
            let rate = censored_mean(total, exposure, &limits, size, start).min(rate_max);
            let likelihood = log_likelihood(&seen, &limits, rate, size);
            if likelihood > best.0 {
                best = (likelihood, rate, size);
            }
        }
        let (_, rate, size) = best;
        for (index, limit) in self.at_least.iter().zip(&limits) {
            self.values[*index] = Distribution::mean_at_least(rate, rate + rate * rate / size, *limit);
        }
    }
}

/// Sizes of the negative binomial that are tried; the last is nearly Poisson.
const SIZES: [f64; 5] = [2.0, 4.0, 8.0, 20.0, 100.0];

/// EM for the mean with the size fixed: at-least periods count with their conditional means.
fn censored_mean(total: f64, exposure: f64, limits: &[f64], size: f64, start: f64) -> f64 {
    let mut rate = start;
    for _ in 0..30 {
        let variance = rate + rate * rate / size;
        let hidden: f64 = limits.iter().map(|limit| Distribution::mean_at_least(rate, variance, *limit)).sum();
        let next = (total + hidden) / (exposure + count(limits.len()));
        let settled = (next - rate).abs() <= 1e-4 * rate;
        rate = next;
        if settled {
            break;
        }
    }
    rate
}

fn log_likelihood(seen: &[(f64, f64)], limits: &[f64], rate: f64, size: f64) -> f64 {
    if rate <= 0.0 {
        return 0.0;
    }
    let constant = size * (size / (size + rate)).ln() - ln_gamma(size);
    let odds = (rate / (size + rate)).ln();
    let mass = |value: f64| ln_gamma(value + size) - ln_gamma(value + 1.0) + value * odds + constant;
    let law = Distribution::lattice(rate, rate + rate * rate / size, 1.0);
    let tail = |limit: &f64| if *limit > 0.0 { law.survival(limit - 1.0).max(1e-300).ln() } else { 0.0 };
    seen.iter().map(|(value, weight)| weight * mass(*value)).sum::<f64>() + limits.iter().map(tail).sum::<f64>()
}

/// The middle value; 0 for none.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}

/// Largest of 1, 0.1 .. 1e-6 of which all quantities are multiples, so that counts stay counts.
fn unit_of(series: &Series) -> f64 {
    let mut unit = 1.0;
    let known: Vec<f64> = (0..series.len()).filter_map(|index| series.quantity(index)).collect();
    for per_unit in [1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6] {
        unit = 1.0 / per_unit;
        let whole = |value: &f64| (value * per_unit - (value * per_unit).round()).abs() < 1e-6;
        if known.iter().all(whole) {
            break;
        }
    }
    unit
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;
    use crate::series::{PeriodDemand, PeriodLength};

    fn observe(periods: Vec<PeriodDemand>) -> Observed {
        Observed::of(&Series::new("s", None, PeriodLength::Month, 0, periods).unwrap())
    }

    #[test]
    fn exposure_and_missing() {
        let observed = observe(vec![
            PeriodDemand::known(4.0),
            PeriodDemand::partly_empty(3.0, 0.5),
            PeriodDemand::partly_empty(0.0, 1.0),
            PeriodDemand::unknown(),
        ]);
        assert_eq!(observed.known, 2);
        assert_eq!(observed.values[1], 6.0);
        assert_eq!(observed.weights, [1.0, 0.5, 0.0, 0.0]);
        assert_eq!(observed.share_censored, 0.5);
    }

    #[test]
    fn at_least_raises_the_mean_to_the_truth() {
        // Poisson-like demand of mean 10, cut at 8 whenever it is above.
        let mut rng = crate::rng::Rng::new(3);
        let draws: Vec<f64> = (0..400).map(|_| rng.poisson(10.0)).collect();
        let cut = |draw: &f64| {
            if *draw >= 8.0 { PeriodDemand::at_least(8.0) } else { PeriodDemand::known(*draw) }
        };
        let observed = observe(draws.iter().map(cut).collect());
        let mean = crate::forecast::mean(&observed.values);
        let face = crate::forecast::mean(&draws.iter().map(|draw| draw.min(8.0)).collect::<Vec<_>>());
        assert!(face < 7.8, "{face}");
        assert!((mean - 10.0).abs() < 1.5, "{mean}");
    }

    #[test]
    fn units() {
        let unit = |values: &[f64]| observe(values.iter().map(|v| PeriodDemand::known(*v)).collect()).unit;
        assert_eq!(unit(&[3.0, 40.0]), 1.0);
        assert_eq!(unit(&[3.4, 40.0]), 0.1);
        assert_eq!(unit(&[0.001]), 0.001);
    }
}
