//! Books what authoritative sensors have seen, once it has settled.

use crate::app::State;
use crate::base::error::Result;
use crate::sensing;

pub(super) fn round(state: &State) -> Result<bool> {
    let now = state.db.clock().now();
    if !state.db.read_now(|conn| sensing::has_due(conn, now))? {
        return Ok(false);
    }
    let done = state.db.write_now(move |tx| sensing::project_due(tx, now))?;
    Ok(done > 0)
}
