//! Figures as people read them: grouped thousands, a unit beside every number, money, percent, days, ages.

use crate::base::money::Money;
use crate::base::quantity::{from_f64, to_f64};
use crate::base::time::{Day, Micros};
use crate::web::body::hex;

/// Between groups of thousands: narrow, and never the end of a line.
const GROUP: char = '\u{202f}';
/// Between a number and its unit: never the end of a line.
const GLUE: char = '\u{a0}';

/// `12 345`.
pub(crate) fn number(value: i64) -> String {
    grouped(&value.to_string())
}

/// `1 234.5`, with so many digits after the point.
pub(crate) fn decimal(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    match text.split_once('.') {
        Some((whole, rest)) => format!("{}.{rest}", grouped(whole)),
        None => grouped(&text),
    }
}

fn grouped(whole: &str) -> String {
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("\u{2212}", digits));
    let mut text = String::from(sign);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(GROUP);
        }
        text.push(digit);
    }
    text
}

/// `1 tablet`, `12 345 tablets`, `40 ml`.
pub(crate) fn units(count: i64, unit: &str) -> String {
    format!("{}{GLUE}{}", number(count), plural(unit, count == 1))
}

/// As [`units`], for an estimate: whole from 10 on, one digit below.
pub(crate) fn about_units(value: f64, unit: &str) -> String {
    let whole = value.abs() >= 10.0 || (value - value.round()).abs() < 0.05;
    if whole { units(from_f64(value), unit) } else { format!("{}{GLUE}{}", decimal(value, 1), plural(unit, false)) }
}

/// `1 pack`, `12 packs`.
pub(crate) fn packs(count: i64) -> String {
    units(count, "pack")
}

/// The unit's word for one or many; abbreviations stay as they are.
pub(crate) fn plural(unit: &str, one: bool) -> String {
    if one || unit.len() <= 2 || unit.ends_with('s') || !unit.ends_with(|last: char| last.is_ascii_alphabetic()) {
        unit.to_owned()
    } else if unit.ends_with('x') || unit.ends_with("ch") || unit.ends_with("sh") {
        format!("{unit}es")
    } else {
        format!("{unit}s")
    }
}

/// `1 234.50 EUR`.
pub(crate) fn money(amount: &Money) -> String {
    let sign = if amount.minor < 0 { "\u{2212}" } else { "" };
    let minor = amount.minor.unsigned_abs();
    format!("{sign}{}.{:02}{GLUE}{}", grouped(&(minor / 100).to_string()), minor % 100, amount.currency)
}

/// `35 %`; what rounds to nothing or all is said in words.
pub(crate) fn percent(share: f64) -> String {
    let hundredths = share * 100.0;
    if share > 0.0 && hundredths < 1.0 {
        format!("under 1{GLUE}%")
    } else if share < 1.0 && hundredths > 99.0 {
        format!("over 99{GLUE}%")
    } else {
        format!("{}{GLUE}%", from_f64(hundredths))
    }
}

/// `0.4 %`, for small shares.
pub(crate) fn fine_percent(share: f64) -> String {
    format!("{}{GLUE}%", decimal(share * 100.0, 1))
}

/// `4.5 days`, `1 day`, `120 days`.
pub(crate) fn days(value: f64) -> String {
    about_units(value, "day")
}

/// `just now`, `12 s ago`, `4 min ago`, `3 h ago`, `5 days ago`.
pub(crate) fn ago(at: Micros, now: Micros) -> String {
    let seconds = (now.0 - at.0).max(0) / 1_000_000;
    match seconds {
        0..=4 => "just now".to_owned(),
        5..=59 => format!("{seconds}{GLUE}s ago"),
        60..=3_599 => format!("{}{GLUE}min ago", seconds / 60),
        3_600..=172_799 => format!("{}{GLUE}h ago", seconds / 3_600),
        _ => format!("{} ago", units(seconds / 86_400, "day")),
    }
}

/// `12 min`, `5 h`, `3 days`.
pub(crate) fn minutes(count: i64) -> String {
    match count {
        ..=119 => format!("{count}{GLUE}min"),
        120..=2_879 => format!("{}{GLUE}h", count / 60),
        _ => units(count / 1_440, "day"),
    }
}

/// `today`, `tomorrow`, else `Mon 23 Nov`, with the year where it is another one.
pub(crate) fn day(day: Day, today: Day) -> String {
    match day.0 - today.0 {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        _ => calendar_day(day, today),
    }
}

/// `Mon 23 Nov`, with the year where it is another one.
pub(crate) fn calendar_day(day: Day, today: Day) -> String {
    let weekday = usize::try_from(day.weekday()).ok().and_then(|at| WEEKDAYS.get(at)).copied().unwrap_or_default();
    let (text, now) = (day_and_month(day), today.to_text());
    let year = day.to_text().get(..4).unwrap_or_default().to_owned();
    if now.starts_with(&year) { format!("{weekday}{GLUE}{text}") } else { format!("{weekday}{GLUE}{text}{GLUE}{year}") }
}

/// `23 Nov`.
pub(crate) fn day_and_month(day: Day) -> String {
    let text = day.to_text();
    let month = text.get(5..7).and_then(|month| month.parse::<usize>().ok()).and_then(|month| MONTHS.get(month.checked_sub(1)?));
    match (text.get(8..10), month) {
        (Some(number), Some(month)) => format!("{}{GLUE}{month}", number.trim_start_matches('0')),
        _ => text,
    }
}

/// `Mon 23 Nov, 08:00 UTC`.
pub(crate) fn moment(at: Micros, today: Day) -> String {
    let text = at.to_text();
    format!("{}, {}{GLUE}UTC", day(at.day(), today), text.get(11..16).unwrap_or_default())
}

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A word inside a path or a query.
pub(crate) fn encoded(word: &str) -> String {
    let mut text = String::with_capacity(word.len());
    for byte in word.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.push_str(&hex(&[byte]).to_ascii_uppercase());
        }
    }
    text
}

/// A count of things as `i64`.
pub(crate) fn count_of<T>(things: &[T]) -> i64 {
    i64::try_from(things.len()).unwrap_or(i64::MAX)
}

/// Money in major units, as the planner counts it.
pub(crate) fn money_of_major(amount: f64, currency: &str) -> String {
    money(&Money::new(from_f64(amount * to_f64(100)), currency))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped_and_units_named() {
        assert_eq!(number(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(number(-1_000), "\u{2212}1\u{202f}000");
        assert_eq!(number(999), "999");
        assert_eq!(decimal(1234.56, 1), "1\u{202f}234.6");
        assert_eq!(units(1, "tablet"), "1\u{a0}tablet");
        assert_eq!(units(2, "box"), "2\u{a0}boxes");
        assert_eq!(units(40, "ml"), "40\u{a0}ml");
        assert_eq!(about_units(3.25, "vial"), "3.2\u{a0}vials");
        assert_eq!(about_units(1234.4, "vial"), "1\u{202f}234\u{a0}vials");
    }

    #[test]
    fn money_keeps_its_cents() {
        assert_eq!(money(&Money::new(123_450, "EUR")), "1\u{202f}234.50\u{a0}EUR");
        assert_eq!(money(&Money::new(-5, "EUR")), "\u{2212}0.05\u{a0}EUR");
        assert_eq!(money_of_major(12.345, "USD"), "12.35\u{a0}USD");
    }

    #[test]
    fn percents_never_round_to_certainty() {
        assert_eq!(percent(0.354), "35\u{a0}%");
        assert_eq!(percent(0.0), "0\u{a0}%");
        assert_eq!(percent(0.001), "under 1\u{a0}%");
        assert_eq!(percent(0.999), "over 99\u{a0}%");
        assert_eq!(percent(1.0), "100\u{a0}%");
        assert_eq!(fine_percent(0.0042), "0.4\u{a0}%");
    }

    #[test]
    fn days_and_ages_read_well() {
        let today = Day::parse("2026-11-22").unwrap();
        assert_eq!(day(today.plus(1), today), "tomorrow");
        assert_eq!(day(today.plus(2), today), "Tue\u{a0}24\u{a0}Nov");
        assert_eq!(day(today.plus(60), today), "Thu\u{a0}21\u{a0}Jan\u{a0}2027");
        let now = today.start().plus_seconds(36_000);
        assert_eq!(moment(now, today), "today, 10:00\u{a0}UTC");
        assert_eq!(ago(now, now), "just now");
        assert_eq!(ago(now.plus_seconds(-90), now), "1\u{a0}min ago");
        assert_eq!(ago(now.plus_seconds(-86_400 * 3), now), "3\u{a0}days ago");
        assert_eq!(minutes(150), "2\u{a0}h");
    }
}
