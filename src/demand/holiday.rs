//! Holidays: days without usual work, by site.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::store;
use crate::access::audit;
use crate::base::code::Code;
use crate::base::error::{Error, FieldError, Result};
use crate::base::time::{Day, Micros};
use crate::catalogue::check::{self, Checks, NAME_CHARS_MAX};
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::places::PlaceKey;
use crate::web::precondition::clash;

/// The days that people may name: from 1990-01-01 to before 2100-01-01.
const DAYS: std::ops::Range<i64> = 7_305..47_482;

/// What people say about a holiday.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Holiday")]
pub struct HolidayContent {
    /// Its name.
    pub name: String,
}

/// A holiday as it is kept and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct HolidayView {
    /// Code of its site.
    pub site: String,
    /// The day.
    pub day: Day,
    /// Its name.
    pub name: String,
    /// Grows with each change; its `ETag`.
    pub version: i64,
    /// When it was changed last.
    pub updated_at: Micros,
}

/// Says what is wrong with a day that somebody names.
pub(super) fn day_wrongs(pointer: &str, day: Day) -> Option<FieldError> {
    let detail = || format!("must be from 1990-01-01 to 2099-12-31, not {}", day.to_text());
    (!DAYS.contains(&day.0)).then(|| FieldError::new(pointer, "out_of_range", detail()))
}

/// A holiday of a site.
///
/// # Errors
/// `not_found`.
pub fn view(conn: &mut Conn, site: &PlaceKey, day: Day) -> Result<HolidayView> {
    store::holiday::by_day(conn, site.site_id, day)?.ok_or_else(|| Error::not_found("holiday", day))
}

/// Writes a holiday of a file; `before` is what is there. Answers whether that changed something.
pub(super) fn take(tx: &mut Tx<'_>, site: &PlaceKey, day: Day, name: String, before: Option<&HolidayView>) -> Result<bool> {
    let fresh = HolidayView { site: site.code.clone(), day, name, version: 1, updated_at: tx.now };
    match before {
        None => store::holiday::insert(tx, site.site_id, &fresh).map(|()| true),
        Some(before) if before.name == fresh.name => Ok(false),
        Some(before) => {
            let after = HolidayView { version: before.version + 1, ..fresh };
            store::holiday::update(tx, site.site_id, &after, before.version)
        }
    }
}

/// Holidays by site and day, after a site and day.
///
/// # Errors
/// Those of the database.
pub fn list(conn: &mut Conn, only_site: Option<i64>, site: &str, after: (&str, i64), limit: i64) -> Result<Vec<HolidayView>> {
    store::holiday::list(conn, only_site, site, after, limit)
}

/// Makes a holiday, or changes its name; answers it and whether it is new. `seen` is the version that the change was
/// decided on: not needed for what is new or says the same.
///
/// # Errors
/// `invalid_input`, `precondition_required`, `precondition_failed`.
pub fn put(
    tx: &mut Tx<'_>,
    actor: &str,
    site: &PlaceKey,
    day: Day,
    seen: Option<i64>,
    wish: &HolidayContent,
) -> Result<(HolidayView, bool)> {
    let mut checks = Checks::default();
    checks.text("/name", &wish.name, NAME_CHARS_MAX);
    let mut errors = checks.errors();
    errors.extend(day_wrongs("day", day));
    check::none(errors)?;
    let subject = format!("{}/{day}", site.code);
    let mut after = HolidayView { site: site.code.clone(), day, name: wish.name.clone(), version: 1, updated_at: tx.now };
    let Some(before) = store::holiday::by_day(tx.conn, site.site_id, day)? else {
        store::holiday::insert(tx, site.site_id, &after)?;
        audit::record(tx, site.site_id, actor, "holiday.create", &subject, &json!({"after": after}))?;
        return Ok((after, true));
    };
    if before.name == after.name {
        return Ok((before, false));
    }
    let seen = seen.ok_or_else(|| Error::new(Code::PreconditionRequired, "this day is a holiday already: send its ETag in If-Match"))?;
    after.version = seen + 1;
    if !store::holiday::update(tx, site.site_id, &after, seen)? {
        return Err(clash("holiday", seen, before.version));
    }
    audit::record(tx, site.site_id, actor, "holiday.change", &subject, &json!({"before": before, "after": after}))?;
    Ok((after, false))
}

/// Removes a holiday; the audit keeps what it was.
///
/// # Errors
/// `not_found`, `precondition_failed`.
pub fn remove(tx: &mut Tx<'_>, actor: &str, site: &PlaceKey, day: Day, seen: i64) -> Result<()> {
    let before = view(tx.conn, site, day)?;
    if !store::holiday::delete(tx, site.site_id, day, seen)? {
        return Err(clash("holiday", seen, before.version));
    }
    audit::record(tx, site.site_id, actor, "holiday.remove", &format!("{}/{day}", site.code), &json!({"before": before}))
}
