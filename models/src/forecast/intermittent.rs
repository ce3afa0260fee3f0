//! Intermittent, lumpy and short series: a decaying level and a negative binomial of the sum.

use super::blend::{Blend, States};
use super::censored::Observed;
use super::curve::Curve;
use crate::distribution::Distribution;
use crate::series::{PeriodLength, count};

/// Rate of an item that nobody asks for any more, units per period.
pub(crate) const RATE_MIN: f64 = 0.001;

/// Default curve of dispersion against mean: `exp(0.25 + 0.45 ln mean)`; fitted to nothing but one's own group counts.
const DEFAULT: [f64; 3] = [0.25, 0.45, 0.0];

/// Share of `L^2 d rate` that the uncertainty of the level adds to the variance of a sum of L periods.
const LEVEL_UNSURE: f64 = 0.1;

/// Level and spread of one item, in its units per period.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Level {
    /// Levels at every speed, from which a group's [`Blend`] makes the rate.
    pub(crate) states: States,
    /// Expected demand per period by the default blend.
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
/// `mu`, `ve` = mean and variance with weights `.97^age`, `ve x 1.05`; `dispersion = ve / max(mu, .001)`. A period
/// of exposure `a` weighs `a` in the means. Constants are per month or week; days use their seventh root.
pub(crate) fn level(observed: &Observed, period: PeriodLength) -> Level {
    let keep: f64 = if period == PeriodLength::Day { 0.97_f64.powf(1.0 / 7.0) } else { 0.97 };
    let states = States::of(observed, period);
    let mean = states.mean().max(0.0);
    let (mut weights, mut squares, mut fade) = (0.0, 0.0, 1.0);
    for (value, weight) in observed.pairs().rev() {
        weights += fade;
        squares += fade * weight * (value - mean).powi(2);
        fade *= keep;
    }
    let variance = 1.05 * squares / f64::max(weights, 1e-12);
    Level {
        states,
        rate: Blend::default_of_design().rate(&states),
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
/// `F = L rate`; `V = max(d F, 1.0001 F) + .1 L^2 d rate` (the last term: the level itself is uncertain);
/// negative binomial. Size and odds both grow with L, so no quantile falls.
pub(crate) fn sum_over(rate: f64, dispersion: f64, length: f64, unit: f64) -> Distribution {
    let mean = length * rate;
    let spread = dispersion.max(1.000_1);
    Distribution::lattice(mean, spread * mean + LEVEL_UNSURE * length * length * dispersion * rate, unit)
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
}
