//! The table of suppliers.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::or_taken;
use crate::base::error::Result;
use crate::base::money::Money;
use crate::base::time::Micros;
use crate::catalogue::kept::Kept;
use crate::catalogue::supplier::{Supplier, SupplierContent, mask_of, words_of};
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::db::schema::supplier;

#[derive(Queryable, Selectable, QueryableByName, Insertable, AsChangeset)]
#[diesel(table_name = supplier, treat_none_as_null = true, treat_none_as_default_value = false)]
struct SupplierRow {
    id: i64,
    code: String,
    name: String,
    gln: Option<String>,
    lead_time_days: i64,
    lead_time_sd_days: f64,
    order_cost_minor: i64,
    min_order_minor: i64,
    currency: String,
    order_weekdays: i64,
    archived: bool,
    version: i64,
    updated_at: i64,
}

impl SupplierRow {
    fn mask(&self) -> u8 {
        u8::try_from(self.order_weekdays).unwrap_or(0)
    }
}

impl From<SupplierRow> for Supplier {
    fn from(row: SupplierRow) -> Self {
        let order_weekdays = row.mask();
        Self {
            id: row.id,
            code: row.code,
            name: row.name,
            lead_time_days: row.lead_time_days,
            lead_time_sd_days: row.lead_time_sd_days,
            order_cost_minor: row.order_cost_minor,
            min_order_minor: row.min_order_minor,
            currency: row.currency,
            order_weekdays,
        }
    }
}

impl From<SupplierRow> for Kept<SupplierContent> {
    fn from(row: SupplierRow) -> Self {
        let order_weekdays = words_of(row.mask());
        let content = SupplierContent {
            code: row.code,
            name: row.name,
            gln: row.gln,
            lead_time_days: row.lead_time_days,
            lead_time_sd_days: row.lead_time_sd_days,
            order_cost: Some(Money::new(row.order_cost_minor, row.currency.clone())),
            min_order: Some(Money::new(row.min_order_minor, row.currency.clone())),
            currency: row.currency,
            order_weekdays,
        };
        Self { id: row.id, content, archived: row.archived, version: row.version, updated_at: Micros(row.updated_at) }
    }
}

impl From<&Kept<SupplierContent>> for SupplierRow {
    fn from(kept: &Kept<SupplierContent>) -> Self {
        let content = kept.content.clone();
        Self {
            id: kept.id,
            code: content.code,
            name: content.name,
            gln: content.gln,
            lead_time_days: content.lead_time_days,
            lead_time_sd_days: content.lead_time_sd_days,
            order_cost_minor: content.order_cost.map_or(0, |money| money.minor),
            min_order_minor: content.min_order.map_or(0, |money| money.minor),
            currency: content.currency,
            order_weekdays: mask_of(&content.order_weekdays).map_or(0, i64::from),
            archived: kept.archived,
            version: kept.version,
            updated_at: kept.updated_at.0,
        }
    }
}

/// By code first: a code that looks like an id means the code.
fn row_by_name(conn: &mut Conn, code_or_id: &str) -> Result<Option<SupplierRow>> {
    let row = supplier::table.filter(supplier::code.eq(code_or_id)).select(SupplierRow::as_select()).first(conn).optional()?;
    match (row, code_or_id.parse::<i64>()) {
        (None, Ok(id)) => Ok(supplier::table.filter(supplier::id.eq(id)).select(SupplierRow::as_select()).first(conn).optional()?),
        (row, _) => Ok(row),
    }
}

pub(in crate::catalogue) fn by_name(conn: &mut Conn, code_or_id: &str) -> Result<Option<Supplier>> {
    Ok(row_by_name(conn, code_or_id)?.map(Supplier::from))
}

pub(in crate::catalogue) fn view(conn: &mut Conn, code_or_id: &str) -> Result<Option<Kept<SupplierContent>>> {
    Ok(row_by_name(conn, code_or_id)?.map(Kept::from))
}

pub(in crate::catalogue) fn by_code(conn: &mut Conn, code: &str) -> Result<Option<Kept<SupplierContent>>> {
    let row = supplier::table.filter(supplier::code.eq(code)).select(SupplierRow::as_select()).first(conn).optional()?;
    Ok(row.map(Kept::from))
}

pub(in crate::catalogue) fn by_codes(conn: &mut Conn, codes: &[&str]) -> Result<Vec<Supplier>> {
    let rows: Vec<SupplierRow> = supplier::table.filter(supplier::code.eq_any(codes)).select(SupplierRow::as_select()).load(conn)?;
    Ok(rows.into_iter().map(Supplier::from).collect())
}

pub(in crate::catalogue) fn all(conn: &mut Conn) -> Result<Vec<Supplier>> {
    let rows: Vec<SupplierRow> =
        supplier::table.filter(supplier::archived.eq(false)).order(supplier::code).select(SupplierRow::as_select()).load(conn)?;
    Ok(rows.into_iter().map(Supplier::from).collect())
}

/// Every supplier, archived ones too, by code: what an import compares with.
pub(in crate::catalogue) fn known(conn: &mut Conn) -> Result<HashMap<String, Kept<SupplierContent>>> {
    let rows: Vec<SupplierRow> = supplier::table.select(SupplierRow::as_select()).load(conn)?;
    Ok(rows.into_iter().map(|row| (row.code.clone(), Kept::from(row))).collect())
}

pub(in crate::catalogue) fn list(conn: &mut Conn, pattern: &str, after: &str, limit: i64) -> Result<Vec<Kept<SupplierContent>>> {
    let rows: Vec<SupplierRow> = diesel::sql_query(
        "SELECT * FROM supplier WHERE archived = FALSE AND code > $1 AND (LOWER(code) LIKE LOWER($2) ESCAPE '\\' \
         OR LOWER(name) LIKE LOWER($2) ESCAPE '\\' OR COALESCE(gln, '') LIKE $2 ESCAPE '\\') ORDER BY code LIMIT $3",
    )
    .bind::<Text, _>(after)
    .bind::<Text, _>(pattern)
    .bind::<BigInt, _>(limit)
    .load(conn)?;
    Ok(rows.into_iter().map(Kept::from).collect())
}

pub(in crate::catalogue) fn insert(tx: &mut Tx<'_>, kept: &Kept<SupplierContent>) -> Result<()> {
    diesel::insert_into(supplier::table)
        .values(SupplierRow::from(kept))
        .execute(tx.conn)
        .map_err(|cause| or_taken(cause, "supplier", &kept.content.code))?;
    Ok(())
}

/// Answers `false` when somebody else changed it since `seen`.
pub(in crate::catalogue) fn update(tx: &mut Tx<'_>, kept: &Kept<SupplierContent>, seen: i64) -> Result<bool> {
    let rows = diesel::update(supplier::table.filter(supplier::id.eq(kept.id)).filter(supplier::version.eq(seen)))
        .set(SupplierRow::from(kept))
        .execute(tx.conn)?;
    Ok(rows == 1)
}
