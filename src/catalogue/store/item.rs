//! The table of items.

use std::collections::{BTreeSet, HashMap};

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
    predecessor_id: Option<i64>,
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
            predecessor_id: row.predecessor_id,
            archived: row.archived,
        }
    }
}

impl ItemRow {
    fn kept(self, predecessor: Option<String>) -> Kept<ItemContent> {
        let row = self;
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
            predecessor,
        };
        Kept { id: row.id, content, archived: row.archived, version: row.version, updated_at: Micros(row.updated_at) }
    }

    fn of(kept: &Kept<ItemContent>, predecessor_id: Option<i64>) -> Self {
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
            predecessor_id,
        }
    }
}

/// Rows with the codes of their predecessors, which one more query reads where there are any.
fn with_predecessors(conn: &mut Conn, rows: Vec<ItemRow>) -> Result<Vec<Kept<ItemContent>>> {
    let wanted: BTreeSet<i64> = rows.iter().filter_map(|row| row.predecessor_id).collect();
    let wanted: Vec<i64> = wanted.into_iter().collect();
    let mut codes: HashMap<i64, String> = HashMap::with_capacity(wanted.len());
    for chunk in wanted.chunks(500) {
        codes.extend(item::table.filter(item::id.eq_any(chunk)).select((item::id, item::code)).load::<(i64, String)>(conn)?);
    }
    Ok(rows
        .into_iter()
        .map(|row| {
            let predecessor = row.predecessor_id.and_then(|id| codes.get(&id).cloned());
            row.kept(predecessor)
        })
        .collect())
}

/// The code of each item with that of its predecessor.
pub(in crate::catalogue) fn links(conn: &mut Conn) -> Result<HashMap<String, Option<String>>> {
    let rows: Vec<(i64, String, Option<i64>)> = item::table.select((item::id, item::code, item::predecessor_id)).load(conn)?;
    let codes: HashMap<i64, String> = rows.iter().map(|(id, code, _)| (*id, code.clone())).collect();
    Ok(rows.into_iter().map(|(_, code, before)| (code, before.and_then(|id| codes.get(&id).cloned()))).collect())
}

/// Those that are not archived, and those whose place another takes.
pub(in crate::catalogue) fn forecast(conn: &mut Conn) -> Result<Vec<Item>> {
    let rows: Vec<ItemRow> = diesel::sql_query(
        "SELECT i.* FROM item i WHERE i.archived = FALSE OR EXISTS (SELECT 1 FROM item s WHERE s.predecessor_id = i.id AND s.archived = FALSE) \
         ORDER BY i.code",
    )
    .load(conn)?;
    Ok(rows.into_iter().map(Item::from).collect())
}

fn predecessor_id(conn: &mut Conn, content: &ItemContent) -> Result<Option<i64>> {
    let Some(code) = &content.predecessor else { return Ok(None) };
    Ok(item::table.filter(item::code.eq(code)).select(item::id).first(conn).optional()?)
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
    let rows = row_by_name(conn, code_or_id)?.into_iter().collect();
    Ok(with_predecessors(conn, rows)?.pop())
}

pub(in crate::catalogue) fn by_code(conn: &mut Conn, code: &str) -> Result<Option<Kept<ItemContent>>> {
    let rows = item::table.filter(item::code.eq(code)).select(ItemRow::as_select()).load(conn)?;
    Ok(with_predecessors(conn, rows)?.pop())
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
    Ok(with_predecessors(conn, rows)?.into_iter().map(|kept| (kept.content.code.clone(), kept)).collect())
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
    with_predecessors(conn, rows)
}

pub(in crate::catalogue) fn insert(tx: &mut Tx<'_>, kept: &Kept<ItemContent>) -> Result<()> {
    let predecessor_id = predecessor_id(tx.conn, &kept.content)?;
    diesel::insert_into(item::table)
        .values(ItemRow::of(kept, predecessor_id))
        .execute(tx.conn)
        .map_err(|cause| or_taken(cause, "item", &kept.content.code))?;
    Ok(())
}

/// Answers `false` when somebody else changed it since `seen`.
pub(in crate::catalogue) fn update(tx: &mut Tx<'_>, kept: &Kept<ItemContent>, seen: i64) -> Result<bool> {
    let predecessor_id = predecessor_id(tx.conn, &kept.content)?;
    let rows = diesel::update(item::table.filter(item::id.eq(kept.id)).filter(item::version.eq(seen)))
        .set(ItemRow::of(kept, predecessor_id))
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
