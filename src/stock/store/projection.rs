//! The levels as a projection of the ledger: compared with it, and made again from it.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};

use crate::base::error::Result;
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::db::schema::{item_level, level};
use crate::stock::level::Difference;

#[derive(QueryableByName)]
struct DifferenceRow {
    #[diesel(sql_type = BigInt)]
    site_id: i64,
    #[diesel(sql_type = BigInt)]
    stock_point_id: i64,
    #[diesel(sql_type = BigInt)]
    lot_id: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    level: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    ledger: Option<i64>,
}

/// One statement, so that both sides are of one moment also while others write.
///
/// `last_movement_id` is not compared: ids of two programs need not come in the order of their commits.
pub(in crate::stock) fn differences(conn: &mut Conn) -> Result<Vec<Difference>> {
    let rows: Vec<DifferenceRow> = diesel::sql_query(
        "SELECT site_id, stock_point_id, lot_id, CAST(SUM(level) AS BIGINT) AS level, CAST(SUM(ledger) AS BIGINT) AS ledger FROM ( \
           SELECT site_id, stock_point_id, lot_id, quantity AS level, as_of AS level_as_of, \
             CAST(NULL AS BIGINT) AS ledger, CAST(NULL AS BIGINT) AS ledger_as_of FROM level \
           UNION ALL \
           SELECT site_id, stock_point_id, lot_id, NULL AS level, NULL AS level_as_of, quantity_delta AS ledger, event_at AS ledger_as_of \
             FROM movement \
         ) both_sides GROUP BY site_id, stock_point_id, lot_id \
         HAVING COUNT(level) = 0 OR COUNT(ledger) = 0 OR SUM(level) <> SUM(ledger) OR MAX(level_as_of) <> MAX(ledger_as_of) \
         ORDER BY site_id, stock_point_id, lot_id",
    )
    .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| Difference {
            site_id: row.site_id,
            stock_point_id: row.stock_point_id,
            lot_id: row.lot_id,
            level: row.level,
            ledger: row.ledger,
            only_moment: row.level == row.ledger,
        })
        .collect())
}

/// All rows are made again, not only the wrong ones: what the comparison can't see is right afterwards too.
pub(in crate::stock) fn rebuild_levels(tx: &mut Tx<'_>) -> Result<Vec<Difference>> {
    tx.conn.hot().lock_ledger()?;
    let wrong = differences(tx.conn)?;
    diesel::delete(level::table).execute(tx.conn)?;
    diesel::sql_query(
        "INSERT INTO level (site_id, stock_point_id, lot_id, quantity, as_of, last_movement_id) \
         SELECT site_id, stock_point_id, lot_id, CAST(SUM(quantity_delta) AS BIGINT), MAX(event_at), MAX(id) FROM movement \
         GROUP BY site_id, stock_point_id, lot_id",
    )
    .execute(tx.conn)?;
    diesel::delete(item_level::table).execute(tx.conn)?;
    diesel::sql_query(
        "INSERT INTO item_level (site_id, item_id, on_hand) SELECT sp.site_id, sp.item_id, CAST(SUM(l.quantity) AS BIGINT) \
         FROM level l JOIN stock_point sp ON sp.site_id = l.site_id AND sp.id = l.stock_point_id GROUP BY sp.site_id, sp.item_id",
    )
    .execute(tx.conn)?;
    Ok(wrong)
}
