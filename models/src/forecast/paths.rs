//! Possible futures: demand drawn period by period so that its sums spread as the forecast says.

use super::Forecast;
use crate::distribution::Distribution;
use crate::rng::Rng;

impl Forecast {
    /// What could happen? Demand of the coming periods, drawn `count` times.
    ///
    /// Independent periods would understate the spread of their sum: the level itself is not known. So each path draws
    /// one factor `R ~ Gamma(mean 1, variance c)` for all its periods, then each period from a law with mean `R m_h` and
    /// variance `a R m_h` (negative binomial as gamma-Poisson; a rounded normal, floored at 0, where `a < 1` and the mean is 10 or more), with
    /// `a m_1 + c m_1^2 = V_1` and `a F + c F^2 = V`: mean and variance of the first period and of the sum over the
    /// horizon are those of the forecast. `c` is at least 0.
    ///
    /// - `count`: number of paths; `seed`: the same seed gives the same paths.
    ///
    /// Returns `paths[path][step]`, base units, multiples of the unit of the forecast, at least 0.
    ///
    /// # Source
    /// `forecasting.md` 5.9; law of total variance.
    pub fn paths(&self, count: usize, seed: u64) -> Vec<Vec<f64>> {
        let unit = self.sums.first().map_or(1.0, Distribution::unit);
        let (periods, level) = self.split_spread(unit);
        let mut rng = Rng::new(seed);
        let draw = |rng: &mut Rng| {
            let factor = if level > 1e-12 { rng.gamma(1.0 / level, level) } else { 1.0 };
            self.steps.iter().map(|step| unit * period(rng, factor * step.mean() / unit, periods)).collect()
        };
        (0..count).map(|_| draw(&mut rng)).collect()
    }

    /// `(a, c)`: variance over mean of a period, and variance of the common factor, in units of the forecast.
    fn split_spread(&self, unit: f64) -> (f64, f64) {
        let moments = |law: Option<&Distribution>| law.map_or((0.0, 0.0), |law| (law.mean() / unit, law.variance() / (unit * unit)));
        let ((first, first_variance), (sum, variance)) = (moments(self.steps.first()), moments(self.sums.last()));
        if first <= 0.0 || sum <= 0.0 {
            return (0.0, 0.0);
        }
        let (one, all) = (first_variance / first, variance / sum);
        let level = if sum > first { ((all - one) / (sum - first)).max(0.0) } else { 0.0 };
        let periods = if level > 0.0 { one - level * first } else { all };
        (periods.max(0.0), level)
    }
}

fn period(rng: &mut Rng, mean: f64, dispersion: f64) -> f64 {
    if mean <= 0.0 {
        return 0.0;
    }
    if dispersion > 1.000_1 {
        let odds = dispersion - 1.0;
        let rate = rng.gamma(mean / odds, odds);
        return rng.poisson(rate);
    }
    if mean < 10.0 {
        return rng.poisson(mean);
    }
    (mean + (dispersion * mean).sqrt() * rng.normal()).round().max(0.0)
}

#[cfg(test)]
mod tests {
    use crate::forecast::{forecast, mean};
    use crate::series::{PeriodDemand, PeriodLength, Series};

    #[test]
    fn paths_spread_as_the_sums_do() {
        let mut rng = crate::rng::Rng::new(4);
        let periods = (0..40).map(|_| PeriodDemand::known(rng.poisson(6.0))).collect();
        let series = Series::new("s", None, PeriodLength::Week, 0, periods).unwrap();
        let made = forecast(&[series], 8).unwrap().remove(0);
        let paths = made.paths(20_000, 9);
        assert_eq!(paths, made.paths(20_000, 9));
        let sums: Vec<f64> = paths.iter().map(|path| path.iter().sum()).collect();
        let centre = mean(&sums);
        let variance = mean(&sums.iter().map(|sum| (sum - centre).powi(2)).collect::<Vec<_>>());
        let (want, spread) = (made.sums[7].mean(), made.sums[7].variance());
        assert!((centre / want - 1.0).abs() < 0.01, "{centre} {want}");
        assert!((variance / spread - 1.0).abs() < 0.06, "{variance} {spread}");
        let independent = 8.0 * made.steps[0].variance();
        assert!(independent < 0.8 * spread, "independent periods understate: {independent} {spread}");
    }
}
