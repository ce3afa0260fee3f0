//! Dates behind the periods: months, seasonal bins, working days, and what one working day more is worth.

#![expect(clippy::indexing_slicing, reason = "bins are below BINS_MAX, cuts are partition points")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::pattern::BINS_MAX;
use super::seasonal::Row;
use crate::series::{PeriodLength, count};

/// Fewest periods with a group mean for a working-day factor.
const PERIODS_MIN: usize = 24;

/// What a Saturday counts as a working day: wards and pharmacies half work (hospital set, origins up to 60: 0, 1/2, 1 tried).
const SATURDAY: f64 = 0.5;

/// One period of a group: how far its items stood from their moving averages.
#[derive(Debug)]
struct Moved {
    /// Position on the calendar shared by the group.
    place: i64,
    bin: usize,
    workdays: f64,
    /// Mean over items of `ln y - ln CMA`.
    ratio: f64,
}

/// The periods of a group in order; a back-test looks at the first of them only. Empty when working days never differ.
#[derive(Debug)]
pub(crate) struct Movement(Vec<Moved>);

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
        let mean = |(place, (bin, workdays, sum, items))| Moved { place, bin, workdays, ratio: sum / items };
        Self(months.into_iter().map(mean).collect())
    }

    /// By how much, in logarithms, does one working day more raise a period's demand in this group?
    ///
    /// `g_t` = mean over items of `ln y - ln CMA`; least squares `g_t = alpha_bin(t) + beta wd_t`, ridge 1e-3 on beta;
    /// beta is then shrunk by `max(0, 1 - var(beta) / beta^2)`, so a small group without evidence gets none.
    ///
    /// - `before`: only periods before this position of the calendar are looked at; `most`: bound of beta either way.
    ///
    /// Returns beta (for months one day in 21 is 0.048); 0 with fewer than 24 periods, and where working days never differ.
    ///
    /// # Source
    /// `forecasting.md` 5.1; differs in the last shrinkage, added for small groups.
    pub(crate) fn per_workday(&self, before: i64, most: f64) -> f64 {
        let months = &self.0[..self.0.partition_point(|month| month.place < before)];
        if months.len() < PERIODS_MIN {
            return 0.0;
        }
        // Per seasonal bin: sums of working days and ratios, number of years.
        let mut sums = [(0.0, 0.0, 0.0); BINS_MAX];
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
        (keep * beta).clamp(-most, most)
    }
}

/// Working days of each period more than usual: less the 28-year mean of that calendar month; for weeks and days only
/// holidays make a difference. Monday to Friday count 1, Saturdays [`SATURDAY`]; holidays 0.
///
/// - `first_day`: days since 1970-01-01 of the first of `periods` periods; `holidays`: likewise.
pub(crate) fn workdays(period: PeriodLength, first_day: i64, periods: usize, holidays: &BTreeSet<i64>) -> Vec<f64> {
    let mut more = vec![0.0; periods];
    if period == PeriodLength::Month {
        let first = month_of(first_day).0;
        for (month, more) in (first..).zip(&mut more) {
            let usual = usize::try_from(month.rem_euclid(12)).ok().and_then(|at| USUAL.get(at)).copied();
            *more = workdays_of(month) - usual.unwrap_or(0.0);
        }
    }
    if holidays.is_empty() {
        return more;
    }
    let starts = period_starts(period, first_day, periods);
    for (days, more) in starts.windows(2).zip(&mut more) {
        *more -= holidays.range(days[0]..days[1]).map(|day| worth(*day)).sum::<f64>();
    }
    more
}

/// What a day counts as a working day; 1970-01-01 was a Thursday.
fn worth(day: i64) -> f64 {
    match day.rem_euclid(7) {
        2 => SATURDAY,
        3 => 0.0,
        _ => 1.0,
    }
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

/// First day of each of `periods` periods, and of the one after them, days since 1970-01-01. A monthly series begins in
/// the month of `first_day`.
pub(crate) fn period_starts(period: PeriodLength, first_day: i64, periods: usize) -> Vec<i64> {
    let numbers = 0..=i64::try_from(periods).unwrap_or(i64::MAX);
    match period {
        PeriodLength::Day => numbers.map(|at| first_day + at).collect(),
        PeriodLength::Week => numbers.map(|at| first_day + 7 * at).collect(),
        PeriodLength::Month => numbers.map(|at| first_day_of(month_of(first_day).0 + at)).collect(),
    }
}

fn workdays_of(month: i64) -> f64 {
    let (first, next) = (first_day_of(month), first_day_of(month + 1));
    // Four full weeks hold 20 days and 4 Saturdays whatever they start with.
    20.0 + 4.0 * SATURDAY + (first + 28..next).map(worth).sum::<f64>()
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
        // Christmas 2026: Friday the 25th and Saturday the 26th; November has 23, December 25 against 23.7 usual ones.
        let holidays = BTreeSet::from([20_812, 20_813]);
        let plain = workdays(PeriodLength::Month, 20_788, 1, &BTreeSet::new());
        assert!((plain[0] - workdays(PeriodLength::Month, 20_788, 1, &holidays)[0] - 1.5).abs() < 1e-12);
        assert_eq!(workdays(PeriodLength::Day, 20_811, 3, &holidays), [0.0, -1.0, -0.5]);
        assert_eq!(workdays(PeriodLength::Week, 20_808, 2, &holidays), [-1.5, 0.0]);
        assert!((workdays_of(2026 * 12 + 4) - 23.5).abs() < 1e-9); // May 2026: 21 and 5 Saturdays
    }
}
