//! The database: one handle to read and to write, on SQLite or PostgreSQL by URL.

mod address;
pub mod backup;
pub mod conn;
pub mod copy;
pub mod directory;
pub mod distribute;
mod error;
mod follower;
pub(crate) use error::is_unique_violation;
pub mod hot;
pub mod manifest;
pub mod migrate;
pub mod nightly;
mod one_by_one;
pub mod outbox;
mod postgres;
pub mod queue;
#[expect(missing_docs, reason = "the migrations say what each column means")]
pub mod schema;
pub mod seat;
mod sqlite;
mod sqlite_rows;
pub mod statements;
mod tables;
mod writer;

use std::cell::Cell;
use std::sync::Arc;

use diesel::Connection;
use diesel::r2d2::{Pool, PooledConnection};

use crate::base::clock::Clock;
use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::base::id::IdMaker;
use crate::base::time::Micros;

use conn::{Access, Conn, Opener, Target};
use writer::{Command, Place, Writer};

/// A write in progress: the connection inside its transaction, the moment, and ids.
#[derive(Debug)]
pub struct Tx<'a> {
    /// The connection, inside a transaction that commits after the command returns `Ok`.
    pub conn: &'a mut Conn,
    /// The moment of the write.
    pub now: Micros,
    ids: &'a IdMaker,
    callers: &'a Cell<bool>,
}

impl Tx<'_> {
    /// Says that this write changes who a credential belongs to, or what it may do.
    pub fn callers_change(&self) {
        self.callers.set(true);
    }

    /// A new id, larger than all before.
    pub fn id(&self) -> i64 {
        self.ids.next(self.now)
    }
}

/// A handle to the database; cheap to clone.
#[derive(Debug, Clone)]
pub struct Db {
    target: Target,
    readers: Pool<Opener>,
    /// Connections to a database that follows this one; none: reports are read here.
    follower: Option<Pool<Opener>>,
    /// Connections for writes beside the writer; none where only the writer may write.
    apart: Option<Pool<Opener>>,
    writer: Arc<Writer>,
    /// Further writers of what goes first; none where only the writer may write.
    beside: Arc<[Writer]>,
    ids: Arc<IdMaker>,
    clock: Clock,
}

impl Db {
    /// Opens the database; its schema must be up to date ([`migrate::up`]).
    ///
    /// # Errors
    /// `database_unavailable` when it can't be reached, another service holds it, or its schema is not this program's.
    pub fn open(target: &Target, clock: Clock) -> Result<Self> {
        migrate::require_current(target)?;
        let lock = target.lock()?;
        let ids = Arc::new(IdMaker::new(crate::base::entropy::node_number()?));
        let writer = Writer::start(target.clone(), clock.clone(), Arc::clone(&ids), lock)?;
        let more = if target.takes_many_writers() { WRITERS_BESIDE } else { 0 };
        let beside =
            (0..more).map(|_| writer.beside(target.clone(), clock.clone(), Arc::clone(&ids))).collect::<Result<Arc<[Writer]>>>()?;
        let readers = pool(target, Access::Read, 8, 1)?;
        let apart = if target.takes_many_writers() { Some(pool(target, Access::Write, 4, 0)?) } else { None };
        Ok(Self { target: target.clone(), readers, follower: None, apart, writer: Arc::new(writer), beside, ids, clock })
    }

    /// The clock that stamps writes.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Runs a query off the event loop, on a connection that can't write.
    ///
    /// # Errors
    /// Those of `query`; `database_unavailable` when no connection is free in time.
    pub async fn read<T, F>(&self, query: F) -> Result<T>
    where
        F: FnOnce(&mut Conn) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let this = self.clone();
        tokio::task::spawn_blocking(move || this.read_now(query))
            .await
            .map_err(|cause| Error::internal("a read was cut off").because(cause))?
    }

    /// As [`Db::read`], for code that already runs on a thread of its own.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub fn read_now<T>(&self, query: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        let mut conn: PooledConnection<Opener> = self.readers.get().map_err(no_connection)?;
        query(&mut conn)
    }

    /// Runs a command in a transaction on the one writer; answers after COMMIT.
    ///
    /// The command must be pure database work: no network, no waiting. It may be rolled back alone.
    ///
    /// # Errors
    /// Those of `command`; `write_queue_full`, `storage_full` or `database_unavailable` when nothing was stored.
    pub async fn write<T, F>(&self, command: F) -> Result<T>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.writer.submit(command)?.await.map_err(|cause| Error::internal("the writer dropped a command").because(cause))?
    }

    /// As [`Db::write`], for code that runs on a thread of its own.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub fn write_now<T, F>(&self, command: F) -> Result<T>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.writer.submit(command)?.blocking_recv().map_err(|cause| Error::internal("the writer dropped a command").because(cause))?
    }

    /// Runs a command in a transaction of its own, beside the writer where the database can; else as [`Db::write_now`].
    ///
    /// For statements that lock the rows they decide by (jobs, leases): it waits for nobody's staff writes.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub fn write_apart_now<T, F>(&self, command: F) -> Result<T>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let Some(pool) = &self.apart else { return self.write_now(command) };
        let mut conn = pool.get().map_err(no_connection)?;
        let callers = Cell::new(false);
        let now = self.clock.now();
        let outcome = conn.transaction(|conn| command(&mut Tx { conn, now, ids: &self.ids, callers: &callers }));
        if callers.get() {
            self.writer.callers_changed();
        }
        outcome
    }

    /// As [`Db::write_apart_now`], off the event loop.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub async fn write_apart<T, F>(&self, command: F) -> Result<T>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let this = self.clone();
        tokio::task::spawn_blocking(move || this.write_apart_now(command))
            .await
            .map_err(|cause| Error::internal("a write was cut off").because(cause))?
    }

    /// How many lanes [`Db::write_first`] has.
    pub fn lanes(&self) -> usize {
        self.beside.len().max(1)
    }

    /// Runs `command` at the head of a group, where it needs no savepoint, and `reply` after COMMIT, on the thread of a
    /// lane's writer: it must not wait. While `reply` answers `true`, another one like it is made and runs with the next
    /// group. What runs in one lane runs in order; what runs in two must not touch the same rows.
    ///
    /// # Errors
    /// `write_queue_full`: nothing will run.
    pub fn write_first<T, F, R>(&self, lane: usize, mut make: impl FnMut() -> (F, R) + Send + 'static) -> Result<()>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
        R: FnOnce(Result<T>) -> bool + Send + 'static,
    {
        let (command, reply) = make();
        self.beside.get(lane).unwrap_or(&self.writer).send(again(command, reply, make))
    }

    /// A number that grows whenever a write may have changed who a credential belongs to.
    pub fn callers_version(&self) -> u64 {
        self.writer.callers()
    }

    /// How many commands wait for the writer.
    pub fn write_queue_depth(&self) -> usize {
        self.writer.depth() + self.beside.iter().map(Writer::depth).sum::<usize>()
    }
}

/// Writers of batches beside the one of all other writes, where the database takes several: while one waits for the
/// server the other prepares, and no import holds up the devices.
const WRITERS_BESIDE: usize = 2;

/// How long a request waits for a connection. The pool pauses up to half of it between two tries to reach a server
/// that is away, so it also says how soon one that is back is noticed.
const WAIT: std::time::Duration = std::time::Duration::from_secs(3);

fn pool(target: &Target, access: Access, size: u32, idle: u32) -> Result<Pool<Opener>> {
    Pool::builder()
        .max_size(size)
        .min_idle(Some(idle))
        .connection_timeout(WAIT)
        .build(Opener::new(target.clone(), access))
        .map_err(|cause| Error::new(Code::DatabaseUnavailable, "the database does not answer").retry_after(5).because(cause))
}

fn no_connection(cause: diesel::r2d2::PoolError) -> Error {
    Error::new(Code::DatabaseUnavailable, "no database connection is free; try again").retry_after(2).because(cause)
}

/// A command that is followed by another one while its reply asks for it.
fn again<T, F, R>(command: F, reply: R, mut make: impl FnMut() -> (F, R) + Send + 'static) -> Command
where
    T: Send + 'static,
    F: FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    R: FnOnce(Result<T>) -> bool + Send + 'static,
{
    Command::new(Place::First, command, move |outcome| {
        reply(outcome).then(|| {
            let (command, reply) = make();
            again(command, reply, make)
        })
    })
}
