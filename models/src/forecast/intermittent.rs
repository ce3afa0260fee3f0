//! Intermittent, lumpy and short series: a decaying level and a negative binomial of the sum.

use super::censored::Observed;
use super::curve::Curve;
use crate::distribution::Distribution;
use crate::series::{PeriodLength, count};

/// Rate of an item that nobody asks for any more, units per period.
pub(crate) const RATE_MIN: f64 = 0.001;

/// Default curve of dispersion against mean: `exp(0.25 + 0.45 ln mean)`; fitted to nothing but one's own group counts.
const DEFAULT: [f64; 3] = [0.25, 0.45, 0.0];

/// Level and spread of one item, in its units per period.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Level {
    /// Expected demand per period.
    pub(crate) rate: f64,
    /// Discounted mean, at least [`RATE_MIN`].
    pub(crate) mean: f64,
    /// Own variance over mean.
    pub(crate) dispersion: f64,
    /// Number of known periods.
    pub(crate) known: f64,
}

/// What does the item need per period, and how does it spread?
///
/// `m` = mean of exponential smoothing with .1 and .2, started at the mean of the first 12; `mu`, `ve` =
/// mean and variance with weights `.97^age`, `ve x 1.05`; `rate = max((m + mu) / 2, .001)`;
/// `dispersion = ve / max(mu, .001)`. A period of exposure `a` moves the level by `1 - (1 - alpha)^a`
/// and weighs `a` in the means. Constants are per month or week; days use their seventh root.
pub(crate) fn level(observed: &Observed, period: PeriodLength) -> Level {
    let pace = if period == PeriodLength::Day { 1.0 / 7.0 } else { 1.0 };
    let first: (f64, f64) = observed.pairs().take(12).fold((0.0, 0.0), |sum, (value, weight)| (sum.0 + value * weight, sum.1 + weight));
    let start = first.0 / first.1.max(1e-12);
    let mut slow = start;
    let mut fast = start;
    for (value, weight) in observed.pairs() {
        slow += (1.0 - 0.9_f64.powf(pace * weight)) * (value - slow);
        fast += (1.0 - 0.8_f64.powf(pace * weight)) * (value - fast);
    }
    let (mut weights, mut exposure, mut sum) = (0.0, 0.0, 0.0);
    let mut fade = 1.0;
    let keep = 0.97_f64.powf(pace);
    for (value, weight) in observed.pairs().rev() {
        weights += fade;
        exposure += fade * weight;
        sum += fade * weight * value;
        fade *= keep;
    }
    let mean = (sum / exposure.max(1e-12)).max(0.0);
    let mut squares = 0.0;
    fade = 1.0;
    for (value, weight) in observed.pairs().rev() {
        squares += fade * weight * (value - mean).powi(2);
        fade *= keep;
    }
    let variance = 1.05 * squares / weights.max(1e-12);
    Level {
        rate: (0.25 * (slow + fast) + 0.5 * mean).max(RATE_MIN),
        mean: mean.max(RATE_MIN),
        dispersion: variance / mean.max(RATE_MIN),
        known: count(observed.known),
    }
}

/// How does dispersion grow with the mean in this group?
pub(crate) fn group_curve(levels: &[Level]) -> Curve {
    let points: Vec<_> = levels
        .iter()
        .filter(|level| level.mean > RATE_MIN && level.known >= 6.0)
        .map(|level| (level.mean, level.dispersion.max(0.3), 1.0))
        .collect();
    Curve::fit(&points, DEFAULT, 1, 1.0)
}

/// How much does an item vary, steadied by its group? `(0.5 n own + 6 prior) / (0.5 n + 6)`.
pub(crate) fn dispersion(level: &Level, curve: &Curve) -> f64 {
    let half = 0.5 * level.known;
    (half * level.dispersion + 6.0 * curve.at(level.mean)) / (half + 6.0)
}

/// What is the demand summed over `length` usual periods?
///
/// `F = L rate`; `V = max(d F, 1.0001 F) + .06 L^2 d rate` (the last term: the level itself is uncertain);
/// negative binomial. Size and odds both grow with L, so no quantile falls.
pub(crate) fn sum_over(rate: f64, dispersion: f64, length: f64, unit: f64) -> Distribution {
    let mean = length * rate;
    let spread = dispersion.max(1.000_1);
    Distribution::lattice(mean, spread * mean + 0.06 * length * length * dispersion * rate, unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::{PeriodDemand, Series};

    fn observed(values: &[f64]) -> Observed {
        let periods = values.iter().copied().map(PeriodDemand::known).collect();
        Observed::of(&Series::new("s", None, PeriodLength::Month, 0, periods).unwrap())
    }

    #[test]
    fn constant_and_dead_items() {
        let steady = level(&observed(&[3.0; 20]), PeriodLength::Month);
        assert!((steady.rate - 3.0).abs() < 1e-9 && steady.dispersion < 1e-9);
        let mut dead = vec![5.0; 10];
        dead.extend([0.0; 60]);
        let dead = level(&observed(&dead), PeriodLength::Month);
        assert!(dead.rate < 0.4, "{}", dead.rate);
        assert!((level(&observed(&[0.0; 9]), PeriodLength::Month).rate - RATE_MIN).abs() < 1e-12);
    }

    #[test]
    fn level_by_hand() {
        // Two points 2, 4: start 3; slow 2.9 -> 3.01; fast 2.8 -> 3.04; mean (4 + .97 x 2) / 1.97.
        let level = level(&observed(&[2.0, 4.0]), PeriodLength::Month);
        let mean = (4.0 + 0.97 * 2.0) / 1.97;
        assert!((level.rate - (0.5 * mean + 0.25 * (3.01 + 3.04))).abs() < 1e-12);
    }
}
