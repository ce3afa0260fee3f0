//! What becomes of old readings: their hours and days are summed, months are made ahead, retention takes what is over.

use std::time::{Duration, Instant};

use crate::app::State;
use crate::base::error::Result;
use crate::sensing::retention::{self, Sweep};
use crate::sensing::rollup;

/// How often retention begins anew.
const EVERY: Duration = Duration::from_hours(6);
/// Between two of its steps, so that others write.
const PAUSE: Duration = Duration::from_millis(50);

/// Sums what is due, while batches leave time for it; of several programs each takes what no other has.
pub(super) fn sum(state: &State) -> Result<bool> {
    let now = state.db.clock().now();
    if state.intake.must_rest() || !state.db.read_now(|conn| rollup::has_due(conn, now))? {
        return Ok(false);
    }
    let intake = state.intake.clone();
    let done = state.db.write_apart_now(move |tx| {
        let begun = Instant::now();
        let done = rollup::sum_due(tx, now);
        intake.rest(begun.elapsed());
        done
    })?;
    Ok(done > 0 && !state.intake.must_rest())
}

/// Retention, as the scheduler does it.
#[derive(Debug, Default)]
pub(super) struct Retention {
    begun: Option<Instant>,
    sweep: Option<Sweep>,
}

impl Retention {
    /// Begins when it is time, and makes one step of what is begun; whether there is more to do at once.
    pub(super) fn round(&mut self, state: &State) -> Result<bool> {
        let keep = state.keep;
        if self.sweep.is_none() {
            if self.begun.is_some_and(|begun| begun.elapsed() < EVERY) {
                return Ok(false);
            }
            let sweep = state.db.write_now(move |tx| {
                retention::make_months(tx, keep)?;
                retention::begin(tx, keep)
            })?;
            self.begun = Some(Instant::now());
            self.sweep = Some(sweep);
        }
        if state.intake.must_rest() {
            // The sweep goes on when it is its turn again.
            std::thread::park_timeout(PAUSE);
            return Ok(true);
        }
        if let Some(sweep) = self.sweep.take() {
            self.sweep = state.db.write_now(move |tx| sweep.step(tx, keep))?;
            std::thread::park_timeout(PAUSE);
        }
        Ok(self.sweep.is_some())
    }
}
