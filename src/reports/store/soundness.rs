//! Sums per site, and the newest observation of each channel from both tables that know it.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};

use crate::base::error::Result;
use crate::base::time::Micros;
use crate::db::conn::Conn;
use crate::reports::soundness::{ChannelDifference, ItemDifference, Newest, SiteSums};

#[derive(QueryableByName)]
struct SumsRow {
    #[diesel(sql_type = BigInt)]
    site_id: i64,
    #[diesel(sql_type = BigInt)]
    movements: i64,
    #[diesel(sql_type = BigInt)]
    levels_sum: i64,
    #[diesel(sql_type = BigInt)]
    ledger_sum: i64,
}

pub(in crate::reports) fn site_sums(conn: &mut Conn) -> Result<Vec<SiteSums>> {
    let rows: Vec<SumsRow> = diesel::sql_query(
        "SELECT site_id, CAST(SUM(movements) AS BIGINT) AS movements, CAST(SUM(level) AS BIGINT) AS levels_sum, \
         CAST(SUM(ledger) AS BIGINT) AS ledger_sum FROM ( \
           SELECT site_id, 0 AS movements, quantity AS level, 0 AS ledger FROM level \
           UNION ALL SELECT site_id, 1 AS movements, 0 AS level, quantity_delta AS ledger FROM movement \
           UNION ALL SELECT site_id, 0 AS movements, 0 AS level, 0 AS ledger FROM place WHERE kind = 'site' \
         ) both_sides GROUP BY site_id ORDER BY site_id",
    )
    .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| SiteSums { site_id: row.site_id, movements: row.movements, levels_sum: row.levels_sum, ledger_sum: row.ledger_sum })
        .collect())
}

#[derive(QueryableByName)]
struct ItemRow {
    #[diesel(sql_type = BigInt)]
    site_id: i64,
    #[diesel(sql_type = BigInt)]
    item_id: i64,
    #[diesel(sql_type = BigInt)]
    on_hand: i64,
    #[diesel(sql_type = BigInt)]
    levels_sum: i64,
    #[diesel(sql_type = BigInt)]
    par_level: i64,
    #[diesel(sql_type = BigInt)]
    points_sum: i64,
}

/// Items whose sums over a site are not what they follow from.
pub(in crate::reports) fn items(conn: &mut Conn) -> Result<Vec<ItemDifference>> {
    let rows: Vec<ItemRow> = diesel::sql_query(
        "SELECT site_id, item_id, CAST(SUM(on_hand) AS BIGINT) AS on_hand, CAST(SUM(level) AS BIGINT) AS levels_sum, \
         CAST(SUM(par_level) AS BIGINT) AS par_level, CAST(SUM(point) AS BIGINT) AS points_sum FROM ( \
           SELECT site_id, item_id, on_hand, 0 AS level, 0 AS par_level, 0 AS point FROM item_level \
           UNION ALL SELECT sp.site_id, sp.item_id, 0 AS on_hand, l.quantity AS level, 0 AS par_level, 0 AS point \
             FROM level l JOIN stock_point sp ON sp.site_id = l.site_id AND sp.id = l.stock_point_id \
           UNION ALL SELECT site_id, item_id, 0 AS on_hand, 0 AS level, par_level, 0 AS point FROM item_par \
           UNION ALL SELECT site_id, item_id, 0 AS on_hand, 0 AS level, 0 AS par_level, par_level AS point \
             FROM stock_point WHERE par_level IS NOT NULL \
         ) both_sides GROUP BY site_id, item_id HAVING SUM(on_hand) <> SUM(level) OR SUM(par_level) <> SUM(point) \
         ORDER BY site_id, item_id",
    )
    .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| ItemDifference {
            site_id: row.site_id,
            item_id: row.item_id,
            on_hand: row.on_hand,
            levels_sum: row.levels_sum,
            par_level: row.par_level,
            points_sum: row.points_sum,
        })
        .collect())
}

#[derive(QueryableByName)]
struct ChannelRow {
    #[diesel(sql_type = BigInt)]
    site_id: i64,
    #[diesel(sql_type = BigInt)]
    channel_id: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    last_at: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    last_key: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    last_value: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    kept_at: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    kept_key: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    kept_value: Option<i64>,
}

/// How many channels there are, and those that remember another observation than the newest kept.
/// Where none is kept any more (retention), what is remembered stands.
pub(in crate::reports) fn channels(conn: &mut Conn) -> Result<(usize, Vec<ChannelDifference>)> {
    // The newest is found through the primary key, one step per channel; no observation is read twice.
    let rows: Vec<ChannelRow> = diesel::sql_query(
        "SELECT t.site_id, t.channel_id, t.last_at, t.last_key, t.last_value, t.kept_at, t.kept_key, \
           (SELECT o.value FROM observation o WHERE o.site_id = t.site_id AND o.channel_id = t.channel_id \
              AND o.observed_at = t.kept_at AND o.dedupe_key = t.kept_key) AS kept_value \
         FROM (SELECT s.*, (SELECT MAX(o.dedupe_key) FROM observation o WHERE o.site_id = s.site_id AND o.channel_id = s.channel_id \
              AND o.observed_at = s.kept_at) AS kept_key \
           FROM (SELECT c.site_id, c.id AS channel_id, l.observed_at AS last_at, l.dedupe_key AS last_key, l.value AS last_value, \
               (SELECT MAX(o.observed_at) FROM observation o WHERE o.site_id = c.site_id AND o.channel_id = c.id) AS kept_at \
             FROM channel c LEFT JOIN channel_last l ON l.site_id = c.site_id AND l.channel_id = c.id) s) t \
         ORDER BY t.site_id, t.channel_id",
    )
    .load(conn)?;
    let count = rows.len();
    Ok((count, rows.into_iter().filter_map(ChannelRow::difference).collect()))
}

impl ChannelRow {
    fn difference(self) -> Option<ChannelDifference> {
        let newest = |at: Option<i64>, key: Option<i64>, value: Option<i64>| {
            Some(Newest { observed_at: Micros(at?), dedupe_key: key?, value: value? })
        };
        let kept = newest(self.kept_at, self.kept_key, self.kept_value)?;
        let remembered = newest(self.last_at, self.last_key, self.last_value);
        (remembered.as_ref() != Some(&kept)).then_some(ChannelDifference {
            site_id: self.site_id,
            channel_id: self.channel_id,
            remembered,
            kept,
        })
    }
}
