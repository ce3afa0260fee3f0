//! How fast does the level of a group move? A blend of smoothings and discounted means, learned from its own past.

#![expect(clippy::indexing_slicing, reason = "all arrays have the fixed sizes STATES and BLENDS")]

use super::censored::Observed;
use super::intermittent::RATE_MIN;
use crate::series::{PeriodLength, count};

/// Speeds of the exponential smoothings, then shares kept by the discounted means; per month or week.
const SPEEDS: [f64; 4] = [0.1, 0.2, 0.3, 0.45];
const KEPT: [f64; 2] = [0.9, 0.97];
const STATES: usize = 6;

/// The default blend, then half of each speed with half of each discounted mean.
const BLENDS: usize = 9;

/// Default: half the mean of the two slowest smoothings, half the slow discounted mean (`forecasting.md` 5.5).
const DEFAULT: [f64; STATES] = [0.25, 0.25, 0.0, 0.0, 0.0, 0.5];

/// What the default is worth before any evidence; the others share the rest.
const DEFAULT_SHARE: f64 = 0.5;

/// Softens the evidence: items of one group are not independent, nor are neighbouring months.
const POWER: f64 = 0.05;

/// Past periods that are judged (months or weeks; days: seven times as many), after the first 12 known ones.
const JUDGED: usize = 12;

/// The levels of one item at every speed, and how well every blend foresaw its last periods.
#[derive(Debug, Clone, Copy)]
pub(crate) struct States {
    /// Units per period: four smoothings, two discounted means.
    levels: [f64; STATES],
    /// `sum a (y ln f - f)` of each blend over the last periods; units.
    scores: [f64; BLENDS],
}

/// Shares of the six levels in the rate; they add up to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Blend([f64; STATES]);

impl States {
    /// One pass over a series. Smoothings start at the mean of the first 12 known periods and a period of
    /// exposure `a` moves them by `1 - (1 - alpha)^a`; discounted mean = `sum k^age a y / sum k^age a`.
    pub(crate) fn of(observed: &Observed, period: PeriodLength) -> Self {
        let (pace, judged) = if period == PeriodLength::Day { (1.0 / 7.0, 7 * JUDGED) } else { (1.0, JUDGED) };
        let first = observed.pairs().take(12).fold((0.0, 0.0), |sum, (value, weight)| (sum.0 + value * weight, sum.1 + weight));
        let mut levels = [first.0 / f64::max(first.1, 1e-12); STATES];
        let mut means = [(0.0, 0.0); KEPT.len()];
        let kept = KEPT.map(|kept: f64| kept.powf(pace));
        let whole = SPEEDS.map(|speed| 1.0 - (1.0 - speed).powf(pace));
        let judge_from = observed.known.saturating_sub(judged).max(12);
        let mut scores = [0.0; BLENDS];
        for (at, (value, weight)) in observed.pairs().enumerate() {
            if at >= judge_from {
                for (score, blend) in scores.iter_mut().zip(&blends()) {
                    let rate = Blend(*blend).rate_of(&levels);
                    *score += weight * (value * rate.ln() - rate);
                }
            }
            for (speed, level) in levels.iter_mut().take(SPEEDS.len()).enumerate() {
                let full = weight >= 1.0;
                let step = if full { whole[speed] } else { 1.0 - (1.0 - SPEEDS[speed]).powf(pace * weight) };
                *level += step * (value - *level);
            }
            for (which, (sum, exposure)) in means.iter_mut().enumerate() {
                *sum = *sum * kept[which] + weight * value;
                *exposure = *exposure * kept[which] + weight;
                levels[SPEEDS.len() + which] = *sum / *exposure;
            }
        }
        Self { levels, scores }
    }

    /// The slow discounted mean (.97 per month), units per period.
    pub(crate) fn mean(&self) -> f64 {
        self.levels[STATES - 1]
    }
}

impl Blend {
    /// The blend of the design, for items without a group.
    pub(crate) fn default_of_design() -> Self {
        Self(DEFAULT)
    }

    /// Which blend foresaw the last periods of these items best?
    ///
    /// Poisson quasi-likelihood: `weight_b ~ share_b exp(0.05 sum over items, periods (y ln f_b - f_b) / d)`, d = the
    /// item's dispersion, at least 1; `share` = .5 for the default and .5 / 8 for each other blend. Proper for the
    /// mean: unlike absolute errors it does not reward forecasting low.
    ///
    /// # Source
    /// Wedderburn: Quasi-likelihood functions, Biometrika 61 (1974); softened as in `forecasting.md` 5.3.
    pub(crate) fn learn(items: impl Iterator<Item = (States, f64)>) -> Self {
        let mut totals = [0.0; BLENDS];
        for (states, dispersion) in items {
            for (total, score) in totals.iter_mut().zip(&states.scores) {
                *total += POWER * (score - states.scores[0]) / dispersion.max(1.0);
            }
        }
        let best = totals.iter().copied().fold(0.0, f64::max);
        let other = (1.0 - DEFAULT_SHARE) / count(BLENDS - 1);
        let share = |at: usize| if at == 0 { DEFAULT_SHARE } else { other };
        let weights: Vec<f64> = totals.iter().enumerate().map(|(at, total)| share(at) * (total - best).exp()).collect();
        let all: f64 = weights.iter().sum();
        let mut mixed = [0.0; STATES];
        for (weight, blend) in weights.iter().zip(&blends()) {
            for (mixed, share) in mixed.iter_mut().zip(blend) {
                *mixed += weight / all * share;
            }
        }
        Self(mixed)
    }

    /// Expected demand per period, at least [`RATE_MIN`]: an item nobody asks for decays to it.
    pub(crate) fn rate(&self, states: &States) -> f64 {
        self.rate_of(&states.levels)
    }

    fn rate_of(&self, levels: &[f64; STATES]) -> f64 {
        self.0.iter().zip(levels).map(|(share, level)| share * level).sum::<f64>().max(RATE_MIN)
    }
}

fn blends() -> [[f64; STATES]; BLENDS] {
    let mut all = [[0.0; STATES]; BLENDS];
    all[0] = DEFAULT;
    for (at, blend) in all.iter_mut().skip(1).enumerate() {
        blend[at / KEPT.len()] = 0.5;
        blend[SPEEDS.len() + at % KEPT.len()] = 0.5;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::{PeriodDemand, Series};

    fn states(values: &[f64]) -> States {
        let periods = values.iter().copied().map(PeriodDemand::known).collect();
        States::of(&Observed::of(&Series::new("s", None, PeriodLength::Month, 0, periods).unwrap()), PeriodLength::Month)
    }

    #[test]
    fn default_by_hand() {
        // Two points 2, 4: start 3; slow 2.9 -> 3.01; fast 2.8 -> 3.04; mean (4 + .97 x 2) / 1.97.
        let mean = (4.0 + 0.97 * 2.0) / 1.97;
        let rate = Blend::default_of_design().rate(&states(&[2.0, 4.0]));
        assert!((rate - (0.5 * mean + 0.25 * (3.01 + 3.04))).abs() < 1e-12);
    }

    #[test]
    fn score_and_weights_by_hand() {
        // Twelve ones, then 5: every level is 1, so every blend scores 5 ln 1 - 1 = -1 and the prior shares stay:
        // .5 x .25 + .125 x .5 of the slowest smoothing, .5 x .5 + .5 x .5 of the slow mean.
        let mut values = vec![1.0; 12];
        values.push(5.0);
        let states = states(&values);
        assert!(states.scores.iter().all(|score| (score + 1.0).abs() < 1e-12));
        let blend = Blend::learn([(states, 1.0)].into_iter());
        for (got, want) in blend.0.iter().zip([0.1875, 0.1875, 0.0625, 0.0625, 0.125, 0.375]) {
            assert!((got - want).abs() < 1e-12, "{blend:?}");
        }
    }

    #[test]
    fn a_moving_group_is_followed_faster() {
        let mut rng = crate::rng::Rng::new(9);
        let mut group = |drift: f64| {
            let series = |_| {
                let values: Vec<f64> = (0..40).map(|t| rng.poisson(8.0 * (drift * f64::from(t)).exp())).collect();
                (states(&values), 1.0)
            };
            Blend::learn((0..80).map(series).collect::<Vec<_>>().into_iter())
        };
        let (still, moving) = (group(0.0), group(0.06));
        assert!(still.0[3] < 0.1 && still.0[5] > 0.3, "{still:?}");
        assert!(moving.0[3] > 0.35 && moving.0[5] < 0.1, "{moving:?}");
    }
}
