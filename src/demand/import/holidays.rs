//! `holidays.csv`: days without usual work, by site.

use std::collections::HashSet;

use crate::base::error::Result;
use crate::base::table::{Outcome, Row, Sheet};
use crate::base::time::Day;
use crate::catalogue::import::{each_row, note, reject_repeated};
use crate::db::Tx;
use crate::demand::holiday::{self, HolidayContent};
use crate::places::{self, PlaceKey};

/// Imports `holidays.csv`. Without a column `site` the holidays are those of the caller's site, or of the only one.
///
/// # Errors
/// `invalid_input` for a missing column; those of the database. Bad rows stand in the outcome.
pub fn holidays(tx: &mut Tx<'_>, actor: &str, only_site: Option<i64>, sheet: &Sheet) -> Result<Outcome> {
    sheet.require(&["date"])?;
    let mut sites = places::sites(tx.conn)?;
    sites.retain(|site| only_site.is_none_or(|own| own == site.site_id));
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
        if name.chars().count() > 200 {
            row.reject("name", "length", "at most 200 characters");
        }
        let Some(site) = site else { return Ok(false) };
        reject_repeated(row, &mut seen, (site.site_id, day), "date");
        if !row.rejected.is_empty() {
            return Ok(false);
        }
        let before = holiday::known(tx.conn, site, day)?;
        let seen = before.as_ref().map(|view| view.version);
        let (after, _) = holiday::put(tx, actor, site, day, seen, &HolidayContent { name })?;
        Ok(before.as_ref() != Some(&after))
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
