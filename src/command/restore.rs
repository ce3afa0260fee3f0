//! `restore`: a backup becomes the database again, after everything in it was checked.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use wardstock::base::clock::Clock;
use wardstock::base::code::Code;
use wardstock::base::error::{Error, Result};
use wardstock::base::time::Micros;
use wardstock::config::Config;
use wardstock::db::conn::Target;
use wardstock::db::{Db, backup, migrate};
use wardstock::reports::soundness::{self, Soundness};
use wardstock::stock::level;

use super::{Outcome, database, output};

/// Differences that a refusal names.
const LINES_MAX: usize = 5;

#[derive(Debug, Args)]
#[command(after_help = "Example: wardstock restore /backup/wardstock.db --database sqlite:/var/lib/wardstock/wardstock.db\n\n\
                        Stop the service first. Gateways send again what they still hold; nothing is stored twice.")]
pub(crate) struct Arguments {
    /// The file that `wardstock backup` made; its manifest stands beside it.
    source: PathBuf,
    /// Move a database that is there aside, and put the backup in its place.
    #[arg(long)]
    replace: bool,
}

#[derive(Debug, Serialize)]
struct Restored {
    database: String,
    taken_at: Micros,
    stored_until: Option<Micros>,
    migrations: Vec<String>,
    levels_mended: usize,
    check: Soundness,
    replaced: Option<PathBuf>,
}

pub(crate) fn run(config: &Config, arguments: &Arguments, json: bool) -> Result<Outcome> {
    let target = database::target(config)?;
    let bar = output::spinner("reading the manifest");
    let staged = backup::stage(&arguments.source, &target, arguments.replace, &mut |step| bar.set_message(step.to_owned()))?;
    bar.set_message("bringing the schema up to date");
    let migrations = migrate::up(&staged.copy, false)?.pending;
    bar.set_message("making the levels again from the ledger");
    let levels_mended = mend_levels(&staged.copy)?;
    let check = soundness::check(&mut database::survey(&staged.copy)?, &mut |step| bar.set_message(step))?;
    if !check.is_sound() {
        let detail = format!("the backup is not sound, nothing was restored: {}", check.lines(LINES_MAX).join("; "));
        return Err(Error::new(Code::Conflict, detail));
    }
    let (taken_at, stored_until) = (staged.manifest.taken_at, staged.manifest.facts.stored_until);
    let replaced = staged.put_in_place(Clock::System.now())?;
    bar.finish_and_clear();
    let restored = Restored { database: target.masked(), taken_at, stored_until, migrations, levels_mended, check, replaced };
    output::result(json, &restored, || restored.text())?;
    Ok(Outcome::Done)
}

fn mend_levels(copy: &Target) -> Result<usize> {
    let wrong = Db::open(copy, Clock::System)?.write_now(level::rebuild)?;
    Ok(wrong.len())
}

impl Restored {
    fn text(&self) -> String {
        let movements: i64 = self.check.sites.iter().map(|site| site.movements).sum();
        let mut lines = vec![
            format!("restored  {}", self.database),
            format!(
                "checked   {movements} movement(s), {} audit entries, {} level(s) mended",
                self.check.audit_entries, self.levels_mended
            ),
            format!("backup    of {}", self.taken_at.to_text()),
            match self.stored_until {
                Some(until) => format!("until     {}: what was stored later is not in it", until.to_text()),
                None => "until     nothing was stored in it yet".to_owned(),
            },
        ];
        if !self.migrations.is_empty() {
            lines.push(format!("schema    ran {}", self.migrations.join(", ")));
        }
        lines.extend(self.replaced.as_ref().map(|path| format!("aside     {} (remove it when all is well)", path.display())));
        lines.join("\n")
    }
}
