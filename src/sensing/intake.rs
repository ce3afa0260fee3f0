//! Where batches wait for the writer: taken together, answered after COMMIT, and refused before they are read
//! when too much waits.

use std::future::{Ready, ready};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use tokio::sync::oneshot;

use super::group::Trust;
use super::handover::{Heard, Waiting, counter, hand_over};
use super::ingest::{self, Post, Taken};
use super::registry::Registry;
use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::db::{Db, Tx};

/// Records that one transaction takes; what waits beyond them goes into the next.
const GROUP_RECORDS_MAX: usize = 20_000;
/// Lanes that are used of those that the database has.
const LANES_MAX: usize = 4;
/// Without a batch for so long, nobody is held up.
const QUIET: Duration = Duration::from_millis(100);
/// What a batch means is worked out for a tenth of the time, and for an eightieth when many batches were held up by it.
const REST: u32 = 9;
const LONG_REST: u32 = 79;
const MANY: usize = 4;
/// What is taken of a body whose length was not said.
const BYTES_UNSAID: usize = super::native::BYTES_MAX;

/// How much may wait.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of bodies.
    pub bytes: usize,
    /// Records of parsed bodies.
    pub records: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 64 << 20, records: 200_000 }
    }
}

/// The batches on their way to the writer; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Intake {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    limits: Limits,
    bytes: AtomicUsize,
    records: AtomicUsize,
    /// One for each lane of the database; a device is always in the same.
    lanes: [Lane; LANES_MAX],
    is_projecting: AtomicBool,
    pace: Mutex<Pace>,
}

/// What waits for one writer, and what it remembers.
#[derive(Debug, Default)]
struct Lane {
    line: Mutex<Line>,
    /// Used on the writer's thread only, but for what is taken alone.
    registry: Mutex<Registry>,
}

/// What a batch means is worked out on the writer's thread too: it takes a small part of the time while batches come.
#[derive(Debug, Default)]
struct Pace {
    heard: Option<Instant>,
    rest_until: Option<Instant>,
}

#[derive(Debug, Default)]
struct Line {
    waiting: Vec<Waiting>,
    /// The writer was asked to come, and has not finished.
    is_called: bool,
}

/// The room that a body takes while it is on its way.
#[derive(Debug)]
pub struct Room {
    inner: Arc<Inner>,
    bytes: usize,
    records: usize,
}

impl Drop for Room {
    fn drop(&mut self) {
        self.inner.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
        self.inner.records.fetch_sub(self.records, Ordering::Relaxed);
    }
}

impl Room {
    /// Counts the records that were found in the body.
    fn holds(&mut self, records: usize) {
        self.records += records;
        self.inner.records.fetch_add(records, Ordering::Relaxed);
    }
}

impl FromRequest for Room {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    /// Decided by the head of the request: a body that can't be kept is not read.
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let length = request.headers().get("content-length").and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
        let is_packed = request.headers().contains_key("content-encoding");
        let bytes = length.filter(|_| !is_packed).unwrap_or(BYTES_UNSAID);
        ready(match request.app_data::<web::Data<Intake>>() {
            Some(intake) => intake.admit(bytes),
            None => Err(Error::internal("the app has no intake")),
        })
    }
}

impl Intake {
    /// An intake with limits of its own.
    pub fn with_limits(limits: Limits) -> Self {
        Self { inner: Arc::new(Inner { limits, ..Inner::default() }) }
    }

    /// Room for a body of so many bytes.
    ///
    /// # Errors
    /// `write_queue_full` while too much waits.
    pub fn admit(&self, bytes: usize) -> Result<Room> {
        let inner = &self.inner;
        let before = inner.bytes.fetch_add(bytes, Ordering::Relaxed);
        let room = Room { inner: Arc::clone(inner), bytes, records: 0 };
        let is_full = before > 0 && before.saturating_add(bytes) > inner.limits.bytes;
        if is_full || inner.records.load(Ordering::Relaxed) >= inner.limits.records {
            return Err(full());
        }
        Ok(room)
    }

    /// Whether working out what is stored must wait, since batches come or wait and it had its share.
    pub fn must_rest(&self) -> bool {
        let is_waited_for = self.records() > 0;
        let pace = self.inner.pace();
        let now = Instant::now();
        let is_busy = is_waited_for || pace.heard.is_some_and(|at| now < at + QUIET);
        is_busy && pace.rest_until.is_some_and(|until| now < until)
    }

    /// Notes how long working out took, so that the next time comes after many times as long.
    pub fn rest(&self, took: Duration) {
        let waiting: usize = self.inner.lanes.iter().map(|lane| lane.line().waiting.len()).sum();
        let times = if waiting < MANY { REST } else { LONG_REST };
        self.inner.pace().rest_until = Some(Instant::now() + took * times);
    }

    /// Forgets what is remembered of channels and devices: somebody else writes. At the head of that write, before it holds
    /// a row that a lane may wait for.
    pub(super) fn forget(&self) {
        for lane in &self.inner.lanes {
            lane.registry().forget();
        }
    }

    /// Records that wait or are being written.
    pub fn records(&self) -> usize {
        self.inner.records.load(Ordering::Relaxed)
    }

    /// Asks for the turn to work out what was stored; `false` while somebody has it, or must rest.
    pub(super) fn start_projecting(&self) -> bool {
        !self.must_rest() && !self.inner.is_projecting.swap(true, Ordering::Relaxed)
    }

    /// Gives the turn back.
    pub(super) fn stop_projecting(&self) {
        self.inner.is_projecting.store(false, Ordering::Relaxed);
    }

    /// Stores a batch with the next group; answers after COMMIT.
    pub(super) async fn store(&self, db: &Db, post: Post, mut room: Room) -> Taken {
        room.holds(post.arrivals.len());
        self.inner.pace().heard = Some(Instant::now());
        let (reply, answer) = oneshot::channel();
        let counter = counter();
        let place = post.spread() % db.lanes().min(LANES_MAX);
        let lane = self.inner.lane(place)?;
        let must_call = {
            let mut queue = lane.line();
            queue.waiting.push(Waiting { post, reply, room, counter });
            !std::mem::replace(&mut queue.is_called, true)
        };
        if must_call {
            let inner = Arc::clone(&self.inner);
            if let Err(cause) = db.write_first(place, move || visit(&inner, place)) {
                lane.turn_away(Vec::new(), &cause);
            }
        }
        let lost = |cause| Error::new(Code::DatabaseUnavailable, NOT_STORED).retry_after(2).because(cause);
        match answer.await.map_err(lost)? {
            Heard::Answered(taken) => taken,
            Heard::Alone(None) => Err(Error::internal("a batch was not given back")),
            Heard::Alone(Some((post, _room))) => {
                let inner = Arc::clone(&self.inner);
                // Apart, so that it holds nothing that another program's group waits for while it waits for that group.
                db.write_apart(move |tx| {
                    // What it changes is not in the memory.
                    inner.lane(place)?.registry().forget();
                    ingest::take_posts(tx, &mut Registry::default(), &[&*post], Trust::Nothing)?
                        .pop()
                        .ok_or_else(|| Error::internal("a batch was not answered"))?
                })
                .await
            }
        }
    }
}

const NOT_STORED: &str = "the write was not committed; send it again";

fn full() -> Error {
    Error::new(Code::WriteQueueFull, "more is being written than the disk takes; nothing was stored").retry_after(1)
}

impl Inner {
    fn lane(&self, place: usize) -> Result<&Lane> {
        self.lanes.get(place).ok_or_else(|| Error::internal("there is no such lane"))
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lane {
    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the batches of one group out of the line.
    fn next_group(&self) -> Vec<Waiting> {
        let mut line = self.line();
        let mut records = 0;
        let fits = |one: &Waiting| {
            let is_first = records == 0;
            records += one.post.arrivals.len().max(1);
            is_first || records <= GROUP_RECORDS_MAX
        };
        let count = line.waiting.iter().map(fits).take_while(|fits| *fits).count();
        line.waiting.drain(..count).collect()
    }

    /// Answers a group, and all that waits behind it, with an error: the writer will not come.
    fn turn_away(&self, group: Vec<Waiting>, cause: &Error) {
        let waiting = {
            let mut line = self.line();
            line.is_called = false;
            std::mem::take(&mut line.waiting)
        };
        let refused = || Heard::Answered(Err(Error::new(cause.code, cause.detail.clone()).retry_after(2)));
        hand_over(group.into_iter().chain(waiting).map(|waiting| (waiting, refused())));
    }
}

/// One coming of the writer. If it panics, its callers hear that nothing was stored.
struct Visit {
    inner: Arc<Inner>,
    place: usize,
    group: Arc<Mutex<Vec<Waiting>>>,
    is_over: bool,
}

impl Drop for Visit {
    fn drop(&mut self) {
        if !self.is_over {
            self.end(Err(Error::new(Code::DatabaseUnavailable, NOT_STORED)));
        }
    }
}

impl Visit {
    /// Answers the group; whether more waits.
    fn end(&mut self, outcome: Result<Vec<Taken>>) -> bool {
        self.is_over = true;
        let Ok(lane) = self.inner.lane(self.place) else { return false };
        let group = std::mem::take(&mut *self.group.lock().unwrap_or_else(PoisonError::into_inner));
        match outcome {
            Ok(taken) => hand_over(group.into_iter().zip(taken.into_iter().map(Heard::Answered))),
            Err(cause) => {
                lane.registry().forget();
                if matches!(cause.code, Code::StorageFull | Code::DatabaseUnavailable | Code::WriteQueueFull) {
                    lane.turn_away(group, &cause);
                    return false;
                }
                tracing::info!(batches = group.len(), cause = %cause.detail, "a group is taken apart");
                hand_over(group.into_iter().map(|waiting| (waiting, Heard::Alone(None))));
            }
        }
        let mut queue = lane.line();
        queue.is_called = !queue.waiting.is_empty();
        queue.is_called
    }
}

type StoreGroup = Box<dyn FnOnce(&mut Tx<'_>) -> Result<Vec<Taken>> + Send>;
type HearGroup = Box<dyn FnOnce(Result<Vec<Taken>>) -> bool + Send>;

/// A command that takes a group out of the line and stores it, and what hears its outcome.
fn visit(inner: &Arc<Inner>, place: usize) -> (StoreGroup, HearGroup) {
    let group = Arc::new(Mutex::new(Vec::new()));
    let mut end = Visit { inner: Arc::clone(inner), place, group: Arc::clone(&group), is_over: false };
    let inner = Arc::clone(inner);
    let command = move |tx: &mut Tx<'_>| {
        let mut group = group.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = inner.lane(place)?;
        *group = lane.next_group();
        let posts: Vec<&Post> = group.iter().map(|one| &one.post).collect();
        ingest::take_posts(tx, &mut lane.registry(), &posts, Trust::Memory)
    };
    (Box::new(command), Box::new(move |outcome| end.end(outcome)))
}

#[cfg(test)]
mod tests {
    use super::{Intake, Limits};
    use crate::base::code::Code;

    #[test]
    fn what_waits_is_bounded_by_bytes_and_by_records() {
        let intake = Intake::with_limits(Limits { bytes: 100, records: 10 });
        let first = intake.admit(60).unwrap();
        let refused = intake.admit(60).unwrap_err();
        assert_eq!((refused.code, refused.retry_after_s.is_some()), (Code::WriteQueueFull, true));
        let mut second = intake.admit(40).unwrap();
        second.holds(10);
        drop(first);
        assert_eq!(intake.admit(1).unwrap_err().code, Code::WriteQueueFull, "the records count too");
        drop(second);
        assert_eq!(intake.records(), 0);
        drop(intake.admit(1_000).unwrap());
    }
}
