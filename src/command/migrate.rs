//! `migrate`: the schema only.

use clap::Args;
use wardstock::base::error::Result;
use wardstock::config::Config;
use wardstock::db::migrate;

use super::{Outcome, database, output};

#[derive(Debug, Args)]
#[command(after_help = "Example: wardstock migrate --database sqlite:wardstock.db --dry-run")]
pub(crate) struct Arguments {
    /// Only say what is missing.
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(config: &Config, arguments: &Arguments, json: bool) -> Result<Outcome> {
    let steps = migrate::up(&database::target(config)?, arguments.dry_run)?;
    output::result(json, &steps, || match (steps.pending.as_slice(), steps.ran) {
        ([], _) => "the schema is up to date".to_owned(),
        (pending, true) => format!("ran {}", pending.join(", ")),
        (pending, false) => format!("missing: {}", pending.join(", ")),
    })?;
    Ok(Outcome::Done)
}
