//! Six-digit dates: the century comes from today, and day 00 is the last day of the month.

use crate::base::time::Day;

/// Days of a month.
pub(super) fn days_in(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

/// The day that `YYMMDD` names, seen from `today`. `None` if it is no date.
///
/// Source: GS1 General Specifications, section 7.12 (century): 51 to 99 years ahead is the century before, 50 to 99
/// years back the century after.
pub fn expand(text: &str, today: Day) -> Option<Day> {
    if text.len() != 6 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize| text.get(from..from + 2).and_then(|pair| pair.parse::<u32>().ok());
    let (short_year, month, day) = (number(0)?, number(2)?, number(4)?);
    let this_year: u32 = today.to_text().get(..4)?.parse().ok()?;
    let century = this_year - this_year % 100;
    let year = match i64::from(short_year) - i64::from(this_year % 100) {
        51.. => century.checked_sub(100)? + short_year,
        ..=-50 => century + 100 + short_year,
        _ => century + short_year,
    };
    let day = if day == 0 { days_in(year, month) } else { day };
    Day::parse(&format!("{year:04}-{month:02}-{day:02}")).ok()
}

#[cfg(test)]
mod tests {
    use super::expand;
    use crate::base::time::Day;

    #[track_caller]
    fn check(text: &str, today: &str, want: Option<&str>) {
        let found = expand(text, Day::parse(today).unwrap());
        assert_eq!(found.map(Day::to_text).as_deref(), want);
    }

    #[test]
    fn the_century_slides_with_today() {
        check("271231", "2026-11-23", Some("2027-12-31"));
        check("760101", "2026-11-23", Some("2076-01-01"));
        check("770101", "2026-11-23", Some("1977-01-01"));
        check("991231", "2026-11-23", Some("1999-12-31"));
        check("000101", "2051-01-01", Some("2100-01-01"));
        check("020101", "2051-01-01", Some("2002-01-01"));
    }

    #[test]
    fn day_00_is_the_last_of_the_month() {
        check("280200", "2026-11-23", Some("2028-02-29"));
        check("270200", "2026-11-23", Some("2027-02-28"));
        check("271300", "2026-11-23", None);
        check("270230", "2026-11-23", None);
        check("27123", "2026-11-23", None);
        check("27123é", "2026-11-23", None);
    }
}
