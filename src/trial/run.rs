//! Running a backtest: read, walk on threads of its own, store in one fenced write; the caller sees how far it is.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::{BacktestRequest, Gathered, ITEMS_MAX, gather, store};
use crate::base::error::{Error, Result};
use crate::base::quantity::to_f64;
use crate::db::Db;
use crate::db::hot::JobRow;
use crate::db::queue;
use crate::places;

/// The queue that backtest workers claim from.
pub const QUEUE: &str = "backtest";
/// A backtest that takes longer is given up.
const TIME_LIMIT: Duration = Duration::from_hours(2);
/// How long a job is kept from other workers after each sign of life: far more than one review takes.
const HOLD_SECONDS: i64 = 600;
/// Time between two signs of life.
const PAUSE: Duration = Duration::from_secs(2);

/// Walks the backtest of a claimed job and stores it. Runs for minutes: never on the event loop.
///
/// - `stop`: whether the service is going down; the job then goes back to the queue.
///
/// # Errors
/// Those of the database, or that it was stopped. What a person must mend is stored as the backtest's failure.
pub fn run(db: &Db, job: &JobRow, stop: &AtomicBool) -> Result<()> {
    let site_id = job.site_id;
    let id: i64 = job.payload.parse().map_err(|cause| Error::internal("a backtest job names no backtest").because(cause))?;
    let wish = db.read_now(|conn| store::wish_of(conn, site_id, id))?;
    let watcher = Watcher { db, job, id, stop, started: Instant::now(), told: Mutex::new(None), is_late: AtomicBool::new(false) };
    if !watcher.tell(0.0) {
        return Err(lost());
    }
    let today = db.clock().now().day();
    let gathered = db.read_now(|conn| {
        let site = places::find_site(conn, &wish.site)?;
        gather(conn, &site, today, ITEMS_MAX)
    });
    let outcome = gathered.and_then(|gathered| watcher.walk(&gathered, &wish));
    let result = match outcome {
        Ok(text) => Ok(text),
        // Bad input is the backtest's own end; everything else is tried again.
        Err(error) if error.code.status() < 500 => Err(error.detail),
        Err(error) => return Err(error),
    };
    let job = job.clone();
    db.write_now(move |tx| {
        match &result {
            Ok(text) => store::save(tx, site_id, id, text)?,
            Err(why) => store::fail(tx, site_id, id, why)?,
        }
        if queue::finish(tx, &job)? { Ok(()) } else { Err(lost()) }
    })
}

fn lost() -> Error {
    Error::internal("the lease of a backtest was lost; another worker has it")
}

/// Half of the machine: gateways and planners have the other half.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, |all| all.get() / 2).max(1)
}

/// Keeps the job, says how far it is, and stops what shall stop.
struct Watcher<'a> {
    db: &'a Db,
    job: &'a JobRow,
    id: i64,
    stop: &'a AtomicBool,
    started: Instant,
    told: Mutex<Option<Instant>>,
    is_late: AtomicBool,
}

impl Watcher<'_> {
    fn walk(&self, gathered: &Gathered, wish: &BacktestRequest) -> Result<String> {
        let course = wish.course(1, threads());
        let done = gathered.walk(wish, &course, &|done, all| self.goes_on(done, all))?;
        match done {
            Some(backtest) => serde_json::to_string(&backtest).map_err(|cause| Error::internal("a backtest is no JSON").because(cause)),
            None if self.is_late.load(Ordering::Relaxed) => {
                let minutes = TIME_LIMIT.as_secs() / 60;
                let detail =
                    format!("it took more than {minutes} minutes: ask for fewer seeds, weeks or policies, or run wardstock backtest");
                Err(Error::field("seeds", "too_long", detail))
            }
            None => Err(Error::internal("a backtest was stopped; it goes back to the queue")),
        }
    }

    fn goes_on(&self, done: usize, all: usize) -> bool {
        if self.stop.load(Ordering::Relaxed) {
            return false;
        }
        if self.started.elapsed() > TIME_LIMIT {
            self.is_late.store(true, Ordering::Relaxed);
            return false;
        }
        let is_due = {
            let mut told = self.told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let is_due = told.is_none_or(|at| at.elapsed() > PAUSE);
            if is_due {
                *told = Some(Instant::now());
            }
            is_due
        };
        let whole = |count: usize| to_f64(i64::try_from(count).unwrap_or(i64::MAX));
        !is_due || self.tell(whole(done) / whole(all.max(1)))
    }

    /// Keeps the job and writes how far it is; `false` when another worker has it.
    fn tell(&self, progress: f64) -> bool {
        let (job, site_id, id) = (self.job.clone(), self.job.site_id, self.id);
        let told = self.db.write_now(move |tx| {
            let kept = queue::hold(tx, &job, HOLD_SECONDS)?;
            if kept {
                store::set_progress(tx, site_id, id, progress.clamp(0.0, 1.0))?;
            }
            Ok(kept)
        });
        told.unwrap_or_else(|error| {
            // A full queue is no reason to give up minutes of work; the lease lasts for many such signs.
            tracing::warn!(backtest.id = id, cause = ?error.cause, "a backtest could not say how far it is: {}", error.detail);
            true
        })
    }
}
