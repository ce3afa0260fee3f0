//! Books what authoritative sensors have seen, once it has settled; looked at again when somebody else booked (`stream`).

use crate::app::State;
use crate::base::error::Result;
use crate::sensing;

pub(super) fn round(state: &State) -> Result<bool> {
    let now = state.db.clock().now();
    if state.intake.must_rest() || !state.db.read_now(|conn| sensing::has_due(conn, now))? {
        return Ok(false);
    }
    let intake = state.intake.clone();
    let done = state.db.write_now(move |tx| {
        let begun = std::time::Instant::now();
        let done = sensing::project_due(tx, now);
        intake.rest(begun.elapsed());
        done
    })?;
    // While batches come it goes on at the pace of its pauses.
    Ok(done > 0 && !state.intake.must_rest())
}
