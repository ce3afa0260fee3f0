//! `copy`: a whole database into an empty one, as when a hospital moves from SQLite to PostgreSQL.

use clap::Args;
use serde::Serialize;
use wardstock::base::error::Result;
use wardstock::config::Config;
use wardstock::db::copy::{self, Copied};
use wardstock::db::migrate;

use super::{Outcome, database, output};

#[derive(Debug, Args)]
#[command(
    after_help = "Example: wardstock copy --from sqlite:/var/lib/wardstock/wardstock.db --to postgres://wardstock@localhost/wardstock\n\n\
                        Stop the service first: what is written during the copy would be left behind."
)]
pub(crate) struct Arguments {
    /// The database to read.
    #[arg(long, value_name = "URL")]
    from: String,
    /// An empty database to fill; it gets the schema if it has none.
    #[arg(long, value_name = "URL")]
    to: String,
}

#[derive(Debug, Serialize)]
struct Done {
    from: String,
    to: String,
    rows: u64,
    tables: Vec<Copied>,
}

pub(crate) fn run(config: &Config, arguments: &Arguments, json: bool) -> Result<Outcome> {
    let (from, to) = (database::permitted(&arguments.from, config)?, database::permitted(&arguments.to, config)?);
    let bar = output::spinner("bringing the target's schema up to date");
    migrate::up(&to, false)?;
    let tables = copy::copy(&from, &to, &mut |table, rows, all| bar.set_message(format!("{table}: {rows} of {all} rows")))?;
    bar.finish_and_clear();
    let done = Done { from: from.masked(), to: to.masked(), rows: tables.iter().map(|table| table.rows).sum(), tables };
    output::result(json, &done, || {
        let filled: Vec<Vec<String>> = done
            .tables
            .iter()
            .filter(|table| table.rows > 0)
            .map(|table| vec![table.table.to_owned(), table.rows.to_string(), table.digest.chars().take(16).collect()])
            .collect();
        let rows = done.rows;
        format!(
            "{}\n\n{rows} rows copied from {} to {}, all the same by hash",
            output::table(&["table", "rows", "hash"], &filled),
            done.from,
            done.to
        )
    })?;
    Ok(Outcome::Done)
}
