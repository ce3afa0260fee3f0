//! The table of offers.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};

use super::or_taken;
use crate::base::error::Result;
use crate::base::money::Money;
use crate::base::time::{Day, Micros};
use crate::catalogue::kept::Kept;
use crate::catalogue::offer::{Key, Offer, OfferContent, Wanted};
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::db::schema::{item, offer, supplier};

/// An offer with the codes of its item and supplier.
#[derive(QueryableByName)]
struct OfferRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    item: String,
    #[diesel(sql_type = Text)]
    supplier: String,
    #[diesel(sql_type = BigInt)]
    units_per_pack: i64,
    #[diesel(sql_type = BigInt)]
    price_minor: i64,
    #[diesel(sql_type = Text)]
    currency: String,
    #[diesel(sql_type = BigInt)]
    moq_packs: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    lead_time_days: Option<i64>,
    #[diesel(sql_type = BigInt)]
    valid_from_day: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    valid_to_day: Option<i64>,
    #[diesel(sql_type = Bool)]
    archived: bool,
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = BigInt)]
    updated_at: i64,
}

const SELECT: &str = "SELECT o.id, i.code AS item, s.code AS supplier, o.units_per_pack, o.price_minor, o.currency, o.moq_packs, \
     o.lead_time_days, o.valid_from_day, o.valid_to_day, o.archived, o.version, o.updated_at \
     FROM offer o JOIN item i ON i.id = o.item_id JOIN supplier s ON s.id = o.supplier_id";

impl From<OfferRow> for Kept<OfferContent> {
    fn from(row: OfferRow) -> Self {
        let content = OfferContent {
            item: row.item,
            supplier: row.supplier,
            units_per_pack: row.units_per_pack,
            price: Money::new(row.price_minor, row.currency),
            moq_packs: row.moq_packs,
            lead_time_days: row.lead_time_days,
            valid_from: first_day(row.valid_from_day),
            valid_to: row.valid_to_day.map(Day),
        };
        Self { id: row.id, content, archived: row.archived, version: row.version, updated_at: Micros(row.updated_at) }
    }
}

/// 0 stands for "from the beginning".
fn first_day(day: i64) -> Option<Day> {
    (day != 0).then_some(Day(day))
}

pub(in crate::catalogue) fn view(conn: &mut Conn, id: i64) -> Result<Option<Kept<OfferContent>>> {
    let row = diesel::sql_query(format!("{SELECT} WHERE o.id = $1")).bind::<BigInt, _>(id).get_result::<OfferRow>(conn).optional()?;
    Ok(row.map(Kept::from))
}

/// Every offer, archived ones too: what an import compares with.
pub(in crate::catalogue) fn known(conn: &mut Conn) -> Result<HashMap<Key, Kept<OfferContent>>> {
    let rows: Vec<OfferRow> = diesel::sql_query(SELECT).load(conn)?;
    Ok(rows.into_iter().map(Kept::<OfferContent>::from).map(|kept| (kept.content.key(), kept)).collect())
}

pub(in crate::catalogue) fn list(
    conn: &mut Conn,
    pattern: &str,
    wanted: &Wanted,
    after: i64,
    limit: i64,
) -> Result<Vec<Kept<OfferContent>>> {
    let rows: Vec<OfferRow> = diesel::sql_query(format!(
        "{SELECT} WHERE o.archived = FALSE AND o.id > $1 AND ($2 = '' OR i.code = $2) AND ($3 = '' OR s.code = $3) \
         AND (LOWER(i.code) LIKE LOWER($4) ESCAPE '\\' OR LOWER(i.name) LIKE LOWER($4) ESCAPE '\\' \
         OR COALESCE(i.gtin, '') LIKE $4 ESCAPE '\\' OR LOWER(s.code) LIKE LOWER($4) ESCAPE '\\' \
         OR LOWER(s.name) LIKE LOWER($4) ESCAPE '\\') ORDER BY o.id LIMIT $5"
    ))
    .bind::<BigInt, _>(after)
    .bind::<Text, _>(wanted.item.as_deref().unwrap_or_default())
    .bind::<Text, _>(wanted.supplier.as_deref().unwrap_or_default())
    .bind::<Text, _>(pattern)
    .bind::<BigInt, _>(limit)
    .load(conn)?;
    Ok(rows.into_iter().map(Kept::from).collect())
}

type ValidRow = (i64, i64, i64, i64, i64, String, i64, Option<i64>, i64, Option<i64>);

pub(in crate::catalogue) fn valid_on(conn: &mut Conn, day: Day) -> Result<Vec<Offer>> {
    let rows: Vec<ValidRow> = offer::table
        .inner_join(item::table.on(item::id.eq(offer::item_id)))
        .inner_join(supplier::table.on(supplier::id.eq(offer::supplier_id)))
        .filter(offer::archived.eq(false))
        .filter(item::archived.eq(false))
        .filter(supplier::archived.eq(false))
        .filter(offer::valid_from_day.le(day.0))
        .filter(offer::valid_to_day.is_null().or(offer::valid_to_day.ge(day.0)))
        .order((item::code, supplier::code, offer::id))
        .select((
            offer::id,
            offer::item_id,
            offer::supplier_id,
            offer::units_per_pack,
            offer::price_minor,
            offer::currency,
            offer::moq_packs,
            offer::lead_time_days,
            offer::valid_from_day,
            offer::valid_to_day,
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(id, item_id, supplier_id, units_per_pack, price_minor, currency, moq_packs, lead_time_days, from, to)| Offer {
            id,
            item_id,
            supplier_id,
            units_per_pack,
            price_minor,
            currency,
            moq_packs,
            lead_time_days,
            valid_from: first_day(from),
            valid_to: to.map(Day),
        })
        .collect())
}

/// The currency of the offers that are not archived, by supplier.
pub(in crate::catalogue) fn currencies(conn: &mut Conn) -> Result<HashMap<i64, String>> {
    let rows: Vec<(i64, String)> =
        offer::table.filter(offer::archived.eq(false)).select((offer::supplier_id, offer::currency)).distinct().load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Id of the offer with the same key, and whether it is archived.
pub(in crate::catalogue) fn by_key(conn: &mut Conn, item_id: i64, supplier_id: i64, content: &OfferContent) -> Result<Option<(i64, bool)>> {
    Ok(offer::table
        .filter(offer::item_id.eq(item_id))
        .filter(offer::supplier_id.eq(supplier_id))
        .filter(offer::units_per_pack.eq(content.units_per_pack))
        .filter(offer::valid_from_day.eq(content.valid_from.unwrap_or_default().0))
        .select((offer::id, offer::archived))
        .first(conn)
        .optional()?)
}

pub(in crate::catalogue) fn insert(tx: &mut Tx<'_>, kept: &Kept<OfferContent>, item_id: i64, supplier_id: i64) -> Result<()> {
    let content = &kept.content;
    diesel::insert_into(offer::table)
        .values((
            (offer::id.eq(kept.id), offer::item_id.eq(item_id), offer::supplier_id.eq(supplier_id)),
            (
                offer::units_per_pack.eq(content.units_per_pack),
                offer::price_minor.eq(content.price.minor),
                offer::currency.eq(&content.price.currency),
                offer::moq_packs.eq(content.moq_packs),
                offer::lead_time_days.eq(content.lead_time_days),
            ),
            (offer::valid_from_day.eq(content.valid_from.unwrap_or_default().0), offer::valid_to_day.eq(content.valid_to.map(|day| day.0))),
            (offer::archived.eq(kept.archived), offer::version.eq(kept.version), offer::updated_at.eq(kept.updated_at.0)),
        ))
        .execute(tx.conn)
        .map_err(|cause| or_taken(cause, "offer", &format!("{} of {}", content.item, content.supplier)))?;
    Ok(())
}

/// Answers `false` when somebody else changed it since `seen`.
pub(in crate::catalogue) fn update(tx: &mut Tx<'_>, kept: &Kept<OfferContent>, seen: i64) -> Result<bool> {
    let content = &kept.content;
    let rows = diesel::update(offer::table.filter(offer::id.eq(kept.id)).filter(offer::version.eq(seen)))
        .set((
            offer::price_minor.eq(content.price.minor),
            offer::currency.eq(&content.price.currency),
            offer::moq_packs.eq(content.moq_packs),
            offer::lead_time_days.eq(content.lead_time_days),
            offer::valid_to_day.eq(content.valid_to.map(|day| day.0)),
            offer::archived.eq(kept.archived),
            offer::version.eq(kept.version),
            offer::updated_at.eq(kept.updated_at.0),
        ))
        .execute(tx.conn)?;
    Ok(rows == 1)
}
