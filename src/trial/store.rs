//! The table of backtests.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Nullable, Text};

use super::BacktestRequest;
use crate::base::error::{Error, Result};
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::db::schema::backtest;

pub(super) fn insert(tx: &mut Tx<'_>, site_id: i64, id: i64, actor: &str, wish: &str) -> Result<()> {
    diesel::insert_into(backtest::table)
        .values((
            backtest::site_id.eq(site_id),
            backtest::id.eq(id),
            backtest::state.eq("queued"),
            backtest::requested_by.eq(actor),
            backtest::requested_at.eq(tx.now.0),
            backtest::wish.eq(wish),
            backtest::progress.eq(0.0),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// How many of a site are not over.
pub(super) fn waiting(conn: &mut Conn, site_id: i64) -> Result<i64> {
    Ok(backtest::table
        .filter(backtest::site_id.eq(site_id))
        .filter(backtest::state.eq_any(["queued", "running"]))
        .count()
        .get_result(conn)?)
}

pub(super) fn read_wish(text: &str) -> Result<BacktestRequest> {
    serde_json::from_str(text).map_err(|cause| Error::internal("a stored backtest request can't be read").because(cause))
}

pub(super) fn wish_of(conn: &mut Conn, site_id: i64, id: i64) -> Result<BacktestRequest> {
    let text: String =
        backtest::table.filter(backtest::site_id.eq(site_id)).filter(backtest::id.eq(id)).select(backtest::wish).first(conn)?;
    read_wish(&text)
}

/// It runs, and is so far.
pub(super) fn set_progress(tx: &mut Tx<'_>, site_id: i64, id: i64, progress: f64) -> Result<()> {
    diesel::update(backtest::table.filter(backtest::site_id.eq(site_id)).filter(backtest::id.eq(id)))
        .set((backtest::state.eq("running"), backtest::progress.eq(progress)))
        .execute(tx.conn)?;
    Ok(())
}

pub(super) fn save(tx: &mut Tx<'_>, site_id: i64, id: i64, result: &str) -> Result<()> {
    diesel::update(backtest::table.filter(backtest::site_id.eq(site_id)).filter(backtest::id.eq(id)))
        .set((backtest::state.eq("done"), backtest::progress.eq(1.0), backtest::finished_at.eq(tx.now.0), backtest::result.eq(result)))
        .execute(tx.conn)?;
    Ok(())
}

pub(super) fn fail(tx: &mut Tx<'_>, site_id: i64, id: i64, why: &str) -> Result<()> {
    diesel::update(backtest::table.filter(backtest::site_id.eq(site_id)).filter(backtest::id.eq(id)))
        .set((backtest::state.eq("failed"), backtest::finished_at.eq(tx.now.0), backtest::failure.eq(why)))
        .execute(tx.conn)?;
    Ok(())
}

#[derive(QueryableByName)]
struct Abandoned {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// Fails the backtests whose job is over without a result; answers which.
pub(super) fn fail_abandoned(tx: &mut Tx<'_>, why: &str) -> Result<Vec<i64>> {
    let rows: Vec<Abandoned> = diesel::sql_query(
        "UPDATE backtest SET state = 'failed', failure = $1, finished_at = $2 WHERE state IN ('queued', 'running') \
         AND NOT EXISTS (SELECT 1 FROM job j WHERE j.site_id = backtest.site_id AND j.dedupe_key = 'backtest/' || backtest.id \
         AND j.state IN ('queued', 'running')) RETURNING id",
    )
    .bind::<Text, _>(why)
    .bind::<BigInt, _>(tx.now.0)
    .load(tx.conn)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// A backtest without its figures.
#[derive(Debug, QueryableByName)]
pub(super) struct BacktestHead {
    #[diesel(sql_type = BigInt)]
    pub(super) site_id: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) id: i64,
    #[diesel(sql_type = Text)]
    pub(super) site: String,
    #[diesel(sql_type = Text)]
    pub(super) state: String,
    #[diesel(sql_type = Double)]
    pub(super) progress: f64,
    #[diesel(sql_type = Text)]
    pub(super) wish: String,
    #[diesel(sql_type = Text)]
    pub(super) requested_by: String,
    #[diesel(sql_type = BigInt)]
    pub(super) requested_at: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(super) finished_at: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) failure: Option<String>,
}

const HEAD: &str = "SELECT b.site_id, b.id, p.code AS site, b.state, b.progress, b.wish, b.requested_by, b.requested_at, b.finished_at, \
     b.failure FROM backtest b JOIN place p ON p.site_id = b.site_id AND p.id = b.site_id WHERE ";

pub(super) fn head(conn: &mut Conn, id: i64) -> Result<Option<BacktestHead>> {
    Ok(diesel::sql_query(format!("{HEAD} b.id = $1")).bind::<BigInt, _>(id).get_result(conn).optional()?)
}

/// Newest first, before the id `before`.
pub(super) fn list(conn: &mut Conn, site_id: Option<i64>, before: i64, limit: i64) -> Result<Vec<BacktestHead>> {
    Ok(diesel::sql_query(format!("{HEAD} b.id < $1 AND ($2 = 0 OR b.site_id = $2) ORDER BY b.id DESC LIMIT $3"))
        .bind::<BigInt, _>(before)
        .bind::<BigInt, _>(site_id.unwrap_or(0))
        .bind::<BigInt, _>(limit)
        .load(conn)?)
}

pub(super) fn result_of(conn: &mut Conn, site_id: i64, id: i64) -> Result<Option<String>> {
    Ok(backtest::table.filter(backtest::site_id.eq(site_id)).filter(backtest::id.eq(id)).select(backtest::result).first(conn)?)
}
