//! `demand.csv`: demand of the past by day, week or month, with the share of each period that the shelf was empty.

pub mod holidays;

use std::collections::{BTreeMap, BTreeSet};

use super::store;
use crate::base::error::Result;
use crate::base::quantity::UNITS_MAX;
use crate::base::table::{Outcome, Sheet};
use crate::base::time::Day;
use crate::catalogue::item;
use crate::db::Tx;
use crate::db::hot::DemandRow;
use crate::places;

/// Imports `demand.csv`. A period that is there already is replaced when it differs.
///
/// # Errors
/// `invalid_input` when a column is missing; those of the database.
pub fn demand(tx: &mut Tx<'_>, only_site: Option<i64>, sheet: &Sheet) -> Result<Outcome> {
    sheet.require(&["place", "item", "date", "quantity"])?;
    let column = |name: &str| sheet.rows().filter_map(|row| row.text(name)).collect::<BTreeSet<_>>();
    let known_places = places::by_codes(tx.conn, &column("place"))?;
    let known_items = item::by_codes(tx.conn, &column("item"))?;
    let mut outcome = Outcome::of(sheet);
    let mut seen = BTreeSet::new();
    let mut by_site: BTreeMap<i64, Vec<(i64, i64, DemandRow)>> = BTreeMap::new();
    for mut row in sheet.rows() {
        let (place_code, item_code) = (row.code("place"), row.code("item"));
        let place = known_places.get(&place_code).filter(|place| only_site.is_none_or(|site| site == place.site_id));
        let item = known_items.get(&item_code);
        if place.is_none() && !place_code.is_empty() {
            row.reject("place", "unknown", "import places.csv first, or mend the code");
        }
        if item.is_none() && !item_code.is_empty() {
            row.reject("item", "unknown", "import items.csv first, or mend the code");
        }
        let start = row.day("date");
        if start.is_none() && row.text("date").is_none() {
            row.reject("date", "needed", "this cell must not be empty");
        }
        let quantity = row.quantity("quantity");
        let requested_units = row.integer("requested", 0, UNITS_MAX).unwrap_or(quantity);
        if requested_units < quantity {
            row.reject("requested", "out_of_range", "can't be less than what was issued");
        }
        let stocked_out_share = row.number("stocked_out", 0.0, 1.0).unwrap_or(0.0);
        let period = row.one_of("period", &["day", "week", "month"]);
        let period_days = start.map_or(1, |day| period_days(period.as_deref(), day));
        if let Some(day) = start {
            if day.plus(period_days - 1) > tx.now.day() {
                row.reject("date", "future", "the period is not over yet");
            }
            if !seen.insert((place_code.clone(), item_code.clone(), day)) {
                row.reject("date", "duplicate", "this place, item and date stand in the file already");
            }
        }
        match (place, item, start) {
            (Some(place), Some(item), Some(start)) if row.rejected.is_empty() => {
                let demand = DemandRow { stock_point_id: 0, start_day: start.0, period_days, quantity, requested_units, stocked_out_share };
                by_site.entry(place.site_id).or_default().push((place.id, item.id, demand));
            }
            _ => outcome.rejected.extend(row.rejected),
        }
    }
    for (site_id, rows) in by_site {
        let pairs: Vec<(i64, i64)> = rows.iter().map(|(place_id, item_id, _)| (*place_id, *item_id)).collect();
        let points = places::ensure_stock_points(tx, site_id, &pairs)?;
        let rows: Vec<DemandRow> = rows
            .into_iter()
            .map(|(place_id, item_id, row)| DemandRow {
                stock_point_id: points.get(&(place_id, item_id)).copied().unwrap_or_default(),
                ..row
            })
            .collect();
        let written = u64::try_from(store::put_periods(tx, site_id, &rows)?).unwrap_or(0);
        outcome.written += written;
        outcome.unchanged += u64::try_from(rows.len()).unwrap_or(0).saturating_sub(written);
    }
    Ok(outcome)
}

fn period_days(period: Option<&str>, start: Day) -> i64 {
    match period {
        Some("week") => 7,
        Some("month") => {
            // The same day of the next month, held at its end: January 31 + 1 month is February 28 or 29.
            let length = (28..=31).find(|days| {
                let end = start.plus(*days).to_text();
                end.get(8..10) == start.to_text().get(8..10)
            });
            length.unwrap_or(30)
        }
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_have_their_own_length() {
        let month = |text: &str| period_days(Some("month"), Day::parse(text).unwrap());
        assert_eq!(month("2026-01-01"), 31);
        assert_eq!(month("2026-02-01"), 28);
        assert_eq!(month("2024-02-01"), 29);
        assert_eq!(month("2026-04-01"), 30);
    }
}
