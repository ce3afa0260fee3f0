//! The table of forecast runs.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::base::error::Result;
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::db::schema::forecast_run;
use crate::demand::run::StoredRun;

/// Runs forgotten at a time: each holds the demand of a whole site.
const FORGOTTEN_MAX: i64 = 20;

pub(in crate::demand) fn insert(tx: &mut Tx<'_>, site_id: i64, run_id: i64, run: &StoredRun) -> Result<()> {
    diesel::insert_into(forecast_run::table)
        .values((
            (
                forecast_run::site_id.eq(site_id),
                forecast_run::id.eq(run_id),
                forecast_run::made_at.eq(tx.now.0),
                forecast_run::start_day.eq(run.start.0),
                forecast_run::period_days.eq(run.period_days),
                forecast_run::horizon_periods.eq(run.horizon_periods),
            ),
            (
                forecast_run::series_count.eq(run.series_count),
                forecast_run::model_version.eq(run.model_version),
                forecast_run::seed.eq(run.seed),
                forecast_run::input_sha256.eq(&run.input_sha256),
                forecast_run::input.eq(&run.input),
                forecast_run::accuracy.eq(&run.accuracy),
            ),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Forgets runs made before a moment that no forecast comes from any more.
pub(in crate::demand) fn forget(tx: &mut Tx<'_>, site_id: i64, before: i64) -> Result<()> {
    diesel::sql_query(
        "DELETE FROM forecast_run WHERE site_id = $1 AND id IN (SELECT r.id FROM forecast_run r WHERE r.site_id = $1 AND r.made_at < $2 \
         AND NOT EXISTS (SELECT 1 FROM forecast f WHERE f.site_id = r.site_id AND f.run_id = r.id) ORDER BY r.id LIMIT $3)",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(before)
    .bind::<BigInt, _>(FORGOTTEN_MAX)
    .execute(tx.conn)?;
    Ok(())
}

/// A run without its input.
#[derive(QueryableByName)]
pub(in crate::demand) struct RunRow {
    #[diesel(sql_type = BigInt)]
    pub(in crate::demand) site_id: i64,
    #[diesel(sql_type = BigInt)]
    pub(in crate::demand) id: i64,
    #[diesel(sql_type = Text)]
    pub(in crate::demand) site: String,
    #[diesel(sql_type = BigInt)]
    pub(in crate::demand) made_at: i64,
    #[diesel(sql_type = BigInt)]
    pub(in crate::demand) start_day: i64,
    #[diesel(sql_type = BigInt)]
    pub(in crate::demand) period_days: i64,
    #[diesel(sql_type = BigInt)]
    pub(in crate::demand) horizon_periods: i64,
    #[diesel(sql_type = BigInt)]
    pub(in crate::demand) series_count: i64,
    #[diesel(sql_type = Text)]
    pub(in crate::demand) model_version: String,
    #[diesel(sql_type = BigInt)]
    pub(in crate::demand) seed: i64,
    #[diesel(sql_type = Text)]
    pub(in crate::demand) input_sha256: String,
    #[diesel(sql_type = Text)]
    pub(in crate::demand) accuracy: String,
}

const HEAD: &str = "SELECT r.site_id, r.id, p.code AS site, r.made_at, r.start_day, r.period_days, r.horizon_periods, r.series_count, \
     r.model_version, r.seed, r.input_sha256, r.accuracy FROM forecast_run r JOIN place p ON p.site_id = r.site_id AND p.id = r.site_id";

/// Newest first, before the id `before`.
pub(in crate::demand) fn list(conn: &mut Conn, site_id: Option<i64>, before: i64, limit: i64) -> Result<Vec<RunRow>> {
    Ok(diesel::sql_query(format!("{HEAD} WHERE r.id < $1 AND ($2 = 0 OR r.site_id = $2) ORDER BY r.id DESC LIMIT $3"))
        .bind::<BigInt, _>(before)
        .bind::<BigInt, _>(site_id.unwrap_or(0))
        .bind::<BigInt, _>(limit)
        .load(conn)?)
}

pub(in crate::demand) fn by_id(conn: &mut Conn, run_id: i64) -> Result<Option<RunRow>> {
    Ok(diesel::sql_query(format!("{HEAD} WHERE r.id = $1")).bind::<BigInt, _>(run_id).get_result(conn).optional()?)
}

/// The packed input.
pub(in crate::demand) fn input(conn: &mut Conn, site_id: i64, run_id: i64) -> Result<String> {
    let found = forecast_run::table.filter(forecast_run::site_id.eq(site_id)).filter(forecast_run::id.eq(run_id));
    Ok(found.select(forecast_run::input).first(conn)?)
}
