//! Holidays and events from files.

use std::collections::BTreeSet;
use std::path::Path;

use wardstock::base::error::Result;
use wardstock::base::table::Row;
use wardstock::base::time::Day;
use wardstock_models::forecast::{Circumstances, EVENT_FACTOR_RANGE, Event};
use wardstock_models::series::Series;

use super::read::Predecessors;

/// What is known besides the demand.
pub(super) fn read(holidays: Option<&Path>, events: Option<&Path>, predecessors: Predecessors, series: &[Series]) -> Result<Circumstances> {
    Ok(Circumstances {
        holidays: holidays.map(read_holidays).transpose()?.unwrap_or_default(),
        events: events.map(|path| read_events(path, series)).transpose()?.unwrap_or_default(),
        predecessors,
    })
}

fn needed_day(row: &mut Row<'_>, column: &str) -> Option<Day> {
    if row.text(column).is_none() {
        row.reject(column, "needed", "this cell must not be empty");
    }
    row.day(column)
}

fn read_holidays(path: &Path) -> Result<BTreeSet<i64>> {
    let sheet = super::sheet(path)?;
    sheet.require(&["date"])?;
    let mut rejected = sheet.broken.clone();
    let mut days = BTreeSet::new();
    for mut row in sheet.rows() {
        days.extend(needed_day(&mut row, "date").map(|day| day.0));
        rejected.extend(row.rejected);
    }
    super::none_rejected(&rejected)?;
    Ok(days)
}

fn read_events(path: &Path, series: &[Series]) -> Result<Vec<Event>> {
    let sheet = super::sheet(path)?;
    sheet.require(&["first_day", "last_day", "factor"])?;
    let ids: BTreeSet<&str> = series.iter().map(Series::id).collect();
    let groups: BTreeSet<&str> = series.iter().filter_map(Series::group).collect();
    let mut rejected = sheet.broken.clone();
    let mut events = Vec::new();
    for mut row in sheet.rows() {
        let (series, group) = (row.text("series"), row.text("group"));
        if series.as_deref().is_some_and(|id| !ids.contains(id)) {
            row.reject("series", "unknown", "there is no such series in the input");
        }
        if group.as_deref().is_some_and(|group| !groups.contains(group)) {
            row.reject("group", "unknown", "no series of the input is in this group");
        }
        let (first, last) = (needed_day(&mut row, "first_day"), needed_day(&mut row, "last_day"));
        if first > last && last.is_some() {
            row.reject("last_day", "before_first_day", "must not be before first_day");
        }
        if row.text("factor").is_none() {
            row.reject("factor", "needed", "this cell must not be empty");
        }
        let factor = row.number("factor", *EVENT_FACTOR_RANGE.start(), *EVENT_FACTOR_RANGE.end());
        if let (Some(first), Some(last), Some(factor)) = (first, last, factor) {
            events.push(Event { series, group, first_day: first.0, last_day: last.0, factor });
        }
        rejected.extend(row.rejected);
    }
    super::none_rejected(&rejected)?;
    Ok(events)
}
