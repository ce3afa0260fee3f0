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
    up_to(target, None, dry_run)
}

/// As [`up`], but no further than a version; one that is there already is not taken back.
///
/// # Errors
/// As [`up`]; `invalid_input` for a version that this program has not.
pub fn up_to(target: &Target, version: Option<&str>, dry_run: bool) -> Result<Steps> {
    let mut conn = target.connect(Access::Write)?;
    match &mut conn {
        Conn::Sqlite(conn) => run(conn, &SQLITE, version, dry_run),
        Conn::Pg(conn) => {
            conn.batch_execute(&format!("SELECT pg_advisory_lock({LOCK})"))?;
            let done = run(conn, &OneByOne(POSTGRES), version, dry_run);
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

fn run<C, DB>(conn: &mut C, set: &impl MigrationSource<DB>, to: Option<&str>, dry_run: bool) -> Result<Steps>
where
    C: MigrationHarness<DB>,
    DB: diesel::backend::Backend,
{
    let mut ours = set.migrations().map_err(failed)?;
    ours.sort_by_key(|migration| migration.name().version().to_string());
    let names: Vec<String> = ours.iter().map(|migration| migration.name().version().to_string()).collect();
    let applied: Vec<String> = conn.applied_migrations().map_err(failed)?.iter().map(ToString::to_string).collect();
    if let Some(newer) = applied.iter().find(|version| !names.contains(version)) {
        return Err(Error::new(
            Code::DatabaseUnavailable,
            format!("the database has the migration {newer}, which this program does not know: use the newer program"),
        ));
    }
    if let Some(to) = to.filter(|to| !names.iter().any(|name| name == to)) {
        return Err(Error::field("to", "unknown", format!("'{to}' is none of this program's versions: {}", names.join(", "))));
    }
    let is_wanted = |name: &String| !applied.contains(name) && to.is_none_or(|to| name.as_str() <= to);
    let (pending, chosen): (Vec<String>, Vec<_>) = names.into_iter().zip(ours).filter(|(name, _)| is_wanted(name)).unzip();
    if !dry_run {
        conn.run_migrations(&chosen).map_err(failed)?;
    }
    Ok(Steps { pending, ran: !dry_run })
}

fn failed(cause: Box<dyn std::error::Error + Send + Sync>) -> Error {
    Error::new(Code::DatabaseUnavailable, "a migration failed; the database is as before").because(cause)
}
