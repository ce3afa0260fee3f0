//! How long until an order can be used? The law of a lead time, in days, from past deliveries.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::distribution::special::normal_cdf;
use crate::series::count;

/// Weight of all suppliers together against one delivery of the supplier itself.
const POOL: f64 = 8.0;

/// Weight of all suppliers' tail against one delivery of the supplier itself.
const TAIL_POOL: f64 = 100.0;

/// An order this old counts half, days.
const HALF_LIFE_DAYS: f64 = 400.0;

/// Longest lead time kept, days.
const DAYS_MAX: i32 = 3650;

/// One order line as it was sent and, perhaps, received; days since 1970-01-01.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Who delivers, as an opaque key; add the shipment mode to tell modes apart.
    pub supplier: String,
    /// Day the order was sent.
    pub ordered_day: i64,
    /// Day it was promised for, if a promise was made.
    pub promised_day: Option<i64>,
    /// Day it arrived; `None` = still open.
    pub received_day: Option<i64>,
}

/// Why no law of a lead time could be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LeadTimeError {
    /// No delivery before the given day can be used: fall back to [`LeadTime::from_promise`].
    #[error("no delivery known on day {as_of_day} says anything about this lead time")]
    NoDeliveries {
        /// The day of the question, days since 1970-01-01.
        as_of_day: i64,
    },
    /// An argument is outside its domain.
    #[error("{name} = {value}: must be a number of days from 0 to 3650")]
    OutOfRange {
        /// Which argument.
        name: &'static str,
        /// What was given.
        value: f64,
    },
}

/// How long until an order can be used? A law on whole days, 0..=3650.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeadTime {
    /// (days, probability), days rising, probabilities above 0 and adding up to 1.
    atoms: Vec<(i32, f64)>,
    /// Deliveries not used because they arrived before they were ordered.
    ignored: usize,
}

impl LeadTime {
    /// What if only the supplier's word is known?
    ///
    /// Normal law around `lead_time_days` with `sd_days`, gathered on whole days, nothing below 0:
    /// `P(k) = Phi((k + 1/2 - m) / s) - Phi((k - 1/2 - m) / s)`, the part below 1/2 counts as day 0.
    ///
    /// - `lead_time_days`, `sd_days`: days, 0..=3650; an sd of 0 gives the rounded promise with certainty.
    ///
    /// # Errors
    /// [`LeadTimeError::OutOfRange`].
    ///
    /// # Example
    /// ```
    /// let law = wardstock_models::lead_time::LeadTime::from_promise(14.0, 3.0)?;
    /// assert!((law.mean_days() - 14.0).abs() < 1e-3);
    /// assert_eq!(law.quantile(0.95), 19.0); // 14 + 1.645 x 3 = 18.9
    /// # Ok::<(), wardstock_models::lead_time::LeadTimeError>(())
    /// ```
    pub fn from_promise(lead_time_days: f64, sd_days: f64) -> Result<Self, LeadTimeError> {
        for (name, value) in [("lead_time_days", lead_time_days), ("sd_days", sd_days)] {
            if !(0.0..=f64::from(DAYS_MAX)).contains(&value) {
                return Err(LeadTimeError::OutOfRange { name, value });
            }
        }
        let sd = sd_days.max(1e-6);
        let below = |k: i32| {
            if k < 0 { 0.0 } else { normal_cdf((f64::from(k) + 0.5 - lead_time_days) / sd) }
        };
        let mut masses = BTreeMap::new();
        for day in 0..=DAYS_MAX {
            let mass = below(day) - below(day - 1);
            if mass > 1e-9 {
                masses.insert(day, mass);
            }
        }
        Self::of(masses, 0).ok_or(LeadTimeError::OutOfRange { name: "lead_time_days", value: lead_time_days })
    }

    /// How long does this supplier take, by past deliveries and orders still open?
    ///
    /// Location and tail are shrunk apart. Every order weighs `u = 2^(-age / 400 days)`. Location of a supplier:
    /// `m = (sum u days + 8 m_all) / (sum u + 8)` over received orders. Then a weighted Kaplan-Meier law of `days - m`:
    /// `S(t) = product over event days (1 - w_event / w_at_risk)`, `w = u (1{same supplier} + 100 / sum u)`;
    /// received by `as_of_day` = event, otherwise censored at its age that day. What no event explains is put on the
    /// longest time seen; the law is moved back by the supplier's own m.
    ///
    /// - `deliveries`: of all suppliers; those ordered after `as_of_day` are not looked at (no future leaks in).
    /// - `supplier`: the key asked about; unknown keys get the law of all.
    /// - `as_of_day`: the day of the question, days since 1970-01-01.
    ///
    /// # Errors
    /// [`LeadTimeError::NoDeliveries`] when nothing was received by that day.
    ///
    /// # Source
    /// Kaplan, Meier: Nonparametric estimation from incomplete observations, JASA 53 (1958); weights of
    /// `forecasting.md` 5.8.
    pub fn from_deliveries(deliveries: &[Delivery], supplier: &str, as_of_day: i64) -> Result<Self, LeadTimeError> {
        let known: Vec<&Delivery> = deliveries.iter().filter(|one| one.ordered_day <= as_of_day).collect();
        let sane: Vec<&Delivery> = known.iter().copied().filter(|one| arrived_in_order(one)).collect();
        let place = Location::of(&sane, as_of_day);
        let own = place.at(supplier);
        let share = TAIL_POOL / sane.iter().map(|one| recency(one, as_of_day)).sum::<f64>().max(1e-300);
        // Lead time if the order had been the asked supplier's -> (weight of events, weight of censored).
        let mut days: BTreeMap<i32, (f64, f64)> = BTreeMap::new();
        for one in &sane {
            let weight = recency(one, as_of_day) * (share + f64::from(u8::from(one.supplier == supplier)));
            let seen = one.received_day.filter(|day| *day <= as_of_day);
            let took = f64::from(whole_days(seen.unwrap_or(as_of_day) - one.ordered_day));
            let day = nearest_day(took - place.at(&one.supplier) + own);
            let sums = days.entry(day).or_default();
            if seen.is_some() {
                sums.0 += weight;
            } else {
                sums.1 += weight;
            }
        }
        let mut at_risk: f64 = days.values().map(|(events, censored)| events + censored).sum();
        let mut survival = 1.0;
        let mut masses = BTreeMap::new();
        for (day, (events, censored)) in &days {
            if *events > 0.0 {
                let gone = survival * (events / at_risk.max(1e-300)).min(1.0);
                masses.insert(*day, gone);
                survival -= gone;
            }
            at_risk -= events + censored;
        }
        if masses.is_empty() {
            return Err(LeadTimeError::NoDeliveries { as_of_day });
        }
        if let Some((last, _)) = days.last_key_value()
            && survival > 1e-9
        {
            *masses.entry(*last).or_default() += survival;
        }
        Self::of(masses, known.len() - sane.len()).ok_or(LeadTimeError::NoDeliveries { as_of_day })
    }

    /// How long will an order take that is promised in `promised_days`?
    ///
    /// `lead = max(0, promise + lateness)`; lateness = received - promised of past orders, each weighing
    /// `1{same supplier} + 8 / N`; the many orders on the very day stay an atom at 0. Open orders are left out.
    ///
    /// - `promised_days`: days from order to promised arrival, 0..=3650.
    /// - the others as in [`LeadTime::from_deliveries`].
    ///
    /// # Errors
    /// [`LeadTimeError::NoDeliveries`] without a past promise that was kept or broken by that day,
    /// [`LeadTimeError::OutOfRange`].
    ///
    /// # Source
    /// `forecasting.md` 5.8 item 1.
    pub fn from_lateness(deliveries: &[Delivery], supplier: &str, as_of_day: i64, promised_days: f64) -> Result<Self, LeadTimeError> {
        let longest = f64::from(DAYS_MAX);
        if !(0.0..=longest).contains(&promised_days) {
            return Err(LeadTimeError::OutOfRange { name: "promised_days", value: promised_days });
        }
        let promise = (0..=DAYS_MAX).find(|day| f64::from(*day) + 0.5 > promised_days).unwrap_or(DAYS_MAX);
        let known: Vec<&Delivery> = deliveries.iter().filter(|one| one.received_day.is_some_and(|day| day <= as_of_day)).collect();
        let sane = || known.iter().filter(|one| arrived_in_order(one));
        let late: Vec<(i64, bool)> =
            sane().filter_map(|one| Some((one.received_day? - one.promised_day?, one.supplier == supplier))).collect();
        let share = POOL / count(late.len().max(1));
        let mut masses = BTreeMap::new();
        for (late, same) in late {
            let day = whole_days(late.saturating_add(i64::from(promise)));
            *masses.entry(day).or_insert(0.0) += share + f64::from(u8::from(same));
        }
        Self::of(masses, known.len() - sane().count()).ok_or(LeadTimeError::NoDeliveries { as_of_day })
    }

    fn of(masses: BTreeMap<i32, f64>, ignored: usize) -> Option<Self> {
        let total: f64 = masses.values().sum();
        let atoms: Vec<(i32, f64)> = masses.into_iter().filter(|(_, mass)| *mass > 0.0).map(|(day, mass)| (day, mass / total)).collect();
        (!atoms.is_empty()).then_some(Self { atoms, ignored })
    }

    /// (whole days, probability), days rising; probabilities add up to 1.
    pub fn by_days(&self) -> Vec<(usize, f64)> {
        self.atoms.iter().map(|&(days, chance)| (usize::try_from(days).unwrap_or(0), chance)).collect()
    }

    /// All (days, probability) pairs, days rising; probabilities add up to 1.
    pub fn atoms(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.atoms.iter().map(|(day, share)| (f64::from(*day), *share))
    }

    /// How many deliveries were ignored because they arrived before they were ordered?
    pub fn ignored(&self) -> usize {
        self.ignored
    }

    /// What lead time is expected? Days, at least 0.
    pub fn mean_days(&self) -> f64 {
        self.atoms().map(|(day, share)| day * share).sum()
    }

    /// How far do lead times spread? Standard deviation, days.
    pub fn sd_days(&self) -> f64 {
        let mean = self.mean_days();
        self.atoms().map(|(day, share)| share * (day - mean).powi(2)).sum::<f64>().sqrt()
    }

    /// Within how many days is an order there with probability `p`? The smallest day with `P(lead <= day) >= p`.
    ///
    /// - `p`: 0..1, moved inside if not; NaN counts as 0. Never falls in `p`.
    pub fn quantile(&self, p: f64) -> f64 {
        let mut sum = 0.0;
        let found = self.atoms().find(|(_, share)| {
            sum += share;
            sum + 1e-12 >= p
        });
        let first_or_last = if p.is_nan() { self.atoms.first() } else { self.atoms.last() };
        found.map_or_else(|| first_or_last.map_or(0.0, |(day, _)| f64::from(*day)), |(day, _)| day)
    }

    /// In how many whole periods can an order be used? The law of `ceil(days / period_days)`.
    ///
    /// - `period_days`: days per period; below 1 counts as 1.
    ///
    /// Returns (periods, probability), periods rising, adding up to 1: the form
    /// [`Distribution::of_random_lead`](crate::distribution::Distribution::of_random_lead) takes.
    pub fn delay_periods(&self, period_days: u32) -> Vec<(usize, f64)> {
        let length = i32::try_from(period_days.max(1)).unwrap_or(i32::MAX);
        let mut masses: BTreeMap<usize, f64> = BTreeMap::new();
        for (day, share) in &self.atoms {
            let periods = day / length + i32::from(day % length > 0);
            *masses.entry(usize::try_from(periods).unwrap_or(0)).or_default() += share;
        }
        masses.into_iter().collect()
    }

    /// How many periods late against a plan that counts on `lead_periods`? Early arrivals count as 0.
    ///
    /// - `period_days`: days per period; `lead_periods`: what the plan counts on.
    ///
    /// Returns (extra periods, probability), rising, adding up to 1: `lead_delay` of a plan's offer.
    pub fn extra_periods(&self, period_days: u32, lead_periods: usize) -> Vec<(usize, f64)> {
        let mut masses: BTreeMap<usize, f64> = BTreeMap::new();
        for (periods, share) in self.delay_periods(period_days) {
            *masses.entry(periods.saturating_sub(lead_periods)).or_default() += share;
        }
        // Shares that add up to 1 may pass it by a rounding, and a plan refuses a probability above 1.
        masses.into_iter().map(|(periods, share)| (periods, share.min(1.0))).collect()
    }
}

/// Where the lead times of each supplier lie, shrunk to all.
struct Location<'a> {
    all: f64,
    /// Supplier -> (weight, weighted days) of its received orders.
    own: BTreeMap<&'a str, (f64, f64)>,
}

impl<'a> Location<'a> {
    fn of(orders: &[&'a Delivery], as_of_day: i64) -> Self {
        let mut own: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
        let (mut weights, mut days) = (0.0, 0.0);
        for one in orders {
            if let Some(received) = one.received_day.filter(|day| *day <= as_of_day) {
                let weight = recency(one, as_of_day);
                let took = weight * f64::from(whole_days(received - one.ordered_day));
                let sums = own.entry(&one.supplier).or_default();
                sums.0 += weight;
                sums.1 += took;
                weights += weight;
                days += took;
            }
        }
        Self { all: if weights > 0.0 { days / weights } else { 0.0 }, own }
    }

    fn at(&self, supplier: &str) -> f64 {
        let (weight, days) = self.own.get(supplier).copied().unwrap_or_default();
        (days + POOL * self.all) / (weight + POOL)
    }
}

fn recency(one: &Delivery, as_of_day: i64) -> f64 {
    0.5_f64.powf(f64::from(whole_days(as_of_day - one.ordered_day)) / HALF_LIFE_DAYS)
}

/// The whole day nearest to a lead time, within 0..=3650.
fn nearest_day(days: f64) -> i32 {
    let rounded = days.round().clamp(0.0, f64::from(DAYS_MAX));
    let (mut low, mut high) = (0, DAYS_MAX);
    while low < high {
        let middle = i32::midpoint(low, high);
        if f64::from(middle) < rounded {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

fn arrived_in_order(one: &Delivery) -> bool {
    one.received_day.is_none_or(|day| day >= one.ordered_day)
}

fn whole_days(days: i64) -> i32 {
    i32::try_from(days.clamp(0, i64::from(DAYS_MAX))).unwrap_or(DAYS_MAX)
}

#[cfg(test)]
mod tests;
