//! Events, written in the transaction of their cause and read by the live stream.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde::Serialize;

use super::Tx;
use super::conn::Conn;
use super::schema::outbox;
use crate::base::error::Result;

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
    pub id: i64,
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

/// The events after `after`, oldest first, at most `limit`.
///
/// # Errors
/// Those of the database.
pub fn list_after(conn: &mut Conn, after: i64, limit: i64) -> Result<Vec<Event>> {
    Ok(diesel::sql_query("SELECT id, site_id, topic, payload FROM outbox WHERE id > $1 ORDER BY id LIMIT $2")
        .bind::<BigInt, _>(after)
        .bind::<BigInt, _>(limit)
        .load(conn)?)
}

/// The id of the newest event; 0 when there is none.
///
/// # Errors
/// Those of the database.
pub fn newest(conn: &mut Conn) -> Result<i64> {
    let row =
        diesel::sql_query("SELECT CAST(COALESCE(MAX(id), 0) AS BIGINT) AS value FROM outbox").get_result::<super::conn::Number>(conn)?;
    Ok(row.value)
}

/// Deletes events older than `before`; answers how many.
///
/// # Errors
/// Those of the database.
pub fn forget(tx: &mut Tx<'_>, before: i64) -> Result<usize> {
    Ok(diesel::delete(outbox::table.filter(outbox::created_at.lt(before))).execute(tx.conn)?)
}
