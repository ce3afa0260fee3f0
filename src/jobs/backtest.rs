//! Claims one waiting backtest and walks it; apart from plans, which must not wait for it.

use std::sync::atomic::AtomicBool;

use crate::app::State;
use crate::base::error::Result;
use crate::db::queue;
use crate::trial;

pub(super) fn round(state: &State, worker: &str, stop: &AtomicBool) -> Result<bool> {
    let db = &state.db;
    let now = db.clock().now().0;
    let sites = db.read_now(|conn| queue::sites_with_work(conn, trial::QUEUE, now))?;
    for site_id in sites {
        let worker = worker.to_owned();
        let Some(job) = db.write_apart_now(move |tx| queue::claim(tx, site_id, trial::QUEUE, &worker))? else { continue };
        if let Err(error) = trial::run(db, &job, stop) {
            let why = error.detail.clone();
            let over = db.write_apart_now(move |tx| queue::put_back(tx, &job, &why))?;
            tracing::warn!(over, cause = ?error.cause, "a backtest job did not finish: {}", error.detail);
        }
        return Ok(true);
    }
    Ok(false)
}
