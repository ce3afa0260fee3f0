//! The hot statements for PostgreSQL: arrays through `unnest`, row locks, `SKIP LOCKED`.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Double, Nullable, Text};
use diesel::{QueryResult, sql_query};

use super::hot::{BatchRow, DemandRow, DirtyRow, HealthRow, HotStore, JobRow, LevelRow, MovementRow, ObservationRow};

#[derive(QueryableByName)]
struct Added {
    #[diesel(sql_type = BigInt)]
    channel_id: i64,
    #[diesel(sql_type = BigInt)]
    observed_at: i64,
    #[diesel(sql_type = BigInt)]
    dedupe_key: i64,
}

#[derive(QueryableByName)]
struct SourceKey {
    #[diesel(sql_type = Text)]
    source_key: String,
}

fn column<R, T>(rows: &[R], of: impl Fn(&R) -> T) -> Vec<T> {
    rows.iter().map(of).collect()
}

/// The statement that appends observations. A macro and no function: a boxed query would not be prepared once and kept.
macro_rules! appended {
    ($site_id:expr, $received_at:expr, $rows:expr, $end:literal) => {
        sql_query(concat!(
            "INSERT INTO observation (site_id, received_at, channel_id, observed_at, dedupe_key, event_at, kind, value, quality) ",
            "SELECT $1, $2, * FROM unnest($3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::bigint[], $9::text[]) ",
            "ON CONFLICT DO NOTHING",
            $end
        ))
        .bind::<BigInt, _>($site_id)
        .bind::<BigInt, _>($received_at)
        .bind::<Array<BigInt>, _>(column($rows, |row| row.channel_id))
        .bind::<Array<BigInt>, _>(column($rows, |row| row.observed_at))
        .bind::<Array<BigInt>, _>(column($rows, |row| row.dedupe_key))
        .bind::<Array<BigInt>, _>(column($rows, |row| row.event_at))
        .bind::<Array<Text>, _>(column($rows, |row| row.kind))
        .bind::<Array<BigInt>, _>(column($rows, |row| row.value))
        .bind::<Array<Text>, _>(column($rows, |row| row.quality))
    };
}

impl HotStore for PgConnection {
    fn append_observations(&mut self, site_id: i64, received_at: i64, rows: &[ObservationRow]) -> QueryResult<Vec<(i64, i64, i64)>> {
        let keys: Vec<Added> = appended!(site_id, received_at, rows, " RETURNING channel_id, observed_at, dedupe_key").load(self)?;
        Ok(keys.into_iter().map(|key| (key.channel_id, key.observed_at, key.dedupe_key)).collect())
    }

    fn append_new(&mut self, site_id: i64, received_at: i64, rows: &[ObservationRow]) -> QueryResult<usize> {
        appended!(site_id, received_at, rows, "").execute(self)
    }

    fn mark_dirty(&mut self, site_id: i64, due_at: i64, rows: &[DirtyRow]) -> QueryResult<()> {
        // Rows that stay as they are get no new version, but they are locked: who projects them now must wait for us.
        sql_query(
            "INSERT INTO projection_task (site_id, due_at, binding_id, dirty_from) \
             SELECT $1, $2, * FROM unnest($3::bigint[], $4::bigint[]) \
             ON CONFLICT (site_id, binding_id) DO UPDATE SET dirty_from = LEAST(excluded.dirty_from, projection_task.dirty_from), \
             due_at = LEAST(excluded.due_at, projection_task.due_at) \
             WHERE excluded.dirty_from < projection_task.dirty_from OR excluded.due_at < projection_task.due_at",
        )
        .bind::<BigInt, _>(site_id)
        .bind::<BigInt, _>(due_at)
        .bind::<Array<BigInt>, _>(column(rows, |row| row.binding_id))
        .bind::<Array<BigInt>, _>(column(rows, |row| row.dirty_from))
        .execute(self)
        .map(drop)
    }

    fn put_health(&mut self, site_id: i64, seen_at: i64, rows: &[HealthRow]) -> QueryResult<()> {
        sql_query(
            "INSERT INTO device_health (site_id, last_seen_at, device_id, last_event_at, boot_id, last_seq, battery_pct, firmware, \
             records_stored, records_quarantined, records_rejected, records_lost) \
             SELECT $1, $2, * FROM unnest($3::bigint[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[], $8::text[], $9::bigint[], \
             $10::bigint[], $11::bigint[], $12::bigint[]) ON CONFLICT (site_id, device_id) DO UPDATE SET \
             last_seen_at = excluded.last_seen_at, last_event_at = excluded.last_event_at, \
             boot_id = excluded.boot_id, last_seq = excluded.last_seq, \
             battery_pct = COALESCE(excluded.battery_pct, device_health.battery_pct), \
             firmware = COALESCE(excluded.firmware, device_health.firmware), \
             records_stored = device_health.records_stored + excluded.records_stored, \
             records_quarantined = device_health.records_quarantined + excluded.records_quarantined, \
             records_rejected = device_health.records_rejected + excluded.records_rejected, records_lost = excluded.records_lost",
        )
        .bind::<BigInt, _>(site_id)
        .bind::<BigInt, _>(seen_at)
        .bind::<Array<BigInt>, _>(column(rows, |row| row.device_id))
        .bind::<Array<BigInt>, _>(column(rows, |row| row.last_event_at))
        .bind::<Array<Text>, _>(column(rows, |row| row.boot_id.clone()))
        .bind::<Array<BigInt>, _>(column(rows, |row| row.last_seq))
        .bind::<Array<Nullable<BigInt>>, _>(column(rows, |row| row.battery_pct))
        .bind::<Array<Nullable<Text>>, _>(column(rows, |row| row.firmware.clone()))
        .bind::<Array<BigInt>, _>(column(rows, |row| row.stored))
        .bind::<Array<BigInt>, _>(column(rows, |row| row.quarantined))
        .bind::<Array<BigInt>, _>(column(rows, |row| row.rejected))
        .bind::<Array<BigInt>, _>(column(rows, |row| row.lost))
        .execute(self)
        .map(drop)
    }

    fn insert_batches(&mut self, site_id: i64, received_at: i64, rows: &[BatchRow]) -> QueryResult<usize> {
        sql_query(
            "INSERT INTO ingest_batch (site_id, received_at, device_id, boot_id, seq, id, body_sha256, status, answer) \
             SELECT $1, $2, * FROM unnest($3::bigint[], $4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::bigint[], $9::text[]) \
             ON CONFLICT DO NOTHING",
        )
        .bind::<BigInt, _>(site_id)
        .bind::<BigInt, _>(received_at)
        .bind::<Array<BigInt>, _>(column(rows, |row| row.device_id))
        .bind::<Array<Text>, _>(column(rows, |row| row.boot_id.clone()))
        .bind::<Array<BigInt>, _>(column(rows, |row| row.seq))
        .bind::<Array<BigInt>, _>(column(rows, |row| row.id))
        .bind::<Array<Text>, _>(column(rows, |row| row.body_sha256.clone()))
        .bind::<Array<BigInt>, _>(column(rows, |row| row.status))
        .bind::<Array<Text>, _>(column(rows, |row| row.answer.clone()))
        .execute(self)
    }

    fn keep_newest(&mut self, site_id: i64, received_at: i64, rows: &[ObservationRow]) -> QueryResult<()> {
        sql_query(
            "INSERT INTO channel_last (site_id, received_at, channel_id, observed_at, dedupe_key, event_at, value) \
             SELECT $1, $2, * FROM unnest($3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[]) \
             ON CONFLICT (site_id, channel_id) DO UPDATE SET observed_at = excluded.observed_at, dedupe_key = excluded.dedupe_key, \
             event_at = excluded.event_at, received_at = excluded.received_at, value = excluded.value \
             WHERE (excluded.observed_at, excluded.dedupe_key) > (channel_last.observed_at, channel_last.dedupe_key)",
        )
        .bind::<BigInt, _>(site_id)
        .bind::<BigInt, _>(received_at)
        .bind::<Array<BigInt>, _>(column(rows, |row| row.channel_id))
        .bind::<Array<BigInt>, _>(column(rows, |row| row.observed_at))
        .bind::<Array<BigInt>, _>(column(rows, |row| row.dedupe_key))
        .bind::<Array<BigInt>, _>(column(rows, |row| row.event_at))
        .bind::<Array<BigInt>, _>(column(rows, |row| row.value))
        .execute(self)?;
        Ok(())
    }

    fn lock_levels(&mut self, site_id: i64, stock_point_ids: &[i64]) -> QueryResult<Vec<LevelRow>> {
        // The stock points are locked first, so that two writers of an empty one can't both insert its first level.
        sql_query("SELECT id AS value FROM stock_point WHERE site_id = $1 AND id = ANY($2) ORDER BY id FOR UPDATE")
            .bind::<BigInt, _>(site_id)
            .bind::<Array<BigInt>, _>(stock_point_ids)
            .execute(self)?;
        sql_query(
            "SELECT stock_point_id, lot_id, quantity, as_of, last_movement_id FROM level \
             WHERE site_id = $1 AND stock_point_id = ANY($2) ORDER BY stock_point_id, lot_id",
        )
        .bind::<BigInt, _>(site_id)
        .bind::<Array<BigInt>, _>(stock_point_ids)
        .load(self)
    }

    fn lock_ledger(&mut self) -> QueryResult<()> {
        // Whoever writes levels locks their stock points first (`lock_levels`), which this lock does not let through.
        sql_query("LOCK TABLE stock_point IN EXCLUSIVE MODE").execute(self)?;
        Ok(())
    }

    fn apply_movements(&mut self, site_id: i64, recorded_at: i64, movements: &[MovementRow], levels: &[LevelRow]) -> QueryResult<()> {
        sql_query(
            "INSERT INTO movement (site_id, recorded_at, id, stock_point_id, lot_id, kind, quantity_delta, requested_units, source, \
             source_key, event_at, reason, actor, reversal_of) \
             SELECT $1, $2, * FROM unnest($3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::bigint[], $8::bigint[], $9::text[], \
             $10::text[], $11::bigint[], $12::text[], $13::text[], $14::bigint[])",
        )
        .bind::<BigInt, _>(site_id)
        .bind::<BigInt, _>(recorded_at)
        .bind::<Array<BigInt>, _>(column(movements, |row| row.id))
        .bind::<Array<BigInt>, _>(column(movements, |row| row.stock_point_id))
        .bind::<Array<BigInt>, _>(column(movements, |row| row.lot_id))
        .bind::<Array<Text>, _>(column(movements, |row| row.kind))
        .bind::<Array<BigInt>, _>(column(movements, |row| row.quantity_delta))
        .bind::<Array<Nullable<BigInt>>, _>(column(movements, |row| row.requested_units))
        .bind::<Array<Text>, _>(column(movements, |row| row.source))
        .bind::<Array<Text>, _>(column(movements, |row| row.source_key.clone()))
        .bind::<Array<BigInt>, _>(column(movements, |row| row.event_at))
        .bind::<Array<Nullable<Text>>, _>(column(movements, |row| row.reason.clone()))
        .bind::<Array<Text>, _>(column(movements, |row| row.actor.clone()))
        .bind::<Array<Nullable<BigInt>>, _>(column(movements, |row| row.reversal_of))
        .execute(self)?;
        sql_query(
            "INSERT INTO level (site_id, stock_point_id, lot_id, quantity, as_of, last_movement_id) \
             SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]) \
             ON CONFLICT (site_id, stock_point_id, lot_id) DO UPDATE SET quantity = excluded.quantity, as_of = excluded.as_of, \
             last_movement_id = excluded.last_movement_id",
        )
        .bind::<BigInt, _>(site_id)
        .bind::<Array<BigInt>, _>(column(levels, |row| row.stock_point_id))
        .bind::<Array<BigInt>, _>(column(levels, |row| row.lot_id))
        .bind::<Array<BigInt>, _>(column(levels, |row| row.quantity))
        .bind::<Array<BigInt>, _>(column(levels, |row| row.as_of))
        .bind::<Array<BigInt>, _>(column(levels, |row| row.last_movement_id))
        .execute(self)?;
        Ok(())
    }

    fn known_source_keys(&mut self, site_id: i64, source: &str, keys: &[String]) -> QueryResult<Vec<String>> {
        let rows: Vec<SourceKey> = sql_query("SELECT source_key FROM movement WHERE site_id = $1 AND source = $2 AND source_key = ANY($3)")
            .bind::<BigInt, _>(site_id)
            .bind::<Text, _>(source)
            .bind::<Array<Text>, _>(keys)
            .load(self)?;
        Ok(rows.into_iter().map(|row| row.source_key).collect())
    }

    fn put_demand(&mut self, site_id: i64, rows: &[DemandRow]) -> QueryResult<usize> {
        sql_query(
            "INSERT INTO demand_history (site_id, stock_point_id, start_day, period_days, quantity, requested_units, stocked_out_share) \
             SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::double precision[]) \
             ON CONFLICT (site_id, stock_point_id, start_day) DO UPDATE SET period_days = excluded.period_days, \
             quantity = excluded.quantity, requested_units = excluded.requested_units, stocked_out_share = excluded.stocked_out_share \
             WHERE demand_history.quantity <> excluded.quantity OR demand_history.requested_units <> excluded.requested_units \
             OR demand_history.stocked_out_share <> excluded.stocked_out_share OR demand_history.period_days <> excluded.period_days",
        )
        .bind::<BigInt, _>(site_id)
        .bind::<Array<BigInt>, _>(column(rows, |row| row.stock_point_id))
        .bind::<Array<BigInt>, _>(column(rows, |row| row.start_day))
        .bind::<Array<BigInt>, _>(column(rows, |row| row.period_days))
        .bind::<Array<BigInt>, _>(column(rows, |row| row.quantity))
        .bind::<Array<BigInt>, _>(column(rows, |row| row.requested_units))
        .bind::<Array<Double>, _>(column(rows, |row| row.stocked_out_share))
        .execute(self)
    }

    fn claim_job(&mut self, site_id: i64, queue: &str, now: i64, lease_until: i64, worker: &str) -> QueryResult<Option<JobRow>> {
        sql_query(
            "WITH picked AS MATERIALIZED (SELECT site_id, id FROM job WHERE site_id = $3 AND state = 'queued' AND queue = $4 \
             AND run_at <= $5 ORDER BY run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) \
             UPDATE job SET state = 'running', attempts = attempts + 1, lease_until = $1, worker = $2 FROM picked \
             WHERE job.site_id = picked.site_id AND job.id = picked.id \
             RETURNING job.site_id, job.id, job.kind, job.payload, job.attempts",
        )
        .bind::<BigInt, _>(lease_until)
        .bind::<Text, _>(worker)
        .bind::<BigInt, _>(site_id)
        .bind::<Text, _>(queue)
        .bind::<BigInt, _>(now)
        .get_result(self)
        .optional()
    }
}
