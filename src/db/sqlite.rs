//! The hot statements for SQLite: hundred-row statements, one writer, so no locks.

use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_types::{BigInt, Double, Nullable, Text};
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, sql_query};

use super::hot::{BatchRow, DemandRow, DirtyRow, HealthRow, HotStore, JobRow, LevelRow, MovementRow, ObservationRow};
use super::sqlite_rows::{Batch, Dirty, Health, NewObservation, Newest, write_rows};

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

/// Rows that one statement takes, small enough for SQLite's limit of bound values.
const ROWS_PER_STATEMENT: usize = 100;

/// The `VALUES` list of `rows` rows with `columns` places each. Plain `?`: SQLite looks named ones up one by one.
fn places(rows: usize, columns: usize) -> String {
    vec![format!("({})", list(columns)); rows].join(", ")
}

/// A list of places.
fn list(count: usize) -> String {
    vec!["?"; count].join(", ")
}

/// A value to bind.
#[derive(Debug, Clone)]
enum Bind<'a> {
    Int(i64),
    IntOrNull(Option<i64>),
    Text(&'a str),
    TextOrNull(Option<&'a str>),
    Real(f64),
}

fn bound<'a>(text: String, binds: impl IntoIterator<Item = Bind<'a>>) -> BoxedSqlQuery<'a, Sqlite, SqlQuery> {
    binds.into_iter().fold(sql_query(text).into_boxed::<Sqlite>(), |query, bind| match bind {
        Bind::Int(value) => query.bind::<BigInt, _>(value),
        Bind::IntOrNull(value) => query.bind::<Nullable<BigInt>, _>(value),
        Bind::Text(value) => query.bind::<Text, _>(value),
        Bind::TextOrNull(value) => query.bind::<Nullable<Text>, _>(value),
        Bind::Real(value) => query.bind::<Double, _>(value),
    })
}

fn run(conn: &mut SqliteConnection, text: String, binds: Vec<Bind<'_>>) -> QueryResult<usize> {
    bound(text, binds).execute(conn)
}

impl HotStore for SqliteConnection {
    fn append_observations(&mut self, site_id: i64, received_at: i64, rows: &[ObservationRow]) -> QueryResult<Vec<(i64, i64, i64)>> {
        let mut new = Vec::with_capacity(rows.len());
        for chunk in rows.chunks(ROWS_PER_STATEMENT) {
            let mut binds = Vec::with_capacity(chunk.len() * 9);
            for row in chunk {
                binds.extend([
                    Bind::Int(site_id),
                    Bind::Int(row.channel_id),
                    Bind::Int(row.observed_at),
                    Bind::Int(row.dedupe_key),
                    Bind::Int(row.event_at),
                    Bind::Int(received_at),
                    Bind::Text(row.kind),
                    Bind::Int(row.value),
                    Bind::Text(row.quality),
                ]);
            }
            let text = format!(
                "INSERT INTO observation (site_id, channel_id, observed_at, dedupe_key, event_at, received_at, kind, value, quality) \
                 VALUES {} ON CONFLICT DO NOTHING RETURNING channel_id, observed_at, dedupe_key",
                places(chunk.len(), 9)
            );
            let keys: Vec<Added> = bound(text, binds).load(self)?;
            new.extend(keys.into_iter().map(|key| (key.channel_id, key.observed_at, key.dedupe_key)));
        }
        Ok(new)
    }

    fn append_new(&mut self, site_id: i64, received_at: i64, rows: &[ObservationRow]) -> QueryResult<usize> {
        write_rows::<NewObservation>(self, site_id, received_at, rows)
    }

    fn mark_dirty(&mut self, site_id: i64, due_at: i64, rows: &[DirtyRow]) -> QueryResult<()> {
        write_rows::<Dirty>(self, site_id, due_at, rows).map(drop)
    }

    fn put_health(&mut self, site_id: i64, seen_at: i64, rows: &[HealthRow]) -> QueryResult<()> {
        write_rows::<Health>(self, site_id, seen_at, rows).map(drop)
    }

    fn insert_batches(&mut self, site_id: i64, received_at: i64, rows: &[BatchRow]) -> QueryResult<usize> {
        write_rows::<Batch>(self, site_id, received_at, rows)
    }

    fn keep_newest(&mut self, site_id: i64, received_at: i64, rows: &[ObservationRow]) -> QueryResult<()> {
        write_rows::<Newest>(self, site_id, received_at, rows).map(drop)
    }

    fn lock_levels(&mut self, site_id: i64, stock_point_ids: &[i64]) -> QueryResult<Vec<LevelRow>> {
        let mut levels = Vec::new();
        for chunk in stock_point_ids.chunks(ROWS_PER_STATEMENT) {
            let text = format!(
                "SELECT stock_point_id, lot_id, quantity, as_of, last_movement_id FROM level \
                 WHERE site_id = ? AND stock_point_id IN ({}) ORDER BY stock_point_id, lot_id",
                list(chunk.len())
            );
            let binds = std::iter::once(site_id).chain(chunk.iter().copied()).map(Bind::Int);
            levels.extend(bound(text, binds).load::<LevelRow>(self)?);
        }
        Ok(levels)
    }

    fn lock_ledger(&mut self) -> QueryResult<()> {
        // Write transactions begin with BEGIN IMMEDIATE: there is no other writer.
        Ok(())
    }

    fn apply_movements(&mut self, site_id: i64, recorded_at: i64, movements: &[MovementRow], levels: &[LevelRow]) -> QueryResult<()> {
        for chunk in movements.chunks(ROWS_PER_STATEMENT) {
            let mut binds = Vec::with_capacity(chunk.len() * 14);
            for row in chunk {
                binds.extend([
                    Bind::Int(site_id),
                    Bind::Int(row.id),
                    Bind::Int(row.stock_point_id),
                    Bind::Int(row.lot_id),
                    Bind::Text(row.kind),
                    Bind::Int(row.quantity_delta),
                    Bind::IntOrNull(row.requested_units),
                    Bind::Text(row.source),
                    Bind::Text(&row.source_key),
                    Bind::Int(row.event_at),
                    Bind::Int(recorded_at),
                    Bind::TextOrNull(row.reason.as_deref()),
                    Bind::Text(&row.actor),
                    Bind::IntOrNull(row.reversal_of),
                ]);
            }
            let text = format!(
                "INSERT INTO movement (site_id, id, stock_point_id, lot_id, kind, quantity_delta, requested_units, source, source_key, \
                 event_at, recorded_at, reason, actor, reversal_of) VALUES {}",
                places(chunk.len(), 14)
            );
            run(self, text, binds)?;
        }
        for chunk in levels.chunks(ROWS_PER_STATEMENT) {
            let mut binds = Vec::with_capacity(chunk.len() * 6);
            for row in chunk {
                binds.extend([site_id, row.stock_point_id, row.lot_id, row.quantity, row.as_of, row.last_movement_id].map(Bind::Int));
            }
            let text = format!(
                "INSERT INTO level (site_id, stock_point_id, lot_id, quantity, as_of, last_movement_id) VALUES {} \
                 ON CONFLICT (site_id, stock_point_id, lot_id) DO UPDATE SET quantity = excluded.quantity, as_of = excluded.as_of, \
                 last_movement_id = excluded.last_movement_id",
                places(chunk.len(), 6)
            );
            run(self, text, binds)?;
        }
        Ok(())
    }

    fn known_source_keys(&mut self, site_id: i64, source: &str, keys: &[String]) -> QueryResult<Vec<String>> {
        let mut known = Vec::new();
        for chunk in keys.chunks(ROWS_PER_STATEMENT) {
            let text =
                format!("SELECT source_key FROM movement WHERE site_id = ? AND source = ? AND source_key IN ({})", list(chunk.len()));
            let binds = [Bind::Int(site_id), Bind::Text(source)].into_iter().chain(chunk.iter().map(|key| Bind::Text(key)));
            let rows: Vec<SourceKey> = bound(text, binds).load(self)?;
            known.extend(rows.into_iter().map(|row| row.source_key));
        }
        Ok(known)
    }

    fn put_demand(&mut self, site_id: i64, rows: &[DemandRow]) -> QueryResult<usize> {
        let mut changed = 0;
        for chunk in rows.chunks(ROWS_PER_STATEMENT) {
            let mut binds = Vec::with_capacity(chunk.len() * 7);
            for row in chunk {
                binds.extend(
                    [site_id, row.stock_point_id, row.start_day, row.period_days, row.quantity, row.requested_units].map(Bind::Int),
                );
                binds.push(Bind::Real(row.stocked_out_share));
            }
            let text = format!(
                "INSERT INTO demand_history (site_id, stock_point_id, start_day, period_days, quantity, requested_units, stocked_out_share) \
                 VALUES {} ON CONFLICT (site_id, stock_point_id, start_day) DO UPDATE SET period_days = excluded.period_days, \
                 quantity = excluded.quantity, requested_units = excluded.requested_units, stocked_out_share = excluded.stocked_out_share \
                 WHERE demand_history.quantity <> excluded.quantity OR demand_history.requested_units <> excluded.requested_units \
                 OR demand_history.stocked_out_share <> excluded.stocked_out_share OR demand_history.period_days <> excluded.period_days",
                places(chunk.len(), 7)
            );
            changed += run(self, text, binds)?;
        }
        Ok(changed)
    }

    fn claim_job(&mut self, site_id: i64, queue: &str, now: i64, lease_until: i64, worker: &str) -> QueryResult<Option<JobRow>> {
        sql_query(
            "UPDATE job SET state = 'running', attempts = attempts + 1, lease_until = $1, worker = $2 \
             WHERE site_id = $3 AND id = (SELECT id FROM job WHERE site_id = $3 AND state = 'queued' AND queue = $4 AND run_at <= $5 \
             ORDER BY run_at, id LIMIT 1) RETURNING site_id, id, kind, payload, attempts",
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
