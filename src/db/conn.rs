//! Connections: which database a URL names, how each is opened, and the rules read back.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{ManageConnection, R2D2Connection};
use diesel::sql_types::{BigInt, Bool, Text};

use super::address;
use super::hot::HotStore;
use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::base::id::NODES;

pub use either::Conn;

// In a module of its own: what diesel's derive makes beside the enum has no documentation.
mod either {
    use diesel::{PgConnection, SqliteConnection};

    /// One connection to either database.
    #[derive(diesel::MultiConnection)]
    pub enum Conn {
        /// PostgreSQL.
        Pg(PgConnection),
        /// SQLite.
        Sqlite(SqliteConnection),
    }
}

impl std::fmt::Debug for Conn {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str(match self {
            Self::Pg(_) => "Conn::Pg",
            Self::Sqlite(_) => "Conn::Sqlite",
        })
    }
}

impl Conn {
    /// The hot statements, written for each database by hand.
    pub fn hot(&mut self) -> &mut dyn HotStore {
        match self {
            Self::Pg(conn) => conn,
            Self::Sqlite(conn) => conn,
        }
    }
}

/// What only one program may do at a time. On SQLite there is only one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To write anything but batches of devices: whoever reads and then decides must not be overtaken.
    Staff,
    /// To settle the order of events.
    Stream,
    /// To be the scheduler.
    Scheduler,
}

impl Purpose {
    /// The key of its advisory lock, which no other program on the server takes.
    const fn key(self) -> i64 {
        0x7761_7264_7300
            + match self {
                Self::Staff => 1,
                Self::Stream => 2,
                Self::Scheduler => 3,
            }
    }
}

/// The first key of the advisory locks that node numbers are taken by.
const NODE_LOCKS: i64 = 0x7761_7264;

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = Bool)]
    taken: bool,
}

impl Conn {
    fn try_lock(&mut self, statement: String) -> Result<bool> {
        match self {
            Self::Sqlite(_) => Ok(true),
            Self::Pg(conn) => Ok(diesel::sql_query(statement).get_result::<Taken>(conn)?.taken),
        }
    }

    /// Waits for a lock that goes with the transaction.
    ///
    /// # Errors
    /// Those of the database, after 10 seconds.
    pub(super) fn lock_until_commit(&mut self, purpose: Purpose) -> Result<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Pg(conn) => Ok(conn.batch_execute(&format!("SELECT pg_advisory_xact_lock({})", purpose.key()))?),
        }
    }

    /// Takes a lock that goes with the transaction, unless another program has it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn try_lock_until_commit(&mut self, purpose: Purpose) -> Result<bool> {
        self.try_lock(format!("SELECT pg_try_advisory_xact_lock({}) AS taken", purpose.key()))
    }

    /// Takes a lock that goes with the connection, unless another program has it.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) fn try_lock_for_good(&mut self, purpose: Purpose) -> Result<bool> {
        self.try_lock(format!("SELECT pg_try_advisory_lock({}) AS taken", purpose.key()))
    }

    /// Takes a node number that no other program on this database has, the wished one if it is free.
    ///
    /// # Errors
    /// `database_unavailable` when all are taken; those of the database.
    pub(super) fn take_node(&mut self, wish: u16) -> Result<u16> {
        for node in (0..NODES).map(|more| (wish + more) % NODES) {
            if self.try_lock(format!("SELECT pg_try_advisory_lock({NODE_LOCKS}, {node}) AS taken"))? {
                return Ok(node);
            }
        }
        Err(Error::new(Code::DatabaseUnavailable, "1,024 programs use this database already"))
    }

    /// Whether other programs may write to the database too.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Pg(_))
    }

    /// Ends a query whose rows nobody else may touch until the transaction ends, and skips those that somebody does.
    pub fn lock_free_rows(&self) -> &'static str {
        if self.is_shared() { " FOR UPDATE SKIP LOCKED" } else { "" }
    }
}

impl Conn {
    /// From here on all reads are of one moment, until the connection is dropped.
    ///
    /// # Errors
    /// Those of the database.
    pub fn begin_snapshot(&mut self) -> Result<()> {
        match self {
            Self::Pg(conn) => conn.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?,
            Self::Sqlite(conn) => conn.batch_execute("BEGIN")?,
        }
        Ok(())
    }

    /// How the place of the value `at` (from 1) is written: SQLite looks named ones up one by one.
    pub(super) fn placeholder(&self, at: usize) -> String {
        match self {
            Self::Pg(_) => format!("${at}"),
            Self::Sqlite(_) => "?".to_owned(),
        }
    }

    /// The tables of the schema, the migrations' own apart.
    ///
    /// # Errors
    /// Those of the database.
    pub fn table_names(&mut self) -> Result<Vec<String>> {
        let names = match self {
            Self::Pg(_) => {
                "SELECT CAST(c.relname AS TEXT) AS value FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                 WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
            }
            Self::Sqlite(_) => "SELECT name AS value FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
        };
        let mut names: Vec<String> = diesel::sql_query(names).load::<Word>(self)?.into_iter().map(|row| row.value).collect();
        names.retain(|name| !name.starts_with("__diesel"));
        names.sort_unstable();
        Ok(names)
    }
}

/// The database that a URL names.
#[derive(Debug, Clone)]
pub enum Target {
    /// `sqlite:PATH`, or `sqlite::memory:` (a file in a temporary folder that goes with the process).
    Sqlite {
        /// The database file.
        path: PathBuf,
        /// Keeps a temporary folder alive.
        temporary: Option<Arc<tempfile::TempDir>>,
    },
    /// `postgres://…`.
    Postgres {
        /// The whole URL, secrets included: never print it.
        url: String,
    },
}

impl Target {
    /// Reads a database URL.
    ///
    /// # Errors
    /// `invalid_input` when the scheme is none of ours.
    pub fn parse(url: &str) -> Result<Self> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres { url: url.to_owned() });
        }
        match url.strip_prefix("sqlite:") {
            Some(":memory:") => {
                let folder = tempfile::Builder::new()
                    .prefix("wardstock-")
                    .tempdir()
                    .map_err(|cause| Error::internal("no temporary folder for the database").because(cause))?;
                Ok(Self::Sqlite { path: folder.path().join("wardstock.db"), temporary: Some(Arc::new(folder)) })
            }
            Some(path) if !path.is_empty() => Ok(Self::Sqlite { path: PathBuf::from(path), temporary: None }),
            _ => Err(Error::field("database", "url", "must be sqlite:PATH, sqlite::memory: or postgres://user@host/name")),
        }
    }

    /// The target as it may be spoken to: to a PostgreSQL on another machine only through TLS, with its certificate
    /// verified unless the URL says `sslmode=require` or `verify-ca`.
    ///
    /// # Errors
    /// `invalid_input` naming the remedies when a host is elsewhere and this build has no TLS, or the URL lets it be left out;
    /// not with `allow_plain`.
    pub fn kept_private(self, allow_plain: bool) -> Result<Self> {
        match self {
            Self::Postgres { url } if !allow_plain => Ok(Self::Postgres { url: address::kept_private(url)? }),
            other => Ok(other),
        }
    }

    /// The target without secrets, for logs and `doctor`.
    pub fn masked(&self) -> String {
        match self {
            Self::Sqlite { path, .. } => format!("sqlite:{}", path.display()),
            Self::Postgres { url } => {
                let rest = url.split_once("://").map_or("", |(_, rest)| rest);
                format!("postgres://{}", rest.rsplit_once('@').map_or(rest, |(_, host)| host).split('?').next().unwrap_or_default())
            }
        }
    }

    /// Whether several programs may write to this database, each on several connections.
    pub fn takes_many_writers(&self) -> bool {
        matches!(self, Self::Postgres { .. })
    }

    /// Takes the lock beside a SQLite file, so that one service holds it.
    ///
    /// # Errors
    /// `database_unavailable` when another process holds it.
    pub(super) fn lock(&self) -> Result<Option<File>> {
        let Self::Sqlite { path, .. } = self else { return Ok(None) };
        let beside = PathBuf::from(format!("{}.lock", path.display()));
        let file = File::create(&beside)
            .map_err(|cause| Error::new(Code::DatabaseUnavailable, "the database folder can't be written").because(cause))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(cause) => {
                Err(Error::new(Code::DatabaseUnavailable, "another wardstock service holds this database; stop it first").because(cause))
            }
        }
    }

    /// Opens a connection with the rules of its database.
    ///
    /// # Errors
    /// `database_unavailable` when it can't be reached, or does not take a rule.
    pub fn connect(&self, access: Access) -> Result<Conn> {
        let unavailable = |cause: diesel::ConnectionError| {
            Error::new(Code::DatabaseUnavailable, "the database can't be opened").retry_after(5).because(cause)
        };
        match self {
            // SQLite would make an empty file of a slip in the path.
            Self::Sqlite { path, .. } if access != Access::Write && !path.exists() => {
                Err(Error::new(Code::DatabaseUnavailable, "there is no such database: check --database, or run `wardstock migrate`"))
            }
            Self::Sqlite { path, .. } => {
                let conn = SqliteConnection::establish(&path.to_string_lossy()).map_err(unavailable)?;
                prepare_sqlite(conn, access).map(Conn::Sqlite)
            }
            Self::Postgres { url } => {
                let mut conn = PgConnection::establish(&address::completed(url)).map_err(unavailable)?;
                let timeout = match access {
                    Access::Read => "30s",
                    // A commit that waits for its standby must not be cut off: the server would call it done.
                    Access::Survey | Access::Write => "0",
                };
                conn.batch_execute(&format!(
                    "SET statement_timeout = '{timeout}'; SET lock_timeout = '10s'; SET synchronous_commit = on; SET timezone = 'UTC'; SET client_min_messages = warning;"
                ))?;
                if access != Access::Write {
                    conn.batch_execute("SET default_transaction_read_only = on;")?;
                }
                Ok(Conn::Pg(conn))
            }
        }
    }
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Only reads, each of them short.
    Read,
    /// Only reads that may take as long as the database is large: checks, backups, copies.
    Survey,
    /// The writer, and migrations.
    Write,
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    value: String,
}

fn prepare_sqlite(mut conn: SqliteConnection, access: Access) -> Result<SqliteConnection> {
    // A record touches a page in each of several trees, and each goes to the log whole: small pages.
    conn.batch_execute(
        "PRAGMA busy_timeout = 30000; PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; \
         PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON; PRAGMA trusted_schema = OFF; \
         PRAGMA temp_store = MEMORY;",
    )?;
    if access == Access::Write {
        // A page that changes often goes back to the file once per checkpoint: at 32 MB of log, not at 4.
        conn.batch_execute("PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 8000;")?;
    } else {
        conn.batch_execute("PRAGMA query_only = ON;")?;
    }
    for (name, want) in
        [("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1"), ("recursive_triggers", "1"), ("trusted_schema", "0")]
    {
        let got =
            diesel::sql_query(format!("SELECT CAST({name} AS TEXT) AS value FROM pragma_{name}")).get_result::<Word>(&mut conn)?.value;
        if got != want {
            return Err(Error::new(Code::DatabaseUnavailable, format!("SQLite has {name} = {got}, but it must be {want}")));
        }
    }
    Ok(conn)
}

/// Makes pooled connections.
#[derive(Debug, Clone)]
pub struct Opener {
    target: Target,
    access: Access,
}

impl Opener {
    pub(super) fn new(target: Target, access: Access) -> Self {
        Self { target, access }
    }
}

impl ManageConnection for Opener {
    type Connection = Conn;
    type Error = Error;

    fn connect(&self) -> Result<Conn> {
        self.target.connect(self.access)
    }

    fn is_valid(&self, conn: &mut Conn) -> Result<()> {
        match conn {
            // A server that was the primary a moment ago answers, but takes no writes any more.
            Conn::Pg(conn) if self.access == Access::Write => conn.batch_execute("BEGIN READ WRITE; ROLLBACK")?,
            Conn::Pg(conn) => conn.ping()?,
            Conn::Sqlite(conn) => conn.ping()?,
        }
        Ok(())
    }

    fn has_broken(&self, conn: &mut Conn) -> bool {
        match conn {
            Conn::Pg(conn) => conn.is_broken(),
            Conn::Sqlite(conn) => conn.is_broken(),
        }
    }
}

/// One number from a query that names its only column `value`.
#[derive(QueryableByName, Debug)]
pub struct Number {
    /// The number.
    #[diesel(sql_type = BigInt)]
    pub value: i64,
}
