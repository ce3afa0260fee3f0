//! Stock points, their movements by day, lots on hand, waste, prices.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Double, Nullable, Text};

use crate::base::error::Result;
use crate::base::time::{DAY_MICROS, Day, Micros, Period};
use crate::db::conn::Conn;
use crate::reports::below_par::ItemBelowPar;
use crate::reports::stock_out::{DayDelta, History, IssuePart, Point};
use crate::reports::worth::Price;

#[derive(QueryableByName)]
struct PointRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    item: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    ven: String,
    #[diesel(sql_type = Text)]
    place: String,
    #[diesel(sql_type = BigInt)]
    on_hand: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    first_at: Option<i64>,
}

pub(in crate::reports) fn points(conn: &mut Conn, site_id: Option<i64>) -> Result<Vec<Point>> {
    let rows: Vec<PointRow> = diesel::sql_query(
        "SELECT sp.id, i.code AS item, i.name, i.ven, p.code AS place, \
         COALESCE((SELECT CAST(SUM(l.quantity) AS BIGINT) FROM level l WHERE l.site_id = sp.site_id AND l.stock_point_id = sp.id), 0) AS on_hand, \
         (SELECT MIN(m.event_at) FROM movement m WHERE m.site_id = sp.site_id AND m.stock_point_id = sp.id) AS first_at \
         FROM stock_point sp JOIN item i ON i.id = sp.item_id JOIN place p ON p.site_id = sp.site_id AND p.id = sp.place_id \
         WHERE ($1 = 0 OR sp.site_id = $1)",
    )
    .bind::<BigInt, _>(site_id.unwrap_or(0))
    .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| Point {
            id: row.id,
            item: row.item,
            name: row.name,
            ven: row.ven,
            place: row.place,
            on_hand: row.on_hand,
            first_day: row.first_at.map(|at| Micros(at).day()),
        })
        .collect())
}

#[derive(QueryableByName)]
struct DeltaRow {
    #[diesel(sql_type = BigInt)]
    stock_point_id: i64,
    #[diesel(sql_type = BigInt)]
    day: i64,
    #[diesel(sql_type = BigInt)]
    delta: i64,
}

pub(in crate::reports) fn day_deltas(conn: &mut Conn, site_id: Option<i64>, from: Day) -> Result<Vec<DayDelta>> {
    let day = format!("event_at / {DAY_MICROS}");
    let rows: Vec<DeltaRow> = diesel::sql_query(format!(
        "SELECT stock_point_id, {day} AS day, CAST(SUM(quantity_delta) AS BIGINT) AS delta FROM movement \
         WHERE ($1 = 0 OR site_id = $1) AND event_at >= $2 GROUP BY stock_point_id, {day}"
    ))
    .bind::<BigInt, _>(site_id.unwrap_or(0))
    .bind::<BigInt, _>(from.start().0)
    .load(conn)?;
    Ok(rows.into_iter().map(|row| DayDelta { stock_point_id: row.stock_point_id, day: Day(row.day), delta: row.delta }).collect())
}

#[derive(QueryableByName)]
struct HistoryRow {
    #[diesel(sql_type = BigInt)]
    stock_point_id: i64,
    #[diesel(sql_type = BigInt)]
    start_day: i64,
    #[diesel(sql_type = BigInt)]
    period_days: i64,
    #[diesel(sql_type = Double)]
    stocked_out_share: f64,
    #[diesel(sql_type = BigInt)]
    not_issued: i64,
}

pub(in crate::reports) fn history(conn: &mut Conn, site_id: Option<i64>, period: Period) -> Result<Vec<History>> {
    let rows: Vec<HistoryRow> = diesel::sql_query(
        "SELECT stock_point_id, start_day, period_days, stocked_out_share, requested_units - quantity AS not_issued FROM demand_history \
         WHERE ($1 = 0 OR site_id = $1) AND start_day >= $2 AND start_day + period_days - 1 <= $3 \
         AND (stocked_out_share > 0 OR requested_units > quantity)",
    )
    .bind::<BigInt, _>(site_id.unwrap_or(0))
    .bind::<BigInt, _>(period.from.0)
    .bind::<BigInt, _>(period.to.0)
    .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| History {
            stock_point_id: row.stock_point_id,
            start: Day(row.start_day),
            days: row.period_days,
            stocked_out_share: row.stocked_out_share,
            not_issued: row.not_issued,
        })
        .collect())
}

#[derive(QueryableByName)]
struct PartRow {
    #[diesel(sql_type = BigInt)]
    stock_point_id: i64,
    #[diesel(sql_type = Text)]
    source_key: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    requested_units: Option<i64>,
    #[diesel(sql_type = BigInt)]
    issued: i64,
}

/// Issues that say what was asked for, and the further parts of issues from several lots; none that was taken back.
pub(in crate::reports) fn issue_parts(conn: &mut Conn, site_id: Option<i64>, period: Period) -> Result<Vec<IssuePart>> {
    let rows: Vec<PartRow> = diesel::sql_query(
        "SELECT m.stock_point_id, m.source_key, m.requested_units, -m.quantity_delta AS issued FROM movement m \
         WHERE ($1 = 0 OR m.site_id = $1) AND m.event_at >= $2 AND m.event_at < $3 AND m.kind = 'issue' AND m.reversal_of IS NULL \
         AND (m.requested_units IS NOT NULL OR m.source_key LIKE '%#%') \
         AND NOT EXISTS (SELECT 1 FROM movement r WHERE r.site_id = m.site_id AND r.reversal_of = m.id)",
    )
    .bind::<BigInt, _>(site_id.unwrap_or(0))
    .bind::<BigInt, _>(period.from.start().0)
    .bind::<BigInt, _>(period.to.plus(1).start().0)
    .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| IssuePart {
            stock_point_id: row.stock_point_id,
            source_key: row.source_key,
            requested_units: row.requested_units,
            issued: row.issued,
        })
        .collect())
}

/// A lot on hand, or what was wasted of it.
#[derive(Debug, Clone, QueryableByName)]
pub(in crate::reports) struct LotRow {
    #[diesel(sql_type = BigInt)]
    pub(in crate::reports) item_id: i64,
    #[diesel(sql_type = Text)]
    pub(in crate::reports) item: String,
    #[diesel(sql_type = Text)]
    pub(in crate::reports) name: String,
    #[diesel(sql_type = Text)]
    pub(in crate::reports) place: String,
    #[diesel(sql_type = Text)]
    pub(in crate::reports) lot: String,
    #[diesel(sql_type = BigInt)]
    pub(in crate::reports) expiry_day: i64,
    #[diesel(sql_type = Bool)]
    pub(in crate::reports) no_expiry: bool,
    #[diesel(sql_type = Text)]
    pub(in crate::reports) state: String,
    #[diesel(sql_type = BigInt)]
    pub(in crate::reports) quantity: i64,
    #[diesel(sql_type = Text)]
    pub(in crate::reports) reason: String,
    #[diesel(sql_type = BigInt)]
    pub(in crate::reports) event_day: i64,
}

impl LotRow {
    pub(in crate::reports) fn expiry(&self) -> Option<Day> {
        (!self.no_expiry).then_some(Day(self.expiry_day))
    }
}

/// All lots on hand that expire by a day, the first to expire first; without a day all lots, also those that never expire.
pub(in crate::reports) fn lots_on_hand(conn: &mut Conn, site_id: Option<i64>, by: Option<Day>) -> Result<Vec<LotRow>> {
    Ok(diesel::sql_query(
        "SELECT t.item_id, i.code AS item, i.name, p.code AS place, t.lot_code AS lot, t.expiry_day, t.no_expiry, t.state, l.quantity, \
         '' AS reason, CAST(0 AS BIGINT) AS event_day FROM level l JOIN lot t ON t.site_id = l.site_id AND t.id = l.lot_id \
         JOIN stock_point sp ON sp.site_id = l.site_id AND sp.id = l.stock_point_id \
         JOIN item i ON i.id = t.item_id JOIN place p ON p.site_id = sp.site_id AND p.id = sp.place_id \
         WHERE ($1 = 0 OR l.site_id = $1) AND l.quantity > 0 AND ($2 < 0 OR (t.no_expiry = FALSE AND t.expiry_day <= $2)) \
         ORDER BY t.no_expiry, t.expiry_day, p.code, i.code, t.lot_code",
    )
    .bind::<BigInt, _>(site_id.unwrap_or(0))
    .bind::<BigInt, _>(by.map_or(-1, |day| day.0.max(0)))
    .load(conn)?)
}

/// What was wasted in a period, by lot, day and reason; none that was taken back.
pub(in crate::reports) fn wasted(conn: &mut Conn, site_id: Option<i64>, period: Period) -> Result<Vec<LotRow>> {
    let day = format!("m.event_at / {DAY_MICROS}");
    Ok(diesel::sql_query(format!(
        "SELECT t.item_id, i.code AS item, i.name, p.code AS place, t.lot_code AS lot, t.expiry_day, t.no_expiry, t.state, \
         CAST(SUM(-m.quantity_delta) AS BIGINT) AS quantity, COALESCE(m.reason, '') AS reason, {day} AS event_day \
         FROM movement m JOIN lot t ON t.site_id = m.site_id AND t.id = m.lot_id \
         JOIN stock_point sp ON sp.site_id = m.site_id AND sp.id = m.stock_point_id \
         JOIN item i ON i.id = t.item_id JOIN place p ON p.site_id = sp.site_id AND p.id = sp.place_id \
         WHERE ($1 = 0 OR m.site_id = $1) AND m.event_at >= $2 AND m.event_at < $3 AND m.kind = 'waste' AND m.reversal_of IS NULL \
         AND NOT EXISTS (SELECT 1 FROM movement r WHERE r.site_id = m.site_id AND r.reversal_of = m.id) \
         GROUP BY t.item_id, i.code, i.name, p.code, t.lot_code, t.expiry_day, t.no_expiry, t.state, COALESCE(m.reason, ''), {day} \
         ORDER BY p.code, i.code, t.lot_code, {day}"
    ))
    .bind::<BigInt, _>(site_id.unwrap_or(0))
    .bind::<BigInt, _>(period.from.start().0)
    .bind::<BigInt, _>(period.to.plus(1).start().0)
    .load(conn)?)
}

#[derive(QueryableByName)]
struct PriceRow {
    #[diesel(sql_type = BigInt)]
    item_id: i64,
    #[diesel(sql_type = BigInt)]
    price_minor: i64,
    #[diesel(sql_type = BigInt)]
    units_per_pack: i64,
    #[diesel(sql_type = Text)]
    currency: String,
}

pub(in crate::reports) fn valid_prices(conn: &mut Conn, today: Day) -> Result<Vec<Price>> {
    let rows: Vec<PriceRow> = diesel::sql_query(
        "SELECT f.item_id, f.price_minor, f.units_per_pack, f.currency FROM offer f JOIN supplier s ON s.id = f.supplier_id \
         WHERE f.archived = FALSE AND s.archived = FALSE AND f.valid_from_day <= $1 AND (f.valid_to_day IS NULL OR f.valid_to_day >= $1) \
         ORDER BY f.id",
    )
    .bind::<BigInt, _>(today.0)
    .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| Price { item_id: row.item_id, price_minor: row.price_minor, units_per_pack: row.units_per_pack, currency: row.currency })
        .collect())
}

#[derive(QueryableByName)]
struct BelowParRow {
    #[diesel(sql_type = Text)]
    site: String,
    #[diesel(sql_type = Text)]
    item: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    base_unit: String,
    #[diesel(sql_type = Text)]
    ven: String,
    #[diesel(sql_type = BigInt)]
    on_hand: i64,
    #[diesel(sql_type = BigInt)]
    par_level: i64,
}

/// Items with less on hand at a site (or at each) than its par levels add up to.
pub(in crate::reports) fn below_par(conn: &mut Conn, site_id: Option<i64>) -> Result<Vec<ItemBelowPar>> {
    let rows: Vec<BelowParRow> = diesel::sql_query(
        "SELECT p.code AS site, i.code AS item, i.name, i.base_unit, i.ven, COALESCE(l.on_hand, 0) AS on_hand, k.par_level \
         FROM item_par k JOIN item i ON i.id = k.item_id JOIN place p ON p.site_id = k.site_id AND p.id = k.site_id \
         LEFT JOIN item_level l ON l.site_id = k.site_id AND l.item_id = k.item_id \
         WHERE ($1 = 0 OR k.site_id = $1) AND COALESCE(l.on_hand, 0) < k.par_level AND i.archived = FALSE ORDER BY p.code, i.code",
    )
    .bind::<BigInt, _>(site_id.unwrap_or(0))
    .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| ItemBelowPar {
            site: row.site,
            item: row.item,
            name: row.name,
            base_unit: row.base_unit,
            ven: row.ven,
            on_hand: row.on_hand,
            par_level: row.par_level,
            missing: row.par_level - row.on_hand,
        })
        .collect())
}
