//! The par and maximum levels of stock points.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use crate::base::error::Result;
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::db::schema::{item_par, stock_point};
use crate::places::par::{Levels, ParView, Wanted};

type PointRow = (i64, Option<i64>, Option<i64>, i64);

/// Id, levels and version of the stock point of an item at a place.
pub(in crate::places) fn of_point(conn: &mut Conn, site_id: i64, place_id: i64, item_id: i64) -> Result<Option<(i64, Levels, i64)>> {
    let row: Option<PointRow> = stock_point::table
        .filter(stock_point::site_id.eq(site_id))
        .filter(stock_point::item_id.eq(item_id))
        .filter(stock_point::place_id.eq(place_id))
        .select((stock_point::id, stock_point::par_level, stock_point::max_level, stock_point::version))
        .first(conn)
        .optional()?;
    Ok(row.map(|(id, par_level, max_level, version)| (id, Levels { par_level, max_level }, version)))
}

pub(in crate::places) fn of_site(conn: &mut Conn, site_id: i64) -> Result<HashMap<i64, Levels>> {
    let rows: Vec<(i64, Option<i64>, Option<i64>)> = stock_point::table
        .filter(stock_point::site_id.eq(site_id))
        .select((stock_point::id, stock_point::par_level, stock_point::max_level))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, par_level, max_level)| (id, Levels { par_level, max_level })).collect())
}

#[derive(QueryableByName)]
struct ParRow {
    #[diesel(sql_type = Text)]
    place: String,
    #[diesel(sql_type = Text)]
    item: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    par_level: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    max_level: Option<i64>,
    #[diesel(sql_type = BigInt)]
    version: i64,
}

pub(in crate::places) fn list(conn: &mut Conn, wanted: &Wanted, after: (&str, &str), limit: i64) -> Result<Vec<ParView>> {
    let rows: Vec<ParRow> = diesel::sql_query(
        "SELECT p.code AS place, i.code AS item, k.par_level, k.max_level, k.version FROM stock_point k \
         JOIN place p ON p.site_id = k.site_id AND p.id = k.place_id JOIN item i ON i.id = k.item_id \
         WHERE p.archived = FALSE AND i.archived = FALSE AND (p.code > $1 OR (p.code = $1 AND i.code > $2)) \
         AND ($3 = 0 OR k.site_id = $3) AND ($4 = '' OR p.code = $4) AND ($5 = '' OR i.code = $5) ORDER BY p.code, i.code LIMIT $6",
    )
    .bind::<Text, _>(after.0)
    .bind::<Text, _>(after.1)
    .bind::<BigInt, _>(wanted.site.unwrap_or(0))
    .bind::<Text, _>(wanted.place.as_deref().unwrap_or_default())
    .bind::<Text, _>(wanted.item.as_deref().unwrap_or_default())
    .bind::<BigInt, _>(limit)
    .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| ParView { place: row.place, item: row.item, par_level: row.par_level, max_level: row.max_level, version: row.version })
        .collect())
}

/// Answers `false` when somebody else changed it since `seen`; without `seen` it just writes.
pub(in crate::places) fn update(tx: &mut Tx<'_>, site_id: i64, id: i64, levels: Levels, seen: Option<i64>) -> Result<bool> {
    let before: Option<(i64, Option<i64>)> =
        stock_point::table.find((site_id, id)).select((stock_point::item_id, stock_point::par_level)).first(tx.conn).optional()?;
    let (least, most) = seen.map_or((0, i64::MAX), |seen| (seen, seen));
    let rows = diesel::update(
        stock_point::table
            .filter(stock_point::site_id.eq(site_id))
            .filter(stock_point::id.eq(id))
            .filter(stock_point::version.between(least, most)),
    )
    .set((
        stock_point::par_level.eq(levels.par_level),
        stock_point::max_level.eq(levels.max_level),
        stock_point::version.eq(stock_point::version + 1),
        stock_point::updated_at.eq(tx.now.0),
    ))
    .execute(tx.conn)?;
    let Some((item_id, before)) = before.filter(|_| rows == 1) else { return Ok(false) };
    add_to_item(tx, site_id, item_id, levels.par_level.unwrap_or(0) - before.unwrap_or(0))?;
    Ok(true)
}

/// The sum over all places of a site follows the par level of one of them.
fn add_to_item(tx: &mut Tx<'_>, site_id: i64, item_id: i64, more: i64) -> Result<()> {
    if more == 0 {
        return Ok(());
    }
    diesel::sql_query(
        "INSERT INTO item_par (site_id, item_id, par_level) VALUES ($1, $2, $3) \
         ON CONFLICT (site_id, item_id) DO UPDATE SET par_level = item_par.par_level + excluded.par_level",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(item_id)
    .bind::<BigInt, _>(more)
    .execute(tx.conn)?;
    Ok(())
}

/// Throws the sums by item away and makes them again from the stock points.
pub(in crate::places) fn rebuild_item_sums(tx: &mut Tx<'_>) -> Result<()> {
    diesel::delete(item_par::table).execute(tx.conn)?;
    diesel::sql_query(
        "INSERT INTO item_par (site_id, item_id, par_level) SELECT site_id, item_id, CAST(SUM(par_level) AS BIGINT) \
         FROM stock_point WHERE par_level IS NOT NULL GROUP BY site_id, item_id",
    )
    .execute(tx.conn)?;
    Ok(())
}
