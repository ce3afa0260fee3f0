//! What a projection reads and writes: tasks, readings, bookings, steps.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};

use crate::base::error::Result;
use crate::db::Tx;
use crate::db::conn::{Conn, Number};
use crate::db::hot::DirtyRow;
use crate::db::schema::{projection_task, sensor_step, stock_point};
use crate::sensing::binding::Line;
use crate::sensing::reconcile::{Booked, Posted, Step};

/// Event time and device stamp may differ by the correction of a clock, at most this much.
const SKEW_MICROS: i64 = 3_600 * 1_000_000;

/// Notes that a binding must be projected again from a moment on; the smaller moment stays.
pub(in crate::sensing) fn mark_dirty(tx: &mut Tx<'_>, site_id: i64, binding_id: i64, dirty_from: i64, due_at: i64) -> Result<()> {
    diesel::sql_query(
        "INSERT INTO projection_task (site_id, binding_id, dirty_from, due_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (site_id, binding_id) DO UPDATE SET \
         dirty_from = CASE WHEN excluded.dirty_from < projection_task.dirty_from THEN excluded.dirty_from ELSE projection_task.dirty_from END, \
         due_at = CASE WHEN excluded.due_at < projection_task.due_at THEN excluded.due_at ELSE projection_task.due_at END",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(binding_id)
    .bind::<BigInt, _>(dirty_from)
    .bind::<BigInt, _>(due_at)
    .execute(tx.conn)?;
    Ok(())
}

/// As [`mark_dirty`] for many bindings of a site, each once, due now.
pub(in crate::sensing) fn mark_all_dirty(tx: &mut Tx<'_>, site_id: i64, rows: &[DirtyRow]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    Ok(tx.conn.hot().mark_dirty(site_id, tx.now.0, rows)?)
}

/// A binding that waits for its projection.
#[derive(Debug, Clone, Copy, QueryableByName)]
pub(in crate::sensing) struct Task {
    #[diesel(sql_type = BigInt)]
    pub(in crate::sensing) site_id: i64,
    #[diesel(sql_type = BigInt)]
    pub(in crate::sensing) binding_id: i64,
    #[diesel(sql_type = BigInt)]
    pub(in crate::sensing) dirty_from: i64,
}

/// The sites that have bindings to project, the longest waiting first.
pub(in crate::sensing) fn sites_with_tasks(conn: &mut Conn, now: i64) -> Result<Vec<i64>> {
    let rows: Vec<Number> =
        diesel::sql_query("SELECT site_id AS value FROM projection_task WHERE due_at <= $1 GROUP BY site_id ORDER BY MIN(due_at)")
            .bind::<BigInt, _>(now)
            .load(conn)?;
    Ok(rows.into_iter().map(|row| row.value).collect())
}

/// Takes due bindings of a site: nobody else projects or marks them until the transaction ends. Whoever marks one
/// meanwhile waits and marks it anew, so its readings are not forgotten; read them after this.
pub(in crate::sensing) fn take_tasks(tx: &mut Tx<'_>, site_id: i64, now: i64, limit: i64) -> Result<Vec<Task>> {
    let alone = tx.conn.lock_free_rows();
    Ok(diesel::sql_query(format!(
        "SELECT site_id, binding_id, dirty_from FROM projection_task WHERE site_id = $1 AND due_at <= $2 ORDER BY due_at LIMIT $3{alone}"
    ))
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(now)
    .bind::<BigInt, _>(limit)
    .load(tx.conn)?)
}

/// Sets when and from where a binding is looked at next; `None`: when something new comes.
pub(in crate::sensing) fn put_task(tx: &mut Tx<'_>, task: &Task, next: Option<(i64, i64)>) -> Result<()> {
    let row =
        projection_task::table.filter(projection_task::site_id.eq(task.site_id)).filter(projection_task::binding_id.eq(task.binding_id));
    match next {
        None => diesel::delete(row).execute(tx.conn)?,
        Some((dirty_from, due_at)) => {
            diesel::update(row).set((projection_task::dirty_from.eq(dirty_from), projection_task::due_at.eq(due_at))).execute(tx.conn)?
        }
    };
    Ok(())
}

/// One stored observation of a binding.
#[derive(Debug, Clone, QueryableByName)]
pub(in crate::sensing) struct Observed {
    #[diesel(sql_type = BigInt)]
    pub(in crate::sensing) event_at: i64,
    #[diesel(sql_type = BigInt)]
    pub(in crate::sensing) value: i64,
    #[diesel(sql_type = Text)]
    pub(in crate::sensing) quality: String,
}

const OBSERVED: &str = "SELECT event_at, value, quality FROM observation WHERE site_id = $1 AND channel_id = $2";

/// The observations of a binding since a moment, oldest first; those that came to rest.
pub(in crate::sensing) fn observed_since(conn: &mut Conn, site_id: i64, line: &Line, from: i64) -> Result<Vec<Observed>> {
    let from = from.max(line.valid_from);
    Ok(diesel::sql_query(format!(
        "{OBSERVED} AND observed_at >= $3 AND event_at >= $4 AND event_at < $5 AND kind = $6 AND quality <> 'unstable' \
         ORDER BY event_at, observed_at, dedupe_key"
    ))
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(line.channel_id)
    .bind::<BigInt, _>(from.saturating_sub(SKEW_MICROS))
    .bind::<BigInt, _>(from)
    .bind::<BigInt, _>(line.valid_to)
    .bind::<Text, _>(if line.is_weight { "weight" } else { "level" })
    .load(conn)?)
}

/// The newest observation of a binding that came to rest.
pub(in crate::sensing) fn newest_observed(conn: &mut Conn, site_id: i64, line: &Line) -> Result<Option<Observed>> {
    Ok(diesel::sql_query(format!(
        "{OBSERVED} AND event_at >= $3 AND event_at < $4 AND kind = $5 AND quality <> 'unstable' \
         ORDER BY observed_at DESC, dedupe_key DESC LIMIT 1"
    ))
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(line.channel_id)
    .bind::<BigInt, _>(line.valid_from)
    .bind::<BigInt, _>(line.valid_to)
    .bind::<Text, _>(if line.is_weight { "weight" } else { "level" })
    .get_result(conn)
    .optional()?)
}

pub(in crate::sensing) fn is_observed_before(conn: &mut Conn, site_id: i64, line: &Line, before: i64) -> Result<bool> {
    let row: Option<Observed> = diesel::sql_query(format!(
        "{OBSERVED} AND observed_at < $3 AND event_at < $4 AND event_at >= $5 AND kind = $6 AND quality <> 'unstable' LIMIT 1"
    ))
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(line.channel_id)
    .bind::<BigInt, _>(before.saturating_add(SKEW_MICROS))
    .bind::<BigInt, _>(before)
    .bind::<BigInt, _>(line.valid_from)
    .bind::<Text, _>(if line.is_weight { "weight" } else { "level" })
    .get_result(conn)
    .optional()?;
    Ok(row.is_some())
}

#[derive(QueryableByName)]
struct BookedRow {
    #[diesel(sql_type = BigInt)]
    event_at: i64,
    #[diesel(sql_type = BigInt)]
    quantity_delta: i64,
    #[diesel(sql_type = Bool)]
    counted: bool,
}

/// The movements at the binding's stock point after a moment that it did not make, oldest first.
pub(in crate::sensing) fn booked_since(conn: &mut Conn, site_id: i64, line: &Line, after: i64) -> Result<Vec<Booked>> {
    let rows: Vec<BookedRow> = diesel::sql_query(
        "SELECT event_at, quantity_delta, (source_key LIKE 'count/%' OR source_key LIKE 'discrepancy/%') AS counted FROM movement \
         WHERE site_id = $1 AND stock_point_id = $2 AND event_at > $3 AND NOT (source = 'sensor' AND source_key LIKE $4) \
         ORDER BY event_at, id",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(line.stock_point_id)
    .bind::<BigInt, _>(after)
    .bind::<Text, _>(format!("{}/%", line.binding_id))
    .load(conn)?;
    Ok(rows.into_iter().map(|row| Booked { at: row.event_at, delta: row.quantity_delta, counted: row.counted }).collect())
}

/// The book up to a moment, without what the binding itself made.
pub(in crate::sensing) fn foreign_book_at(conn: &mut Conn, site_id: i64, line: &Line, at: i64) -> Result<i64> {
    let row = diesel::sql_query(
        "SELECT CAST(COALESCE(SUM(quantity_delta), 0) AS BIGINT) AS value FROM movement \
         WHERE site_id = $1 AND stock_point_id = $2 AND event_at <= $3 AND NOT (source = 'sensor' AND source_key LIKE $4)",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(line.stock_point_id)
    .bind::<BigInt, _>(at)
    .bind::<Text, _>(format!("{}/%", line.binding_id))
    .get_result::<Number>(conn)?;
    Ok(row.value)
}

/// The book up to a moment: the level now less what was booked for later.
pub(in crate::sensing) fn book_at(conn: &mut Conn, site_id: i64, stock_point_id: i64, at: i64) -> Result<i64> {
    let row = diesel::sql_query(
        "SELECT CAST(COALESCE((SELECT SUM(quantity) FROM level WHERE site_id = $1 AND stock_point_id = $2), 0) - \
         COALESCE((SELECT SUM(quantity_delta) FROM movement WHERE site_id = $1 AND stock_point_id = $2 AND event_at > $3), 0) AS BIGINT) AS value",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(stock_point_id)
    .bind::<BigInt, _>(at)
    .get_result::<Number>(conn)?;
    Ok(row.value)
}

type StepRow = (i64, i64, String, String, i64, bool);

pub(in crate::sensing) fn posted_after(conn: &mut Conn, site_id: i64, binding_id: i64, after: i64) -> Result<Vec<Posted>> {
    let rows: Vec<StepRow> = sensor_step::table
        .filter(sensor_step::site_id.eq(site_id))
        .filter(sensor_step::binding_id.eq(binding_id))
        .filter(sensor_step::event_at.gt(after))
        .order((sensor_step::event_at, sensor_step::revision))
        .select((
            sensor_step::event_at,
            sensor_step::revision,
            sensor_step::kind,
            sensor_step::reason,
            sensor_step::quantity_delta,
            sensor_step::reversed,
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(at, revision, kind, reason, delta, reversed)| Posted { at, revision, kind, reason, delta, reversed })
        .collect())
}

pub(in crate::sensing) fn insert_step(
    tx: &mut Tx<'_>,
    site_id: i64,
    binding_id: i64,
    step: &Step,
    revision: i64,
    delta: i64,
) -> Result<()> {
    diesel::insert_into(sensor_step::table)
        .values((
            sensor_step::site_id.eq(site_id),
            sensor_step::binding_id.eq(binding_id),
            sensor_step::event_at.eq(step.at),
            sensor_step::revision.eq(revision),
            sensor_step::kind.eq(step.kind.word()),
            sensor_step::reason.eq(step.kind.reason()),
            sensor_step::quantity_delta.eq(delta),
            sensor_step::reversed.eq(false),
        ))
        .execute(tx.conn)?;
    Ok(())
}

pub(in crate::sensing) fn mark_reversed(tx: &mut Tx<'_>, site_id: i64, binding_id: i64, posted: &Posted) -> Result<()> {
    diesel::update(
        sensor_step::table
            .filter(sensor_step::site_id.eq(site_id))
            .filter(sensor_step::binding_id.eq(binding_id))
            .filter(sensor_step::event_at.eq(posted.at))
            .filter(sensor_step::revision.eq(posted.revision)),
    )
    .set(sensor_step::reversed.eq(true))
    .execute(tx.conn)?;
    Ok(())
}

/// A movement that a step made.
#[derive(Debug, Clone, QueryableByName)]
pub(in crate::sensing) struct Made {
    #[diesel(sql_type = BigInt)]
    pub(in crate::sensing) id: i64,
    #[diesel(sql_type = BigInt)]
    pub(in crate::sensing) lot_id: i64,
    #[diesel(sql_type = BigInt)]
    pub(in crate::sensing) quantity_delta: i64,
}

/// The movements of a step: one per lot, the first under the step's own key.
pub(in crate::sensing) fn movements_of_step(conn: &mut Conn, site_id: i64, key: &str) -> Result<Vec<Made>> {
    Ok(diesel::sql_query(
        "SELECT id, lot_id, quantity_delta FROM movement WHERE site_id = $1 AND source = 'sensor' \
         AND (source_key = $2 OR source_key LIKE $3) ORDER BY id",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<Text, _>(key)
    .bind::<Text, _>(format!("{key}#%"))
    .load(conn)?)
}

pub(in crate::sensing) fn item_of_stock_point(conn: &mut Conn, site_id: i64, stock_point_id: i64) -> Result<i64> {
    Ok(stock_point::table
        .filter(stock_point::site_id.eq(site_id))
        .filter(stock_point::id.eq(stock_point_id))
        .select(stock_point::item_id)
        .first(conn)?)
}

/// Code of the device that a channel belongs to, and whether it is approved.
pub(in crate::sensing) fn device_of_channel(conn: &mut Conn, site_id: i64, channel_id: i64) -> Result<(String, bool)> {
    use crate::db::schema::{channel, device};
    let (code, state): (String, String) = channel::table
        .inner_join(device::table.on(device::site_id.eq(channel::site_id).and(device::id.eq(channel::device_id))))
        .filter(channel::site_id.eq(site_id))
        .filter(channel::id.eq(channel_id))
        .select((device::code, device::state))
        .first(conn)?;
    Ok((code, state == "active"))
}

#[derive(QueryableByName)]
struct TouchedRow {
    #[diesel(sql_type = BigInt)]
    binding_id: i64,
    #[diesel(sql_type = BigInt)]
    event_at: i64,
}

/// Bindings in force whose stock point got a movement from elsewhere, by movement ids: binding, earliest event.
pub(in crate::sensing) fn touched_between(conn: &mut Conn, site_id: i64, from: i64, to: i64) -> Result<Vec<(i64, i64)>> {
    let rows: Vec<TouchedRow> = diesel::sql_query(
        "SELECT b.id AS binding_id, MIN(m.event_at) AS event_at FROM movement m \
         JOIN binding b ON b.site_id = m.site_id AND b.stock_point_id = m.stock_point_id \
         WHERE m.site_id = $1 AND m.id >= $2 AND m.id <= $3 AND m.source <> 'sensor' \
         AND b.mode <> 'shadow' AND b.valid_to > m.event_at GROUP BY b.id ORDER BY b.id",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(from)
    .bind::<BigInt, _>(to)
    .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.binding_id, row.event_at)).collect())
}
