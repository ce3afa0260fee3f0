//! The distribution of a demand total: never negative, always finite, with honest quantiles.

mod invert;
pub(crate) mod special;

use invert::{empirical_cdf, empirical_quantile, lattice_quantile, mixture_quantile};
use serde::Serialize;
use special::{beta_cdf, gamma_cdf};

use crate::series::count;

/// Normal scores at which an [empirical](Distribution) law keeps its quantiles.
pub(crate) const SCORES: [f64; 21] = [
    -5.0, -4.0, -3.0, -2.326_35, -1.959_96, -1.644_85, -1.281_55, -0.841_62, -0.5, -0.25, 0.0, 0.25, 0.5, 0.841_62, 1.281_55, 1.644_85,
    1.959_96, 2.326_35, 3.0, 4.0, 5.0,
];

/// Above this mean (in units) lattice laws are computed as a gamma law with continuity correction.
const EXACT_MEAN_MAX: f64 = 1e4;

/// Above this size a negative binomial is a Poisson law for all purposes.
const SIZE_MAX: f64 = 1e6;

/// Why a distribution could not be made: the argument and its value.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DistributionError {
    /// An argument is outside its domain.
    #[error("{name} = {value}: {rule}")]
    OutOfRange {
        /// Which argument.
        name: &'static str,
        /// What was given.
        value: f64,
        /// What is allowed.
        rule: &'static str,
    },
    /// A lead time is longer than the sums handed in.
    #[error("lead time of {lead} periods, but only sums up to {horizon} periods were given")]
    LeadBeyondHorizon {
        /// The lead time, periods.
        lead: usize,
        /// Number of sums.
        horizon: usize,
    },
}

/// How likely is each total demand? A law on 0 and above, in base units.
///
/// One of: a point; Poisson; negative binomial; an empirical law (piecewise linear between quantiles
/// at fixed normal scores); a mixture. Lattice laws live on multiples of a unit (1 base unit unless
/// [`Distribution::scaled`]). All answers are finite and not negative; [`Distribution::quantile`] and
/// [`Distribution::cdf`] never fall.
///
/// # Example
/// ```
/// use wardstock_models::distribution::Distribution;
/// let demand = Distribution::poisson(4.0)?;
/// assert!((demand.cdf(4.0) - 0.628_837).abs() < 1e-6); // published Poisson table, mean 4
/// assert_eq!(demand.quantile(0.95), 8.0);
/// # Ok::<(), wardstock_models::distribution::DistributionError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Distribution {
    unit: f64,
    law: Law,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Law {
    Point { value: f64 },
    Poisson { mean: f64 },
    NegativeBinomial { mean: f64, variance: f64 },
    Empirical { mean: f64, variance: f64, quantiles: Vec<f64> },
    Mixture { parts: Vec<(f64, Distribution)> },
}

fn checked(name: &'static str, value: f64) -> Result<f64, DistributionError> {
    let rule = "must be a number from 0 to 1e300";
    if (0.0..=1e300).contains(&value) { Ok(value) } else { Err(DistributionError::OutOfRange { name, value, rule }) }
}

impl Distribution {
    /// What if the total is certain?
    ///
    /// - `value`: base units, at least 0.
    ///
    /// # Errors
    /// [`DistributionError::OutOfRange`] for a negative or not finite value.
    pub fn point(value: f64) -> Result<Self, DistributionError> {
        Ok(Self { unit: 1.0, law: Law::Point { value: checked("value", value)? } })
    }

    /// What if single units are wanted independently?
    ///
    /// `P(k) = exp(-mean) mean^k / k!`; above a mean of 1e4 a gamma law with continuity correction.
    ///
    /// - `mean`: base units, at least 0.
    ///
    /// # Errors
    /// [`DistributionError::OutOfRange`] for a negative or not finite mean.
    pub fn poisson(mean: f64) -> Result<Self, DistributionError> {
        Ok(Self::lattice(checked("mean", mean)?, 0.0, 1.0))
    }

    /// What if demand varies more than a Poisson count?
    ///
    /// `r = mean^2 / (variance - mean)`, `p = r / (r + mean)`, `P(D <= k) = I_p(r, k + 1)`; Poisson when
    /// the variance does not exceed the mean or r is above 1e6; a gamma law above a mean of 1e4.
    ///
    /// - `mean`, `variance`: base units and their square, at least 0.
    ///
    /// # Errors
    /// [`DistributionError::OutOfRange`] for negative or not finite arguments.
    ///
    /// # Source
    /// Abramowitz, Stegun: Handbook of Mathematical Functions, 26.5.26 (negative binomial and incomplete beta).
    ///
    /// # Example
    /// ```
    /// use wardstock_models::distribution::Distribution;
    /// // r = 1, p = 1/3 is the geometric law: P(D <= k) = 1 - (2/3)^(k+1).
    /// let demand = Distribution::negative_binomial(2.0, 6.0)?;
    /// assert!((demand.cdf(1.0) - 5.0 / 9.0).abs() < 1e-12);
    /// # Ok::<(), wardstock_models::distribution::DistributionError>(())
    /// ```
    pub fn negative_binomial(mean: f64, variance: f64) -> Result<Self, DistributionError> {
        Ok(Self::lattice(checked("mean", mean)?, checked("variance", variance)?, 1.0))
    }

    /// Negative binomial, Poisson or point at 0 of trusted moments, on multiples of `unit`; moments in units.
    pub(crate) fn lattice(mean: f64, variance: f64, unit: f64) -> Self {
        debug_assert!(mean >= 0.0 && mean.is_finite(), "mean {mean}");
        let law = if mean <= 0.0 {
            Law::Point { value: 0.0 }
        } else if variance <= mean || mean * mean / (variance - mean) > SIZE_MAX {
            Law::Poisson { mean }
        } else {
            Law::NegativeBinomial { mean, variance }
        };
        Self { unit, law }
    }

    /// A law given by its quantiles at [`SCORES`]; they are floored at 0 and made non-decreasing.
    pub(crate) fn empirical(mean: f64, variance: f64, mut quantiles: Vec<f64>, unit: f64) -> Self {
        debug_assert_eq!(quantiles.len(), SCORES.len());
        let mut floor = 0.0_f64;
        for value in &mut quantiles {
            floor = floor.max(*value);
            *value = floor;
        }
        Self { unit, law: Law::Empirical { mean, variance, quantiles } }
    }

    /// How much is wanted over a lead time that is itself uncertain?
    ///
    /// `cdf = sum_l pi_l cdf_l`; `mean = sum_l pi_l F_l`; `variance = sum_l pi_l (V_l + F_l^2) - mean^2`;
    /// quantiles by bisection of the cdf.
    ///
    /// - `sums`: `sums[l - 1]` = demand summed over `l` periods.
    /// - `lead`: (periods, probability) pairs; probabilities at least 0, made to add up to 1; a lead of 0
    ///   periods needs nothing.
    ///
    /// # Errors
    /// [`DistributionError::LeadBeyondHorizon`] when a lead with probability above 0 has no sum;
    /// [`DistributionError::OutOfRange`] when the probabilities are not numbers or add up to 0.
    ///
    /// # Source
    /// Law of total probability and of total variance; `forecasting.md` 5.9.
    pub fn of_random_lead(sums: &[Self], lead: &[(usize, f64)]) -> Result<Self, DistributionError> {
        let mut total = 0.0;
        for (_, probability) in lead {
            total += checked("probability", *probability)?;
        }
        if total <= 0.0 {
            let rule = "the probabilities must add up to more than 0";
            return Err(DistributionError::OutOfRange { name: "probability", value: total, rule });
        }
        let mut parts = Vec::with_capacity(lead.len());
        for (periods, probability) in lead.iter().filter(|(_, probability)| *probability > 0.0) {
            let sum = match periods.checked_sub(1) {
                None => Self::lattice(0.0, 0.0, 1.0),
                Some(at) => sums.get(at).cloned().ok_or(DistributionError::LeadBeyondHorizon { lead: *periods, horizon: sums.len() })?,
            };
            parts.push((probability / total, sum));
        }
        Ok(Self { unit: 1.0, law: Law::Mixture { parts } })
    }

    /// Base units of which lattice laws are multiples.
    pub(crate) fn unit(&self) -> f64 {
        self.unit
    }

    /// What total is expected? Base units, at least 0.
    pub fn mean(&self) -> f64 {
        self.unit
            * match &self.law {
                Law::Point { value } => *value,
                Law::Poisson { mean } | Law::NegativeBinomial { mean, .. } | Law::Empirical { mean, .. } => *mean,
                Law::Mixture { parts } => parts.iter().map(|(share, part)| share * part.mean()).sum(),
            }
    }

    /// How far does the total spread? Base units squared, at least 0.
    pub fn variance(&self) -> f64 {
        let variance = match &self.law {
            Law::Point { .. } => 0.0,
            Law::Poisson { mean } => *mean,
            Law::NegativeBinomial { variance, .. } | Law::Empirical { variance, .. } => *variance,
            Law::Mixture { parts } => {
                let mean: f64 = parts.iter().map(|(share, part)| share * part.mean()).sum();
                let spread = |part: &Self| part.variance() + (part.mean() - mean).powi(2);
                parts.iter().map(|(share, part)| share * spread(part)).sum()
            }
        };
        variance * self.unit * self.unit
    }

    /// How likely is a total of at most `x` base units? 0..1, never falling in `x`.
    pub fn cdf(&self, x: f64) -> f64 {
        if x.is_nan() || x < 0.0 {
            return 0.0;
        }
        self.cdf_in_units(x / self.unit)
    }

    fn cdf_in_units(&self, x: f64) -> f64 {
        // A multiple of the unit must not fall one short by rounding.
        let k = (x * (1.0 + 1e-12) + 1e-9).floor();
        match &self.law {
            Law::Point { value } => f64::from(u8::from(x * (1.0 + 1e-12) >= *value)),
            Law::Poisson { mean } if *mean <= EXACT_MEAN_MAX => 1.0 - gamma_cdf(k + 1.0, *mean),
            Law::Poisson { mean } => gamma_cdf(*mean, k + 0.5),
            Law::NegativeBinomial { mean, variance } if *mean <= EXACT_MEAN_MAX => {
                let r = mean * mean / (variance - mean);
                beta_cdf(r, k + 1.0, mean / variance, (variance - mean) / variance)
            }
            Law::NegativeBinomial { mean, variance } => gamma_cdf(mean * mean / variance, (k + 0.5) * mean / variance),
            Law::Empirical { quantiles, .. } => empirical_cdf(quantiles, x),
            Law::Mixture { parts } => {
                let sum: f64 = parts.iter().map(|(share, part)| share * part.cdf(x)).sum();
                sum.clamp(0.0, 1.0)
            }
        }
    }

    /// How likely is a total above `x` base units? `1 - cdf(x)`.
    pub fn survival(&self, x: f64) -> f64 {
        (1.0 - self.cdf(x)).clamp(0.0, 1.0)
    }

    /// How much covers the total with probability `p`?
    ///
    /// The smallest `x` (a multiple of the unit for lattice laws) with `cdf(x) >= p`.
    ///
    /// - `p`: 0..1; values outside, and 1 itself, are moved to the nearest of 0 and 1 - 1e-12; NaN counts as 0.
    ///
    /// Returns base units, finite, at least 0, never falling in `p`.
    pub fn quantile(&self, p: f64) -> f64 {
        let p = if p.is_nan() { 0.0 } else { p.clamp(0.0, 1.0 - 1e-12) };
        match &self.law {
            Law::Point { value } => self.unit * value,
            Law::Empirical { quantiles, .. } => self.unit * empirical_quantile(quantiles, p),
            Law::Poisson { mean } => self.unit * lattice_quantile(|k| self.cdf_in_units(k), p, *mean, mean.sqrt()),
            Law::NegativeBinomial { mean, variance } => self.unit * lattice_quantile(|k| self.cdf_in_units(k), p, *mean, variance.sqrt()),
            Law::Mixture { parts } => self.unit * mixture_quantile(|x| self.cdf_in_units(x), parts, p),
        }
    }

    /// What if every unit counts `factor` times (a substitute ratio, another unit)?
    ///
    /// - `factor`: at least 0, finite; mean and quantiles grow by it, the variance by its square.
    ///
    /// # Errors
    /// [`DistributionError::OutOfRange`] for a negative or not finite factor.
    pub fn scaled(&self, factor: f64) -> Result<Self, DistributionError> {
        if checked("factor", factor)? <= 0.0 {
            return Self::point(0.0);
        }
        Ok(Self { unit: self.unit * factor, law: self.law.clone() })
    }

    /// What is the sum over `periods` independent periods of this law?
    ///
    /// Mean and variance grow with `periods`; the sum is negative binomial (Poisson, point) with them,
    /// exact for those laws, by moments for the others. Forecast sums are *not* independent: use
    /// the `sums` of a forecast, they carry the uncertainty of the level.
    #[must_use]
    pub fn summed(&self, periods: usize) -> Self {
        let times = count(periods);
        if let Law::Point { value } = self.law {
            return Self { unit: self.unit, law: Law::Point { value: value * times } };
        }
        let mean = self.mean() / self.unit * times;
        Self::lattice(mean, self.variance() / (self.unit * self.unit) * times, self.unit)
    }

    /// The demand expected, given that it was at least `y` units (mean and variance in units).
    ///
    /// Negative binomial: `mean P(NB(r + 1, p) >= y - 1) / P(NB(r, p) >= y)`; Poisson likewise with the same
    /// mean on top. At least `y`.
    pub(crate) fn mean_at_least(mean: f64, variance: f64, y: f64) -> f64 {
        if y <= 0.0 || mean <= 0.0 {
            return mean.max(y).max(0.0);
        }
        let below = Self::lattice(mean, variance, 1.0);
        let Law::NegativeBinomial { .. } = below.law else {
            return (mean * below.survival(y - 2.0) / below.survival(y - 1.0).max(1e-12)).clamp(y, y + 10.0 * mean);
        };
        let r = mean * mean / (variance - mean);
        let odds = (variance - mean) / mean;
        let bigger = Self::lattice((r + 1.0) * odds, (r + 1.0) * odds * (1.0 + odds), 1.0);
        let tail = below.survival(y - 1.0);
        if tail < 1e-10 {
            return y + odds; // the tail of a negative binomial is geometric with this mean excess
        }
        (mean * bigger.survival(y - 2.0) / tail).max(y)
    }
}

#[cfg(test)]
mod tests;
