//! Claims one waiting plan and solves it.

use crate::app::State;
use crate::base::error::Result;
use crate::db::queue;
use crate::reorder;

pub(super) fn round(state: &State, worker: &str) -> Result<bool> {
    let db = &state.db;
    let now = db.clock().now().0;
    let sites = db.read_now(|conn| queue::sites_with_work(conn, reorder::QUEUE, now))?;
    for site_id in sites {
        let worker = worker.to_owned();
        let Some(job) = db.write_apart_now(move |tx| queue::claim(tx, site_id, reorder::QUEUE, &worker))? else { continue };
        let outcome = reorder::run(db, &job);
        state.metrics.plans.with_label_values(&[if outcome.is_ok() { "finished" } else { "interrupted" }]).inc();
        if let Err(error) = outcome {
            let why = error.detail.clone();
            let over = db.write_apart_now(move |tx| queue::put_back(tx, &job, &why))?;
            tracing::error!(over, cause = ?error.cause, "a plan job did not finish: {}", error.detail);
        }
        return Ok(true);
    }
    Ok(false)
}
