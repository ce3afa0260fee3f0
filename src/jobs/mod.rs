//! Work beside the requests: plans are solved, backtests walked, sensor steps booked, upkeep done; each on a thread of its own.
//! Which of it a program does is its duty ([`crate::app::duty::Duties`]); the same job is never done by two.

mod backtest;
mod backup;
mod history;
mod project;
mod solve;
mod stream;
mod upkeep;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::app::State;
use crate::app::duty::Duty;
use crate::base::error::{Error, Result};
use crate::db::seat::Seat;

/// How often upkeep is done.
const UPKEEP: Duration = Duration::from_secs(10);

/// The running workers; they stop when this is dropped.
#[derive(Debug)]
pub struct Workers {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Workers {
    /// Starts the workers of the program's duties. Every program settles the order of events: nobody depends on another for it.
    ///
    /// # Errors
    /// `internal` when a thread can't be started.
    pub fn start(state: &State) -> Result<Self> {
        let duties = &state.duties;
        let mut workers = Self { stop: Arc::new(AtomicBool::new(false)), threads: Vec::new() };
        workers.every("job-stream", Duration::from_millis(100), state, stream::round)?;
        if duties.has(Duty::Ingest) {
            workers.every("job-project", Duration::from_millis(200), state, project::round)?;
            workers.every("job-sum", Duration::from_secs(10), state, history::sum)?;
        }
        if duties.has(Duty::Solver) {
            let name = format!("solver-{}", std::process::id());
            let backtester = name.clone();
            workers.every("job-solve", Duration::from_millis(200), state, move |state| solve::round(state, &name))?;
            let stop = Arc::clone(&workers.stop);
            workers.every("job-backtest", Duration::from_millis(500), state, move |state| backtest::round(state, &backtester, &stop))?;
        }
        if let Some(nightly) = state.nightly.clone() {
            workers.every("job-backup", Duration::from_mins(5), state, move |state| backup::round(state, &nightly))?;
        }
        if duties.has(Duty::Scheduler) {
            let mut seat = Seat::new(&state.db);
            let mut retention = history::Retention::default();
            let mut kept_up: Option<Instant> = None;
            workers.every("job-upkeep", UPKEEP, state, move |state| {
                if !seat.is_ours()? {
                    return Ok(false);
                }
                // A long walk of retention comes here again at once.
                if kept_up.is_none_or(|at| at.elapsed() >= UPKEEP) {
                    upkeep::round(state)?;
                    kept_up = Some(Instant::now());
                }
                retention.round(state)
            })?;
        }
        Ok(workers)
    }

    /// Runs `round` again and again with a pause, at once again while it says that there is more to do.
    fn every(
        &mut self,
        name: &str,
        pause: Duration,
        state: &State,
        mut round: impl FnMut(&State) -> Result<bool> + Send + 'static,
    ) -> Result<()> {
        let (stop, state) = (Arc::clone(&self.stop), state.clone());
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    // A panic costs its round, not the worker: nobody would solve plans until the next start.
                    let more = catch_unwind(AssertUnwindSafe(|| round(&state)))
                        .unwrap_or_else(|_| Err(Error::internal("it panicked")))
                        .unwrap_or_else(|error| {
                            tracing::error!(cause = ?error.cause, "a worker's round failed: {}", error.detail);
                            false
                        });
                    if !more {
                        // Parked, not asleep: a stop wakes it.
                        std::thread::park_timeout(pause);
                    }
                }
            })
            .map_err(|cause| Error::internal("a worker thread did not start").because(cause))?;
        self.threads.push(thread);
        Ok(())
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.thread().unpark();
            drop(thread.join());
        }
    }
}
