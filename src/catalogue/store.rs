//! The tables of items, suppliers, offers and substitutes.

use diesel::prelude::*;

use super::item::Item;
use crate::base::error::Result;
use crate::db::conn::Conn;
use crate::db::schema::item;

#[derive(Queryable, Selectable)]
#[diesel(table_name = item)]
struct ItemRow {
    id: i64,
    code: String,
    name: String,
    base_unit: String,
    ven: String,
    storage_class: String,
    controlled: bool,
    volume_ml: f64,
    shelf_life_days: Option<i64>,
    forecast_group: Option<String>,
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

pub(super) fn item_by_name(conn: &mut Conn, code_or_id: &str) -> Result<Option<Item>> {
    let id: i64 = code_or_id.parse().unwrap_or(0);
    let row: Option<ItemRow> =
        item::table.filter(item::code.eq(code_or_id).or(item::id.eq(id))).select(ItemRow::as_select()).first(conn).optional()?;
    Ok(row.map(Item::from))
}

pub(super) fn items_by_codes(conn: &mut Conn, codes: &[&str]) -> Result<Vec<Item>> {
    let rows: Vec<ItemRow> = item::table.filter(item::code.eq_any(codes)).select(ItemRow::as_select()).load(conn)?;
    Ok(rows.into_iter().map(Item::from).collect())
}

pub(super) fn all_items(conn: &mut Conn) -> Result<Vec<Item>> {
    let rows: Vec<ItemRow> = item::table.filter(item::archived.eq(false)).order(item::code).select(ItemRow::as_select()).load(conn)?;
    Ok(rows.into_iter().map(Item::from).collect())
}
