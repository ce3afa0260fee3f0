//! The table of demand history; reads the ledger. Each other table of the room has a file of its own.

pub(super) mod event;
pub(super) mod forecast;
pub(super) mod holiday;
pub(super) mod run;

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use super::history::{Change, IssueDay};
use crate::base::error::Result;
use crate::base::time::Day;
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::db::hot::DemandRow;
use crate::db::schema::{demand_history, level, movement};

/// Days of the longest imported period.
const PERIOD_DAYS_MAX: i64 = 31;

/// The stock points to be read, from the first id to the last: one of them, or all.
type Points = (i64, i64);

/// The periods that have a day in `[from, until)`.
pub(super) fn imported_periods(conn: &mut Conn, site_id: i64, points: Points, from: Day, until: Day) -> Result<Vec<DemandRow>> {
    let rows: Vec<(i64, i64, i64, i64, i64, f64)> = demand_history::table
        .filter(demand_history::site_id.eq(site_id))
        .filter(demand_history::stock_point_id.between(points.0, points.1))
        .filter(demand_history::start_day.gt(from.plus(-PERIOD_DAYS_MAX).0))
        .filter(demand_history::start_day.lt(until.0))
        .select((
            demand_history::stock_point_id,
            demand_history::start_day,
            demand_history::period_days,
            demand_history::quantity,
            demand_history::requested_units,
            demand_history::stocked_out_share,
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(stock_point_id, start_day, period_days, quantity, requested_units, stocked_out_share)| DemandRow {
            stock_point_id,
            start_day,
            period_days,
            quantity,
            requested_units,
            stocked_out_share,
        })
        .collect())
}

pub(super) fn changes(conn: &mut Conn, site_id: i64, points: Points, from: Day) -> Result<Vec<Change>> {
    let rows: Vec<(i64, i64, i64)> = movement::table
        .filter(movement::site_id.eq(site_id))
        .filter(movement::stock_point_id.between(points.0, points.1))
        .filter(movement::event_at.ge(from.start().0))
        .order((movement::event_at, movement::id))
        .select((movement::stock_point_id, movement::event_at, movement::quantity_delta))
        .load(conn)?;
    Ok(rows.into_iter().map(|(stock_point_id, event_at, delta)| Change { stock_point_id, event_at, delta }).collect())
}

pub(super) fn levels_now(conn: &mut Conn, site_id: i64, points: Points) -> Result<HashMap<i64, i64>> {
    let rows: Vec<(i64, i64)> = level::table
        .filter(level::site_id.eq(site_id))
        .filter(level::stock_point_id.between(points.0, points.1))
        .select((level::stock_point_id, level::quantity))
        .load(conn)?;
    let mut sums = HashMap::new();
    for (stock_point_id, quantity) in rows {
        *sums.entry(stock_point_id).or_insert(0) += quantity;
    }
    Ok(sums)
}

#[derive(QueryableByName)]
struct IssueRow {
    #[diesel(sql_type = BigInt)]
    stock_point_id: i64,
    #[diesel(sql_type = BigInt)]
    day: i64,
    #[diesel(sql_type = BigInt)]
    issued: i64,
}

/// What was issued less what came back, by day.
pub(super) fn issues_by_day(conn: &mut Conn, site_id: i64, points: Points, from: Day, until: Day) -> Result<Vec<IssueDay>> {
    let rows: Vec<IssueRow> = diesel::sql_query(
        "SELECT stock_point_id, event_at / 86400000000 AS day, CAST(SUM(-quantity_delta) AS BIGINT) AS issued FROM movement \
         WHERE site_id = $1 AND kind IN ('issue', 'return') AND event_at >= $2 AND event_at < $3 AND stock_point_id BETWEEN $4 AND $5 \
         GROUP BY stock_point_id, event_at / 86400000000",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(from.start().0)
    .bind::<BigInt, _>(until.start().0)
    .bind::<BigInt, _>(points.0)
    .bind::<BigInt, _>(points.1)
    .load(conn)?;
    Ok(rows.into_iter().map(|row| IssueDay { stock_point_id: row.stock_point_id, day: row.day, units: row.issued }).collect())
}

#[derive(QueryableByName)]
struct RequestRow {
    #[diesel(sql_type = BigInt)]
    stock_point_id: i64,
    #[diesel(sql_type = BigInt)]
    day: i64,
    #[diesel(sql_type = Text)]
    source_key: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    requested: Option<i64>,
    #[diesel(sql_type = BigInt)]
    issued: i64,
}

/// What was asked for beyond what was issued, by day. An issue from several lots is one request: its first part
/// says what was asked for, the others have keys that end in `#2`, `#3`, … What was taken back was not asked for.
pub(super) fn unmet_by_day(conn: &mut Conn, site_id: i64, points: Points, from: Day, until: Day) -> Result<Vec<IssueDay>> {
    let rows: Vec<RequestRow> = diesel::sql_query(
        "SELECT m.stock_point_id, m.event_at / 86400000000 AS day, m.source_key, m.requested_units AS requested, \
         -m.quantity_delta AS issued FROM movement m WHERE m.site_id = $1 AND m.kind = 'issue' AND m.reversal_of IS NULL \
         AND m.event_at >= $2 AND m.event_at < $3 AND m.stock_point_id BETWEEN $4 AND $5 \
         AND (m.requested_units IS NOT NULL OR m.source_key LIKE '%#%') \
         AND NOT EXISTS (SELECT 1 FROM movement r WHERE r.site_id = m.site_id AND r.reversal_of = m.id)",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(from.start().0)
    .bind::<BigInt, _>(until.start().0)
    .bind::<BigInt, _>(points.0)
    .bind::<BigInt, _>(points.1)
    .load(conn)?;
    let mut requests: HashMap<(i64, i64, &str), (i64, i64)> = HashMap::new();
    for row in &rows {
        let base = row.source_key.rsplit_once('#').filter(|_| row.requested.is_none()).map_or(row.source_key.as_str(), |(base, _)| base);
        let request = requests.entry((row.stock_point_id, row.day, base)).or_default();
        request.0 += row.requested.unwrap_or(0);
        request.1 += row.issued;
    }
    Ok(requests
        .into_iter()
        .map(|((stock_point_id, day, _), (requested, issued))| IssueDay { stock_point_id, day, units: (requested - issued).max(0) })
        .filter(|unmet| unmet.units > 0)
        .collect())
}

/// Stores periods; answers how many changed something.
pub(super) fn put_periods(tx: &mut Tx<'_>, site_id: i64, rows: &[DemandRow]) -> Result<usize> {
    Ok(tx.conn.hot().put_demand(site_id, rows)?)
}
