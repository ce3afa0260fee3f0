//! What uncertainty adds: distributions from quantiles, and the price of low stock they imply.

use super::input::{Item, PeriodDemand, Risk};
use crate::convert::length_to_f64;

/// Levels at which sums without own quantiles are described.
const LEVELS: [f64; 9] = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995];
/// Levels at which the expected shortage is cut into straight pieces, and for large instances.
const CUTS: [f64; 6] = [0.5, 0.8, 0.9, 0.95, 0.98, 0.995];
const COARSE_CUTS: [f64; 3] = [0.8, 0.95, 0.99];

/// A demand distribution given by points of its distribution function, in units.
#[derive(Debug, Clone)]
pub(crate) struct Spread {
    pub(crate) mean: f64,
    /// `(probability, units)`, both not falling, first probability 0.
    points: Vec<(f64, f64)>,
    /// Mean excess above the last point, units.
    tail: f64,
}

impl Spread {
    /// From a forecast with quantiles; below the first the law is taken as its mirror image.
    pub(crate) fn from_quantiles(forecast: &PeriodDemand) -> Option<Self> {
        let (first, last) = (forecast.quantiles.first()?, forecast.quantiles.last()?);
        let mut points = Vec::with_capacity(forecast.quantiles.len() + 1);
        points.push((0.0, (2.0 * first.1 - last.1).max(0.0)));
        points.extend_from_slice(&forecast.quantiles);
        let tail = match forecast.quantiles.iter().rev().nth(1) {
            Some(before) if last.1 > before.1 => (last.1 - before.1) / ((1.0 - before.0) / (1.0 - last.0)).ln(),
            _ => 0.25 * forecast.mean.sqrt(),
        };
        Some(Self { mean: forecast.mean, points, tail })
    }

    /// Gamma law of a sum with this mean and variance (Wilson and Hilferty's cube-root formula).
    pub(crate) fn of_sum(mean: f64, variance: f64) -> Self {
        let shape = if variance > 0.0 { mean * mean / variance } else { 0.0 };
        let at = |level: f64| {
            if shape <= 0.0 {
                return mean;
            }
            let root = 1.0 - 1.0 / (9.0 * shape) + normal_quantile(level) / (3.0 * shape.sqrt());
            mean * root.max(0.0).powi(3)
        };
        let quantiles: Vec<(f64, f64)> = LEVELS.iter().map(|&p| (p, at(p))).collect();
        Self::from_quantiles(&PeriodDemand { mean, quantiles }).unwrap_or(Self { mean, points: vec![(0.0, mean)], tail: 0.0 })
    }

    /// The same law with every quantity multiplied by `factor`.
    pub(crate) fn scaled(mut self, factor: f64) -> Self {
        self.mean *= factor;
        self.tail *= factor;
        for point in &mut self.points {
            point.1 *= factor;
        }
        self
    }

    /// Probability that demand exceeds `units`, 0..1, falling.
    pub(crate) fn survival(&self, units: f64) -> f64 {
        let Some(&(top, edge)) = self.points.last() else {
            return 0.0;
        };
        if units >= edge {
            if self.tail <= 0.0 {
                return 0.0;
            }
            return (1.0 - top) * (-(units - edge) / self.tail).exp();
        }
        let mut below = (0.0, 0.0);
        for &(level, value) in &self.points {
            if value > units {
                if level <= 0.0 {
                    return 1.0;
                }
                let share = (units - below.1) / (value - below.1);
                return 1.0 - (below.0 + share * (level - below.0));
            }
            below = (level, value);
        }
        1.0 - top
    }

    /// Expected units of `supply` left over, `E[(supply - demand)+]`.
    pub(crate) fn expected_left(&self, supply: f64) -> f64 {
        let steps: u32 = 24;
        let width = supply / f64::from(steps);
        (0..steps).map(|step| width * (1.0 - self.survival(width * (f64::from(step) + 0.5)))).sum()
    }
}

/// Standard normal quantile, absolute error below 4.5e-4.
///
/// Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.23.
fn normal_quantile(level: f64) -> f64 {
    if level < 0.5 {
        return -normal_quantile(1.0 - level);
    }
    let t = (-2.0 * (1.0 - level).max(1e-12).ln()).sqrt();
    let top = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let bottom = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    t - top / bottom
}

/// Demand summed over the first `periods` periods (capped at the horizon; at least 1).
pub(crate) fn sum_over(item: &Item, periods: usize) -> Spread {
    let periods = periods.clamp(1, item.demand.len().max(1));
    let own = item.cumulative_demand.as_ref().and_then(|all| all.get(periods - 1)).and_then(Spread::from_quantiles);
    own.unwrap_or_else(|| {
        let head = item.demand.iter().take(periods);
        let mean = head.clone().map(|d| d.mean).sum();
        Spread::of_sum(mean, head.map(variance).sum())
    })
}

/// Variance of one period's demand from its upper quantiles; that of Poisson where there are none.
fn variance(demand: &PeriodDemand) -> f64 {
    let upper = demand.quantiles.iter().filter(|q| q.0 >= 0.75);
    let count = upper.clone().count();
    if count == 0 {
        return demand.mean;
    }
    let sum: f64 = upper.map(|&(level, value)| ((value - demand.mean) / normal_quantile(level)).max(0.0)).sum();
    (sum / length_to_f64(count)).powi(2)
}

/// One straight piece of the price of low stock, from the last piece's end upwards.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Segment {
    /// Units.
    pub(crate) width: f64,
    /// Money avoided per unit of stock in this piece, falling from piece to piece.
    pub(crate) credit: f64,
}

/// Which risk term one item gets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Protection<'a> {
    pub(crate) form: Risk,
    /// Probability for the form `quantile`.
    pub(crate) level: f64,
    /// Lead time of the fastest offer, periods.
    pub(crate) lead: usize,
    /// Periods from one chance to order to the arrival of the next.
    pub(crate) window: usize,
    /// `[extra periods, probability]`.
    pub(crate) delay: &'a [(u32, f64)],
    /// Fewer pieces, for large instances.
    pub(crate) coarse: bool,
}

/// Price of low stock at the end of each period: `segments[period]`, empty where there is none.
///
/// In the form `expected`: `b' E[(W - I)+]` with `I` the stock, `W` demand over the last `window`
/// periods less its mean, `b' = shortage_cost / max(1, lead)`. In the form `quantile` (and for any
/// item with `safety_stock`): `b' (target - I)+`.
pub(crate) fn price_of_low_stock(item: &Item, how: Protection<'_>) -> Vec<Vec<Segment>> {
    let periods = item.demand.len();
    let credit = item.shortage_cost / length_to_f64(how.lead.max(1));
    let target = |units: f64| {
        if units > 0.0 && credit > 0.0 { vec![Segment { width: units, credit }] } else { Vec::new() }
    };
    if let Some(safety) = &item.safety_stock {
        return safety.iter().map(|&units| target(units)).collect();
    }
    if how.form == Risk::Mean || credit <= 0.0 {
        return vec![Vec::new(); periods];
    }
    let mut means = vec![0.0; periods + 1];
    for (period, demand) in item.demand.iter().enumerate() {
        let before = means.get(period).copied().unwrap_or(0.0);
        if let Some(slot) = means.get_mut(period + 1) {
            *slot = before + demand.mean;
        }
    }
    let cumulative = |upto: usize| means.get(upto.min(periods)).copied().unwrap_or(0.0);
    let cuts = if how.coarse { &COARSE_CUTS[..] } else { &CUTS[..] };
    let of = |window: usize| {
        let noise = Noise::over(item, how, window);
        let quantile = how.form == Risk::Quantile;
        if quantile { target(noise.quantile(how.level)) } else { noise.segments(credit, cuts) }
    };
    let full = of(how.window);
    let first = cumulative(how.window);
    let later = |period: usize| {
        let here = cumulative(period + 1) - cumulative(period + 1 - how.window);
        let scale = if first > 0.0 { (here / first).sqrt().clamp(0.5, 2.0) } else { 1.0 };
        full.iter().map(|piece| Segment { width: piece.width * scale, ..*piece }).collect()
    };
    (0..periods).map(|period| if period + 1 < how.window { of(period + 1) } else { later(period) }).collect()
}

/// Demand over a window less its mean, with random delay of the delivery mixed in.
struct Noise {
    parts: Vec<(f64, Spread)>,
    mean: f64,
}

impl Noise {
    fn over(item: &Item, how: Protection<'_>, window: usize) -> Self {
        let plain = sum_over(item, window);
        let mean = plain.mean;
        if how.form != Risk::Expected || how.delay.is_empty() {
            return Self { parts: vec![(1.0, plain)], mean };
        }
        let late = |extra: u32| sum_over(item, window + usize::try_from(extra).unwrap_or(0));
        Self { parts: how.delay.iter().map(|&(e, p)| (p, late(e))).collect(), mean }
    }

    fn survival(&self, above_mean: f64) -> f64 {
        let at = self.mean + above_mean;
        self.parts.iter().map(|(p, s)| p * s.survival(at)).sum()
    }

    /// Units above the mean not exceeded with this probability, at least 0.
    fn quantile(&self, level: f64) -> f64 {
        let (mut low, mut high) = (0.0, self.mean.max(1.0));
        if self.survival(low) <= 1.0 - level {
            return 0.0;
        }
        for _ in 0..60 {
            if self.survival(high) <= 1.0 - level {
                break;
            }
            low = high;
            high *= 2.0;
        }
        for _ in 0..40 {
            let middle = 0.5 * (low + high);
            if self.survival(middle) <= 1.0 - level {
                high = middle;
            } else {
                low = middle;
            }
        }
        high
    }

    fn segments(&self, credit: f64, cuts: &[f64]) -> Vec<Segment> {
        let mut pieces = Vec::with_capacity(cuts.len());
        let mut from = 0.0;
        let mut above = self.survival(0.0);
        for &level in cuts {
            let to = self.quantile(level);
            if to <= from + 1e-9 {
                continue;
            }
            let below = self.survival(to);
            pieces.push(Segment { width: to - from, credit: credit * 0.5 * (above + below) });
            (from, above) = (to, below);
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_quantiles_match_the_tables() {
        for (level, want) in [(0.5, 0.0), (0.95, 1.644_85), (0.99, 2.326_35)] {
            assert!((normal_quantile(level) - want).abs() < 1e-3, "{level}");
        }
    }

    #[test]
    fn survival_falls_and_meets_the_quantiles() {
        let forecast = PeriodDemand { mean: 7.0, quantiles: vec![(0.5, 7.0), (0.8, 9.0), (0.95, 12.0)] };
        let spread = Spread::from_quantiles(&forecast).unwrap_or(Spread::of_sum(0.0, 0.0));
        assert!((spread.survival(9.0) - 0.2).abs() < 1e-9);
        assert!((spread.survival(8.0) - 0.35).abs() < 1e-9);
        let mut before = 1.0;
        for step in 0..60 {
            let now = spread.survival(f64::from(step) * 0.5);
            assert!(now <= before + 1e-12 && (0.0..=1.0).contains(&now));
            before = now;
        }
        assert!(before < 0.01);
    }

    #[test]
    fn a_sum_without_quantiles_is_near_the_normal_law_for_large_means() {
        let spread = Spread::of_sum(10_000.0, 10_000.0);
        assert!((spread.survival(10_164.5) - 0.05).abs() < 3e-3);
        assert!(Spread::of_sum(0.0, 0.0).survival(0.0) < 1e-9);
    }
}
