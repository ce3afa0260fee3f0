//! Opens the configured database for a command, migrated.

use wardstock::base::clock::Clock;
use wardstock::base::error::Result;
use wardstock::config::Config;
use wardstock::db::conn::{Access, Conn, Target};
use wardstock::db::{Db, migrate};

/// The database, with its schema up to date.
pub(super) fn open(config: &Config) -> Result<Db> {
    let target = target(config)?;
    migrate::up(&target, false)?;
    Db::open(&target, Clock::System)
}

/// A connection that only reads, also beside a running service; the schema must be this program's.
pub(super) fn survey(target: &Target) -> Result<Conn> {
    let conn = target.connect(Access::Survey)?;
    migrate::require_current(target)?;
    Ok(conn)
}

/// The database that the settings name, if it may be spoken to.
pub(super) fn target(config: &Config) -> Result<Target> {
    permitted(&config.database, config)
}

/// The database of a URL, if it may be spoken to.
pub(super) fn permitted(url: &str, config: &Config) -> Result<Target> {
    Target::parse(url)?.kept_private(config.allow_plain_postgres)
}

/// How the command line is named in ledger and audit.
pub(super) const ACTOR: &str = "command-line";
