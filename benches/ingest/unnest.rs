//! Side A for PostgreSQL: 1,000 rows a commit through `unnest`, on one connection, into the same tables.

use std::time::Instant;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};

use crate::Wish;
use crate::world::{CHANNELS, DEVICES, FIRST_CHANNEL};

const ROWS: usize = 1_000;
const RECORDS_MAX: usize = 2_000_000;

const INSERT: &str = "INSERT INTO observation (site_id, received_at, channel_id, observed_at, dedupe_key, event_at, kind, value, quality) \
    SELECT 1, $1, * FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::bigint[], $8::text[]) \
    ON CONFLICT DO NOTHING";
const UPSERT: &str = "INSERT INTO channel_last (site_id, received_at, channel_id, observed_at, dedupe_key, event_at, value) \
    SELECT 1, $1, * FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]) \
    ON CONFLICT (site_id, channel_id) DO UPDATE SET observed_at = excluded.observed_at, dedupe_key = excluded.dedupe_key, \
    event_at = excluded.event_at, received_at = excluded.received_at, value = excluded.value \
    WHERE (excluded.observed_at, excluded.dedupe_key) > (channel_last.observed_at, channel_last.dedupe_key)";

/// Rows a second.
pub(crate) fn measure(url: &str, start: i64, wish: &Wish) -> f64 {
    let mut conn = PgConnection::establish(url).unwrap();
    conn.batch_execute("SET synchronous_commit = on").unwrap();
    let (begun, mut number, mut counted) = (Instant::now(), 0, 0);
    let mut since = None;
    while number < RECORDS_MAX && begun.elapsed().as_secs_f64() < wish.warm + wish.seconds {
        if since.is_none() && begun.elapsed().as_secs_f64() >= wish.warm {
            since = Some(Instant::now());
        }
        conn.transaction::<_, diesel::result::Error, _>(|conn| commit(conn, number, start)).unwrap();
        number += ROWS;
        counted += if since.is_some() { ROWS } else { 0 };
    }
    counted as f64 / since.unwrap_or(begun).elapsed().as_secs_f64()
}

fn commit(conn: &mut PgConnection, first: usize, start: i64) -> QueryResult<()> {
    let channels = DEVICES * CHANNELS;
    let numbers = first..first + ROWS;
    let ids: Vec<i64> = numbers.clone().map(|number| FIRST_CHANNEL + (number % channels) as i64).collect();
    let times: Vec<i64> = numbers.clone().map(|number| start + (number / channels) as i64 * 1_000_000).collect();
    let keys: Vec<i64> = numbers.clone().map(|number| ((number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 1) as i64).collect();
    let values: Vec<i64> = numbers.map(|number| 20 + (number % 40) as i64).collect();
    let done = diesel::sql_query(INSERT)
        .bind::<BigInt, _>(start)
        .bind::<Array<BigInt>, _>(&ids)
        .bind::<Array<BigInt>, _>(&times)
        .bind::<Array<BigInt>, _>(&keys)
        .bind::<Array<BigInt>, _>(&times)
        .bind::<Array<Text>, _>(vec!["level"; ROWS])
        .bind::<Array<BigInt>, _>(&values)
        .bind::<Array<Text>, _>(vec![""; ROWS])
        .execute(conn)?;
    assert_eq!(done, ROWS, "all rows are new");
    diesel::sql_query(UPSERT)
        .bind::<BigInt, _>(start)
        .bind::<Array<BigInt>, _>(&ids)
        .bind::<Array<BigInt>, _>(&times)
        .bind::<Array<BigInt>, _>(&keys)
        .bind::<Array<BigInt>, _>(&times)
        .bind::<Array<BigInt>, _>(&values)
        .execute(conn)?;
    Ok(())
}
