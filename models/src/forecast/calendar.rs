//! Dates behind the periods: months, seasonal bins, and what one working day more does to a month.

#![expect(clippy::indexing_slicing, reason = "bins of months are 0..12, cuts are partition points")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::seasonal::Row;
use crate::series::{PeriodLength, count};

/// Fewest months with a group mean for a working-day factor.
const MONTHS_MIN: usize = 24;

/// What a Saturday counts as a working day: wards and pharmacies half work (hospital set, origins up to 60: 0, 1/2, 1 tried).
const SATURDAY: f64 = 0.5;

/// One month of a group: how far its items stood from their moving averages.
#[derive(Debug)]
struct Month {
    /// Position on the calendar shared by the group.
    place: i64,
    bin: usize,
    workdays: f64,
    /// Mean over items of `ln y - ln CMA`.
    ratio: f64,
}

/// The months of a group in order; a back-test looks at the first of them only. Empty for days and weeks.
#[derive(Debug)]
pub(crate) struct Movement(Vec<Month>);

impl Movement {
    /// Adds the items up once, so that each origin of a back-test only cuts.
    pub(crate) fn of(rows: &[Row]) -> Self {
        // Calendar position -> (bin, working days, sum of ratios, items).
        let mut months: BTreeMap<i64, (usize, f64, f64, f64)> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.workdays.iter().any(|days| *days != 0.0)) {
            for (at, (ratio, (bin, days))) in row.known_ratios() {
                let place = row.start.saturating_add(i64::try_from(at).unwrap_or(i64::MAX));
                let month = months.entry(place).or_insert((bin, days, 0.0, 0.0));
                month.2 += ratio;
                month.3 += 1.0;
            }
        }
        let mean = |(place, (bin, workdays, sum, items))| Month { place, bin, workdays, ratio: sum / items };
        Self(months.into_iter().map(mean).collect())
    }

    /// By how much, in logarithms, does one working day more raise a month's demand in this group?
    ///
    /// `g_t` = mean over items of `ln y - ln CMA`; least squares `g_t = alpha_month(t) + beta wd_t`, ridge 1e-3 on beta;
    /// beta is then shrunk by `max(0, 1 - var(beta) / beta^2)`, so a small group without evidence gets none.
    ///
    /// - `before`: only months before this position of the calendar are looked at.
    ///
    /// Returns beta, within -0.1..0.1 (one day in 21 is 0.048); 0 for days and weeks and with fewer than 24 months.
    ///
    /// # Source
    /// `forecasting.md` 5.1; differs in the last shrinkage, added for small groups.
    pub(crate) fn per_workday(&self, before: i64) -> f64 {
        let months = &self.0[..self.0.partition_point(|month| month.place < before)];
        if months.len() < MONTHS_MIN {
            return 0.0;
        }
        // Per calendar month: sums of working days and ratios, number of years.
        let mut sums = [(0.0, 0.0, 0.0); 12];
        for month in months {
            let sum = &mut sums[month.bin];
            *sum = (sum.0 + month.workdays, sum.1 + month.ratio, sum.2 + 1.0);
        }
        let bins = sums.iter().filter(|sum| sum.2 > 0.0).count();
        let centred = months.iter().map(|month| {
            let sum = sums[month.bin];
            (month.workdays - sum.0 / sum.2, month.ratio - sum.1 / sum.2)
        });
        let squares = centred.clone().map(|(x, _)| x * x).sum::<f64>() + 1e-3;
        let beta = centred.clone().map(|(x, y)| x * y).sum::<f64>() / squares;
        let rest: f64 = centred.map(|(x, y)| (y - beta * x).powi(2)).sum();
        let free = (count(months.len()) - count(bins) - 1.0).max(1.0);
        let keep = (1.0 - rest / free / squares / (beta * beta).max(1e-300)).clamp(0.0, 1.0);
        (keep * beta).clamp(-0.1, 0.1)
    }
}

/// Working days of each month from `first_day`'s on, less the 28-year mean of that calendar month; zeros for days
/// and weeks. Monday to Friday count 1, Saturdays [`SATURDAY`].
pub(crate) fn workdays(period: PeriodLength, first_day: i64, periods: usize) -> Vec<f64> {
    if period != PeriodLength::Month {
        return vec![0.0; periods];
    }
    let first = month_of(first_day).0;
    let usual = |month: i64| usize::try_from(month.rem_euclid(12)).ok().and_then(|at| USUAL.get(at)).copied();
    (first..).take(periods).map(|month| workdays_of(month) - usual(month).unwrap_or(0.0)).collect()
}

/// Mean working days of each calendar month over the 28 years in which the calendar repeats itself.
static USUAL: LazyLock<[f64; 12]> = LazyLock::new(|| {
    let mut means = [0.0; 12];
    for year in 2000..2028 {
        for (month, mean) in (0_i64..).zip(&mut means) {
            *mean += workdays_of(year * 12 + month) / 28.0;
        }
    }
    means
});

fn workdays_of(month: i64) -> f64 {
    let (first, next) = (first_day_of(month), first_day_of(month + 1));
    // Four full weeks hold 20 days and 4 Saturdays whatever they start with; 1970-01-01 was a Thursday.
    let rest = (first + 28..next).map(|day| match day.rem_euclid(7) {
        2 => SATURDAY,
        3 => 0.0,
        _ => 1.0,
    });
    20.0 + 4.0 * SATURDAY + rest.sum::<f64>()
}

/// Days since 1970-01-01 of the first day of a month since year 0.
///
/// # Source
/// H. Hinnant: chrono-compatible low-level date algorithms, `days_from_civil`.
fn first_day_of(month: i64) -> i64 {
    let from_march = month - 2;
    let year = from_march.div_euclid(12);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * from_march.rem_euclid(12) + 2) / 5;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Position of the period that holds `first_day` on a calendar all series of one period length share.
pub(crate) fn calendar_index(period: PeriodLength, first_day: i64) -> i64 {
    match period {
        PeriodLength::Day => first_day,
        PeriodLength::Week => first_day.div_euclid(7),
        PeriodLength::Month => month_of(first_day).0,
    }
}

pub(crate) fn bin(period: PeriodLength, first_day: i64, at: usize) -> usize {
    let at = i64::try_from(at).unwrap_or(i64::MAX);
    let bin = match period {
        PeriodLength::Day => first_day.saturating_add(at).rem_euclid(7),
        PeriodLength::Week => (month_of(first_day.saturating_add(at.saturating_mul(7))).1 / 28).min(12),
        PeriodLength::Month => month_of(first_day).0.saturating_add(at).rem_euclid(12),
    };
    usize::try_from(bin).unwrap_or(0)
}

/// (months since year 0, day of the year from 0) of a day since 1970-01-01, proleptic Gregorian calendar.
///
/// # Source
/// H. Hinnant: chrono-compatible low-level date algorithms, `civil_from_days`.
fn month_of(day: i64) -> (i64, i64) {
    let shifted = day.clamp(-100_000_000, 100_000_000) + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let from_march = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * from_march + 2) / 153;
    let year = year_of_era + era * 400 + i64::from(month >= 10);
    let leap = i64::from(year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
    let month_index = if month >= 10 { month - 10 } else { month + 2 };
    let day_of_year = if month >= 10 { from_march - 306 } else { from_march + 59 + leap };
    (year * 12 + month_index, day_of_year)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        assert_eq!(month_of(0), (1970 * 12, 0));
        assert_eq!(month_of(10_957), (2000 * 12, 0)); // 2000-01-01
        assert_eq!(month_of(11_016), (2000 * 12 + 1, 59)); // 2000-02-29
        assert_eq!(month_of(11_322), (2000 * 12 + 11, 365)); // 2000-12-31
        assert_eq!(month_of(-1), (1969 * 12 + 11, 364));
        for month in [0, 1_234, 1970 * 12, 2000 * 12 + 1, 2000 * 12 + 2] {
            assert_eq!(month_of(first_day_of(month)).0, month);
            assert_eq!(month_of(first_day_of(month) - 1).0, month - 1);
        }
        assert!((workdays_of(2026 * 12 + 10) - 23.0).abs() < 1e-9); // November 2026: 21 and 4 Saturdays
        assert!((workdays_of(2026 * 12 + 1) - 22.0).abs() < 1e-9);
        assert!((workdays_of(2026 * 12 + 4) - 23.5).abs() < 1e-9); // May 2026: 21 and 5 Saturdays
    }
}
