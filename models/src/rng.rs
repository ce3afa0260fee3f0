//! One small seeded generator: the same seed gives the same numbers on every machine.

use crate::distribution::special::{ln_gamma, normal_quantile};

/// A seeded stream of random numbers for simulation and tests; not for secrets.
///
/// State of 64 bits, one multiplication-mix per number, period 2^64.
///
/// # Source
/// Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014 (`SplitMix64`).
///
/// # Example
/// ```
/// let mut one = wardstock_models::rng::Rng::new(7);
/// let mut two = wardstock_models::rng::Rng::new(7);
/// assert_eq!(one.bits(), two.bits());
/// ```
#[derive(Debug, Clone)]
pub struct Rng {
    state: u64,
}

impl Rng {
    /// Starts a stream.
    ///
    /// - `seed`: any value; different seeds give unrelated streams.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Which 64 random bits come next?
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Which number in the open interval (0, 1) comes next? Uniform, 53 bits.
    pub fn uniform(&mut self) -> f64 {
        let bits = self.bits();
        let high = u32::try_from(bits >> 32).unwrap_or(u32::MAX);
        let low = u32::try_from((bits >> 11) & 0x001f_ffff).unwrap_or(0);
        let unit = f64::from(high) / 4_294_967_296.0 + f64::from(low) / 9_007_199_254_740_992.0;
        unit.clamp(1e-16, 1.0 - 1e-16)
    }

    /// Which whole number in 0..`bound` comes next? 0 when `bound` is 0.
    pub fn below(&mut self, bound: u32) -> u32 {
        let high = self.bits() >> 32;
        u32::try_from((high * u64::from(bound)) >> 32).unwrap_or(0)
    }

    /// Which standard normal number comes next? By inversion, so one number costs one draw.
    pub fn normal(&mut self) -> f64 {
        normal_quantile(self.uniform())
    }

    /// Which gamma number comes next?
    ///
    /// - `shape`: above 0; `scale`: above 0; the mean is `shape * scale`.
    ///
    /// # Source
    /// Marsaglia, Tsang: A simple method for generating gamma variables, ACM TOMS 26 (2000); shapes below 1 by their boost.
    pub fn gamma(&mut self, shape: f64, scale: f64) -> f64 {
        if shape < 1.0 {
            let boost = self.uniform().powf(1.0 / shape.max(1e-12));
            return self.gamma(shape + 1.0, scale) * boost;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.uniform().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v * scale;
            }
        }
    }

    /// Which Poisson count (a whole number as f64) comes next?
    ///
    /// - `mean`: at least 0. Above 500 the rounded normal is used.
    pub fn poisson(&mut self, mean: f64) -> f64 {
        if mean > 500.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0);
        }
        let target = self.uniform();
        let mut count = 0.0;
        let mut sum = (-mean).exp();
        while sum < target && count < 2000.0 {
            count += 1.0;
            sum += (count * mean.max(1e-300).ln() - mean - ln_gamma(count + 1.0)).exp();
        }
        count
    }
}
