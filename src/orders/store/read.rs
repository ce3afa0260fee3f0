//! Reads of orders and their lines.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use crate::base::error::{Error, Result};
use crate::base::id;
use crate::base::money::Money;
use crate::base::time::{Day, Micros};
use crate::db::conn::{Conn, Number};
use crate::db::schema::supplier;
use crate::orders::order::{LineView, OrderHead, OrderKey, State, Wanted};
use crate::orders::position::{OnOrder, OpenLine};

fn state_of(word: &str) -> Result<State> {
    State::of(word).ok_or_else(|| Error::internal(format!("the database holds the order state '{word}'")))
}

#[derive(QueryableByName)]
struct CodeRow {
    #[diesel(sql_type = Nullable<Text>)]
    code: Option<String>,
}

/// The code of the newest order of each site: ids grow with time, so the counters go on from these.
pub(in crate::orders) fn newest_codes(conn: &mut Conn) -> Result<Vec<String>> {
    let rows: Vec<CodeRow> = diesel::sql_query(
        "SELECT (SELECT o.code FROM purchase_order o WHERE o.site_id = p.id ORDER BY o.id DESC LIMIT 1) AS code \
         FROM place p WHERE p.kind = 'site'",
    )
    .load(conn)?;
    Ok(rows.into_iter().filter_map(|row| row.code).collect())
}

#[derive(QueryableByName)]
struct KeyRow {
    #[diesel(sql_type = BigInt)]
    site_id: i64,
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = BigInt)]
    supplier_id: i64,
    #[diesel(sql_type = Text)]
    made_by: String,
    #[diesel(sql_type = BigInt)]
    order_day: i64,
    #[diesel(sql_type = BigInt)]
    expected_day: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    sent_at: Option<i64>,
    #[diesel(sql_type = BigInt)]
    version: i64,
}

/// The orders of a code or id, by way of the sites, whose number leads both indexes.
pub(in crate::orders) fn keys_by_name(conn: &mut Conn, code_or_id: &str) -> Result<Vec<OrderKey>> {
    let rows: Vec<KeyRow> = diesel::sql_query(
        "SELECT o.site_id, o.id, o.code, o.state, o.supplier_id, o.made_by, o.order_day, o.expected_day, o.sent_at, o.version \
         FROM place p JOIN purchase_order o ON o.site_id = p.id AND (o.id = $1 OR o.code = $2) WHERE p.kind = 'site'",
    )
    .bind::<BigInt, _>(code_or_id.parse().unwrap_or(0_i64))
    .bind::<Text, _>(code_or_id)
    .load(conn)?;
    rows.into_iter()
        .map(|row| {
            Ok(OrderKey {
                site_id: row.site_id,
                id: row.id,
                code: row.code,
                state: state_of(&row.state)?,
                supplier_id: row.supplier_id,
                made_by: row.made_by,
                order_day: Day(row.order_day),
                expected_day: Day(row.expected_day),
                sent_at: row.sent_at.map(Micros),
                version: row.version,
            })
        })
        .collect()
}

#[derive(QueryableByName)]
struct HeadRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Text)]
    site: String,
    #[diesel(sql_type = Text)]
    supplier: String,
    #[diesel(sql_type = Text)]
    supplier_name: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    plan_id: Option<i64>,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = BigInt)]
    order_day: i64,
    #[diesel(sql_type = BigInt)]
    expected_day: i64,
    #[diesel(sql_type = BigInt)]
    total_minor: i64,
    #[diesel(sql_type = Text)]
    currency: String,
    #[diesel(sql_type = BigInt)]
    line_count: i64,
    #[diesel(sql_type = BigInt)]
    open_line_count: i64,
    #[diesel(sql_type = Text)]
    made_by: String,
    #[diesel(sql_type = Nullable<Text>)]
    approved_by: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    sent_at: Option<i64>,
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = BigInt)]
    updated_at: i64,
}

impl HeadRow {
    fn head(self) -> Result<OrderHead> {
        Ok(OrderHead {
            id: self.id,
            code: self.code,
            site: self.site,
            supplier: self.supplier,
            supplier_name: self.supplier_name,
            plan: self.plan_id.map(id::to_wire),
            state: state_of(&self.state)?,
            order_on: Day(self.order_day),
            expected_on: Day(self.expected_day),
            total: Money::new(self.total_minor, self.currency),
            line_count: self.line_count,
            open_line_count: self.open_line_count,
            made_by: self.made_by,
            approved_by: self.approved_by,
            sent_at: self.sent_at.map(Micros),
            version: self.version,
            updated_at: Micros(self.updated_at),
        })
    }
}

const HEAD: &str = "\
SELECT o.id, o.code, p.code AS site, s.code AS supplier, s.name AS supplier_name, o.plan_id, o.state, o.order_day, o.expected_day,
  o.total_minor, o.currency, o.made_by, o.approved_by, o.sent_at, o.version, o.updated_at,
  (SELECT COUNT(*) FROM order_line l WHERE l.site_id = o.site_id AND l.order_id = o.id) AS line_count,
  (SELECT COUNT(*) FROM order_line l WHERE l.site_id = o.site_id AND l.order_id = o.id
    AND l.received_units < l.packs * l.units_per_pack) AS open_line_count
FROM purchase_order o
JOIN place p ON p.site_id = o.site_id AND p.id = o.site_id
JOIN supplier s ON s.id = o.supplier_id";

pub(in crate::orders) fn head(conn: &mut Conn, site_id: i64, order_id: i64) -> Result<Option<OrderHead>> {
    let row: Option<HeadRow> = diesel::sql_query(format!("{HEAD} WHERE o.site_id = $1 AND o.id = $2"))
        .bind::<BigInt, _>(site_id)
        .bind::<BigInt, _>(order_id)
        .get_result(conn)
        .optional()?;
    row.map(HeadRow::head).transpose()
}

pub(in crate::orders) fn list(conn: &mut Conn, wanted: &Wanted) -> Result<Vec<OrderHead>> {
    let before_id = if wanted.before_id == 0 { i64::MAX } else { wanted.before_id };
    let rows: Vec<HeadRow> = diesel::sql_query(format!(
        "{HEAD} WHERE ($1 = 0 OR o.site_id = $1) AND ($2 = '' OR o.state = $2) AND ($3 = '' OR s.code = $3) \
         AND ($4 = 0 OR o.plan_id = $4) AND o.id < $5 ORDER BY o.id DESC LIMIT $6"
    ))
    .bind::<BigInt, _>(wanted.site_id.unwrap_or(0))
    .bind::<Text, _>(wanted.state.map_or("", State::word))
    .bind::<Text, _>(wanted.supplier.as_deref().unwrap_or(""))
    .bind::<BigInt, _>(wanted.plan_id.unwrap_or(0))
    .bind::<BigInt, _>(before_id)
    .bind::<BigInt, _>(wanted.limit)
    .load(conn)?;
    rows.into_iter().map(HeadRow::head).collect()
}

#[derive(QueryableByName)]
struct LineRow {
    #[diesel(sql_type = BigInt)]
    line: i64,
    #[diesel(sql_type = Text)]
    place: String,
    #[diesel(sql_type = Text)]
    item: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    base_unit: String,
    #[diesel(sql_type = BigInt)]
    packs: i64,
    #[diesel(sql_type = BigInt)]
    units_per_pack: i64,
    #[diesel(sql_type = BigInt)]
    price_minor: i64,
    #[diesel(sql_type = BigInt)]
    received_units: i64,
    #[diesel(sql_type = BigInt)]
    stock_point_id: i64,
    #[diesel(sql_type = BigInt)]
    item_id: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    shelf_life_days: Option<i64>,
}

pub(in crate::orders) fn lines(conn: &mut Conn, site_id: i64, order_id: i64, currency: &str) -> Result<Vec<LineView>> {
    let rows: Vec<LineRow> = diesel::sql_query(
        "SELECT l.line, p.code AS place, i.code AS item, i.name, i.base_unit, l.packs, l.units_per_pack, l.price_minor, \
         l.received_units, l.stock_point_id, sp.item_id, i.shelf_life_days FROM order_line l \
         JOIN stock_point sp ON sp.site_id = l.site_id AND sp.id = l.stock_point_id \
         JOIN place p ON p.site_id = sp.site_id AND p.id = sp.place_id JOIN item i ON i.id = sp.item_id \
         WHERE l.site_id = $1 AND l.order_id = $2 ORDER BY l.line",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(order_id)
    .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let units = row.packs.saturating_mul(row.units_per_pack);
            LineView {
                line: row.line,
                place: row.place,
                item: row.item,
                name: row.name,
                base_unit: row.base_unit,
                packs: row.packs,
                units_per_pack: row.units_per_pack,
                units,
                received: row.received_units,
                open: (units - row.received_units).max(0),
                price: Money::new(row.price_minor, currency),
                total: Money::new(row.packs.saturating_mul(row.price_minor), currency),
                stock_point_id: row.stock_point_id,
                item_id: row.item_id,
                shelf_life_days: row.shelf_life_days,
            }
        })
        .collect())
}

/// Numbers of the lines whose offer is not of this supplier, item, currency or pack size.
pub(in crate::orders) fn misfit_lines(conn: &mut Conn, site_id: i64, order_id: i64) -> Result<Vec<i64>> {
    let rows: Vec<Number> = diesel::sql_query(
        "SELECT l.line AS value FROM order_line l JOIN purchase_order o ON o.site_id = l.site_id AND o.id = l.order_id \
         JOIN stock_point sp ON sp.site_id = l.site_id AND sp.id = l.stock_point_id JOIN offer f ON f.id = l.offer_id \
         WHERE l.site_id = $1 AND l.order_id = $2 AND (f.supplier_id <> o.supplier_id OR f.item_id <> sp.item_id \
         OR f.currency <> o.currency OR f.units_per_pack <> l.units_per_pack) ORDER BY l.line",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(order_id)
    .load(conn)?;
    Ok(rows.into_iter().map(|row| row.value).collect())
}

pub(in crate::orders) fn received_units(conn: &mut Conn, site_id: i64, order_id: i64) -> Result<i64> {
    let row = diesel::sql_query(
        "SELECT CAST(COALESCE(SUM(received_units), 0) AS BIGINT) AS value FROM order_line WHERE site_id = $1 AND order_id = $2",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(order_id)
    .get_result::<Number>(conn)?;
    Ok(row.value)
}

#[derive(QueryableByName)]
struct OpenRow {
    #[diesel(sql_type = BigInt)]
    stock_point_id: i64,
    #[diesel(sql_type = BigInt)]
    units: i64,
    #[diesel(sql_type = BigInt)]
    order_day: i64,
    #[diesel(sql_type = BigInt)]
    expected_day: i64,
}

pub(in crate::orders) fn open_lines(conn: &mut Conn, site_id: i64) -> Result<Vec<OpenLine>> {
    let rows: Vec<OpenRow> = diesel::sql_query(
        "SELECT l.stock_point_id, CAST(SUM(l.packs * l.units_per_pack - l.received_units) AS BIGINT) AS units, o.order_day, o.expected_day \
         FROM order_line l JOIN purchase_order o ON o.site_id = l.site_id AND o.id = l.order_id \
         WHERE l.site_id = $1 AND o.state IN ('draft', 'approved', 'sent', 'acknowledged') \
         AND l.packs * l.units_per_pack > l.received_units GROUP BY l.stock_point_id, o.order_day, o.expected_day \
         ORDER BY l.stock_point_id, o.expected_day, o.order_day",
    )
    .bind::<BigInt, _>(site_id)
    .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| OpenLine {
            stock_point_id: row.stock_point_id,
            units: row.units,
            ordered_day: Day(row.order_day),
            expected_day: Day(row.expected_day),
        })
        .collect())
}

#[derive(QueryableByName)]
struct OnOrderRow {
    #[diesel(sql_type = BigInt)]
    stock_point_id: i64,
    #[diesel(sql_type = BigInt)]
    on_order: i64,
    #[diesel(sql_type = BigInt)]
    in_draft: i64,
}

pub(in crate::orders) fn on_order(conn: &mut Conn, site_id: i64) -> Result<Vec<(i64, OnOrder)>> {
    const OPEN: &str = "l.packs * l.units_per_pack - l.received_units";
    let rows: Vec<OnOrderRow> = diesel::sql_query(format!(
        "SELECT l.stock_point_id, CAST(SUM(CASE WHEN o.state = 'draft' THEN 0 ELSE {OPEN} END) AS BIGINT) AS on_order, \
         CAST(SUM(CASE WHEN o.state = 'draft' THEN {OPEN} ELSE 0 END) AS BIGINT) AS in_draft \
         FROM order_line l JOIN purchase_order o ON o.site_id = l.site_id AND o.id = l.order_id \
         WHERE l.site_id = $1 AND o.state IN ('draft', 'approved', 'sent', 'acknowledged') \
         AND l.packs * l.units_per_pack > l.received_units GROUP BY l.stock_point_id"
    ))
    .bind::<BigInt, _>(site_id)
    .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.stock_point_id, OnOrder { on_order: row.on_order, in_draft: row.in_draft })).collect())
}

/// The ids of suppliers by code; unknown codes are missing from the answer.
pub(in crate::orders) fn supplier_ids(conn: &mut Conn, codes: &BTreeSet<String>) -> Result<HashMap<String, i64>> {
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    let mut found = HashMap::with_capacity(codes.len());
    for chunk in codes.chunks(500) {
        let rows: Vec<(String, i64)> =
            supplier::table.filter(supplier::code.eq_any(chunk)).select((supplier::code, supplier::id)).load(conn)?;
        found.extend(rows);
    }
    Ok(found)
}
