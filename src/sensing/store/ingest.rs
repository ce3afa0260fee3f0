//! Batches, observations, device health, beliefs.

use std::collections::{BTreeSet, HashMap, HashSet};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::access::caller::DeviceIdentity;
use crate::base::error::{Error, Result};
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::db::hot::{BatchRow, HealthRow, ObservationRow};
use crate::db::schema::{batch_horizon, belief, device_health, ingest_batch, item, observation, place, quarantine_record, stock_point};
use crate::sensing::belief::Estimate;
use crate::sensing::binding::Line;
use crate::sensing::ingest::Arrival;
use crate::sensing::native::Head;
use crate::sensing::registry::Health;
use crate::web::idempotency::Answer;

/// An answered batch.
pub(in crate::sensing) struct Answered {
    pub(in crate::sensing) sha256: String,
    pub(in crate::sensing) answer: Answer,
}

pub(in crate::sensing) fn batch_by_key(conn: &mut Conn, device: &DeviceIdentity, head: &Head) -> Result<Option<Answered>> {
    let row: Option<(String, i64, String)> = ingest_batch::table
        .filter(ingest_batch::site_id.eq(device.site_id))
        .filter(ingest_batch::device_id.eq(device.id))
        .filter(ingest_batch::boot_id.eq(&head.boot_id))
        .filter(ingest_batch::seq.eq(head.seq))
        .select((ingest_batch::body_sha256, ingest_batch::status, ingest_batch::answer))
        .first(conn)
        .optional()?;
    Ok(row.map(|(sha256, status, body)| Answered { sha256, answer: answered(status, body) }))
}

/// Whether answers to batches of this boot, up to this one at least, are not kept any more.
pub(in crate::sensing) fn is_beyond_horizon(conn: &mut Conn, device: &DeviceIdentity, head: &Head) -> Result<bool> {
    let seq: Option<i64> =
        batch_horizon::table.find((device.site_id, device.id, &head.boot_id)).select(batch_horizon::seq).first(conn).optional()?;
    Ok(seq.is_some_and(|seq| head.seq <= seq))
}

fn answered(status: i64, body: String) -> Answer {
    Answer { status: u16::try_from(status).unwrap_or(200), location: None, etag: None, body }
}

/// The batch of an id: its site, its device, and its answer.
pub(in crate::sensing) fn batch_by_id(conn: &mut Conn, id: i64) -> Result<Option<(i64, i64, Answer)>> {
    let row: Option<(i64, i64, i64, String)> = ingest_batch::table
        .filter(ingest_batch::id.eq(id))
        .select((ingest_batch::site_id, ingest_batch::device_id, ingest_batch::status, ingest_batch::answer))
        .first(conn)
        .optional()?;
    Ok(row.map(|(site_id, device_id, status, body)| (site_id, device_id, answered(status, body))))
}

/// Keeps answers; answers how many batches were new.
pub(in crate::sensing) fn insert_batches(tx: &mut Tx<'_>, site_id: i64, rows: &[BatchRow]) -> Result<usize> {
    if rows.is_empty() {
        return Ok(0);
    }
    Ok(tx.conn.hot().insert_batches(site_id, tx.now.0, rows)?)
}

/// Keeps records apart; one that is kept already stays as it is.
pub(in crate::sensing) fn insert_quarantined(
    tx: &mut Tx<'_>,
    device: &DeviceIdentity,
    received_at: i64,
    rows: &[(&Arrival, &'static str)],
) -> Result<()> {
    for (arrival, code) in rows {
        let record_key = format!("{}/{}/{}", device.id, arrival.record.at.map_or(0, |at| at.0), arrival.dedupe_key);
        let apart = Apart { record_key, channel: &arrival.record.channel, code, raw: &arrival.record.raw_text() };
        keep_apart(tx, device, received_at, &apart)?;
    }
    Ok(())
}

/// What is kept apart of a record.
pub(in crate::sensing) struct Apart<'a> {
    /// Device, stamp and what tells it from others.
    pub(in crate::sensing) record_key: String,
    pub(in crate::sensing) channel: &'a str,
    pub(in crate::sensing) code: &'a str,
    pub(in crate::sensing) raw: &'a str,
}

/// Keeps one record apart; one that is kept already stays as it is.
pub(in crate::sensing) fn keep_apart(tx: &mut Tx<'_>, device: &DeviceIdentity, received_at: i64, apart: &Apart<'_>) -> Result<()> {
    diesel::sql_query(
        "INSERT INTO quarantine_record (site_id, id, device_id, record_key, channel, code, raw, received_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (site_id, record_key) DO NOTHING",
    )
    .bind::<BigInt, _>(device.site_id)
    .bind::<BigInt, _>(tx.id())
    .bind::<BigInt, _>(device.id)
    .bind::<Text, _>(&apart.record_key)
    .bind::<Text, _>(apart.channel)
    .bind::<Text, _>(apart.code)
    .bind::<Text, _>(apart.raw)
    .bind::<BigInt, _>(received_at)
    .execute(tx.conn)?;
    Ok(())
}

pub(in crate::sensing) fn resolve_quarantined(tx: &mut Tx<'_>, site_id: i64, id: i64) -> Result<()> {
    diesel::update(quarantine_record::table.filter(quarantine_record::site_id.eq(site_id)).filter(quarantine_record::id.eq(id)))
        .set(quarantine_record::resolved_at.eq(tx.now.0))
        .execute(tx.conn)?;
    Ok(())
}

/// Which of these `(channel_id, dedupe_key)` are stored under a stamp not before `since`.
pub(in crate::sensing) fn known_restamped(conn: &mut Conn, site_id: i64, since: i64, keys: &[(i64, i64)]) -> Result<HashSet<(i64, i64)>> {
    let mut known = HashSet::new();
    for chunk in keys.chunks(200) {
        let channels: Vec<i64> = chunk.iter().map(|(channel_id, _)| *channel_id).collect();
        let dedupe_keys: Vec<i64> = chunk.iter().map(|(_, key)| *key).collect();
        let rows: Vec<(i64, i64)> = observation::table
            .filter(observation::site_id.eq(site_id))
            .filter(observation::channel_id.eq_any(channels))
            .filter(observation::observed_at.ge(since))
            .filter(observation::dedupe_key.eq_any(dedupe_keys))
            .select((observation::channel_id, observation::dedupe_key))
            .load(conn)?;
        known.extend(rows);
    }
    Ok(known)
}

/// Where a device stood when it was last heard.
pub(in crate::sensing) fn health(conn: &mut Conn, device: &DeviceIdentity) -> Result<Health> {
    let row: Option<(i64, String, i64, i64)> = device_health::table
        .filter(device_health::site_id.eq(device.site_id))
        .filter(device_health::device_id.eq(device.id))
        .select((device_health::last_event_at, device_health::boot_id, device_health::last_seq, device_health::records_lost))
        .first(conn)
        .optional()?;
    Ok(row.map_or_else(Health::default, |(last_event_at, boot_id, last_seq, lost)| Health {
        boot_id: Some(boot_id),
        last_seq,
        last_event_at,
        lost,
    }))
}

#[derive(QueryableByName)]
struct StandRow {
    #[diesel(sql_type = BigInt)]
    device_id: i64,
    #[diesel(sql_type = BigInt)]
    last_event_at: i64,
    #[diesel(sql_type = Text)]
    boot_id: String,
    #[diesel(sql_type = BigInt)]
    last_seq: i64,
    #[diesel(sql_type = BigInt)]
    records_lost: i64,
}

/// Where devices stand, locked until the transaction ends, always in the same order so that nobody waits in a ring.
/// Only where several programs write.
pub(in crate::sensing) fn lock_health(tx: &mut Tx<'_>, site_id: i64, device_ids: &BTreeSet<i64>) -> Result<Vec<(i64, Health)>> {
    let ids: Vec<String> = device_ids.iter().map(ToString::to_string).collect();
    let ids = ids.join(",");
    let mut rows = stands(tx, site_id, &ids)?;
    if rows.len() < device_ids.len() {
        // A device that was never heard has no such row to hold, so that two could both begin its count: the device itself has one.
        diesel::sql_query(
            "SELECT id FROM device WHERE site_id = $1 AND id = ANY (CAST(string_to_array($2, ',') AS BIGINT[])) \
             ORDER BY id FOR NO KEY UPDATE",
        )
        .bind::<BigInt, _>(site_id)
        .bind::<Text, _>(&ids)
        .execute(tx.conn)?;
        rows = stands(tx, site_id, &ids)?;
    }
    Ok(rows
        .into_iter()
        .map(|row| {
            let StandRow { device_id, last_event_at, boot_id, last_seq, records_lost } = row;
            (device_id, Health { boot_id: Some(boot_id), last_seq, last_event_at, lost: records_lost })
        })
        .collect())
}

fn stands(tx: &mut Tx<'_>, site_id: i64, device_ids: &str) -> Result<Vec<StandRow>> {
    let rows = diesel::sql_query(
        "SELECT device_id, last_event_at, boot_id, last_seq, records_lost FROM device_health \
         WHERE site_id = $1 AND device_id = ANY (CAST(string_to_array($2, ',') AS BIGINT[])) ORDER BY device_id FOR UPDATE",
    );
    Ok(rows.bind::<BigInt, _>(site_id).bind::<Text, _>(device_ids).load(tx.conn)?)
}

/// Writes down that devices were heard: when, what they said of themselves, and what they lost.
pub(in crate::sensing) fn put_health(tx: &mut Tx<'_>, site_id: i64, rows: &[HealthRow]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    Ok(tx.conn.hot().put_health(site_id, tx.now.0, rows)?)
}

#[derive(QueryableByName)]
struct NewestRow {
    #[diesel(sql_type = BigInt)]
    channel_id: i64,
    #[diesel(sql_type = BigInt)]
    observed_at: i64,
    #[diesel(sql_type = BigInt)]
    dedupe_key: i64,
}

/// The newest observation of some channels: channel, stamp, key. By their ids and planned anew each time: a plan that
/// PostgreSQL made when the table was empty reads all of it for each device.
pub(in crate::sensing) fn newest_of_channels(conn: &mut Conn, site_id: i64, channels: &[i64]) -> Result<Vec<(i64, i64, i64)>> {
    let mut newest = Vec::with_capacity(channels.len());
    for chunk in channels.chunks(500) {
        let ids = chunk.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let rows: Vec<NewestRow> = diesel::sql_query(format!(
            "SELECT channel_id, observed_at, dedupe_key FROM channel_last WHERE site_id = $1 AND channel_id IN ({ids})"
        ))
        .bind::<BigInt, _>(site_id)
        .load(conn)?;
        newest.extend(rows.into_iter().map(|row| (row.channel_id, row.observed_at, row.dedupe_key)));
    }
    Ok(newest)
}

/// A belief as it is stored.
#[derive(Debug, Clone)]
pub(in crate::sensing) struct Known {
    pub(in crate::sensing) estimate: i64,
    pub(in crate::sensing) low: i64,
    pub(in crate::sensing) high: i64,
    pub(in crate::sensing) confidence: String,
    pub(in crate::sensing) as_of: i64,
    pub(in crate::sensing) mode: String,
}

pub(in crate::sensing) fn beliefs(conn: &mut Conn, site_id: i64, stock_point_ids: &[i64]) -> Result<HashMap<i64, Known>> {
    let mut known = HashMap::new();
    for chunk in stock_point_ids.chunks(500) {
        let rows: Vec<(i64, i64, i64, i64, String, i64, String)> = belief::table
            .filter(belief::site_id.eq(site_id))
            .filter(belief::stock_point_id.eq_any(chunk))
            .select((belief::stock_point_id, belief::estimate, belief::low, belief::high, belief::confidence, belief::as_of, belief::mode))
            .load(conn)?;
        known.extend(
            rows.into_iter()
                .map(|(id, estimate, low, high, confidence, as_of, mode)| (id, Known { estimate, low, high, confidence, as_of, mode })),
        );
    }
    Ok(known)
}

pub(in crate::sensing) fn put_belief(tx: &mut Tx<'_>, site_id: i64, line: &Line, estimate: &Estimate, as_of: i64) -> Result<()> {
    let reasons =
        serde_json::to_string(&estimate.reasons).map_err(|cause| Error::internal("the reasons of a belief are no JSON").because(cause))?;
    diesel::sql_query(
        "INSERT INTO belief (site_id, stock_point_id, estimate, low, high, confidence, as_of, mode, reasons) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (site_id, stock_point_id) DO UPDATE SET estimate = excluded.estimate, \
         low = excluded.low, high = excluded.high, confidence = excluded.confidence, as_of = excluded.as_of, mode = excluded.mode, \
         reasons = excluded.reasons",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(line.stock_point_id)
    .bind::<BigInt, _>(estimate.units)
    .bind::<BigInt, _>(estimate.low)
    .bind::<BigInt, _>(estimate.high)
    .bind::<Text, _>(estimate.confidence.word())
    .bind::<BigInt, _>(as_of)
    .bind::<Text, _>(&line.mode)
    .bind::<Text, _>(reasons)
    .execute(tx.conn)?;
    Ok(())
}

pub(in crate::sensing) fn names_of_stock_points(conn: &mut Conn, site_id: i64, ids: &[i64]) -> Result<Vec<(String, String)>> {
    let mut names = Vec::new();
    for chunk in ids.chunks(500) {
        let rows: Vec<(String, String)> = stock_point::table
            .inner_join(place::table.on(place::site_id.eq(stock_point::site_id).and(place::id.eq(stock_point::place_id))))
            .inner_join(item::table.on(item::id.eq(stock_point::item_id)))
            .filter(stock_point::site_id.eq(site_id))
            .filter(stock_point::id.eq_any(chunk))
            .select((place::code, item::code))
            .load(conn)?;
        names.extend(rows);
    }
    Ok(names)
}

/// Stores observations; answers the keys that were new.
pub(in crate::sensing) fn append(tx: &mut Tx<'_>, site_id: i64, received_at: i64, rows: &[ObservationRow]) -> Result<Vec<(i64, i64, i64)>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    Ok(tx.conn.hot().append_observations(site_id, received_at, rows)?)
}

/// Stores observations of which none should be known; answers how many were new.
pub(in crate::sensing) fn append_new(tx: &mut Tx<'_>, site_id: i64, received_at: i64, rows: &[ObservationRow]) -> Result<usize> {
    if rows.is_empty() {
        return Ok(0);
    }
    Ok(tx.conn.hot().append_new(site_id, received_at, rows)?)
}

/// Keeps the newest observation of each channel.
pub(in crate::sensing) fn keep_newest(tx: &mut Tx<'_>, site_id: i64, received_at: i64, rows: &[ObservationRow]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    Ok(tx.conn.hot().keep_newest(site_id, received_at, rows)?)
}
