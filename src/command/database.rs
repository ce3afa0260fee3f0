//! Opens the configured database for a command, migrated.

use wardstock::base::clock::Clock;
use wardstock::base::error::Result;
use wardstock::config::Config;
use wardstock::db::conn::Target;
use wardstock::db::{Db, migrate};

/// The database, with its schema up to date.
pub(super) fn open(config: &Config) -> Result<Db> {
    let target = Target::parse(&config.database)?;
    migrate::up(&target, false)?;
    Db::open(&target, Clock::System)
}

/// How the command line is named in ledger and audit.
pub(super) const ACTOR: &str = "command-line";
