//! `demand.csv`: what was asked for, per item and day, all places together.

use std::collections::BTreeMap;

use wardstock::base::error::{Error, Result};
use wardstock::base::table::Sheet;
use wardstock::base::time::Day;

use super::accept;

/// Days between the first and the last date of a record.
const DAYS_MAX: i64 = 36_600;
/// Largest quantity of one row.
const UNITS_MAX: i64 = 1_000_000_000;

/// Item -> base units per day, from the first to the last day of the file.
pub(super) fn read(sheet: &Sheet) -> Result<BTreeMap<String, Vec<i64>>> {
    sheet.require(&["item", "date", "quantity"])?;
    let mut rejected = sheet.broken.clone();
    let mut rows: Vec<(String, Day, i64, i64)> = Vec::new();
    for mut row in sheet.rows() {
        let item = row.code("item");
        let date = row.day("date");
        let issued = row.needed_integer("quantity", 0, UNITS_MAX);
        let asked = row.integer("requested", 0, UNITS_MAX).unwrap_or(issued).max(issued);
        let period = row.one_of("period", &["day", "week", "month"]);
        let Some(date) = date else {
            if row.text("date").is_none() {
                row.reject("date", "needed", "this cell must not be empty");
            }
            rejected.extend(row.rejected);
            continue;
        };
        if row.rejected.is_empty() {
            rows.push((item, date, days_of(period.as_deref(), date), asked));
        }
        rejected.extend(row.rejected);
    }
    accept(&rejected)?;
    let first = rows.iter().map(|(_, date, ..)| date.0).min().unwrap_or(0);
    let end = rows.iter().map(|(_, date, days, _)| date.0 + days).max().unwrap_or(0);
    if end - first > DAYS_MAX {
        return Err(Error::field(&sheet.file, "out_of_range", format!("{}: spans {} days: is a date wrong?", sheet.file, end - first)));
    }
    let length = usize::try_from(end - first).unwrap_or(0);
    let mut by_item: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for (item, date, days, asked) in rows {
        let record = by_item.entry(item).or_insert_with(|| vec![0; length]);
        let from = usize::try_from(date.0 - first).unwrap_or(0);
        // Spread evenly in whole units: day k gets floor((k + 1) x / n) - floor(k x / n).
        for (k, units) in (0..days).zip(record.iter_mut().skip(from)) {
            *units += asked * (k + 1) / days - asked * k / days;
        }
    }
    Ok(by_item)
}

/// Days of a period that begins on this day.
fn days_of(period: Option<&str>, first: Day) -> i64 {
    match period {
        Some("week") => 7,
        Some("month") => {
            // The same day of the next month.
            let day = first.to_text().get(8..10).map(str::to_owned);
            (28..=31).find(|days| first.plus(*days).to_text().get(8..10).map(str::to_owned) == day).unwrap_or(30)
        }
        _ => 1,
    }
}
