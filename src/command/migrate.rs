//! `migrate`: the schema only.

use clap::Args;
use wardstock::base::error::Result;
use wardstock::config::Config;
use wardstock::db::conn::Target;
use wardstock::db::{distribute, migrate};

use super::{Outcome, database, output};

#[derive(Debug, Args)]
#[command(after_help = "Examples: wardstock migrate --database sqlite:wardstock.db --dry-run\n          \
                  wardstock migrate --distribute --dry-run --database postgres://wardstock@localhost/wardstock")]
pub(crate) struct Arguments {
    /// Only say what is missing.
    #[arg(long)]
    dry_run: bool,
    /// Go no further than this version.
    #[arg(long, value_name = "VERSION", conflicts_with = "distribute")]
    to: Option<String>,
    /// Then spread the tables over the servers of a PostgreSQL with the extension Citus, by site.
    #[arg(long)]
    distribute: bool,
}

pub(crate) fn run(config: &Config, arguments: &Arguments, json: bool) -> Result<Outcome> {
    let target = database::target(config)?;
    if arguments.distribute {
        return spread(&target, arguments.dry_run, json);
    }
    let steps = migrate::up_to(&target, arguments.to.as_deref(), arguments.dry_run)?;
    output::result(json, &steps, || match (steps.pending.as_slice(), steps.ran) {
        ([], _) => "the schema is up to date".to_owned(),
        (pending, true) => format!("ran {}", pending.join(", ")),
        (pending, false) => format!("missing: {}", pending.join(", ")),
    })?;
    Ok(Outcome::Done)
}

fn spread(target: &Target, dry_run: bool, json: bool) -> Result<Outcome> {
    if !dry_run && target.takes_many_writers() {
        migrate::up(target, false)?;
    }
    let plan = distribute::run(target, dry_run)?;
    output::result(json, &plan, || {
        let mut lines: Vec<String> = plan.statements.iter().map(|statement| format!("{statement};")).collect();
        lines.push(match (plan.statements.len(), plan.ran, plan.has_citus) {
            (0, _, _) => "-- all tables are spread already".to_owned(),
            (count, true, _) => format!("-- ran these {count} statements in one transaction"),
            (count, false, true) => format!("-- would run these {count} statements in one transaction"),
            (count, false, false) => format!("-- would run these {count} statements, once the database has the extension citus"),
        });
        lines.join("\n")
    })?;
    Ok(Outcome::Done)
}
