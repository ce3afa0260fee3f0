//! A demand series, checked once: what was wanted per period, and how far an empty shelf hid it.

use serde::{Deserialize, Serialize};

/// How long is one period of a series?
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeriodLength {
    /// One day.
    Day,
    /// Seven days.
    Week,
    /// One calendar month.
    Month,
}

/// What is known about the demand of one period?
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PeriodDemand {
    /// Base units asked for or handed out; `None` = not known.
    pub quantity: Option<f64>,
    /// Share 0..1 of the period with an empty shelf.
    pub stocked_out: f64,
    /// The shelf was empty at the period's end, so demand was at least `quantity`. It only matters
    /// when `stocked_out` is 0, that is when the share of time is not known.
    pub ended_empty: bool,
}

impl PeriodDemand {
    /// A period with stock throughout; `quantity` in base units.
    pub fn known(quantity: f64) -> Self {
        Self { quantity: Some(quantity), stocked_out: 0.0, ended_empty: false }
    }

    /// A period without any record.
    pub fn unknown() -> Self {
        Self { quantity: None, stocked_out: 0.0, ended_empty: false }
    }

    /// A period whose shelf was empty for the share `stocked_out` (0..1) of its time.
    pub fn partly_empty(quantity: f64, stocked_out: f64) -> Self {
        Self { quantity: Some(quantity), stocked_out, ended_empty: stocked_out > 0.0 }
    }

    /// A period that ended with an empty shelf, nobody knows since when: demand was at least `quantity`.
    pub fn at_least(quantity: f64) -> Self {
        Self { quantity: Some(quantity), stocked_out: 0.0, ended_empty: true }
    }
}

/// Why a series was refused: which series, where, what value, which rule.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SeriesError {
    /// A quantity is not a number, infinite or negative.
    #[error("series {series}, period {index}: quantity {value} must be a number of at least 0")]
    Quantity {
        /// Id of the series.
        series: String,
        /// Position in the series, 0 is the oldest.
        index: usize,
        /// What was given.
        value: f64,
    },
    /// A stock-out share lies outside 0..1.
    #[error("series {series}, period {index}: stocked_out {value} must lie between 0 and 1")]
    StockedOut {
        /// Id of the series.
        series: String,
        /// Position in the series, 0 is the oldest.
        index: usize,
        /// What was given.
        value: f64,
    },
}

/// Demand of one item at one place, oldest period first, every value checked.
///
/// Absurd quantities (see [`Series::absurd`]) are kept in [`Series::periods`] but count as not known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Series {
    id: String,
    group: Option<String>,
    period: PeriodLength,
    first_day: i64,
    periods: Vec<PeriodDemand>,
    #[serde(skip)]
    absurd: Vec<usize>,
}

/// A series as it was written, before it is looked at.
#[derive(Deserialize)]
struct Unchecked {
    id: String,
    group: Option<String>,
    period: PeriodLength,
    first_day: i64,
    periods: Vec<PeriodDemand>,
}

impl TryFrom<Unchecked> for Series {
    type Error = SeriesError;

    fn try_from(raw: Unchecked) -> Result<Self, SeriesError> {
        Self::new(raw.id, raw.group, raw.period, raw.first_day, raw.periods)
    }
}

impl Series {
    /// Is this a usable demand series?
    ///
    /// - `id`: any text, repeated in results and errors.
    /// - `group`: series that behave alike (class, form, kind of ward); `None` = one common group.
    /// - `first_day`: days since 1970-01-01 of the first period's first day.
    /// - `periods`: oldest first; base units; may be empty.
    ///
    /// Returns the checked series. A quantity is absurd, and counts as not known, when it is above
    /// 1e12, or above 20 times the 99 % quantile of the other known quantities and above 100 times their
    /// median (with at least 5 others; when those are all 0, above 1e6).
    ///
    /// # Errors
    /// [`SeriesError`] names series, position, value and rule for NaN, infinite or negative quantities
    /// and shares outside 0..1.
    ///
    /// # Example
    /// ```
    /// use wardstock_models::series::{PeriodDemand, PeriodLength, Series};
    /// let periods = [4.0, 5.0, 3.0].map(PeriodDemand::known).to_vec();
    /// let series = Series::new("P1", None, PeriodLength::Week, 20_000, periods)?;
    /// assert_eq!(series.len(), 3);
    /// # Ok::<(), wardstock_models::series::SeriesError>(())
    /// ```
    pub fn new(
        id: impl Into<String>,
        group: Option<String>,
        period: PeriodLength,
        first_day: i64,
        periods: Vec<PeriodDemand>,
    ) -> Result<Self, SeriesError> {
        let id = id.into();
        for (index, one) in periods.iter().enumerate() {
            if let Some(value) = one.quantity
                && !(value.is_finite() && value >= 0.0)
            {
                return Err(SeriesError::Quantity { series: id, index, value });
            }
            if !(0.0..=1.0).contains(&one.stocked_out) {
                return Err(SeriesError::StockedOut { series: id, index, value: one.stocked_out });
            }
        }
        let absurd = find_absurd(&periods);
        Ok(Self { id, group, period, first_day, periods, absurd })
    }

    /// The id given.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The forecasting group; `None` = the common group.
    pub fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// Length of one period.
    pub fn period(&self) -> PeriodLength {
        self.period
    }

    /// Days since 1970-01-01 of the first period's first day.
    pub fn first_day(&self) -> i64 {
        self.first_day
    }

    /// All periods as given, oldest first.
    pub fn periods(&self) -> &[PeriodDemand] {
        &self.periods
    }

    /// Number of periods, known or not.
    pub fn len(&self) -> usize {
        self.periods.len()
    }

    /// True without any period.
    pub fn is_empty(&self) -> bool {
        self.periods.is_empty()
    }

    /// Positions of the quantities that count as not known because they are absurd.
    pub fn absurd(&self) -> &[usize] {
        &self.absurd
    }

    /// Base units of a period, `None` when not known, absurd or outside the series.
    pub fn quantity(&self, index: usize) -> Option<f64> {
        let one = self.periods.get(index)?;
        if self.absurd.contains(&index) { None } else { one.quantity }
    }

    /// The series as it was known after its first `len` periods, for back-tests.
    #[must_use]
    pub fn first_periods(&self, len: usize) -> Self {
        let periods: Vec<_> = self.periods.iter().take(len).copied().collect();
        let absurd = find_absurd(&periods);
        Self { periods, absurd, id: self.id.clone(), group: self.group.clone(), ..*self }
    }
}

/// A count as a number; counts above 4 billion saturate.
pub(crate) fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

fn find_absurd(periods: &[PeriodDemand]) -> Vec<usize> {
    const LIMIT: f64 = 1e12;
    let mut sorted: Vec<f64> = periods.iter().filter_map(|one| one.quantity).filter(|value| *value <= LIMIT).collect();
    sorted.sort_by(f64::total_cmp);
    let above_quantile = 1 + sorted.len() / 100;
    let mut limit = LIMIT;
    for top in 1..=above_quantile {
        let others = sorted.len().saturating_sub(top);
        if others < 5 {
            break;
        }
        let (Some(lowest_top), Some(highest), Some(median)) = (sorted.get(others), sorted.get(others - 1), sorted.get(others / 2)) else {
            break;
        };
        let bound = if *highest > 0.0 { (20.0 * highest).max(100.0 * median) } else { 1e6 };
        if *lowest_top > bound {
            limit = limit.min(bound);
        }
    }
    let too_high = |one: &PeriodDemand| one.quantity.is_some_and(|value| value > limit);
    periods.iter().enumerate().filter(|(_, one)| too_high(one)).map(|(index, _)| index).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64]) -> Result<Series, SeriesError> {
        let periods = values.iter().map(|value| PeriodDemand::known(*value)).collect();
        Series::new("s", None, PeriodLength::Month, 0, periods)
    }

    #[track_caller]
    fn check_absurd(values: &[f64], want: &[usize]) {
        assert_eq!(of(values).unwrap().absurd(), want);
    }

    #[test]
    fn absurd_quantities_are_found() {
        check_absurd(&[5.0, 6.0, 4.0, 1e9, 5.0, 5.0, 6.0], &[3]);
        check_absurd(&[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 9.0], &[]);
        check_absurd(&[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1e9], &[6]);
        check_absurd(&[1.0, 1e9], &[]);
        check_absurd(&[5.0, 6.0, 4.0, 90.0, 5.0, 5.0, 6.0], &[]);
    }

    #[test]
    fn bad_values_are_named() {
        let error = of(&[1.0, -2.0]).unwrap_err();
        assert_eq!(error.to_string(), "series s, period 1: quantity -2 must be a number of at least 0");
        assert!(of(&[f64::NAN]).is_err());
        assert!(of(&[f64::INFINITY]).is_err());
        let periods = vec![PeriodDemand::partly_empty(1.0, 1.5)];
        let error = Series::new("s", None, PeriodLength::Day, 0, periods).unwrap_err();
        assert_eq!(error.to_string(), "series s, period 0: stocked_out 1.5 must lie between 0 and 1");
    }
}
