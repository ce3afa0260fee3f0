//! Upkeep: jobs of silent workers go back, plans and backtests that nobody finishes fail, silent devices raise alerts, old answers and events are forgotten.

use crate::access::session;
use crate::app::State;
use crate::base::error::Result;
use crate::db::{outbox, queue};
use crate::reorder;
use crate::sensing::health;
use crate::trial;
use crate::web::idempotency;

/// Events are kept this long for streams that resume.
const EVENT_SECONDS: i64 = 7 * 86_400;

pub(super) fn round(state: &State) -> Result<bool> {
    let recovered = state.db.write_now(|tx| {
        idempotency::forget_old(tx)?;
        session::forget_old(tx)?;
        let before = tx.now.plus_seconds(-EVENT_SECONDS).0;
        outbox::forget(tx, before)?;
        health::raise_silence(tx)?;
        let recovered = queue::recover(tx)?;
        reorder::abandoned::fail_abandoned(tx)?;
        trial::abandoned::fail_abandoned(tx)?;
        Ok(recovered)
    })?;
    if recovered > 0 {
        tracing::warn!(recovered, "jobs of silent workers went back to the queue");
    }
    Ok(false)
}
