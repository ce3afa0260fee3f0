//! Backtests whose job is over without a result: nobody shall wait for them.

use super::store;
use crate::base::error::Result;
use crate::db::Tx;

/// Fails the backtests that no worker will finish any more; answers how many.
///
/// # Errors
/// Those of the database.
pub fn fail_abandoned(tx: &mut Tx<'_>) -> Result<usize> {
    let abandoned = store::fail_abandoned(tx, "its worker was cut off again and again; ask for it anew, and tell the operator")?;
    for id in &abandoned {
        tracing::error!(backtest.id = id, "a backtest was given up: its job failed for good");
    }
    Ok(abandoned.len())
}
