//! Settles the order of events, and has bindings looked at again where somebody else than their sensor booked.

use crate::app::State;
use crate::base::error::Result;
use crate::db::outbox;
use crate::sensing;

pub(super) fn round(state: &State) -> Result<bool> {
    if !state.db.read_now(outbox::has_unnumbered)? {
        return Ok(false);
    }
    // One program does it at a time; the others find nothing, and come again.
    let numbered = state.db.write_now(|tx| {
        let events = outbox::number_new(tx)?;
        sensing::notice_events(tx, &events)?;
        Ok(events.len())
    })?;
    Ok(numbered > 0)
}
