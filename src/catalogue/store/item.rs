//! The table of items.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::or_taken;
use crate::base::error::Result;
use crate::base::time::Micros;
use crate::catalogue::item::{Item, ItemContent};
use crate::catalogue::kept::Kept;
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::db::schema::{item, movement, stock_point};

#[derive(Queryable, Selectable, QueryableByName, Insertable, AsChangeset)]
#[diesel(table_name = item, treat_none_as_null = true, treat_none_as_default_value = false)]
struct ItemRow {
    id: i64,
    code: String,
    name: String,
    form: Option<String>,
    strength: Option<String>,
    base_unit: String,
    gtin: Option<String>,
    atc: Option<String>,
    ven: String,
    storage_class: String,
    controlled: bool,
    volume_ml: f64,
    shelf_life_days: Option<i64>,
    forecast_group: Option<String>,
    archived: bool,
    version: i64,
    updated_at: i64,
}

impl From<ItemRow> for Item {
    fn from(row: ItemRow) -> Self {
        Self {
            id: row.id,
            code: row.code,
            name: row.name,
            base_unit: row.base_unit,
            ven: row.ven,
            storage_class: row.storage_class,
            controlled: row.controlled,
            volume_ml: row.volume_ml,
            shelf_life_days: row.shelf_life_days,
            forecast_group: row.forecast_group,
        }
    }
}

impl From<ItemRow> for Kept<ItemContent> {
    fn from(row: ItemRow) -> Self {
        let content = ItemContent {
            code: row.code,
            name: row.name,
            form: row.form,
            strength: row.strength,
            base_unit: row.base_unit,
            gtin: row.gtin,
            atc: row.atc,
            ven: row.ven,
            storage_class: row.storage_class,
            controlled: row.controlled,
            volume_ml: row.volume_ml,
            shelf_life_days: row.shelf_life_days,
            group: row.forecast_group,
        };
        Self { id: row.id, content, archived: row.archived, version: row.version, updated_at: Micros(row.updated_at) }
    }
}

impl From<&Kept<ItemContent>> for ItemRow {
    fn from(kept: &Kept<ItemContent>) -> Self {
        let content = kept.content.clone();
        Self {
            id: kept.id,
            code: content.code,
            name: content.name,
            form: content.form,
            strength: content.strength,
            base_unit: content.base_unit,
            gtin: content.gtin,
            atc: content.atc,
            ven: content.ven,
            storage_class: content.storage_class,
            controlled: content.controlled,
            volume_ml: content.volume_ml,
            shelf_life_days: content.shelf_life_days,
            forecast_group: content.group,
            archived: kept.archived,
            version: kept.version,
            updated_at: kept.updated_at.0,
        }
    }
}

/// By code first: a code that looks like an id means the code.
fn row_by_name(conn: &mut Conn, code_or_id: &str) -> Result<Option<ItemRow>> {
    let row = item::table.filter(item::code.eq(code_or_id)).select(ItemRow::as_select()).first(conn).optional()?;
    match (row, code_or_id.parse::<i64>()) {
        (None, Ok(id)) => Ok(item::table.filter(item::id.eq(id)).select(ItemRow::as_select()).first(conn).optional()?),
        (row, _) => Ok(row),
    }
}

pub(in crate::catalogue) fn by_name(conn: &mut Conn, code_or_id: &str) -> Result<Option<Item>> {
    Ok(row_by_name(conn, code_or_id)?.map(Item::from))
}

pub(in crate::catalogue) fn view(conn: &mut Conn, code_or_id: &str) -> Result<Option<Kept<ItemContent>>> {
    Ok(row_by_name(conn, code_or_id)?.map(Kept::from))
}

pub(in crate::catalogue) fn by_code(conn: &mut Conn, code: &str) -> Result<Option<Kept<ItemContent>>> {
    let row = item::table.filter(item::code.eq(code)).select(ItemRow::as_select()).first(conn).optional()?;
    Ok(row.map(Kept::from))
}

pub(in crate::catalogue) fn by_gtin(conn: &mut Conn, gtin: &str) -> Result<Option<Item>> {
    let row = item::table
        .filter(item::gtin.eq(gtin))
        .filter(item::archived.eq(false))
        .order(item::id)
        .select(ItemRow::as_select())
        .first(conn)
        .optional()?;
    Ok(row.map(Item::from))
}

pub(in crate::catalogue) fn by_codes(conn: &mut Conn, codes: &[&str]) -> Result<Vec<Item>> {
    let rows: Vec<ItemRow> = item::table.filter(item::code.eq_any(codes)).select(ItemRow::as_select()).load(conn)?;
    Ok(rows.into_iter().map(Item::from).collect())
}

pub(in crate::catalogue) fn all(conn: &mut Conn) -> Result<Vec<Item>> {
    let rows: Vec<ItemRow> = item::table.filter(item::archived.eq(false)).order(item::code).select(ItemRow::as_select()).load(conn)?;
    Ok(rows.into_iter().map(Item::from).collect())
}

/// Every item, archived ones too, by code: what an import compares with.
pub(in crate::catalogue) fn known(conn: &mut Conn) -> Result<HashMap<String, Kept<ItemContent>>> {
    let rows: Vec<ItemRow> = item::table.select(ItemRow::as_select()).load(conn)?;
    Ok(rows.into_iter().map(|row| (row.code.clone(), Kept::from(row))).collect())
}

pub(in crate::catalogue) fn list(conn: &mut Conn, pattern: &str, after: &str, limit: i64) -> Result<Vec<Kept<ItemContent>>> {
    let rows: Vec<ItemRow> = diesel::sql_query(
        "SELECT * FROM item WHERE archived = FALSE AND code > $1 AND (LOWER(code) LIKE LOWER($2) ESCAPE '\\' \
         OR LOWER(name) LIKE LOWER($2) ESCAPE '\\' OR COALESCE(gtin, '') LIKE $2 ESCAPE '\\') ORDER BY code LIMIT $3",
    )
    .bind::<Text, _>(after)
    .bind::<Text, _>(pattern)
    .bind::<BigInt, _>(limit)
    .load(conn)?;
    Ok(rows.into_iter().map(Kept::from).collect())
}

pub(in crate::catalogue) fn insert(tx: &mut Tx<'_>, kept: &Kept<ItemContent>) -> Result<()> {
    diesel::insert_into(item::table)
        .values(ItemRow::from(kept))
        .execute(tx.conn)
        .map_err(|cause| or_taken(cause, "item", &kept.content.code))?;
    Ok(())
}

/// Answers `false` when somebody else changed it since `seen`.
pub(in crate::catalogue) fn update(tx: &mut Tx<'_>, kept: &Kept<ItemContent>, seen: i64) -> Result<bool> {
    let rows = diesel::update(item::table.filter(item::id.eq(kept.id)).filter(item::version.eq(seen)))
        .set(ItemRow::from(kept))
        .execute(tx.conn)?;
    Ok(rows == 1)
}

/// Whether anything was ever booked of it.
pub(in crate::catalogue) fn is_booked(conn: &mut Conn, id: i64) -> Result<bool> {
    let booked: Option<i64> = movement::table
        .inner_join(stock_point::table.on(stock_point::site_id.eq(movement::site_id).and(stock_point::id.eq(movement::stock_point_id))))
        .filter(stock_point::item_id.eq(id))
        .select(movement::id)
        .first(conn)
        .optional()?;
    Ok(booked.is_some())
}
