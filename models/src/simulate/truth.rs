//! What nobody knows in a hospital: the law that demand and lead times are drawn from.

use super::SimulateError;
use crate::convert::length_to_f64;
use crate::distribution::Distribution;
use crate::levels::Demand;

/// Periods of 7 days looked ahead; beyond them demand goes on as on their average day.
const WEEKS: usize = 13;
/// Days over which the chance of a request is averaged: about a lead time and a review.
const CHANCE_DAYS: usize = 28;

/// The law of demand of one article, day by day of the timeline.
#[derive(Debug, Clone, PartialEq)]
pub enum TrueDemand {
    /// Independent days: `(mean, variance)` in base units and square base units.
    Daily(Vec<(f64, f64)>),
    /// A request comes with the chance of its day and asks for a geometric number of base units (1, 2, ...).
    Requests {
        /// Chance of a request, by day.
        chances: Vec<f64>,
        /// Mean base units of a request, at least 1.
        mean_size: f64,
    },
}

/// The laws that one article of a generated world is drawn from.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    /// Demand.
    pub demand: TrueDemand,
    /// `(days, probability)` from the evening of an order to its arrival, days rising; adds up to 1.
    pub lead_days: Vec<(usize, f64)>,
}

impl Truth {
    /// Base units expected on a day of the timeline; 0 outside it.
    pub fn mean(&self, day: usize) -> f64 {
        self.moments(day).map_or(0.0, |law| law.0)
    }

    /// Square base units of a day's variance; 0 outside the timeline.
    pub fn variance(&self, day: usize) -> f64 {
        self.moments(day).map_or(0.0, |law| law.1)
    }

    fn moments(&self, day: usize) -> Option<(f64, f64)> {
        match &self.demand {
            TrueDemand::Daily(days) => days.get(day).copied(),
            TrueDemand::Requests { chances, mean_size: m } => {
                // E[X^2] of a geometric size with mean m is 2 m^2 - m.
                chances.get(day).map(|p| (p * m, p * (2.0 * m * m - m) - (p * m).powi(2)))
            }
        }
    }

    /// Demand from `tomorrow` on, as the planner takes it; days after the timeline repeat its last week.
    ///
    /// # Errors
    /// [`SimulateError::Planner`] for means or variances that are no numbers.
    pub(super) fn demand_from(&self, tomorrow: usize) -> Result<Demand, SimulateError> {
        match &self.demand {
            TrueDemand::Requests { chances, mean_size } => {
                let ahead = chances.get(tomorrow..(tomorrow + CHANCE_DAYS).min(chances.len())).unwrap_or_default();
                let last = chances.last().copied().unwrap_or(0.0);
                let chance = if ahead.is_empty() { last } else { ahead.iter().sum::<f64>() / length_to_f64(ahead.len()) };
                Ok(Demand::of_requests(chance, *mean_size))
            }
            TrueDemand::Daily(days) => {
                let law = |ahead: usize| {
                    let day = tomorrow + ahead;
                    let known = if day < days.len() { day } else { days.len().saturating_sub(7 - day % 7) };
                    days.get(known).copied().unwrap_or((0.0, 0.0))
                };
                let mut sums = Vec::with_capacity(WEEKS);
                let (mut mean, mut variance) = (0.0, 0.0);
                for ahead in 0..7 * WEEKS {
                    mean += law(ahead).0;
                    variance += law(ahead).1;
                    if ahead % 7 == 6 {
                        sums.push(count_law(mean, variance)?);
                    }
                }
                Ok(Demand::of_sums(&sums, 7, [0, 1, 2, 3, 4, 5, 6].map(|ahead| law(ahead).0)))
            }
        }
    }
}

fn count_law(mean: f64, variance: f64) -> Result<Distribution, SimulateError> {
    let law = if variance > mean * (1.0 + 1e-9) { Distribution::negative_binomial(mean, variance) } else { Distribution::poisson(mean) };
    law.map_err(|cause| SimulateError::Planner { what: cause.to_string() })
}
