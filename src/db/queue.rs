//! Jobs: enqueued in the caller's transaction, claimed under a lease, results fenced by the attempt.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::conn::{Conn, Number};
use super::hot::JobRow;
use super::schema::job;
use super::{Db, Tx};
use crate::base::error::{Error, Result};

/// How long a worker may be silent before its job is given to another.
pub const LEASE_SECONDS: i64 = 60;
/// How often a worker says that it is still there.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Tries before a job counts as failed.
const ATTEMPTS_MAX: i64 = 5;

/// Adds a job, unless one with the same key is queued or running.
///
/// # Errors
/// Those of the database.
pub fn enqueue(tx: &mut Tx<'_>, site_id: i64, queue: &str, kind: &str, payload: &str, dedupe_key: &str) -> Result<()> {
    let alive =
        diesel::sql_query("SELECT COUNT(*) AS value FROM job WHERE site_id = $1 AND dedupe_key = $2 AND state IN ('queued', 'running')")
            .bind::<BigInt, _>(site_id)
            .bind::<Text, _>(dedupe_key)
            .get_result::<Number>(tx.conn)?;
    if alive.value > 0 {
        return Ok(());
    }
    diesel::insert_into(job::table)
        .values((
            (
                job::site_id.eq(site_id),
                job::id.eq(tx.id()),
                job::queue.eq(queue),
                job::kind.eq(kind),
                job::payload.eq(payload),
                job::state.eq("queued"),
            ),
            (job::run_at.eq(tx.now.0), job::attempts.eq(0_i64), job::max_attempts.eq(ATTEMPTS_MAX), job::dedupe_key.eq(dedupe_key)),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// The sites that have due jobs in a queue; read without a lock.
///
/// # Errors
/// Those of the database.
pub fn sites_with_work(conn: &mut Conn, queue: &str, now: i64) -> Result<Vec<i64>> {
    let rows = diesel::sql_query("SELECT DISTINCT site_id AS value FROM job WHERE state = 'queued' AND queue = $1 AND run_at <= $2")
        .bind::<Text, _>(queue)
        .bind::<BigInt, _>(now)
        .load::<Number>(conn)?;
    Ok(rows.into_iter().map(|row| row.value).collect())
}

/// Takes one due job of a site.
///
/// # Errors
/// Those of the database.
pub fn claim(tx: &mut Tx<'_>, site_id: i64, queue: &str, worker: &str) -> Result<Option<JobRow>> {
    let lease_until = tx.now.plus_seconds(LEASE_SECONDS).0;
    Ok(tx.conn.hot().claim_job(site_id, queue, tx.now.0, lease_until, worker)?)
}

/// Keeps a claimed job for `seconds` from now; `false` when the lease was lost, and the caller must stop.
///
/// # Errors
/// Those of the database.
pub fn hold(tx: &mut Tx<'_>, claimed: &JobRow, seconds: i64) -> Result<bool> {
    let rows = diesel::update(job::table.filter(job::site_id.eq(claimed.site_id)).filter(job::id.eq(claimed.id)))
        .filter(job::state.eq("running"))
        .filter(job::attempts.eq(claimed.attempts))
        .set(job::lease_until.eq(tx.now.plus_seconds(seconds).0))
        .execute(tx.conn)?;
    Ok(rows == 1)
}

/// Holds a claimed job by a sign every 15 seconds, until it is dropped: a worker may take longer than a lease.
#[derive(Debug)]
pub struct Heartbeat {
    /// Dropped to stop the thread.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Heartbeat {
    /// Starts it.
    ///
    /// # Errors
    /// `internal` when the thread can't be started.
    pub fn start(db: &Db, claimed: &JobRow) -> Result<Self> {
        let (stop, stopped) = channel();
        let (db, claimed) = (db.clone(), claimed.clone());
        let beat = move || {
            while stopped.recv_timeout(HEARTBEAT) == Err(RecvTimeoutError::Timeout) {
                let job = claimed.clone();
                match db.write_apart_now(move |tx| hold(tx, &job, LEASE_SECONDS)) {
                    Ok(true) => {}
                    // Its result will be refused; the work itself can't be stopped from here.
                    Ok(false) => return tracing::warn!(job.id = claimed.id, "the lease of a job was lost"),
                    Err(cause) => tracing::warn!(%cause, job.id = claimed.id, "a worker could not say that it is still there"),
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name("job-heartbeat".into())
            .spawn(beat)
            .map_err(|cause| Error::internal("a heartbeat thread did not start").because(cause))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Marks a claimed job as done; `false` when the lease was lost, and the caller must roll back.
///
/// # Errors
/// Those of the database.
pub fn finish(tx: &mut Tx<'_>, claimed: &JobRow) -> Result<bool> {
    let rows = diesel::update(job::table.filter(job::site_id.eq(claimed.site_id)).filter(job::id.eq(claimed.id)))
        .filter(job::state.eq("running"))
        .filter(job::attempts.eq(claimed.attempts))
        .set(job::state.eq("done"))
        .execute(tx.conn)?;
    Ok(rows == 1)
}

/// Puts a job that failed back with a growing delay, or marks it as failed for good; answers whether it is.
///
/// # Errors
/// Those of the database.
pub fn put_back(tx: &mut Tx<'_>, claimed: &JobRow, why: &str) -> Result<bool> {
    let over = claimed.attempts >= ATTEMPTS_MAX;
    let delay_s = (5_i64 << claimed.attempts.clamp(0, 10)).min(3_600);
    diesel::update(job::table.filter(job::site_id.eq(claimed.site_id)).filter(job::id.eq(claimed.id)))
        .filter(job::state.eq("running"))
        .filter(job::attempts.eq(claimed.attempts))
        .set((
            job::state.eq(if over { "failed" } else { "queued" }),
            job::run_at.eq(tx.now.plus_seconds(delay_s).0),
            job::last_error.eq(why),
        ))
        .execute(tx.conn)?;
    Ok(over)
}

/// Gives jobs whose worker fell silent back to the queue; answers how many.
///
/// # Errors
/// Those of the database.
pub fn recover(tx: &mut Tx<'_>) -> Result<usize> {
    Ok(diesel::sql_query(
        "UPDATE job SET state = CASE WHEN attempts >= max_attempts THEN 'failed' ELSE 'queued' END, last_error = 'the worker fell silent' \
         WHERE state = 'running' AND lease_until < $1",
    )
    .bind::<BigInt, _>(tx.now.0)
    .execute(tx.conn)?)
}
