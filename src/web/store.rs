//! The table of answered requests.

use diesel::prelude::*;

use super::idempotency::Answer;
use crate::base::error::Result;
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::db::schema::idempotency;

type Known = (String, i64, Option<String>, Option<String>, String);

pub(super) fn by_key(conn: &mut Conn, caller: &str, key: &str) -> Result<Option<(String, Answer)>> {
    let row: Option<Known> = idempotency::table
        .filter(idempotency::caller.eq(caller))
        .filter(idempotency::idempotency_key.eq(key))
        .select((idempotency::body_sha256, idempotency::status, idempotency::location, idempotency::etag, idempotency::answer))
        .first(conn)
        .optional()?;
    Ok(row.map(|(sha256, status, location, etag, body)| {
        (sha256, Answer { status: u16::try_from(status).unwrap_or(200), location, etag, body })
    }))
}

pub(super) fn insert(tx: &mut Tx<'_>, caller: &str, key: &str, body_sha256: &str, answer: &Answer) -> Result<()> {
    diesel::insert_into(idempotency::table)
        .values((
            idempotency::caller.eq(caller),
            idempotency::idempotency_key.eq(key),
            idempotency::body_sha256.eq(body_sha256),
            idempotency::status.eq(i64::from(answer.status)),
            idempotency::location.eq(&answer.location),
            idempotency::etag.eq(&answer.etag),
            idempotency::answer.eq(&answer.body),
            idempotency::created_at.eq(tx.now.0),
        ))
        .execute(tx.conn)?;
    Ok(())
}

pub(super) fn delete_before(tx: &mut Tx<'_>, before: i64) -> Result<usize> {
    Ok(diesel::delete(idempotency::table.filter(idempotency::created_at.lt(before))).execute(tx.conn)?)
}
