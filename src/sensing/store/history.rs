//! Sums of readings by hour and day, and what retention takes away.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::base::error::Result;
use crate::base::time::DAY_MICROS;
use crate::db::Tx;
use crate::db::conn::{Conn, Number};
use crate::db::schema::{ingest_batch, observation_hour, retention_gate};

/// Microseconds of an hour.
pub(in crate::sensing) const HOUR_MICROS: i64 = DAY_MICROS / 24;
/// Rows of one statement.
const CHUNK: usize = 500;

fn list(numbers: &[i64]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Notes hours to be summed, `(channel_id, bucket)` in order; one that is noted already waits anew from now on.
pub(in crate::sensing) fn mark_hours(tx: &mut Tx<'_>, site_id: i64, hours: &[(i64, i64)]) -> Result<()> {
    for chunk in hours.chunks(CHUNK) {
        let now = tx.now.0;
        let rows: Vec<String> = chunk.iter().map(|(channel_id, bucket)| format!("({site_id}, {channel_id}, {bucket}, {now})")).collect();
        let rows = rows.join(", ");
        diesel::sql_query(format!(
            "INSERT INTO rollup_dirty (site_id, channel_id, bucket, marked_at) VALUES {rows} \
             ON CONFLICT (site_id, channel_id, bucket) DO UPDATE SET marked_at = excluded.marked_at"
        ))
        .execute(tx.conn)?;
    }
    Ok(())
}

/// Hours that began at `until` or before, and were not noted again since `quiet_since`.
#[derive(Debug, Clone, Copy)]
pub(in crate::sensing) struct Over {
    pub(in crate::sensing) until: i64,
    pub(in crate::sensing) quiet_since: i64,
}

/// The sites that have hours to sum.
pub(in crate::sensing) fn sites_with_hours(conn: &mut Conn, over: Over) -> Result<Vec<i64>> {
    let rows: Vec<Number> =
        diesel::sql_query("SELECT DISTINCT site_id AS value FROM rollup_dirty WHERE bucket <= $1 AND marked_at <= $2 ORDER BY value")
            .bind::<BigInt, _>(over.until)
            .bind::<BigInt, _>(over.quiet_since)
            .load(conn)?;
    Ok(rows.into_iter().map(|row| row.value).collect())
}

#[derive(QueryableByName)]
struct HourRow {
    #[diesel(sql_type = BigInt)]
    channel_id: i64,
    #[diesel(sql_type = BigInt)]
    bucket: i64,
}

/// Takes hours to be summed, oldest first: `(bucket, channel_id)`; nobody else has them until the transaction ends.
pub(in crate::sensing) fn take_hours(tx: &mut Tx<'_>, site_id: i64, over: Over, limit: i64) -> Result<Vec<(i64, i64)>> {
    let alone = tx.conn.lock_free_rows();
    let rows: Vec<HourRow> = diesel::sql_query(format!(
        "SELECT channel_id, bucket FROM rollup_dirty WHERE site_id = $1 AND bucket <= $2 AND marked_at <= $3 \
         ORDER BY bucket, channel_id LIMIT $4{alone}"
    ))
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(over.until)
    .bind::<BigInt, _>(over.quiet_since)
    .bind::<BigInt, _>(limit)
    .load(tx.conn)?;
    Ok(rows.into_iter().map(|row| (row.bucket, row.channel_id)).collect())
}

/// Sums one hour of some channels from their readings; scales that did not come to rest are left out.
pub(in crate::sensing) fn sum_hour(tx: &mut Tx<'_>, site_id: i64, bucket: i64, channels: &[i64]) -> Result<()> {
    let channels = list(channels);
    let kept = format!(
        "o.site_id = $2 AND o.channel_id IN ({channels}) AND o.observed_at >= $1 AND o.observed_at < $1 + {HOUR_MICROS} \
         AND o.quality <> 'unstable'"
    );
    // SQLite numbers parameters in the order in which they first stand. The newest value is found by the newest moment; of equal moments by the larger key.
    diesel::sql_query(format!(
        "INSERT INTO observation_hour (site_id, channel_id, bucket, observations, min_value, max_value, sum_value, last_at, last_value) \
         SELECT s.site_id, s.channel_id, $1, s.observations, s.min_value, s.max_value, s.sum_value, s.last_at, \
           (SELECT l.value FROM observation l WHERE l.site_id = s.site_id AND l.channel_id = s.channel_id AND l.observed_at = s.last_at \
             AND l.quality <> 'unstable' ORDER BY l.dedupe_key DESC LIMIT 1) \
         FROM (SELECT o.site_id, o.channel_id, COUNT(*) AS observations, MIN(o.value) AS min_value, MAX(o.value) AS max_value, \
             CAST(SUM(o.value) AS BIGINT) AS sum_value, MAX(o.observed_at) AS last_at \
           FROM observation o WHERE {kept} GROUP BY o.site_id, o.channel_id) s WHERE 1 = 1 \
         ON CONFLICT (site_id, channel_id, bucket) DO UPDATE SET observations = excluded.observations, min_value = excluded.min_value, \
           max_value = excluded.max_value, sum_value = excluded.sum_value, last_at = excluded.last_at, last_value = excluded.last_value"
    ))
    .bind::<BigInt, _>(bucket)
    .bind::<BigInt, _>(site_id)
    .execute(tx.conn)?;
    Ok(())
}

/// Sums one day of some channels from its hours.
pub(in crate::sensing) fn sum_day(tx: &mut Tx<'_>, site_id: i64, bucket: i64, channels: &[i64]) -> Result<()> {
    let channels = list(channels);
    diesel::sql_query(format!(
        "INSERT INTO observation_day (site_id, channel_id, bucket, observations, min_value, max_value, sum_value, last_at, last_value) \
         SELECT s.site_id, s.channel_id, $1, s.observations, s.min_value, s.max_value, s.sum_value, s.last_at, \
           (SELECT l.last_value FROM observation_hour l WHERE l.site_id = s.site_id AND l.channel_id = s.channel_id \
             AND l.bucket >= $1 AND l.bucket < $1 + {DAY_MICROS} ORDER BY l.bucket DESC LIMIT 1) \
         FROM (SELECT h.site_id, h.channel_id, CAST(SUM(h.observations) AS BIGINT) AS observations, MIN(h.min_value) AS min_value, \
             MAX(h.max_value) AS max_value, CAST(SUM(h.sum_value) AS BIGINT) AS sum_value, MAX(h.last_at) AS last_at \
           FROM observation_hour h WHERE h.site_id = $2 AND h.channel_id IN ({channels}) AND h.bucket >= $1 AND h.bucket < $1 + {DAY_MICROS} \
           GROUP BY h.site_id, h.channel_id) s WHERE 1 = 1 \
         ON CONFLICT (site_id, channel_id, bucket) DO UPDATE SET observations = excluded.observations, min_value = excluded.min_value, \
           max_value = excluded.max_value, sum_value = excluded.sum_value, last_at = excluded.last_at, last_value = excluded.last_value"
    ))
    .bind::<BigInt, _>(bucket)
    .bind::<BigInt, _>(site_id)
    .execute(tx.conn)?;
    Ok(())
}

/// Forgets that an hour of some channels had to be summed.
pub(in crate::sensing) fn unmark_hour(tx: &mut Tx<'_>, site_id: i64, bucket: i64, channels: &[i64]) -> Result<()> {
    let channels = list(channels);
    diesel::sql_query(format!("DELETE FROM rollup_dirty WHERE site_id = $1 AND bucket = $2 AND channel_id IN ({channels})"))
        .bind::<BigInt, _>(site_id)
        .bind::<BigInt, _>(bucket)
        .execute(tx.conn)?;
    Ok(())
}

/// The moment before which a site's readings may be gone; the smallest there is when none are.
pub(in crate::sensing) fn kept_from(conn: &mut Conn, site_id: i64) -> Result<i64> {
    Ok(retention_gate::table.find(site_id).select(retention_gate::cutoff).first(conn).optional()?.unwrap_or(i64::MIN))
}

/// The oldest hour of a site that must still be summed.
pub(in crate::sensing) fn oldest_marked(conn: &mut Conn, site_id: i64) -> Result<Option<i64>> {
    let rows: Vec<Number> = diesel::sql_query("SELECT bucket AS value FROM rollup_dirty WHERE site_id = $1 ORDER BY bucket LIMIT 1")
        .bind::<BigInt, _>(site_id)
        .load(conn)?;
    Ok(rows.first().map(|row| row.value))
}

/// Lets the readings of a site before a moment go; it never goes back. Whether it went on.
pub(in crate::sensing) fn open_gate(tx: &mut Tx<'_>, site_id: i64, cutoff: i64) -> Result<bool> {
    let opened = diesel::sql_query(
        "INSERT INTO retention_gate (site_id, cutoff) VALUES ($1, $2) \
         ON CONFLICT (site_id) DO UPDATE SET cutoff = excluded.cutoff WHERE excluded.cutoff > retention_gate.cutoff",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(cutoff)
    .execute(tx.conn)?;
    Ok(opened > 0)
}

/// A channel, and whether it has something to let go.
#[derive(Debug, QueryableByName)]
pub(in crate::sensing) struct Aged {
    #[diesel(sql_type = BigInt)]
    pub(in crate::sensing) id: i64,
    #[diesel(sql_type = BigInt)]
    pub(in crate::sensing) has_observations: i64,
    #[diesel(sql_type = BigInt)]
    pub(in crate::sensing) has_hours: i64,
}

/// The channels of a site after one of them: whether they have observations, and sums by hour, before two moments.
pub(in crate::sensing) fn aged_channels(
    conn: &mut Conn,
    site_id: i64,
    after: i64,
    (observed_before, hours_before): (i64, i64),
    limit: i64,
) -> Result<Vec<Aged>> {
    // Found along the primary keys, one step each; SQLite numbers parameters in the order in which they first stand.
    Ok(diesel::sql_query(
        "SELECT c.id, CAST(CASE WHEN EXISTS (SELECT 1 FROM observation o WHERE o.site_id = c.site_id AND o.channel_id = c.id \
           AND o.observed_at < $1) THEN 1 ELSE 0 END AS BIGINT) AS has_observations, \
         CAST(CASE WHEN EXISTS (SELECT 1 FROM observation_hour h WHERE h.site_id = c.site_id AND h.channel_id = c.id \
           AND h.bucket < $2) THEN 1 ELSE 0 END AS BIGINT) AS has_hours \
         FROM channel c WHERE c.site_id = $3 AND c.id > $4 ORDER BY c.id LIMIT $5",
    )
    .bind::<BigInt, _>(observed_before)
    .bind::<BigInt, _>(hours_before)
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(after)
    .bind::<BigInt, _>(limit)
    .load(conn)?)
}

/// Deletes the oldest readings of a channel before a moment, about `limit`; answers how many.
pub(in crate::sensing) fn delete_observations(tx: &mut Tx<'_>, site_id: i64, channel_id: i64, before: i64, limit: i64) -> Result<i64> {
    let oldest: Vec<Number> = diesel::sql_query(
        "SELECT observed_at AS value FROM observation WHERE site_id = $1 AND channel_id = $2 AND observed_at < $3 \
         ORDER BY observed_at LIMIT $4",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(channel_id)
    .bind::<BigInt, _>(before)
    .bind::<BigInt, _>(limit)
    .load(tx.conn)?;
    let Some(last) = oldest.last() else { return Ok(0) };
    let gone = diesel::sql_query("DELETE FROM observation WHERE site_id = $1 AND channel_id = $2 AND observed_at <= $3")
        .bind::<BigInt, _>(site_id)
        .bind::<BigInt, _>(channel_id)
        .bind::<BigInt, _>(last.value)
        .execute(tx.conn)?;
    Ok(i64::try_from(gone).unwrap_or(i64::MAX))
}

/// Deletes the sums by hour of a channel before a moment; answers how many.
pub(in crate::sensing) fn delete_hours(tx: &mut Tx<'_>, site_id: i64, channel_id: i64, before: i64) -> Result<i64> {
    let gone = diesel::delete(
        observation_hour::table
            .filter(observation_hour::site_id.eq(site_id))
            .filter(observation_hour::channel_id.eq(channel_id))
            .filter(observation_hour::bucket.lt(before)),
    )
    .execute(tx.conn)?;
    Ok(i64::try_from(gone).unwrap_or(i64::MAX))
}

/// Deletes the oldest answers of a site, of batches before an id, and notes up to where they are gone; answers how many.
pub(in crate::sensing) fn delete_batches(tx: &mut Tx<'_>, site_id: i64, before: i64, limit: i64) -> Result<usize> {
    let oldest: Vec<i64> = ingest_batch::table
        .filter(ingest_batch::site_id.eq(site_id))
        .filter(ingest_batch::id.lt(before))
        .order(ingest_batch::id)
        .select(ingest_batch::id)
        .limit(limit)
        .load(tx.conn)?;
    let Some(last) = oldest.last().copied() else { return Ok(0) };
    diesel::sql_query(
        "INSERT INTO batch_horizon (site_id, device_id, boot_id, seq) SELECT site_id, device_id, boot_id, MAX(seq) FROM ingest_batch \
         WHERE site_id = $1 AND id <= $2 GROUP BY site_id, device_id, boot_id \
         ON CONFLICT (site_id, device_id, boot_id) DO UPDATE SET seq = excluded.seq WHERE excluded.seq > batch_horizon.seq",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(last)
    .execute(tx.conn)?;
    Ok(diesel::delete(ingest_batch::table.filter(ingest_batch::site_id.eq(site_id)).filter(ingest_batch::id.le(last))).execute(tx.conn)?)
}

/// Makes the partition of the month that holds a moment; where there are partitions.
pub(in crate::sensing) fn make_month(tx: &mut Tx<'_>, moment: i64) -> Result<()> {
    diesel::sql_query("SELECT make_observation_month($1)").bind::<BigInt, _>(moment).execute(tx.conn)?;
    Ok(())
}

/// Drops the partitions that end before a moment; where there are partitions. Answers how many.
pub(in crate::sensing) fn drop_months(tx: &mut Tx<'_>, before: i64) -> Result<i64> {
    let gone = diesel::sql_query("SELECT drop_observation_months($1) AS value").bind::<BigInt, _>(before).get_result::<Number>(tx.conn)?;
    Ok(gone.value)
}

/// The sites that have readings which belong to no month; where there are partitions.
pub(in crate::sensing) fn sites_without_month(conn: &mut Conn) -> Result<Vec<i64>> {
    let rows: Vec<Number> = diesel::sql_query("SELECT DISTINCT site_id AS value FROM observation_default ORDER BY value").load(conn)?;
    Ok(rows.into_iter().map(|row| row.value).collect())
}
