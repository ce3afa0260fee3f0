//! `holidays.csv`: days without usual work, by site.

use std::collections::{HashMap, HashSet};

use crate::base::error::Result;
use crate::base::table::{Outcome, Row, Sheet};
use crate::base::time::Day;
use crate::catalogue::check::NAME_CHARS_MAX;
use crate::catalogue::import::{each_row, note, reject_repeated};
use crate::db::Tx;
use crate::demand::holiday::{self, HolidayView};
use crate::places::{self, PlaceKey};

/// Imports `holidays.csv`. Without a column `site` the holidays are those of the caller's site, or of the only one.
///
/// # Errors
/// `invalid_input` for a missing column; those of the database. Bad rows stand in the outcome.
pub fn holidays(tx: &mut Tx<'_>, actor: &str, only_site: Option<i64>, sheet: &Sheet) -> Result<Outcome> {
    sheet.require(&["date"])?;
    let mut sites = places::sites(tx.conn)?;
    sites.retain(|site| only_site.is_none_or(|own| own == site.site_id));
    // What is there is read once and compared with each row.
    let known: HashMap<(String, Day), HolidayView> =
        holiday::list(tx.conn, only_site, "", ("", 0), i64::MAX)?.into_iter().map(|view| ((view.site.clone(), view.day), view)).collect();
    let mut seen = HashSet::new();
    let outcome = each_row(sheet, |row| {
        let site = site_of(row, &sites);
        if row.text("date").is_none() {
            row.reject("date", "needed", "this cell must not be empty");
        }
        let day = row.day("date").unwrap_or(Day(0));
        if let Some(wrong) = holiday::day_wrongs("date", day).filter(|_| row.rejected.is_empty()) {
            row.reject("date", &wrong.code, wrong.detail);
        }
        let name = row.text("name").unwrap_or_else(|| "holiday".to_owned());
        if name.chars().count() > NAME_CHARS_MAX {
            row.reject("name", "length", format!("at most {NAME_CHARS_MAX} characters"));
        }
        let Some(site) = site else { return Ok(false) };
        reject_repeated(row, &mut seen, (site.site_id, day), "date");
        if !row.rejected.is_empty() {
            return Ok(false);
        }
        holiday::take(tx, site, day, name, known.get(&(site.code.clone(), day)))
    })?;
    note(tx, only_site.unwrap_or(0), actor, "holiday.import", sheet, &outcome)?;
    Ok(outcome)
}

fn site_of<'a>(row: &mut Row<'_>, sites: &'a [PlaceKey]) -> Option<&'a PlaceKey> {
    let found = match (row.text("site"), sites) {
        (Some(code), _) => sites.iter().find(|site| site.code == code),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    if found.is_none() {
        row.reject("site", "unknown", "name one of your sites: there are several, or none of this code");
    }
    found
}
