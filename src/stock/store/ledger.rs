//! Movements, and the sums that follow from them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};

use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::base::time::{Day, Micros};
use crate::db::conn::{Conn, Number};
use crate::db::hot::{LevelRow, MovementRow};
use crate::db::schema::{level, lot, movement};
use crate::db::{Tx, is_unique_violation};
use crate::stock::level::DayView;
use crate::stock::movement::LotChoice;

#[derive(QueryableByName)]
struct NameRow {
    #[diesel(sql_type = Text)]
    place: String,
    #[diesel(sql_type = Text)]
    item: String,
}

pub(in crate::stock) fn names_of_stock_points(conn: &mut Conn, site_id: i64, ids: &[i64]) -> Result<Vec<(String, String)>> {
    let list = ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    let rows: Vec<NameRow> = diesel::sql_query(format!(
        "SELECT p.code AS place, i.code AS item FROM stock_point sp JOIN place p ON p.site_id = sp.site_id AND p.id = sp.place_id \
         JOIN item i ON i.id = sp.item_id WHERE sp.site_id = $1 AND sp.id IN ({list})"
    ))
    .bind::<BigInt, _>(site_id)
    .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.place, row.item)).collect())
}

pub(in crate::stock) fn on_hand(conn: &mut Conn, site_id: i64, stock_point_id: i64) -> Result<i64> {
    let row = diesel::sql_query(
        "SELECT CAST(COALESCE(SUM(quantity), 0) AS BIGINT) AS value FROM level WHERE site_id = $1 AND stock_point_id = $2",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(stock_point_id)
    .get_result::<Number>(conn)?;
    Ok(row.value)
}

/// The book at a moment: the level now less what was booked for later.
pub(in crate::stock) fn book_at(conn: &mut Conn, site_id: i64, stock_point_id: i64, choice: &LotChoice, at: Micros) -> Result<i64> {
    let lot_id = match choice {
        LotChoice::Fefo => None,
        LotChoice::Id(id) => Some(*id),
        LotChoice::Named { code, expiry } => {
            let id: Option<i64> = lot::table
                .inner_join(level::table.on(level::site_id.eq(lot::site_id).and(level::lot_id.eq(lot::id))))
                .filter(lot::site_id.eq(site_id))
                .filter(level::stock_point_id.eq(stock_point_id))
                .filter(lot::lot_code.eq(code))
                .filter(lot::expiry_day.eq(expiry.map_or(0, |day| day.0)))
                .select(lot::id)
                .first(conn)
                .optional()?;
            match id {
                Some(id) => Some(id),
                None => return Ok(0),
            }
        }
    };
    let now = diesel::sql_query(
        "SELECT CAST(COALESCE(SUM(quantity), 0) AS BIGINT) AS value FROM level WHERE site_id = $1 AND stock_point_id = $2 AND ($3 = 0 OR lot_id = $3)",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(stock_point_id)
    .bind::<BigInt, _>(lot_id.unwrap_or(0))
    .get_result::<Number>(conn)?
    .value;
    let later = diesel::sql_query(
        "SELECT CAST(COALESCE(SUM(quantity_delta), 0) AS BIGINT) AS value FROM movement \
         WHERE site_id = $1 AND stock_point_id = $2 AND ($3 = 0 OR lot_id = $3) AND event_at > $4",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(stock_point_id)
    .bind::<BigInt, _>(lot_id.unwrap_or(0))
    .bind::<BigInt, _>(at.0)
    .get_result::<Number>(conn)?
    .value;
    Ok(now - later)
}

/// `(stock point, lot)` -> when, and how many.
type MovesByLot = HashMap<(i64, i64), Vec<(i64, i64)>>;

/// Movements after a moment.
pub(in crate::stock) fn movements_since(conn: &mut Conn, site_id: i64, stock_point_ids: &[i64], at: Micros) -> Result<MovesByLot> {
    let mut found = MovesByLot::new();
    for chunk in stock_point_ids.chunks(500) {
        let rows: Vec<(i64, i64, i64, i64)> = movement::table
            .filter(movement::site_id.eq(site_id))
            .filter(movement::stock_point_id.eq_any(chunk))
            .filter(movement::event_at.gt(at.0))
            .select((movement::stock_point_id, movement::lot_id, movement::event_at, movement::quantity_delta))
            .load(conn)?;
        for (stock_point_id, lot_id, event_at, delta) in rows {
            found.entry((stock_point_id, lot_id)).or_default().push((event_at, delta));
        }
    }
    Ok(found)
}

#[derive(QueryableByName)]
struct SumRow {
    #[diesel(sql_type = BigInt)]
    day: i64,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    quantity: i64,
}

pub(in crate::stock) fn history(conn: &mut Conn, site_id: i64, stock_point_id: i64, from: Day, to: Day) -> Result<Vec<DayView>> {
    let mut closing = book_at(conn, site_id, stock_point_id, &LotChoice::Fefo, Micros(from.start().0 - 1))?;
    let rows: Vec<SumRow> = diesel::sql_query(
        "SELECT event_at / 86400000000 AS day, kind, CAST(SUM(quantity_delta) AS BIGINT) AS quantity FROM movement \
         WHERE site_id = $1 AND stock_point_id = $2 AND event_at >= $3 AND event_at < $4 \
         GROUP BY event_at / 86400000000, kind ORDER BY event_at / 86400000000",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(stock_point_id)
    .bind::<BigInt, _>(from.start().0)
    .bind::<BigInt, _>(to.plus(1).start().0)
    .load(conn)?;
    let mut days: Vec<DayView> = Vec::new();
    for row in rows {
        if days.last().is_none_or(|last| last.day.0 != row.day) {
            days.push(DayView { day: Day(row.day), received: 0, issued: 0, other: 0, closing });
        }
        closing += row.quantity;
        if let Some(day) = days.last_mut() {
            match row.kind.as_str() {
                "receipt" => day.received += row.quantity,
                "issue" => day.issued -= row.quantity,
                _ => day.other += row.quantity,
            }
            day.closing = closing;
        }
    }
    Ok(days)
}

/// A movement with the names that people know.
#[derive(Debug, QueryableByName)]
pub(in crate::stock) struct MovementView {
    #[diesel(sql_type = BigInt)]
    pub(in crate::stock) id: i64,
    #[diesel(sql_type = BigInt)]
    pub(in crate::stock) site_id: i64,
    #[diesel(sql_type = BigInt)]
    pub(in crate::stock) stock_point_id: i64,
    #[diesel(sql_type = BigInt)]
    pub(in crate::stock) item_id: i64,
    #[diesel(sql_type = BigInt)]
    pub(in crate::stock) lot_id: i64,
    #[diesel(sql_type = Text)]
    pub(in crate::stock) place: String,
    #[diesel(sql_type = Text)]
    pub(in crate::stock) item: String,
    #[diesel(sql_type = Text)]
    pub(in crate::stock) lot_code: String,
    #[diesel(sql_type = BigInt)]
    pub(in crate::stock) expiry_day: i64,
    #[diesel(sql_type = Bool)]
    pub(in crate::stock) no_expiry: bool,
    #[diesel(sql_type = Text)]
    pub(in crate::stock) kind: String,
    #[diesel(sql_type = BigInt)]
    pub(in crate::stock) quantity_delta: i64,
    #[diesel(sql_type = Text)]
    pub(in crate::stock) source: String,
    #[diesel(sql_type = BigInt)]
    pub(in crate::stock) event_at: i64,
    #[diesel(sql_type = BigInt)]
    pub(in crate::stock) recorded_at: i64,
    #[diesel(sql_type = Nullable<Text>)]
    pub(in crate::stock) reason: Option<String>,
    #[diesel(sql_type = Text)]
    pub(in crate::stock) actor: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(in crate::stock) reversal_of: Option<i64>,
}

const MOVEMENTS: &str = "\
SELECT m.id, m.site_id, m.stock_point_id, sp.item_id, m.lot_id, p.code AS place, i.code AS item, t.lot_code, t.expiry_day, t.no_expiry,
  m.kind, m.quantity_delta, m.source, m.event_at, m.recorded_at, m.reason, m.actor, m.reversal_of
FROM movement m
JOIN stock_point sp ON sp.site_id = m.site_id AND sp.id = m.stock_point_id
JOIN place p ON p.site_id = sp.site_id AND p.id = sp.place_id
JOIN item i ON i.id = sp.item_id
JOIN lot t ON t.site_id = m.site_id AND t.id = m.lot_id
WHERE ";

pub(in crate::stock) fn list_movements(
    conn: &mut Conn,
    site_id: Option<i64>,
    place: &str,
    item: &str,
    lot_code: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<MovementView>> {
    Ok(diesel::sql_query(format!(
        "{MOVEMENTS} m.id > $1 AND ($2 = 0 OR m.site_id = $2) AND ($3 = '' OR p.code = $3) AND ($4 = '' OR i.code = $4) \
         AND ($5 = '' OR t.lot_code = $5) ORDER BY m.id LIMIT $6"
    ))
    .bind::<BigInt, _>(after)
    .bind::<BigInt, _>(site_id.unwrap_or(0))
    .bind::<Text, _>(place)
    .bind::<Text, _>(item)
    .bind::<Text, _>(lot_code)
    .bind::<BigInt, _>(limit)
    .load(conn)?)
}

pub(in crate::stock) fn movement_by_id(conn: &mut Conn, id: i64) -> Result<Option<MovementView>> {
    Ok(diesel::sql_query(format!("{MOVEMENTS} m.id = $1")).bind::<BigInt, _>(id).get_result(conn).optional()?)
}

pub(in crate::stock) fn is_reversed(conn: &mut Conn, site_id: i64, id: i64) -> Result<bool> {
    let found: Option<i64> = movement::table
        .filter(movement::site_id.eq(site_id))
        .filter(movement::reversal_of.eq(id))
        .select(movement::id)
        .first(conn)
        .optional()?;
    Ok(found.is_some())
}

/// The other half of a transfer's movement: what left and what arrived share a key (`k`, `k#2` and `k/to0`, `k/to1`).
pub(in crate::stock) fn other_half(conn: &mut Conn, site_id: i64, id: i64) -> Result<Option<i64>> {
    let key: String = movement::table.find((site_id, id)).select(movement::source_key).first(conn)?;
    let other = match (key.split_once("/to"), key.split_once('#')) {
        (Some((base, "0")), _) => base.to_owned(),
        (Some((base, part)), _) => format!("{base}#{}", part.parse::<i64>().unwrap_or(0) + 1),
        (None, Some((base, part))) => format!("{base}/to{}", part.parse::<i64>().unwrap_or(0) - 1),
        (None, None) => format!("{key}/to0"),
    };
    Ok(movement::table
        .filter(movement::site_id.eq(site_id))
        .filter(movement::source.eq("person"))
        .filter(movement::source_key.eq(other))
        .filter(movement::kind.eq("transfer"))
        .select(movement::id)
        .first(conn)
        .optional()?)
}

pub(in crate::stock) fn known_import_keys(tx: &mut Tx<'_>, site_id: i64, keys: &[String]) -> Result<BTreeSet<String>> {
    tx.conn.hot().known_source_keys(site_id, "import", keys).map(|known| known.into_iter().collect()).map_err(Error::from)
}

/// Adds movements, and sets the levels and the sums by item that follow from them.
pub(in crate::stock) fn append(
    tx: &mut Tx<'_>,
    site_id: i64,
    movements: &[MovementRow],
    levels: &[LevelRow],
    by_item: &BTreeMap<i64, i64>,
) -> Result<()> {
    let recorded_at = tx.now.0;
    tx.conn.hot().apply_movements(site_id, recorded_at, movements, levels).map_err(|cause| {
        if is_unique_violation(&cause) {
            Error::new(Code::Conflict, "one of these movements is booked already").because(cause)
        } else {
            cause.into()
        }
    })?;
    add_to_items(tx, site_id, by_item)
}

/// In the order of the items, so that two programs never wait for each other in a ring.
fn add_to_items(tx: &mut Tx<'_>, site_id: i64, by_item: &BTreeMap<i64, i64>) -> Result<()> {
    let rows: Vec<String> =
        by_item.iter().filter(|(_, more)| **more != 0).map(|(item_id, more)| format!("({site_id}, {item_id}, {more})")).collect();
    for chunk in rows.chunks(500) {
        let rows = chunk.join(", ");
        diesel::sql_query(format!(
            "INSERT INTO item_level (site_id, item_id, on_hand) VALUES {rows} \
             ON CONFLICT (site_id, item_id) DO UPDATE SET on_hand = item_level.on_hand + excluded.on_hand"
        ))
        .execute(tx.conn)?;
    }
    Ok(())
}
