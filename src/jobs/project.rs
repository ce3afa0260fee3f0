//! Books what authoritative sensors have seen, once it has settled, and looks again when somebody else booked.

use crate::app::State;
use crate::base::error::Result;
use crate::db::outbox;
use crate::sensing;

/// What it has seen of the ledger so far.
pub(super) struct Projector {
    /// Newest event of the outbox when the ledger was last looked at: every movement leaves one.
    event_id: i64,
    movement_id: i64,
}

impl Projector {
    pub(super) fn new(state: &State) -> Result<Self> {
        let event_id = state.db.read_now(outbox::newest)?;
        let movement_id = state.db.write_now(sensing::newest_movement)?;
        Ok(Self { event_id, movement_id })
    }

    pub(super) fn round(&mut self, state: &State) -> Result<bool> {
        let now = state.db.clock().now();
        let event_id = state.db.read_now(outbox::newest)?;
        if event_id != self.event_id {
            let after = self.movement_id;
            self.movement_id = state.db.write_now(move |tx| sensing::notice_movements(tx, after))?;
            self.event_id = event_id;
        }
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
}
