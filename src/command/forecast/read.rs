//! The demand table: rows by series and period.

use std::collections::{BTreeMap, BTreeSet};

use wardstock::base::error::{Error, Result};
use wardstock::base::table::{Rejected, Sheet};
use wardstock::base::time::Day;
use wardstock_models::series::{PeriodDemand, Series};

use super::Period;

/// The largest quantity that a cell may hold.
const QUANTITY_MAX: f64 = 1e15;
/// Periods between the first and the last date of one series.
const PERIODS_MAX: usize = 20_000;

/// Which series takes the place of which.
pub(super) type Predecessors = BTreeMap<String, String>;

/// One row of the input.
struct Point {
    line: u64,
    demand: PeriodDemand,
    group: Option<String>,
    predecessor: Option<String>,
}

/// The series of a table, and which of them takes the place of which.
pub(super) fn read(sheet: &Sheet, group: Option<&str>, period: Period) -> Result<(Vec<Series>, Predecessors)> {
    let mut needed = vec!["series", "date", "quantity"];
    needed.extend(group);
    sheet.require(&needed)?;
    let mut rejected: Vec<Rejected> = sheet.broken.clone();
    let mut by_series: BTreeMap<String, BTreeMap<Day, Point>> = BTreeMap::new();
    for mut row in sheet.rows() {
        let series = row.needed("series");
        let date = row.day("date");
        if date.is_none() && row.text("date").is_none() {
            row.reject("date", "needed", "this cell must not be empty");
        }
        let quantity = row.number("quantity", 0.0, QUANTITY_MAX);
        let stocked_out = row.number("stocked_out", 0.0, 1.0).unwrap_or(0.0);
        let demand = quantity.map_or_else(PeriodDemand::unknown, |quantity| PeriodDemand::partly_empty(quantity, stocked_out));
        let group = group.and_then(|column| row.text(column));
        let predecessor = row.text("predecessor");
        if predecessor.as_ref() == Some(&series) {
            row.reject("predecessor", "same_series", "a series can't take its own place");
        }
        let Some(date) = date.map(|date| period.start_of(date)) else {
            rejected.extend(row.rejected);
            continue;
        };
        let points = by_series.entry(series.clone()).or_default();
        if let Some(before) = points.get(&date) {
            let hint = format!("series '{series}' has this period on line {} already", before.line);
            row.reject("date", "duplicate", hint);
        }
        if row.rejected.is_empty() {
            points.insert(date, Point { line: row.line, demand, group, predecessor });
        }
        rejected.extend(row.rejected);
    }
    let mut predecessors = Predecessors::new();
    for (name, points) in &by_series {
        for point in points.values() {
            let Some(before) = &point.predecessor else { continue };
            let known = predecessors.entry(name.clone()).or_insert_with(|| before.clone());
            let rule = match (by_series.contains_key(before), known == before) {
                (false, _) => Some(("unknown", "there is no such series in the file")),
                (_, false) => Some(("two_predecessors", "the series names another one on an earlier date")),
                _ => None,
            };
            rejected.extend(rule.map(|(rule, hint)| Rejected {
                file: sheet.file.clone(),
                line: point.line,
                column: "predecessor".to_owned(),
                value: before.clone(),
                rule: rule.to_owned(),
                hint: hint.to_owned(),
            }));
        }
    }
    super::none_rejected(&rejected)?;
    let series = by_series.into_iter().map(|(name, points)| series_of(&name, &points, period)).collect::<Result<Vec<_>>>()?;
    Ok((series, predecessors))
}

fn series_of(name: &str, points: &BTreeMap<Day, Point>, period: Period) -> Result<Series> {
    let first = points.keys().next().copied().unwrap_or_default();
    let last = points.keys().next_back().copied().unwrap_or_default();
    let mut periods = Vec::new();
    let mut on_grid = BTreeSet::new();
    let mut at = first;
    while at <= last {
        periods.push(points.get(&at).map_or_else(PeriodDemand::unknown, |point| point.demand));
        if periods.len() > PERIODS_MAX {
            return Err(Error::field(
                name,
                "out_of_range",
                format!("series '{name}' spans more than {PERIODS_MAX} periods: is a date wrong?"),
            ));
        }
        on_grid.insert(at);
        at = period.next(at);
    }
    if let Some((date, point)) = points.iter().find(|(date, _)| !on_grid.contains(date)) {
        let (line, date, first) = (point.line, date.to_text(), first.to_text());
        let rule = format!("line {line}: series '{name}': {date} is no whole number of periods after {first}");
        return Err(Error::field(name, "mixed_periods", rule));
    }
    let group = points.values().find_map(|point| point.group.clone());
    Series::new(name, group, period.length(), first.0, periods).map_err(|cause| Error::field(name, "series", cause.to_string()))
}
