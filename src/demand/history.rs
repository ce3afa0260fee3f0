//! Demand history of planning points: imported periods and ledger issues, with the share of time a shelf was empty.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use wardstock_models::levels::DemandRecord;
use wardstock_models::series::{PeriodDemand, PeriodLength, Series};

use super::store;
use crate::base::error::{Error, Result};
use crate::base::quantity::{from_f64, to_f64};
use crate::base::time::{DAY_MICROS, Day, Micros};
use crate::db::conn::Conn;

/// Below this share of known days a period counts as not known.
const COVERAGE_MIN: f64 = 0.9;
/// A day without demand whose shelf was empty for more than this share of it is not known.
const EMPTY_SHARE_MAX: f64 = 0.5;

/// One day of one stock point.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct DemandDay {
    /// The day.
    pub day: Day,
    /// Base units handed out.
    pub issued: i64,
    /// Base units asked for.
    pub requested: i64,
    /// Share of the day with an empty shelf: what was issued is then "at least".
    pub stocked_out_share: f64,
}

/// Demand of one stock point by day; imported periods longer than a day are spread evenly.
#[derive(Debug, Clone, Default)]
pub(super) struct PointHistory {
    /// What is known, by day.
    pub(super) days: BTreeMap<i64, DaySum>,
}

/// One day of one stock point.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct DaySum {
    pub(super) issued: f64,
    pub(super) requested: f64,
    pub(super) empty_share: f64,
    /// Part of an imported period of several days, spread evenly.
    pub(super) spread: bool,
}

/// Units of one day, as the store reads them: issued, or asked for in vain.
#[derive(Debug, Clone)]
pub(super) struct IssueDay {
    pub(super) stock_point_id: i64,
    pub(super) day: i64,
    pub(super) units: i64,
}

/// A change of the level, as the store reads it.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) stock_point_id: i64,
    pub(super) event_at: i64,
    pub(super) delta: i64,
}

/// Daily demand of one stock point between two days, for people.
///
/// # Errors
/// Those of the database.
pub fn days(conn: &mut Conn, site_id: i64, stock_point_id: i64, from: Day, to: Day) -> Result<Vec<DemandDay>> {
    let histories = load(conn, site_id, Some(stock_point_id), from, to.plus(1))?;
    Ok(histories
        .get(&stock_point_id)
        .into_iter()
        .flat_map(|history| &history.days)
        .map(|(day, sum)| DemandDay {
            day: Day(*day),
            issued: crate::base::quantity::from_f64(sum.issued),
            requested: crate::base::quantity::from_f64(sum.requested),
            stocked_out_share: sum.empty_share,
        })
        .collect())
}

/// Loads the daily history of one stock point of a site, or of every one, in `[from, until)`.
pub(super) fn load(conn: &mut Conn, site_id: i64, only: Option<i64>, from: Day, until: Day) -> Result<HashMap<i64, PointHistory>> {
    let points = only.map_or((i64::MIN, i64::MAX), |id| (id, id));
    let mut histories: HashMap<i64, PointHistory> = HashMap::new();
    for row in store::imported_periods(conn, site_id, points, from, until)? {
        let length = to_f64(row.period_days);
        // A period that began before counts with its days from then on.
        for day in row.start_day.max(from.0)..(row.start_day + row.period_days).min(until.0) {
            let history = histories.entry(row.stock_point_id).or_default();
            let sum = history.days.entry(day).or_default();
            sum.issued += to_f64(row.quantity) / length;
            sum.requested += to_f64(row.requested_units.max(row.quantity)) / length;
            sum.empty_share = sum.empty_share.max(row.stocked_out_share);
            sum.spread |= row.period_days > 1;
        }
    }
    let mut changes: HashMap<i64, Vec<Change>> = HashMap::new();
    for change in store::changes(conn, site_id, points, from)? {
        changes.entry(change.stock_point_id).or_default().push(change);
    }
    let levels = store::levels_now(conn, site_id, points)?;
    for (stock_point_id, changes) in &changes {
        let level = levels.get(stock_point_id).copied().unwrap_or(0);
        let history = histories.entry(*stock_point_id).or_default();
        for (day, share) in empty_shares(level, changes, until.start()) {
            let sum = history.days.entry(day).or_default();
            sum.empty_share = sum.empty_share.max(share);
        }
    }
    for issue in store::issues_by_day(conn, site_id, points, from, until)? {
        let sum = histories.entry(issue.stock_point_id).or_default().days.entry(issue.day).or_default();
        // Returns are netted inside the day; a day never has negative demand.
        sum.issued = (sum.issued + to_f64(issue.units)).max(0.0);
        sum.requested = (sum.requested + to_f64(issue.units)).max(sum.issued);
    }
    for unmet in store::unmet_by_day(conn, site_id, points, from, until)? {
        histories.entry(unmet.stock_point_id).or_default().days.entry(unmet.day).or_default().requested += to_f64(unmet.units);
    }
    Ok(histories)
}

/// For each day from the first change on: the share of it with nothing on hand.
///
/// `level_now` is the level after all `changes` (ordered by time); walking back gives the level before the first.
fn empty_shares(level_now: i64, changes: &[Change], until: Micros) -> Vec<(i64, f64)> {
    let Some(first) = changes.first() else { return Vec::new() };
    let mut level = level_now - changes.iter().map(|change| change.delta).sum::<i64>();
    let mut empty: BTreeMap<i64, i64> = BTreeMap::new();
    let mut since = first.event_at;
    let ends = changes.iter().map(|change| (change.event_at, change.delta)).chain([(until.0, 0)]);
    for (at, delta) in ends {
        let at = at.min(until.0);
        if level <= 0 {
            spread(since, at, &mut empty);
        }
        level += delta;
        since = at;
    }
    let days = first.event_at.div_euclid(DAY_MICROS)..until.0.div_euclid(DAY_MICROS);
    days.map(|day| (day, to_f64(empty.get(&day).copied().unwrap_or(0)) / to_f64(DAY_MICROS))).collect()
}

fn spread(mut from: i64, to: i64, by_day: &mut BTreeMap<i64, i64>) {
    while from < to {
        let day = from.div_euclid(DAY_MICROS);
        let end = ((day + 1) * DAY_MICROS).min(to);
        *by_day.entry(day).or_insert(0) += end - from;
        from = end;
    }
}

/// What a planning point's series is made of.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Name of the series.
    pub id: String,
    /// With which items it is forecast.
    pub group: Option<String>,
    /// The stock points pooled into it.
    pub stock_point_ids: Vec<i64>,
}

/// The series of planning points, `periods` periods of `period_days` days that end before `today`, and what their single
/// days say.
///
/// A period is not known before the first record, and where fewer than nine tenths of its days are known.
/// The empty share of pooled stock points is weighted by what each hands out.
///
/// # Errors
/// Those of the database.
pub fn series(
    conn: &mut Conn,
    site_id: i64,
    wanted: &[Wanted],
    today: Day,
    period_days: i64,
    periods: i64,
) -> Result<(Vec<Series>, Vec<DemandRecord>)> {
    let from = today.plus(-period_days * periods);
    let histories = load(conn, site_id, None, from, today)?;
    let length = if period_days >= 28 { PeriodLength::Month } else { PeriodLength::Week };
    let (mut series, mut records) = (Vec::with_capacity(wanted.len()), Vec::with_capacity(wanted.len()));
    for wanted in wanted {
        let members: Vec<&PointHistory> = wanted.stock_point_ids.iter().filter_map(|id| histories.get(id)).collect();
        let demand = pooled(&members, from, period_days, periods);
        let made = Series::new(wanted.id.clone(), wanted.group.clone(), length, from.0, demand);
        series.push(made.map_err(|cause| Error::internal("the ledger gives no valid demand series").because(cause))?);
        records.push(record(&members, today));
    }
    Ok((series, records))
}

/// The days of pooled stock points as a planner remembers them, from the first record on. Days that are known only as
/// a share of a longer period say nothing about how often an item is asked for, nor do days with an empty shelf: both
/// are left out.
fn record(members: &[&PointHistory], today: Day) -> DemandRecord {
    let mut record = DemandRecord::default();
    let Some(first) = members.iter().filter_map(|member| member.days.keys().next()).min() else { return record };
    for day in *first..today.0 {
        let known = members.iter().filter_map(|member| member.days.get(&day));
        let unclear = known.clone().any(|sum| sum.spread || (sum.empty_share > EMPTY_SHARE_MAX && sum.requested <= 0.0));
        if !unclear {
            record.add(day, from_f64(known.map(|sum| sum.requested).sum()));
        }
    }
    record
}

fn pooled(members: &[&PointHistory], from: Day, period_days: i64, periods: i64) -> Vec<PeriodDemand> {
    let totals: Vec<f64> = members.iter().map(|member| member.days.values().map(|sum| sum.requested).sum()).collect();
    let all: f64 = totals.iter().sum();
    let first = members.iter().filter_map(|member| member.days.keys().next()).min().copied();
    (0..periods)
        .map(|period| {
            let start = from.0 + period * period_days;
            let known_from = first.map_or(i64::MAX, |day| day.max(start));
            let known_days = (start + period_days - known_from).clamp(0, period_days);
            if to_f64(known_days) < COVERAGE_MIN * to_f64(period_days) {
                return PeriodDemand::unknown();
            }
            let (mut quantity, mut empty) = (0.0, 0.0);
            for (member, total) in members.iter().zip(&totals) {
                let weight = if all > 0.0 { total / all } else { 1.0 / to_f64(i64::try_from(members.len()).unwrap_or(1)) };
                for sum in member.days.range(start..start + period_days).map(|(_, sum)| sum) {
                    quantity += sum.requested;
                    empty += weight * sum.empty_share;
                }
            }
            // Sums of thirds of a month leave dust; demand is counted in whole units.
            PeriodDemand::partly_empty((quantity * 1e6).round() / 1e6, (empty / to_f64(period_days)).clamp(0.0, 1.0))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(day: i64, hour: i64, delta: i64) -> Change {
        Change { stock_point_id: 1, event_at: day * DAY_MICROS + hour * 3_600_000_000, delta }
    }

    #[test]
    fn empty_time_is_counted_by_day() {
        // 10 in at day 10 06:00, out at day 11 12:00, empty until day 13 00:00.
        let shares = empty_shares(4, &[change(10, 6, 10), change(11, 12, -10), change(13, 0, 4)], Day(14).start());
        assert_eq!(shares, vec![(10, 0.0), (11, 0.5), (12, 1.0), (13, 0.0)]);
    }

    #[test]
    fn pooled_periods_weigh_empty_shelves_by_demand() {
        let day = |issued: f64, empty_share: f64| DaySum { issued, requested: issued, empty_share, spread: false };
        let busy = PointHistory { days: (0..7).map(|at| (at, day(3.0, 0.0))).collect() };
        let idle = PointHistory { days: (0..7).map(|at| (at, day(1.0, 1.0))).collect() };
        let periods = pooled(&[&busy, &idle], Day(0), 7, 1);
        assert_eq!(periods, vec![PeriodDemand::partly_empty(28.0, 0.25)]);
    }

    #[test]
    fn periods_before_the_first_record_are_not_known() {
        let point = PointHistory { days: [(10, DaySum { issued: 2.0, requested: 2.0, empty_share: 0.0, spread: false })].into() };
        let periods = pooled(&[&point], Day(0), 7, 3);
        assert_eq!(periods[0], PeriodDemand::unknown());
        assert_eq!(periods[1], PeriodDemand::unknown());
        assert_eq!(periods[2], PeriodDemand::partly_empty(0.0, 0.0));
    }
}
