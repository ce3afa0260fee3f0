//! Days at zero and requests that were not met, folded from movements and imported demand.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::{Scope, store};
use crate::base::error::Result;
use crate::base::quantity::{from_f64, to_f64};
use crate::base::time::{Day, Period};
use crate::db::conn::Conn;

/// One stock point that ran out, or that could not give what was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct StockOut {
    /// Item code.
    pub item: String,
    /// Item name.
    pub name: String,
    /// V, E or N.
    pub ven: String,
    /// Place code.
    pub place: String,
    /// Days of the period that ended with an empty shelf, rounded to a tenth. Days before the first movement
    /// count only as far as imported demand says that the shelf was empty.
    pub days_at_zero: f64,
    /// Base units that were requested and not issued.
    pub units_not_issued: i64,
    /// On hand now, base units.
    pub on_hand: i64,
}

/// A stock point with its stock now and its first movement.
#[derive(Debug, Clone)]
pub(super) struct Point {
    pub(super) id: i64,
    pub(super) item: String,
    pub(super) name: String,
    pub(super) ven: String,
    pub(super) place: String,
    pub(super) on_hand: i64,
    pub(super) first_day: Option<Day>,
}

/// All that moved at a stock point on one day.
#[derive(Debug, Clone, Copy)]
pub(super) struct DayDelta {
    pub(super) stock_point_id: i64,
    pub(super) day: Day,
    pub(super) delta: i64,
}

/// One period of imported demand.
#[derive(Debug, Clone, Copy)]
pub(super) struct History {
    pub(super) stock_point_id: i64,
    pub(super) start: Day,
    pub(super) days: i64,
    pub(super) stocked_out_share: f64,
    pub(super) not_issued: i64,
}

/// One issue with what was asked for, or a further part of it from another lot.
#[derive(Debug, Clone)]
pub(super) struct IssuePart {
    pub(super) stock_point_id: i64,
    pub(super) source_key: String,
    pub(super) requested_units: Option<i64>,
    pub(super) issued: i64,
}

/// The stock points that were empty for a while or left requests open, the longest first.
///
/// # Errors
/// Those of the database.
pub fn list(conn: &mut Conn, scope: &Scope) -> Result<Vec<StockOut>> {
    let today = scope.as_of.day();
    let period = Period { from: scope.period.from, to: scope.period.to.min(today) };
    let points = store::stock::points(conn, scope.site_id)?;
    let deltas = grouped(store::stock::day_deltas(conn, scope.site_id, period.from)?, |row| row.stock_point_id);
    let history = grouped(store::stock::history(conn, scope.site_id, period)?, |row| row.stock_point_id);
    let parts = store::stock::issue_parts(conn, scope.site_id, period)?;
    let open = not_issued(&parts);
    let mut found: Vec<StockOut> = points
        .into_iter()
        .filter_map(|point| {
            let none = Vec::new();
            let days: BTreeMap<Day, i64> = deltas.get(&point.id).unwrap_or(&none).iter().map(|row| (row.day, row.delta)).collect();
            let counted = to_f64(days_at_zero(point.on_hand, &days, point.first_day, period));
            let (before, open_before) = before_the_ledger(history.get(&point.id).map_or(&[], Vec::as_slice), point.first_day);
            let days_at_zero = ((counted + before) * 10.0).round() / 10.0;
            let units_not_issued = open.get(&point.id).copied().unwrap_or_default() + open_before;
            (days_at_zero > 0.0 || units_not_issued > 0).then_some(StockOut {
                item: point.item,
                name: point.name,
                ven: point.ven,
                place: point.place,
                days_at_zero,
                units_not_issued,
                on_hand: point.on_hand,
            })
        })
        .collect();
    found.sort_by(|a, b| {
        let key = |row: &StockOut| (from_f64(row.days_at_zero * -10.0), -row.units_not_issued);
        key(a).cmp(&key(b)).then_with(|| (&a.place, &a.item).cmp(&(&b.place, &b.item)))
    });
    Ok(found)
}

fn grouped<T>(rows: Vec<T>, key: impl Fn(&T) -> i64) -> HashMap<i64, Vec<T>> {
    let mut groups: HashMap<i64, Vec<T>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups
}

/// How many days of the period ended with nothing on hand: walked back from the stock of now.
///
/// Days before the first movement are not known, so they don't count.
fn days_at_zero(on_hand: i64, deltas: &BTreeMap<Day, i64>, first_day: Option<Day>, period: Period) -> i64 {
    let Some(first) = first_day.map(|first| first.max(period.from)).filter(|first| *first <= period.to) else { return 0 };
    let mut closing = on_hand;
    let mut count = 0;
    // A stretch of equal closing stock ends at each day with movements.
    let mut last = period.to;
    for (day, delta) in deltas.range(first..).rev() {
        if *day <= last {
            if closing <= 0 {
                count += last.0 - day.0 + 1;
            }
            last = day.plus(-1);
        }
        closing -= delta;
    }
    if closing <= 0 && last >= first {
        count += last.0 - first.0 + 1;
    }
    count
}

/// Days at zero and units not issued that imported demand tells of the time before the first movement.
fn before_the_ledger(history: &[History], first_day: Option<Day>) -> (f64, i64) {
    history
        .iter()
        .filter(|row| first_day.is_none_or(|first| row.start.plus(row.days) <= first))
        .fold((0.0, 0), |(days, units), row| (days + row.stocked_out_share * to_f64(row.days), units + row.not_issued.max(0)))
}

/// What was requested and not issued, by stock point. An issue from several lots has one part per lot.
fn not_issued(parts: &[IssuePart]) -> HashMap<i64, i64> {
    let mut requests: HashMap<(i64, &str), (Option<i64>, i64)> = HashMap::new();
    for part in parts {
        let base = if part.requested_units.is_some() {
            part.source_key.as_str()
        } else {
            part.source_key.rsplit_once('#').map_or(part.source_key.as_str(), |(base, _)| base)
        };
        let request = requests.entry((part.stock_point_id, base)).or_default();
        request.0 = request.0.or(part.requested_units);
        request.1 += part.issued;
    }
    let mut open: HashMap<i64, i64> = HashMap::new();
    for ((stock_point_id, _), (requested, issued)) in requests {
        *open.entry(stock_point_id).or_default() += requested.map_or(0, |requested| (requested - issued).max(0));
    }
    open
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(on_hand: i64, deltas: &[(i64, i64)], first_day: Option<i64>, want: i64) {
        let deltas = deltas.iter().map(|(day, delta)| (Day(*day), *delta)).collect();
        let period = Period { from: Day(100), to: Day(109) };
        assert_eq!(days_at_zero(on_hand, &deltas, first_day.map(Day), period), want);
    }

    #[test]
    fn days_at_zero_are_walked_back() {
        check(0, &[], Some(50), 10);
        check(5, &[], Some(50), 0);
        check(0, &[], None, 0);
        check(0, &[], Some(105), 5);
        check(0, &[], Some(110), 0);
        check(0, &[(103, -8)], Some(50), 7);
        check(8, &[(103, 8)], Some(50), 3);
        check(4, &[(102, -8), (106, 4)], Some(50), 4);
        check(0, &[(102, 6), (102, -6)], Some(102), 8);
        check(9, &[(100, -3), (109, 9)], Some(100), 9);
    }

    #[test]
    fn movements_after_the_period_are_taken_back() {
        check(7, &[(112, 7)], Some(50), 10);
        check(0, &[(112, -7)], Some(50), 0);
        check(0, &[(104, 7), (112, -7)], Some(50), 4);
    }

    #[test]
    fn requests_are_met_by_all_their_parts() {
        let part = |key: &str, requested_units, issued| IssuePart { stock_point_id: 1, source_key: key.into(), requested_units, issued };
        let parts = [part("a", Some(10), 4), part("a#2", None, 3), part("b", Some(5), 5), part("c#x", Some(9), 8)];
        assert_eq!(not_issued(&parts)[&1], 4);
    }

    #[test]
    fn imported_demand_tells_of_the_time_before() {
        let week =
            |start, stocked_out_share, not_issued| History { stock_point_id: 1, start: Day(start), days: 7, stocked_out_share, not_issued };
        let weeks = [week(100, 0.5, 3), week(107, 1.0, 2)];
        assert_eq!(before_the_ledger(&weeks, None), (10.5, 5));
        assert_eq!(before_the_ledger(&weeks, Some(Day(107))), (3.5, 3));
        assert_eq!(before_the_ledger(&weeks, Some(Day(90))), (0.0, 0));
    }
}
