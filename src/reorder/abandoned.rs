//! Plans whose job is over without an answer: nobody shall wait for them.

use super::store;
use crate::base::error::Result;
use crate::db::Tx;
use crate::db::outbox::{self, Topic};

/// Fails the plans that no worker will finish any more, so that nobody waits for them; answers how many.
///
/// # Errors
/// Those of the database.
pub fn fail_abandoned(tx: &mut Tx<'_>) -> Result<usize> {
    let abandoned = store::fail_abandoned(tx, "the solver was cut off again and again; ask for a new plan, and tell the operator")?;
    for (site_id, plan_id) in &abandoned {
        tracing::error!(plan.id = plan_id, "a plan was given up: its job failed for good");
        outbox::push(tx, *site_id, Topic::Plan, &serde_json::json!({"plan": plan_id.to_string(), "state": "failed"}))?;
    }
    Ok(abandoned.len())
}
