//! Dates behind the periods: months, seasonal bins, and what one working day more does to a month.

use std::collections::BTreeMap;

use super::seasonal::Row;
use crate::series::{PeriodLength, count};

/// Fewest months with a group mean for a working-day factor.
const MONTHS_MIN: usize = 24;

/// By how much, in logarithms, does one working day more raise a month's demand in this group?
///
/// `g_t` = mean over items of `ln y - ln CMA`; least squares `g_t = alpha_month(t) + beta wd_t`, ridge 1e-3 on beta;
/// beta is then shrunk by `max(0, 1 - var(beta) / beta^2)`, so a small group without evidence gets none.
///
/// - `rows`, `lens`: the items and how many of their first periods may be looked at.
///
/// Returns beta, within -0.1..0.1 (one day in 21 is 0.048); 0 for days and weeks and with fewer than 24 months.
///
/// # Source
/// `forecasting.md` 5.1; differs in the last shrinkage, added for small groups.
pub(crate) fn per_workday(rows: &[Row], lens: &[usize]) -> f64 {
    if rows.iter().all(|row| row.workdays.iter().all(|days| *days == 0.0)) {
        return 0.0;
    }
    // Calendar position -> (bin, working days, sum of ratios, items).
    let mut months: BTreeMap<i64, (usize, f64, f64, f64)> = BTreeMap::new();
    for (row, len) in rows.iter().zip(lens) {
        let known = row.known_ratios(*len);
        for (at, (ratio, (bin, days))) in known {
            let place = row.start.saturating_add(i64::try_from(at).unwrap_or(i64::MAX));
            let month = months.entry(place).or_insert((bin, days, 0.0, 0.0));
            month.2 += ratio;
            month.3 += 1.0;
        }
    }
    if months.len() < MONTHS_MIN {
        return 0.0;
    }
    let mut bins: BTreeMap<usize, (f64, f64, f64)> = BTreeMap::new();
    for (bin, days, ratio, items) in months.values() {
        let sums = bins.entry(*bin).or_default();
        sums.0 += days;
        sums.1 += ratio / items;
        sums.2 += 1.0;
    }
    let centred: Vec<(f64, f64)> = months
        .values()
        .map(|(bin, days, ratio, items)| {
            let sums = bins.get(bin).copied().unwrap_or((0.0, 0.0, 1.0));
            (days - sums.0 / sums.2, ratio / items - sums.1 / sums.2)
        })
        .collect();
    let squares: f64 = centred.iter().map(|(x, _)| x * x).sum();
    let beta = centred.iter().map(|(x, y)| x * y).sum::<f64>() / (squares + 1e-3);
    let rest: f64 = centred.iter().map(|(x, y)| (y - beta * x).powi(2)).sum();
    let free = (count(months.len()) - count(bins.len()) - 1.0).max(1.0);
    let noise = rest / free / (squares + 1e-3);
    let keep = (1.0 - noise / (beta * beta).max(1e-300)).clamp(0.0, 1.0);
    (keep * beta).clamp(-0.1, 0.1)
}

/// Monday to Friday days of each month from `first_day`'s on, less the 28-year mean of that calendar month;
/// zeros for days and weeks.
pub(crate) fn workdays(period: PeriodLength, first_day: i64, periods: usize) -> Vec<f64> {
    if period != PeriodLength::Month {
        return vec![0.0; periods];
    }
    let mut means = [0.0; 12];
    for year in 2000..2028 {
        for (month, mean) in (0_i64..).zip(&mut means) {
            *mean += workdays_of(year * 12 + month) / 28.0;
        }
    }
    let first = month_of(first_day).0;
    (first..)
        .take(periods)
        .map(|month| {
            let mean = usize::try_from(month.rem_euclid(12)).ok().and_then(|at| means.get(at));
            workdays_of(month) - mean.copied().unwrap_or(0.0)
        })
        .collect()
}

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
    let days = first_day_of(month)..first_day_of(month + 1);
    // 1970-01-01 was a Thursday; Saturday and Sunday are 2 and 3 days later.
    count(days.filter(|day| !matches!(day.rem_euclid(7), 2 | 3)).count())
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
        assert!((workdays_of(2026 * 12 + 10) - 21.0).abs() < 1e-9); // November 2026
        assert!((workdays_of(2026 * 12 + 1) - 20.0).abs() < 1e-9);
    }
}
