//! Events, written in the transaction of their cause and read by the live stream.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde::Serialize;

use super::Tx;
use super::conn::{Conn, Number, Purpose};
use super::schema::outbox;
use crate::base::error::Result;

/// Events that get their place in one transaction.
const NUMBERED_MAX: i64 = 1_000;

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// A level or belief changed.
    Stock,
    /// An alert was raised, acknowledged or closed.
    Alert,
    /// A plan changed its state.
    Plan,
    /// An order changed its state.
    Order,
    /// A device changed its state.
    Device,
}

impl Topic {
    /// Its word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stock => "stock",
            Self::Alert => "alert",
            Self::Plan => "plan",
            Self::Order => "order",
            Self::Device => "device",
        }
    }
}

/// An event as it goes out.
#[derive(Debug, Clone, QueryableByName)]
pub struct Event {
    /// Its place in the stream.
    #[diesel(sql_type = BigInt)]
    pub stream_number: i64,
    /// Its site.
    #[diesel(sql_type = BigInt)]
    pub site_id: i64,
    /// What it is about.
    #[diesel(sql_type = Text)]
    pub topic: String,
    /// JSON.
    #[diesel(sql_type = Text)]
    pub payload: String,
}

/// Adds an event to the transaction.
///
/// # Errors
/// Those of the database.
pub fn push(tx: &mut Tx<'_>, site_id: i64, topic: Topic, payload: &impl Serialize) -> Result<()> {
    let payload =
        serde_json::to_string(payload).map_err(|cause| crate::base::error::Error::internal("an event is no JSON").because(cause))?;
    diesel::insert_into(outbox::table)
        .values((
            outbox::site_id.eq(site_id),
            outbox::id.eq(tx.id()),
            outbox::topic.eq(topic.word()),
            outbox::payload.eq(payload),
            outbox::created_at.eq(tx.now.0),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Whether events wait for their place in the stream: a cheap look before a write is asked for.
///
/// # Errors
/// Those of the database.
pub fn has_unnumbered(conn: &mut Conn) -> Result<bool> {
    Ok(!unnumbered(conn, 1)?.is_empty())
}

fn unnumbered(conn: &mut Conn, limit: i64) -> Result<Vec<Number>> {
    Ok(diesel::sql_query("SELECT id AS value FROM outbox WHERE stream_number IS NULL ORDER BY id LIMIT $1")
        .bind::<BigInt, _>(limit)
        .load(conn)?)
}

/// An event that has just got its place in the stream.
#[derive(Debug, Clone, Copy, QueryableByName)]
pub struct Placed {
    /// Its site.
    #[diesel(sql_type = BigInt)]
    pub site_id: i64,
    /// Larger than the ids of all that its transaction wrote before it.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// The moment of its transaction.
    #[diesel(sql_type = BigInt)]
    pub created_at: i64,
}

/// Gives committed events their place in the stream, each once; answers them.
///
/// Ids do not grow in the order of commits when several programs write: one that reads up to an id would miss what
/// commits later with a smaller one. So the order is settled here, by one program at a time; the others get nothing.
///
/// # Errors
/// Those of the database.
pub fn number_new(tx: &mut Tx<'_>) -> Result<Vec<Placed>> {
    if !tx.conn.try_lock_until_commit(Purpose::Stream)? {
        return Ok(Vec::new());
    }
    let waiting = unnumbered(tx.conn, NUMBERED_MAX)?;
    let (Some(first), Some(last)) = (waiting.first(), waiting.last()) else { return Ok(Vec::new()) };
    // All are moved by the same distance, so that one statement keeps their order and puts them behind the newest.
    let distance = newest(tx.conn)?.saturating_add(1).saturating_sub(first.value).max(0);
    Ok(diesel::sql_query(
        "UPDATE outbox SET stream_number = id + $1 WHERE stream_number IS NULL AND id >= $2 AND id <= $3 RETURNING site_id, id, created_at",
    )
    .bind::<BigInt, _>(distance)
    .bind::<BigInt, _>(first.value)
    .bind::<BigInt, _>(last.value)
    .load(tx.conn)?)
}

/// The events after `after`, in the order of the stream, at most `limit`.
///
/// # Errors
/// Those of the database.
pub fn list_after(conn: &mut Conn, after: i64, limit: i64) -> Result<Vec<Event>> {
    Ok(diesel::sql_query(
        "SELECT stream_number, site_id, topic, payload FROM outbox WHERE stream_number > $1 ORDER BY stream_number LIMIT $2",
    )
    .bind::<BigInt, _>(after)
    .bind::<BigInt, _>(limit)
    .load(conn)?)
}

/// The number of the newest event of the stream; 0 when there is none.
///
/// # Errors
/// Those of the database.
pub fn newest(conn: &mut Conn) -> Result<i64> {
    Ok(diesel::sql_query("SELECT CAST(COALESCE(MAX(stream_number), 0) AS BIGINT) AS value FROM outbox").get_result::<Number>(conn)?.value)
}

/// Deletes events older than `before`; answers how many.
///
/// # Errors
/// Those of the database.
pub fn forget(tx: &mut Tx<'_>, before: i64) -> Result<usize> {
    Ok(diesel::delete(outbox::table.filter(outbox::created_at.lt(before))).execute(tx.conn)?)
}
