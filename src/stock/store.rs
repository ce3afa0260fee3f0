//! The tables of movements, levels and lots; reads join what they need.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Double, Nullable, Text};

use super::level::{BeliefView, DayView, Difference, Figures, LotView, SiteLot, StockView, Wanted};
use super::lot::Lot;
use super::movement::LotChoice;
use crate::base::error::{Error, Result};
use crate::base::time::{Day, Micros};
use crate::db::Tx;
use crate::db::conn::{Conn, Number};
use crate::db::schema::{level, lot, movement};

pub(super) fn lots_of_items(conn: &mut Conn, site_id: i64, item_ids: &BTreeSet<i64>) -> Result<Vec<Lot>> {
    let ids: Vec<i64> = item_ids.iter().copied().collect();
    let mut lots = Vec::new();
    for chunk in ids.chunks(500) {
        let rows: Vec<(i64, i64, String, i64, bool, String)> = lot::table
            .filter(lot::site_id.eq(site_id))
            .filter(lot::item_id.eq_any(chunk))
            .select((lot::id, lot::item_id, lot::lot_code, lot::expiry_day, lot::no_expiry, lot::state))
            .load(conn)?;
        lots.extend(rows.into_iter().map(|(id, item_id, code, expiry_day, no_expiry, state)| Lot {
            id,
            item_id,
            code,
            expiry: (!no_expiry).then_some(Day(expiry_day)),
            held: state == "held",
        }));
    }
    Ok(lots)
}

pub(super) fn insert_lot(tx: &mut Tx<'_>, site_id: i64, new: &Lot) -> Result<()> {
    diesel::insert_into(lot::table)
        .values((
            lot::site_id.eq(site_id),
            lot::id.eq(new.id),
            lot::item_id.eq(new.item_id),
            lot::lot_code.eq(&new.code),
            lot::expiry_day.eq(new.expiry.map_or(0, |day| day.0)),
            lot::no_expiry.eq(new.expiry.is_none()),
            lot::state.eq(if new.held { "held" } else { "open" }),
        ))
        .execute(tx.conn)?;
    Ok(())
}

#[derive(QueryableByName)]
struct NameRow {
    #[diesel(sql_type = Text)]
    place: String,
    #[diesel(sql_type = Text)]
    item: String,
}

pub(super) fn names_of_stock_points(conn: &mut Conn, site_id: i64, ids: &[i64]) -> Result<Vec<(String, String)>> {
    let list = ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    let rows: Vec<NameRow> = diesel::sql_query(format!(
        "SELECT p.code AS place, i.code AS item FROM stock_point sp JOIN place p ON p.site_id = sp.site_id AND p.id = sp.place_id \
         JOIN item i ON i.id = sp.item_id WHERE sp.site_id = $1 AND sp.id IN ({list})"
    ))
    .bind::<BigInt, _>(site_id)
    .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.place, row.item)).collect())
}

#[derive(QueryableByName)]
struct FiguresRow {
    #[diesel(sql_type = Text)]
    place: String,
    #[diesel(sql_type = Text)]
    item: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    base_unit: String,
    #[diesel(sql_type = Text)]
    ven: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    par_level: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    max_level: Option<i64>,
    #[diesel(sql_type = BigInt)]
    on_hand: i64,
    #[diesel(sql_type = BigInt)]
    available: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    next_expiry_day: Option<i64>,
    #[diesel(sql_type = BigInt)]
    on_order: i64,
    #[diesel(sql_type = BigInt)]
    in_draft: i64,
    #[diesel(sql_type = Nullable<Double>)]
    mean_daily_units: Option<f64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    estimate: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    low: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    high: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    confidence: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    belief_as_of: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    mode: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    reasons: Option<String>,
}

const FIGURES: &str = "\
SELECT p.code AS place, i.code AS item, i.name, i.base_unit, i.ven, sp.par_level, sp.max_level,
  COALESCE((SELECT CAST(SUM(l.quantity) AS BIGINT) FROM level l WHERE l.site_id = sp.site_id AND l.stock_point_id = sp.id), 0) AS on_hand,
  COALESCE((SELECT CAST(SUM(l.quantity) AS BIGINT) FROM level l JOIN lot t ON t.site_id = l.site_id AND t.id = l.lot_id
    WHERE l.site_id = sp.site_id AND l.stock_point_id = sp.id AND t.state = 'open' AND (t.no_expiry = TRUE OR t.expiry_day >= $1)), 0) AS available,
  (SELECT MIN(t.expiry_day) FROM level l JOIN lot t ON t.site_id = l.site_id AND t.id = l.lot_id
    WHERE l.site_id = sp.site_id AND l.stock_point_id = sp.id AND l.quantity > 0 AND t.no_expiry = FALSE) AS next_expiry_day,
  COALESCE((SELECT CAST(SUM(ol.packs * ol.units_per_pack - ol.received_units) AS BIGINT) FROM order_line ol
    JOIN purchase_order o ON o.site_id = ol.site_id AND o.id = ol.order_id WHERE ol.site_id = sp.site_id AND ol.stock_point_id = sp.id
    AND o.state IN ('approved', 'sent', 'acknowledged') AND ol.packs * ol.units_per_pack > ol.received_units), 0) AS on_order,
  COALESCE((SELECT CAST(SUM(ol.packs * ol.units_per_pack) AS BIGINT) FROM order_line ol
    JOIN purchase_order o ON o.site_id = ol.site_id AND o.id = ol.order_id WHERE ol.site_id = sp.site_id AND ol.stock_point_id = sp.id
    AND o.state = 'draft'), 0) AS in_draft,
  (SELECT f.mean_daily_units FROM forecast f WHERE f.site_id = sp.site_id AND f.stock_point_id = sp.id ORDER BY f.id DESC LIMIT 1) AS mean_daily_units,
  b.estimate, b.low, b.high, b.confidence, b.as_of AS belief_as_of, b.mode, b.reasons
FROM stock_point sp
JOIN place p ON p.site_id = sp.site_id AND p.id = sp.place_id
JOIN item i ON i.id = sp.item_id
LEFT JOIN belief b ON b.site_id = sp.site_id AND b.stock_point_id = sp.id
WHERE (p.code, i.code) > ($2, $3) AND ($4 = 0 OR sp.site_id = $4) AND ($5 = '' OR p.code = $5) AND ($6 = '' OR i.code = $6)
ORDER BY p.code, i.code LIMIT $7";

pub(super) fn figures(conn: &mut Conn, wanted: &Wanted, today: Day) -> Result<Vec<Figures>> {
    let rows: Vec<FiguresRow> = diesel::sql_query(FIGURES)
        .bind::<BigInt, _>(today.0)
        .bind::<Text, _>(&wanted.after.0)
        .bind::<Text, _>(&wanted.after.1)
        .bind::<BigInt, _>(wanted.site_id.unwrap_or(0))
        .bind::<Text, _>(wanted.place.as_deref().unwrap_or(""))
        .bind::<Text, _>(wanted.item.as_deref().unwrap_or(""))
        .bind::<BigInt, _>(wanted.limit)
        .load(conn)?;
    Ok(rows.into_iter().map(FiguresRow::figures).collect())
}

impl FiguresRow {
    fn figures(self) -> Figures {
        let belief = self.estimate.map(|estimate| BeliefView {
            estimate,
            low: self.low.unwrap_or(estimate),
            high: self.high.unwrap_or(estimate),
            confidence: self.confidence.unwrap_or_default(),
            as_of: Micros(self.belief_as_of.unwrap_or(0)),
            mode: self.mode.unwrap_or_default(),
            reasons: self.reasons.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default(),
        });
        Figures {
            mean_daily_units: self.mean_daily_units,
            view: StockView {
                place: self.place,
                item: self.item,
                name: self.name,
                base_unit: self.base_unit,
                ven: self.ven,
                on_hand: self.on_hand,
                available: self.available,
                allocated: 0,
                on_order: self.on_order,
                in_draft: self.in_draft,
                position: self.available + self.on_order + self.in_draft,
                par_level: self.par_level,
                max_level: self.max_level,
                days_of_cover: None,
                next_expiry: self.next_expiry_day.map(Day),
                status: "ok",
                belief,
            },
        }
    }
}

#[derive(QueryableByName)]
struct LotRow {
    #[diesel(sql_type = Text)]
    lot_code: String,
    #[diesel(sql_type = BigInt)]
    expiry_day: i64,
    #[diesel(sql_type = Bool)]
    no_expiry: bool,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = BigInt)]
    quantity: i64,
}

pub(super) fn lots_on_hand(conn: &mut Conn, site_id: i64, stock_point_id: i64, today: Day) -> Result<Vec<LotView>> {
    let rows: Vec<LotRow> = diesel::sql_query(
        "SELECT t.lot_code, t.expiry_day, t.no_expiry, t.state, l.quantity FROM level l \
         JOIN lot t ON t.site_id = l.site_id AND t.id = l.lot_id \
         WHERE l.site_id = $1 AND l.stock_point_id = $2 AND l.quantity > 0 ORDER BY t.no_expiry, t.expiry_day, t.lot_code",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(stock_point_id)
    .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let expiry = (!row.no_expiry).then_some(Day(row.expiry_day));
            let state = if row.state == "held" {
                "held"
            } else if expiry.is_some_and(|day| day < today) {
                "expired"
            } else {
                "open"
            };
            LotView { lot: row.lot_code, expiry, quantity: row.quantity, state }
        })
        .collect())
}

pub(super) fn on_hand(conn: &mut Conn, site_id: i64, stock_point_id: i64) -> Result<i64> {
    let row = diesel::sql_query(
        "SELECT CAST(COALESCE(SUM(quantity), 0) AS BIGINT) AS value FROM level WHERE site_id = $1 AND stock_point_id = $2",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(stock_point_id)
    .get_result::<Number>(conn)?;
    Ok(row.value)
}

/// The book at a moment: the level now less what was booked for later.
pub(super) fn book_at(conn: &mut Conn, site_id: i64, stock_point_id: i64, choice: &LotChoice, at: Micros) -> Result<i64> {
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

#[derive(QueryableByName)]
struct SumRow {
    #[diesel(sql_type = BigInt)]
    day: i64,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    quantity: i64,
}

pub(super) fn history(conn: &mut Conn, site_id: i64, stock_point_id: i64, from: Day, to: Day) -> Result<Vec<DayView>> {
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

#[derive(QueryableByName)]
struct DifferenceRow {
    #[diesel(sql_type = BigInt)]
    site_id: i64,
    #[diesel(sql_type = BigInt)]
    stock_point_id: i64,
    #[diesel(sql_type = BigInt)]
    lot_id: i64,
    #[diesel(sql_type = BigInt)]
    level: i64,
    #[diesel(sql_type = BigInt)]
    ledger: i64,
}

pub(super) fn differences(conn: &mut Conn) -> Result<Vec<Difference>> {
    let rows: Vec<DifferenceRow> = diesel::sql_query(
        "SELECT site_id, stock_point_id, lot_id, CAST(SUM(level) AS BIGINT) AS level, CAST(SUM(ledger) AS BIGINT) AS ledger FROM ( \
           SELECT site_id, stock_point_id, lot_id, quantity AS level, 0 AS ledger FROM level \
           UNION ALL \
           SELECT site_id, stock_point_id, lot_id, 0 AS level, quantity_delta AS ledger FROM movement \
         ) both_sides GROUP BY site_id, stock_point_id, lot_id HAVING SUM(level) <> SUM(ledger)",
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
        })
        .collect())
}

pub(super) fn usable_lots(conn: &mut Conn, site_id: i64, today: Day) -> Result<Vec<SiteLot>> {
    let rows: Vec<(i64, i64, bool, i64)> = level::table
        .inner_join(lot::table.on(lot::site_id.eq(level::site_id).and(lot::id.eq(level::lot_id))))
        .filter(level::site_id.eq(site_id))
        .filter(level::quantity.gt(0))
        .filter(lot::state.eq("open"))
        .filter(lot::no_expiry.eq(true).or(lot::expiry_day.ge(today.0)))
        .select((level::stock_point_id, lot::expiry_day, lot::no_expiry, level::quantity))
        .order((level::stock_point_id, lot::expiry_day, lot::id))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(stock_point_id, expiry_day, no_expiry, quantity)| SiteLot {
            stock_point_id,
            expiry: (!no_expiry).then_some(Day(expiry_day)),
            quantity,
        })
        .collect())
}

/// A movement with the names that people know.
#[derive(Debug, QueryableByName)]
pub(super) struct MovementView {
    #[diesel(sql_type = BigInt)]
    pub(super) id: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) site_id: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) stock_point_id: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) item_id: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) lot_id: i64,
    #[diesel(sql_type = Text)]
    pub(super) place: String,
    #[diesel(sql_type = Text)]
    pub(super) item: String,
    #[diesel(sql_type = Text)]
    pub(super) lot_code: String,
    #[diesel(sql_type = BigInt)]
    pub(super) expiry_day: i64,
    #[diesel(sql_type = Bool)]
    pub(super) no_expiry: bool,
    #[diesel(sql_type = Text)]
    pub(super) kind: String,
    #[diesel(sql_type = BigInt)]
    pub(super) quantity_delta: i64,
    #[diesel(sql_type = Text)]
    pub(super) source: String,
    #[diesel(sql_type = BigInt)]
    pub(super) event_at: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) recorded_at: i64,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) reason: Option<String>,
    #[diesel(sql_type = Text)]
    pub(super) actor: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(super) reversal_of: Option<i64>,
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

pub(super) fn list_movements(
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

pub(super) fn movement_by_id(conn: &mut Conn, id: i64) -> Result<Option<MovementView>> {
    Ok(diesel::sql_query(format!("{MOVEMENTS} m.id = $1")).bind::<BigInt, _>(id).get_result(conn).optional()?)
}

pub(super) fn is_reversed(conn: &mut Conn, site_id: i64, id: i64) -> Result<bool> {
    let found: Option<i64> = movement::table
        .filter(movement::site_id.eq(site_id))
        .filter(movement::reversal_of.eq(id))
        .select(movement::id)
        .first(conn)
        .optional()?;
    Ok(found.is_some())
}

pub(super) fn known_import_keys(tx: &mut Tx<'_>, site_id: i64, keys: &[String]) -> Result<BTreeSet<String>> {
    tx.conn.hot().known_source_keys(site_id, "import", keys).map(|known| known.into_iter().collect()).map_err(Error::from)
}

/// The lot of a code that is on hand at a stock point; the first to expire when several share the code.
pub(super) fn lot_named(conn: &mut Conn, site_id: i64, stock_point_id: i64, code: &str) -> Result<Option<i64>> {
    Ok(lot::table
        .inner_join(level::table.on(level::site_id.eq(lot::site_id).and(level::lot_id.eq(lot::id))))
        .filter(lot::site_id.eq(site_id))
        .filter(level::stock_point_id.eq(stock_point_id))
        .filter(lot::lot_code.eq(code))
        .order((lot::no_expiry, lot::expiry_day))
        .select(lot::id)
        .first(conn)
        .optional()?)
}

pub(super) fn lots_of_movements(conn: &mut Conn, site_id: i64, ids: &[i64]) -> Result<Vec<(i64, i64)>> {
    Ok(movement::table
        .filter(movement::site_id.eq(site_id))
        .filter(movement::id.eq_any(ids))
        .order(movement::id)
        .select((movement::lot_id, movement::quantity_delta))
        .load(conn)?)
}
