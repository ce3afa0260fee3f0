//! `backup`: a copy of a SQLite database while it is served, with a manifest; for PostgreSQL the manifest and the recipe.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use wardstock::base::clock::Clock;
use wardstock::base::error::Result;
use wardstock::config::Config;
use wardstock::db::backup;
use wardstock::db::manifest::Manifest;

use super::{Outcome, database, output};

#[derive(Debug, Args)]
#[command(after_help = "Example: wardstock backup /backup/ --database sqlite:/var/lib/wardstock/wardstock.db\n\n\
                  May run while `wardstock serve` runs. PostgreSQL: writes only the manifest and prints the recipe.")]
pub(crate) struct Arguments {
    /// A file that is not there yet, or a folder: the file is named by the time then.
    target: PathBuf,
}

#[derive(Debug, Serialize)]
struct Taken {
    path: PathBuf,
    manifest_path: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipe: Option<&'static str>,
    manifest: Manifest,
}

/// What PostgreSQL's own programs do better than any program of ours.
const RECIPE: &str = "\
PostgreSQL is backed up with its own programs; only the manifest was written. Choose one:
  any point in time  pg_basebackup --pgdata=DIR --wal-method=stream --checkpoint=fast, with archive_mode=on and
                     an archive_command that keeps the WAL (pgbackrest does both)
  one moment         pg_dump --format=custom --file=FILE DATABASE
After a restore (pg_restore --dbname=DATABASE FILE) run `wardstock doctor --check` and compare with the manifest.";

pub(crate) fn run(config: &Config, arguments: &Arguments, json: bool) -> Result<Outcome> {
    let now = Clock::System.now();
    let path = if arguments.target.is_dir() { arguments.target.join(backup::file_name(now)) } else { arguments.target.clone() };
    let bar = output::spinner("opening the database");
    let manifest = backup::take(&database::target(config)?, &path, now, &mut |step| bar.set_message(step.to_owned()))?;
    bar.finish_and_clear();
    let recipe = manifest.sha256.is_none().then_some(RECIPE);
    let taken = Taken { manifest_path: backup::manifest_of(&path), path, recipe, manifest };
    output::result(json, &taken, || taken.text())?;
    Ok(Outcome::Done)
}

impl Taken {
    fn text(&self) -> String {
        let rows: i64 = self.manifest.facts.counts.values().sum();
        let file = |path: &Path| path.display().to_string();
        let mut lines = match (self.manifest.bytes, &self.manifest.sha256) {
            (Some(bytes), Some(sha256)) => {
                vec![format!("backup    {} ({} MB)", file(&self.path), bytes >> 20), format!("sha256    {sha256}")]
            }
            _ => Vec::new(),
        };
        lines.push(format!("manifest  {} ({rows} rows)", file(&self.manifest_path)));
        lines.extend(self.manifest.facts.stored_until.map(|until| format!("until     {}", until.to_text())));
        lines.extend(self.recipe.map(|recipe| format!("\n{recipe}")));
        lines.join("\n")
    }
}
