//! Statements for SQLite that stay prepared: their rows come in the sizes of coins, so each has seven texts.
//!
//! Preparing an insert of a hundred rows takes as long as running it; hence the shapes, and hence types of our own:
//! diesel prepares `sql_query` anew each time.
//!
//! `OR FAIL`: a row that breaks a rule ends the statement and leaves those before it. Every caller rolls its command
//! back then, so nothing is lost by it; without it SQLite copies each page before it changes it, to undo one statement.

use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::sqlite::Sqlite;

use super::hot::{BatchRow, DirtyRow, HealthRow, ObservationRow};

type Pass<'a, 'b> = AstPass<'a, 'b, Sqlite>;

/// An insert of rows. Its first two columns are the site and a moment, the same in all rows.
pub(super) trait RowsStatement: 'static {
    type Row;
    /// Up to `VALUES`.
    const HEAD: &'static str;
    /// What follows the rows.
    const TAIL: &'static str;
    /// Pushes the values of one row, each behind a comma.
    fn push_row<'b>(row: &'b Self::Row, to: &mut Pass<'_, 'b>) -> QueryResult<()>;
}

struct Rows<'a, S: RowsStatement, const N: usize> {
    site_id: i64,
    at: i64,
    part: &'a [S::Row],
}

impl<S: RowsStatement, const N: usize> QueryId for Rows<'_, S, N> {
    type QueryId = (PhantomData<S>, [(); N]);
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<S: RowsStatement, const N: usize> QueryFragment<Sqlite> for Rows<'_, S, N> {
    fn walk_ast<'b>(&'b self, mut out: Pass<'_, 'b>) -> QueryResult<()> {
        out.push_sql(S::HEAD);
        for (at, row) in self.part.iter().enumerate() {
            if at == 0 {
                out.push_sql(" (");
                out.push_bind_param::<BigInt, _>(&self.site_id)?;
                out.push_sql(", ");
                out.push_bind_param::<BigInt, _>(&self.at)?;
            } else {
                out.push_sql(", (?1, ?2");
            }
            S::push_row(row, &mut out)?;
            out.push_sql(")");
        }
        out.push_sql(S::TAIL);
        Ok(())
    }
}

impl<S: RowsStatement, const N: usize> RunQueryDsl<SqliteConnection> for Rows<'_, S, N> {}

/// Runs a statement over rows; answers how many it wrote.
pub(super) fn write_rows<S: RowsStatement>(conn: &mut SqliteConnection, site_id: i64, at: i64, rows: &[S::Row]) -> QueryResult<usize> {
    let mut written = 0;
    let mut rest = rows;
    while !rest.is_empty() {
        let size = [100, 50, 20, 10, 5, 2].into_iter().find(|size| rest.len() >= *size).unwrap_or(1);
        let (part, more) = rest.split_at(size);
        written += match size {
            100 => Rows::<S, 100> { site_id, at, part }.execute(conn)?,
            50 => Rows::<S, 50> { site_id, at, part }.execute(conn)?,
            20 => Rows::<S, 20> { site_id, at, part }.execute(conn)?,
            10 => Rows::<S, 10> { site_id, at, part }.execute(conn)?,
            5 => Rows::<S, 5> { site_id, at, part }.execute(conn)?,
            2 => Rows::<S, 2> { site_id, at, part }.execute(conn)?,
            _ => Rows::<S, 1> { site_id, at, part }.execute(conn)?,
        };
        rest = more;
    }
    Ok(written)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what is bound must live as long as the statement")]
fn int<'b>(to: &mut Pass<'_, 'b>, value: &'b i64) -> QueryResult<()> {
    to.push_sql(", ");
    to.push_bind_param::<BigInt, _>(value)
}

fn text<'b>(to: &mut Pass<'_, 'b>, value: &'b str) -> QueryResult<()> {
    to.push_sql(", ");
    to.push_bind_param::<Text, str>(value)
}

pub(super) struct NewObservation;

impl RowsStatement for NewObservation {
    type Row = ObservationRow;
    const HEAD: &'static str = "INSERT OR FAIL INTO observation (site_id, received_at, channel_id, observed_at, dedupe_key, event_at, kind, value, quality) VALUES";
    const TAIL: &'static str = " ON CONFLICT DO NOTHING";

    fn push_row<'b>(row: &'b ObservationRow, to: &mut Pass<'_, 'b>) -> QueryResult<()> {
        for value in [&row.channel_id, &row.observed_at, &row.dedupe_key, &row.event_at] {
            int(to, value)?;
        }
        text(to, row.kind)?;
        int(to, &row.value)?;
        text(to, row.quality)
    }
}

pub(super) struct Newest;

impl RowsStatement for Newest {
    type Row = ObservationRow;
    const HEAD: &'static str =
        "INSERT OR FAIL INTO channel_last (site_id, received_at, channel_id, observed_at, dedupe_key, event_at, value) VALUES";
    const TAIL: &'static str = " ON CONFLICT (site_id, channel_id) DO UPDATE SET observed_at = excluded.observed_at, \
        dedupe_key = excluded.dedupe_key, event_at = excluded.event_at, received_at = excluded.received_at, value = excluded.value \
        WHERE (excluded.observed_at, excluded.dedupe_key) > (channel_last.observed_at, channel_last.dedupe_key)";

    fn push_row<'b>(row: &'b ObservationRow, to: &mut Pass<'_, 'b>) -> QueryResult<()> {
        for value in [&row.channel_id, &row.observed_at, &row.dedupe_key, &row.event_at, &row.value] {
            int(to, value)?;
        }
        Ok(())
    }
}

pub(super) struct Dirty;

impl RowsStatement for Dirty {
    type Row = DirtyRow;
    const HEAD: &'static str = "INSERT OR FAIL INTO projection_task (site_id, due_at, binding_id, dirty_from) VALUES";
    const TAIL: &'static str = " ON CONFLICT (site_id, binding_id) DO UPDATE SET \
        dirty_from = min(excluded.dirty_from, projection_task.dirty_from), due_at = min(excluded.due_at, projection_task.due_at) \
        WHERE excluded.dirty_from < projection_task.dirty_from OR excluded.due_at < projection_task.due_at";

    fn push_row<'b>(row: &'b DirtyRow, to: &mut Pass<'_, 'b>) -> QueryResult<()> {
        int(to, &row.binding_id)?;
        int(to, &row.dirty_from)
    }
}

pub(super) struct Health;

impl RowsStatement for Health {
    type Row = HealthRow;
    const HEAD: &'static str = "INSERT OR FAIL INTO device_health (site_id, last_seen_at, device_id, last_event_at, boot_id, last_seq, battery_pct, \
        firmware, records_stored, records_quarantined, records_rejected, records_lost) VALUES";
    const TAIL: &'static str = " ON CONFLICT (site_id, device_id) DO UPDATE SET last_seen_at = excluded.last_seen_at, \
        last_event_at = excluded.last_event_at, boot_id = excluded.boot_id, last_seq = excluded.last_seq, \
        battery_pct = COALESCE(excluded.battery_pct, device_health.battery_pct), \
        firmware = COALESCE(excluded.firmware, device_health.firmware), \
        records_stored = device_health.records_stored + excluded.records_stored, \
        records_quarantined = device_health.records_quarantined + excluded.records_quarantined, \
        records_rejected = device_health.records_rejected + excluded.records_rejected, records_lost = excluded.records_lost";

    fn push_row<'b>(row: &'b HealthRow, to: &mut Pass<'_, 'b>) -> QueryResult<()> {
        int(to, &row.device_id)?;
        int(to, &row.last_event_at)?;
        text(to, &row.boot_id)?;
        int(to, &row.last_seq)?;
        to.push_sql(", ");
        to.push_bind_param::<Nullable<BigInt>, _>(&row.battery_pct)?;
        to.push_sql(", ");
        to.push_bind_param::<Nullable<Text>, _>(&row.firmware)?;
        for value in [&row.stored, &row.quarantined, &row.rejected, &row.lost] {
            int(to, value)?;
        }
        Ok(())
    }
}

pub(super) struct Batch;

impl RowsStatement for Batch {
    type Row = BatchRow;
    const HEAD: &'static str =
        "INSERT OR FAIL INTO ingest_batch (site_id, received_at, device_id, boot_id, seq, id, body_sha256, status, answer) VALUES";
    const TAIL: &'static str = " ON CONFLICT DO NOTHING";

    fn push_row<'b>(row: &'b BatchRow, to: &mut Pass<'_, 'b>) -> QueryResult<()> {
        int(to, &row.device_id)?;
        text(to, &row.boot_id)?;
        int(to, &row.seq)?;
        int(to, &row.id)?;
        text(to, &row.body_sha256)?;
        int(to, &row.status)?;
        text(to, &row.answer)
    }
}
