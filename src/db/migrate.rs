//! Schema: both embedded sets of migrations; a database newer than the program is refused.

use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::conn::{Access, Conn, Target};
use super::one_by_one::OneByOne;
use crate::base::code::Code;
use crate::base::error::{Error, Result};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");
/// Any number that no other program on the server takes for its advisory lock.
const LOCK: i64 = 0x7761_7264_7374;

/// What [`up`] did, or would do.
#[derive(Debug, serde::Serialize)]
pub struct Steps {
    /// Versions that ran, or would run, oldest first.
    pub pending: Vec<String>,
    /// Whether they ran.
    pub ran: bool,
}

/// Brings the schema up to date (or only says what is missing).
///
/// # Errors
/// `database_unavailable` when a migration fails or the database is newer than this program.
pub fn up(target: &Target, dry_run: bool) -> Result<Steps> {
    let mut conn = target.connect(Access::Write)?;
    match &mut conn {
        Conn::Sqlite(conn) => run(conn, SQLITE, dry_run),
        Conn::Pg(conn) => {
            conn.batch_execute(&format!("SELECT pg_advisory_lock({LOCK})"))?;
            let done = run(conn, OneByOne(POSTGRES), dry_run);
            conn.batch_execute(&format!("SELECT pg_advisory_unlock({LOCK})"))?;
            done
        }
    }
}

/// Refuses a schema that is older or newer than this program's.
///
/// # Errors
/// `database_unavailable` saying which program or command is needed.
pub fn require_current(target: &Target) -> Result<()> {
    let steps = up(target, true)?;
    if steps.pending.is_empty() {
        return Ok(());
    }
    let detail = format!("the database lacks the migration(s) {}: run `wardstock migrate`", steps.pending.join(", "));
    Err(Error::new(Code::DatabaseUnavailable, detail))
}

/// Takes every migration back, newest first: for tests of the `down` side.
///
/// # Errors
/// As [`up`].
pub fn down(target: &Target) -> Result<()> {
    let mut conn = target.connect(Access::Write)?;
    match &mut conn {
        Conn::Sqlite(conn) => conn.revert_all_migrations(SQLITE).map(drop),
        Conn::Pg(conn) => conn.revert_all_migrations(OneByOne(POSTGRES)).map(drop),
    }
    .map_err(failed)
}

/// Takes the newest migration back: for tests that rows survive it.
///
/// # Errors
/// As [`up`].
pub fn down_one(target: &Target) -> Result<()> {
    let mut conn = target.connect(Access::Write)?;
    match &mut conn {
        Conn::Sqlite(conn) => conn.revert_last_migration(SQLITE).map(drop),
        Conn::Pg(conn) => conn.revert_last_migration(OneByOne(POSTGRES)).map(drop),
    }
    .map_err(failed)
}

fn run<C, DB>(conn: &mut C, set: impl MigrationSource<DB>, dry_run: bool) -> Result<Steps>
where
    C: MigrationHarness<DB>,
    DB: diesel::backend::Backend,
{
    let ours: Vec<String> = set.migrations().map_err(failed)?.iter().map(|migration| migration.name().version().to_string()).collect();
    let applied: Vec<String> = conn.applied_migrations().map_err(failed)?.iter().map(ToString::to_string).collect();
    if let Some(newer) = applied.iter().find(|version| !ours.contains(version)) {
        return Err(Error::new(
            Code::DatabaseUnavailable,
            format!("the database has the migration {newer}, which this program does not know: use the newer program"),
        ));
    }
    let pending = ours.into_iter().filter(|version| !applied.contains(version)).collect();
    if !dry_run {
        conn.run_pending_migrations(set).map_err(failed)?;
    }
    Ok(Steps { pending, ran: !dry_run })
}

fn failed(cause: Box<dyn std::error::Error + Send + Sync>) -> Error {
    Error::new(Code::DatabaseUnavailable, "a migration failed; the database is as before").because(cause)
}
