//! The one writer: a thread that owns the write connection and commits what is queued in groups.
//!
//! There is no timer: while one fsync runs, the next group forms by itself. Each command runs in a
//! savepoint and may fail alone; callers hear only after COMMIT.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use diesel::Connection;
use diesel::connection::{AnsiTransactionManager, TransactionManager};
use tokio::sync::oneshot;

use super::Tx;
use super::conn::{Access, Conn, Target};
use crate::base::clock::Clock;
use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::base::id::IdMaker;

/// Commands that may wait; beyond it callers are told to come back.
const QUEUE_MAX: usize = 4_096;
/// Commands that share one COMMIT at most.
const GROUP_MAX: usize = 512;

type Finish = Box<dyn FnOnce(Result<(), Code>) + Send>;
/// Runs inside the transaction (`Some`), or hears that there is none (`None`).
type Command = Box<dyn FnOnce(Option<&mut Tx<'_>>) -> Finish + Send>;

#[derive(Debug)]
pub(super) struct Writer {
    /// Taken away when the writer is dropped, which ends the thread.
    queue: Option<SyncSender<Command>>,
    waiting: Arc<AtomicUsize>,
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
    pub(super) fn start(target: Target, clock: Clock, ids: IdMaker, lock: Option<File>) -> Result<Self> {
        let conn = target.connect(Access::Write)?;
        let (queue, commands) = sync_channel(QUEUE_MAX);
        let waiting = Arc::new(AtomicUsize::new(0));
        let desk = Desk { target, clock, ids, waiting: Arc::clone(&waiting), _lock: lock };
        let thread = std::thread::Builder::new()
            .name("db-writer".into())
            .spawn(move || desk.run(conn, &commands))
            .map_err(|cause| Error::internal("the writer thread did not start").because(cause))?;
        Ok(Self { queue: Some(queue), waiting, thread: Some(thread) })
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
        let command: Command = Box::new(move |tx| {
            let outcome = match tx {
                Some(Tx { conn, now, ids }) => conn.transaction(|conn| command(&mut Tx { conn, now: *now, ids })),
                None => Err(not_committed(Code::DatabaseUnavailable)),
            };
            // The caller may be gone; that does not change what was stored.
            Box::new(move |committed| drop(reply.send(outcome.and_then(|value| committed.map(|()| value).map_err(not_committed)))))
        });
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
        })?;
        Ok(answer)
    }
}

fn not_committed(code: Code) -> Error {
    Error::new(code, "the write was not committed; send it again").retry_after(2)
}

struct Desk {
    target: Target,
    clock: Clock,
    ids: IdMaker,
    waiting: Arc<AtomicUsize>,
    _lock: Option<File>,
}

impl Desk {
    fn run(&self, conn: Conn, commands: &Receiver<Command>) {
        let mut conn = Some(conn);
        while let Ok(first) = commands.recv() {
            let mut group = vec![first];
            group.extend(commands.try_iter().take(GROUP_MAX - 1));
            self.waiting.fetch_sub(group.len(), Ordering::Relaxed);
            conn = conn.or_else(|| self.reopen());
            conn = if let Some(open) = conn.take() {
                self.commit(open, group)
            } else {
                refuse(group);
                None
            };
        }
    }

    fn reopen(&self) -> Option<Conn> {
        self.target.connect(Access::Write).inspect_err(|cause| tracing::error!(%cause, "the writer can't open the database")).ok()
    }

    /// Runs one group; gives the connection back unless it can't be trusted any more.
    fn commit(&self, mut conn: Conn, group: Vec<Command>) -> Option<Conn> {
        if let Err(cause) = begin(&mut conn) {
            tracing::error!(%cause, "the writer can't begin a transaction");
            refuse(group);
            return None;
        }
        let size = group.len();
        let mut finishes = Vec::with_capacity(size);
        for command in group {
            let mut tx = Tx { conn: &mut conn, now: self.clock.now(), ids: &self.ids };
            // A panicking command drops its reply; the group is rolled back, since its savepoint is in doubt.
            if let Ok(finish) = catch_unwind(AssertUnwindSafe(|| command(Some(&mut tx)))) {
                finishes.push(finish);
            } else {
                tracing::error!("a write command panicked; its group of {size} is rolled back");
                finishes.drain(..).for_each(|finish| finish(Err(Code::DatabaseUnavailable)));
                return None;
            }
        }
        match <Conn as Connection>::TransactionManager::commit_transaction(&mut conn) {
            Ok(()) => {
                for finish in finishes {
                    finish(Ok(()));
                }
                Some(conn)
            }
            Err(cause) => {
                let error = Error::from(cause);
                let code = if error.code == Code::StorageFull { Code::StorageFull } else { Code::DatabaseUnavailable };
                tracing::error!(cause = ?error.cause, "a group of {size} writes was not committed");
                for finish in finishes {
                    finish(Err(code));
                }
                None
            }
        }
    }
}

fn begin(conn: &mut Conn) -> Result<()> {
    match conn {
        Conn::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE")?,
        Conn::Pg(conn) => AnsiTransactionManager::begin_transaction(conn)?,
    }
    Ok(())
}

fn refuse(group: Vec<Command>) {
    tracing::error!(refused = group.len(), "the database is away; writes are refused");
    for command in group {
        command(None)(Ok(()));
    }
}
