//! The table of deliveries: what suppliers took.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use crate::base::error::Result;
use crate::base::time::Day;
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::db::schema::delivery;
use crate::orders::lead_time::DeliveryRecord;

type Row = (i64, Option<i64>, i64, Option<i64>, Option<i64>);

pub(in crate::orders) fn list(conn: &mut Conn) -> Result<Vec<DeliveryRecord>> {
    let rows: Vec<Row> = delivery::table
        .order((delivery::supplier_id, delivery::ordered_day, delivery::delivery_key))
        .select((delivery::supplier_id, delivery::item_id, delivery::ordered_day, delivery::promised_day, delivery::received_day))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(supplier_id, item_id, ordered_day, promised_day, received_day)| DeliveryRecord {
            supplier_id,
            item_id,
            ordered_day: Day(ordered_day),
            promised_day: promised_day.map(Day),
            received_day: received_day.map(Day),
        })
        .collect())
}

/// Adds a delivery; one that is there gets the later day of receipt.
pub(in crate::orders) fn keep_latest(tx: &mut Tx<'_>, key: &str, record: &DeliveryRecord, packs: i64) -> Result<()> {
    diesel::sql_query(
        "INSERT INTO delivery (delivery_key, supplier_id, item_id, ordered_day, promised_day, received_day, packs) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (delivery_key) DO UPDATE SET received_day = excluded.received_day \
         WHERE delivery.received_day IS NULL OR delivery.received_day < excluded.received_day",
    )
    .bind::<Text, _>(key)
    .bind::<BigInt, _>(record.supplier_id)
    .bind::<Nullable<BigInt>, _>(record.item_id)
    .bind::<BigInt, _>(record.ordered_day.0)
    .bind::<Nullable<BigInt>, _>(record.promised_day.map(|day| day.0))
    .bind::<Nullable<BigInt>, _>(record.received_day.map(|day| day.0))
    .bind::<BigInt, _>(packs)
    .execute(tx.conn)?;
    Ok(())
}

pub(in crate::orders) fn insert(tx: &mut Tx<'_>, key: &str, record: &DeliveryRecord, packs: Option<i64>) -> Result<()> {
    diesel::insert_into(delivery::table)
        .values((
            delivery::delivery_key.eq(key),
            delivery::supplier_id.eq(record.supplier_id),
            delivery::item_id.eq(record.item_id),
            delivery::ordered_day.eq(record.ordered_day.0),
            delivery::promised_day.eq(record.promised_day.map(|day| day.0)),
            delivery::received_day.eq(record.received_day.map(|day| day.0)),
            delivery::packs.eq(packs),
        ))
        .execute(tx.conn)?;
    Ok(())
}

pub(in crate::orders) fn set_received_day(tx: &mut Tx<'_>, key: &str, day: Day) -> Result<()> {
    diesel::update(delivery::table.filter(delivery::delivery_key.eq(key))).set(delivery::received_day.eq(Some(day.0))).execute(tx.conn)?;
    Ok(())
}

/// The days of receipt of those of these deliveries that are known.
pub(in crate::orders) fn received_days(conn: &mut Conn, keys: &[String]) -> Result<HashMap<String, Option<Day>>> {
    let mut known = HashMap::with_capacity(keys.len());
    for chunk in keys.chunks(500) {
        let rows: Vec<(String, Option<i64>)> = delivery::table
            .filter(delivery::delivery_key.eq_any(chunk))
            .select((delivery::delivery_key, delivery::received_day))
            .load(conn)?;
        known.extend(rows.into_iter().map(|(key, day)| (key, day.map(Day))));
    }
    Ok(known)
}
