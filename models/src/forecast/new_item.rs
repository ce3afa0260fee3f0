//! Items too young for a method of their own: the group's rates, sharpened by what little is known.

use crate::distribution::Distribution;
use crate::forecast::censored::median;
use crate::series::count;

/// Rates of a group as a gamma law: `rate ~ Gamma(shape, per-period rate)`, base units.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Prior {
    shape: f64,
    periods: f64,
    /// False when there was no other item to learn from.
    pub(crate) informed: bool,
}

impl Prior {
    /// Which rates does this group show?
    ///
    /// `B = m / v`, `A = m B` with mean and variance of the item rates (base units per period). With fewer
    /// than three items nearly nothing is assumed: A = 0.5, B = 0.5 without any demand at hand, else B = 0.05.
    pub(crate) fn of(rates: &[f64]) -> Self {
        if rates.len() < 3 {
            return Self { shape: 0.5, periods: 0.5, informed: false };
        }
        // One giant must not set the rate of every new item.
        let cap = 20.0 * median(rates).max(1e-6);
        let capped: Vec<f64> = rates.iter().map(|rate| rate.min(cap)).collect();
        let mean = (capped.iter().sum::<f64>() / count(capped.len())).max(1e-6);
        let squares: f64 = capped.iter().map(|rate| (rate - mean).powi(2)).sum();
        // A group of equal items is still not sure of the next one.
        let variance = (squares / (count(capped.len()) - 1.0)).max(0.25 * mean * mean);
        Self { shape: mean * mean / variance, periods: mean / variance, informed: true }
    }

    /// The law for an item that takes the place of one with this rate, base units per period: its mean, a quarter of the
    /// group's relative variance (of 1 without a group).
    pub(crate) fn following(&self, rate: f64) -> Self {
        let shape = if self.informed { 4.0 * self.shape } else { 4.0 };
        Self { shape, periods: shape / rate.max(1e-6), informed: true }
    }

    /// The law of an item's rate after `exposure` periods with `total` demand, both divided by the
    /// dispersion so that lumpy demand is not taken for more evidence than it is.
    pub(crate) fn after(&self, total: f64, exposure: f64, dispersion: f64) -> Posterior {
        let fewer = dispersion.max(1.0);
        let periods = if self.informed || exposure <= 0.0 { self.periods } else { 0.05 };
        let shape = self.shape + total / fewer;
        let periods_after = periods + exposure / fewer;
        let group_weight = periods / periods_after;
        Posterior { rate: shape / periods_after, variance: shape / (periods_after * periods_after), group_weight }
    }
}

/// What is believed about one item's rate, base units per period.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Posterior {
    /// Expected rate.
    pub(crate) rate: f64,
    /// Its variance.
    pub(crate) variance: f64,
    /// Share 0..1 of the answer that comes from the group.
    pub(crate) group_weight: f64,
}

impl Posterior {
    /// What is the demand summed over `length` usual periods? Mean `L rate`, variance `d L rate + L^2 variance`,
    /// negative binomial (with d = 1 the gamma-Poisson predictive NB(A + Y, (B + N) / (B + N + L))).
    pub(crate) fn sum_over(&self, dispersion: f64, length: f64, unit: f64) -> Distribution {
        let rate = self.rate / unit;
        let variance = self.variance / (unit * unit);
        let own = dispersion.max(1.000_1) * length * rate;
        Distribution::lattice(length * rate, own + length * length * variance, unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gamma_poisson_by_hand() {
        // Rates 1, 2, 3: m = 2, v = 1, so B = 2, A = 4; two periods with 3 units: (4 + 3) / (2 + 2).
        let prior = Prior::of(&[1.0, 2.0, 3.0]);
        let after = prior.after(3.0, 2.0, 1.0);
        assert!((after.rate - 1.75).abs() < 1e-12);
        assert!((after.group_weight - 0.5).abs() < 1e-12);
        // NB(7, 4 / (4 + 3)) over 3 periods: mean 7 x 3 / 4, variance mean / p.
        let sum = after.sum_over(1.0, 3.0, 1.0);
        assert!((sum.mean() - 5.25).abs() < 1e-12);
        assert!((sum.variance() - 5.25 * 7.0 / 4.0).abs() < 1e-3);
    }

    #[test]
    fn nothing_known() {
        let after = Prior::of(&[]).after(0.0, 0.0, 1.0);
        assert!(after.rate > 0.0 && after.rate.is_finite());
        assert!((after.group_weight - 1.0).abs() < 1e-12);
    }
}
