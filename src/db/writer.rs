//! The one writer: a thread that owns the write connection and commits what is queued in groups.
//!
//! There is no timer: while one fsync runs, the next group forms by itself. Each command may fail alone:
//! the first of a group takes the whole transaction with it, which has nothing else in it yet, and the others
//! run in savepoints, each of which makes SQLite copy every page before its first change. So what writes most
//! goes first ([`Place::First`]). Callers hear only after COMMIT.

use std::cell::Cell;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use diesel::Connection;
use diesel::connection::{AnsiTransactionManager, TransactionManager};
use tokio::sync::oneshot;

use super::Tx;
use super::conn::{Access, Conn, Purpose, Target};
use crate::base::clock::Clock;
use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::base::id::IdMaker;

/// Commands that may wait; beyond it callers are told to come back.
const QUEUE_MAX: usize = 4_096;
/// Commands that share one COMMIT at most.
const GROUP_MAX: usize = 512;

/// Hears what became of the transaction; what it gives back runs at the head of the next group.
type Finish = Box<dyn FnOnce(Result<(), Code>) -> Option<Command> + Send>;
/// Runs inside the transaction (`Some`), or hears that there is none (`None`).
type Run = Box<dyn FnOnce(Option<Seat<'_, '_>>) -> Ran + Send>;

/// Where in its group a command runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// At the head, without a savepoint.
    First,
    /// As it came.
    Any,
}

/// A write that waits.
pub(super) struct Command {
    place: Place,
    run: Run,
}

/// The transaction as a command finds it.
struct Seat<'a, 'b> {
    tx: &'a mut Tx<'b>,
    /// Nothing was written before it: it needs no savepoint of its own.
    is_alone: bool,
}

struct Ran {
    finish: Finish,
    /// It failed without a savepoint: the transaction must be begun again.
    is_undone: bool,
}

impl Command {
    /// A command, and who hears its outcome on the writer's thread.
    pub(super) fn new<T: Send + 'static>(
        place: Place,
        command: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
        reply: impl FnOnce(Result<T>) -> Option<Self> + Send + 'static,
    ) -> Self {
        let run: Run = Box::new(move |seat| {
            let (outcome, is_alone) = match seat {
                Some(Seat { tx, is_alone: true }) => (command(tx), true),
                Some(Seat { tx: Tx { conn, now, ids, callers }, .. }) => {
                    (conn.transaction(|conn| command(&mut Tx { conn, now: *now, ids, callers })), false)
                }
                None => (Err(not_committed(Code::DatabaseUnavailable)), false),
            };
            let is_undone = is_alone && outcome.is_err();
            let finish =
                move |committed: Result<(), Code>| reply(outcome.and_then(|value| committed.map(|()| value).map_err(not_committed)));
            Ran { finish: Box::new(finish), is_undone }
        });
        Self { place, run }
    }
}

#[derive(Debug)]
pub(super) struct Writer {
    /// Taken away when the writer is dropped, which ends the thread.
    queue: Option<SyncSender<Command>>,
    waiting: Arc<AtomicUsize>,
    /// Counts the commits after which a caller may be another than before.
    callers: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Writer {
    /// Waits until all that was queued is committed and the connection is closed.
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Writer {
    pub(super) fn start(target: Target, clock: Clock, ids: Arc<IdMaker>, lock: Option<File>) -> Result<Self> {
        let callers = Arc::new(AtomicU64::new(0));
        Self::spawn(Desk { target, clock, ids, is_beside: false, waiting: Arc::default(), callers, _lock: lock })
    }

    /// Another one for batches of devices, beside this one: only where the database takes several.
    pub(super) fn beside(&self, target: Target, clock: Clock, ids: Arc<IdMaker>) -> Result<Self> {
        let callers = Arc::clone(&self.callers);
        Self::spawn(Desk { target, clock, ids, is_beside: true, waiting: Arc::default(), callers, _lock: None })
    }

    fn spawn(desk: Desk) -> Result<Self> {
        let conn = desk.open()?;
        let (queue, commands) = sync_channel(QUEUE_MAX);
        let (waiting, callers) = (Arc::clone(&desk.waiting), Arc::clone(&desk.callers));
        let thread = std::thread::Builder::new()
            .name("db-writer".into())
            .spawn(move || desk.run(conn, &commands))
            .map_err(|cause| Error::internal("the writer thread did not start").because(cause))?;
        Ok(Self { queue: Some(queue), waiting, callers, thread: Some(thread) })
    }

    pub(super) fn callers(&self) -> u64 {
        self.callers.load(Ordering::Acquire)
    }

    /// Another connection than the writer's changed who a credential belongs to.
    pub(super) fn callers_changed(&self) {
        self.callers.fetch_add(1, Ordering::Release);
    }

    pub(super) fn depth(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    pub(super) fn submit<T, F>(&self, command: F) -> Result<oneshot::Receiver<Result<T>>>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        // The caller may be gone; that does not change what was stored.
        self.send(Command::new(Place::Any, command, |outcome| {
            drop(reply.send(outcome));
            None
        }))?;
        Ok(answer)
    }

    pub(super) fn send(&self, command: Command) -> Result<()> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let gone = || Error::internal("the writer thread is gone");
        self.queue.as_ref().ok_or_else(gone)?.try_send(command).map_err(|refused| {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            match refused {
                TrySendError::Full(_) => {
                    Error::new(Code::WriteQueueFull, "more is being written than the disk takes; nothing was stored").retry_after(1)
                }
                TrySendError::Disconnected(_) => gone(),
            }
        })
    }
}

fn not_committed(code: Code) -> Error {
    Error::new(code, "the write was not committed; send it again").retry_after(2)
}

struct Desk {
    target: Target,
    clock: Clock,
    ids: Arc<IdMaker>,
    /// It writes beside another one of this program, which holds the node number for both.
    is_beside: bool,
    waiting: Arc<AtomicUsize>,
    callers: Arc<AtomicU64>,
    _lock: Option<File>,
}

impl Desk {
    fn run(&self, conn: Conn, commands: &Receiver<Command>) {
        let mut conn = Some(conn);
        let mut next: Vec<Command> = Vec::new();
        loop {
            let mut group = std::mem::take(&mut next);
            let own = group.len();
            if group.is_empty() {
                let Ok(first) = commands.recv() else { return };
                group.push(first);
            }
            group.extend(commands.try_iter().take(GROUP_MAX.saturating_sub(group.len())));
            self.waiting.fetch_sub(group.len() - own, Ordering::Relaxed);
            group.sort_by_key(|command| command.place != Place::First);
            conn = conn.or_else(|| self.reopen());
            // Where others write too, batches do not wait for the lock of all other writes.
            let others = if conn.as_ref().is_some_and(Conn::is_shared) { after_first(&mut group) } else { Vec::new() };
            for part in [group, others] {
                if part.is_empty() {
                    continue;
                }
                conn = if let Some(open) = conn.or_else(|| self.reopen()) {
                    self.commit(open, part, &mut next)
                } else {
                    next.extend(refuse(part));
                    None
                };
            }
        }
    }

    fn reopen(&self) -> Option<Conn> {
        self.open().inspect_err(|cause| tracing::error!(%cause, "the writer can't open the database")).ok()
    }

    /// A connection to write on, with a node number for the ids that no other program has.
    fn open(&self) -> Result<Conn> {
        let mut conn = self.target.connect(Access::Write)?;
        if !self.is_beside {
            self.ids.set_node(conn.take_node(self.ids.node())?);
        }
        Ok(conn)
    }

    /// Runs one group; gives the connection back unless it can't be trusted any more. What follows goes to `next`.
    fn commit(&self, mut conn: Conn, group: Vec<Command>, next: &mut Vec<Command>) -> Option<Conn> {
        let size = group.len();
        let mut finishes: Vec<Finish> = Vec::with_capacity(size);
        let callers = Cell::new(false);
        let mut is_open = false;
        let mut group = group.into_iter();
        while let Some(command) = group.next() {
            if !is_open && let Err(cause) = begin(&mut conn, command.place) {
                tracing::error!(%cause, "the writer can't begin a transaction");
                next.extend(answer(finishes, Err(Code::DatabaseUnavailable)));
                next.extend(refuse(std::iter::once(command).chain(group)));
                return None;
            }
            let is_alone = !is_open;
            is_open = true;
            let mut tx = Tx { conn: &mut conn, now: self.clock.now(), ids: &self.ids, callers: &callers };
            // A panicking command drops its reply; the group is rolled back, since its savepoint is in doubt.
            let Ok(ran) = catch_unwind(AssertUnwindSafe(|| (command.run)(Some(Seat { tx: &mut tx, is_alone })))) else {
                tracing::error!("a write command panicked; its group of {size} is rolled back");
                next.extend(answer(finishes, Err(Code::DatabaseUnavailable)));
                next.extend(refuse(group));
                return None;
            };
            finishes.push(ran.finish);
            if ran.is_undone {
                // A full disk has ended the transaction already, and its second end is an error.
                if let Err(cause) = Transactions::rollback_transaction(&mut conn) {
                    tracing::error!(%cause, "the writer can't roll back");
                    next.extend(answer(finishes, Ok(())));
                    next.extend(refuse(group));
                    return None;
                }
                is_open = false;
            }
        }
        let done = if is_open { Transactions::commit_transaction(&mut conn) } else { Ok(()) };
        if callers.get() {
            // Before anybody hears that a device was suspended, nobody may be let in as it was.
            self.callers.fetch_add(1, Ordering::Release);
        }
        match done {
            Ok(()) => {
                next.extend(answer(finishes, Ok(())));
                Some(conn)
            }
            Err(cause) => {
                let error = Error::from(cause);
                let code = if error.code == Code::StorageFull { Code::StorageFull } else { Code::DatabaseUnavailable };
                tracing::error!(cause = ?error.cause, "a group of {size} writes was not committed");
                next.extend(answer(finishes, Err(code)));
                None
            }
        }
    }
}

type Transactions = <Conn as Connection>::TransactionManager;

/// Tells all callers; answers what they want to run next.
fn answer(finishes: Vec<Finish>, committed: Result<(), Code>) -> Vec<Command> {
    finishes.into_iter().filter_map(|finish| finish(committed)).collect()
}

/// Takes what is not at the head out of a sorted group.
fn after_first(group: &mut Vec<Command>) -> Vec<Command> {
    let heads = group.iter().take_while(|command| command.place == Place::First).count();
    group.split_off(heads)
}

/// Begins a transaction. Batches of devices are counted by the database and taken again where somebody was faster;
/// all other commands read before they write, as if nobody else wrote: with this lock nobody does.
fn begin(conn: &mut Conn, place: Place) -> Result<()> {
    match conn {
        Conn::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE")?,
        // Refused by a server that was the primary a moment ago: the connection goes, and the next one finds the new one.
        Conn::Pg(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN READ WRITE")?,
    }
    if place == Place::First { Ok(()) } else { conn.lock_until_commit(Purpose::Staff) }
}

fn refuse(group: impl IntoIterator<Item = Command>) -> Vec<Command> {
    let finishes: Vec<Finish> = group.into_iter().map(|command| (command.run)(None).finish).collect();
    if !finishes.is_empty() {
        tracing::error!(refused = finishes.len(), "the database is away; writes are refused");
    }
    answer(finishes, Ok(()))
}
