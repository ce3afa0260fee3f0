//! `doctor`: settings, database, ledger, clock, solver.

use clap::Args;
use serde::Serialize;
use wardstock::base::clock::Clock;
use wardstock::base::error::Result;
use wardstock::base::time::Micros;
use wardstock::config::Config;
use wardstock::db::conn::Target;
use wardstock::db::{Db, migrate};
use wardstock::places::par;
use wardstock::reports::soundness::{self, Soundness};
use wardstock::stock::level::{self, Difference};
use wardstock_models::plan::{self, Instance, SolveLimits};

use super::{Outcome, database, output};

/// Lines that are printed of each kind of difference; `--json` has them all.
const LINES_MAX: usize = 50;

#[derive(Debug, Args)]
#[command(after_help = "Examples: wardstock doctor --check --database sqlite:wardstock.db\n          \
                  wardstock doctor --rebuild-levels --check\n\n\
                  Exit code 3 when a level is not the sum of its movements; with --check 1 when anything differs.")]
pub(crate) struct Arguments {
    /// Compare levels, sums per site, newest observations and audit chains with what they come from; also beside a running service.
    #[arg(long)]
    check: bool,
    /// Make all levels again from the ledger, in one transaction.
    #[arg(long)]
    rebuild_levels: bool,
}

/// What was mended and what was found then.
#[derive(Debug, Serialize)]
struct Checkup {
    database: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rebuilt: Option<Rebuilt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sound: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<Soundness>,
}

#[derive(Debug, Serialize)]
struct Rebuilt {
    wrong: usize,
    levels: Vec<Difference>,
}

#[derive(Debug, Serialize)]
struct Findings {
    database: String,
    listen: String,
    now: Micros,
    solver: String,
    level_differences: Vec<Difference>,
}

pub(crate) fn run(config: &Config, arguments: &Arguments, json: bool) -> Result<Outcome> {
    if arguments.check || arguments.rebuild_levels {
        return check_up(config, arguments, json);
    }
    let db = database::open(config)?;
    let findings = Findings {
        database: Target::parse(&config.database)?.masked(),
        listen: config.listen.clone(),
        now: db.clock().now(),
        solver: solver(),
        level_differences: db.read_now(level::differences)?,
    };
    output::result(json, &findings, || {
        let mut text = format!(
            "database  {} (answers)\nlisten    {}\nclock     {}\nsolver    {}\nledger    ",
            findings.database,
            findings.listen,
            findings.now.to_text(),
            findings.solver
        );
        if findings.level_differences.is_empty() {
            text += "every level is the sum of its movements";
        }
        for bad in &findings.level_differences {
            let side = |value: Option<i64>| value.map_or_else(|| "nothing".to_owned(), |value| value.to_string());
            let (level, ledger) = (side(bad.level), side(bad.ledger));
            text = format!("{text}\n  stock point {} lot {}: level {level}, ledger {ledger}", bad.stock_point_id, bad.lot_id);
        }
        text
    })?;
    Ok(if findings.level_differences.is_empty() { Outcome::Done } else { Outcome::Difference })
}

fn check_up(config: &Config, arguments: &Arguments, json: bool) -> Result<Outcome> {
    let target = database::target(config)?;
    let bar = output::spinner("opening the database");
    let mut found = Checkup { database: target.masked(), rebuilt: None, sound: None, check: None };
    if arguments.rebuild_levels {
        migrate::require_current(&target)?;
        bar.set_message("making the levels again from the ledger");
        // Through the one writer: on SQLite it refuses to run beside a service, on PostgreSQL it keeps other writers out.
        let levels = Db::open(&target, Clock::System)?.write_now(|tx| {
            par::rebuild_item_sums(tx)?;
            level::rebuild(tx)
        })?;
        found.rebuilt = Some(Rebuilt { wrong: levels.len(), levels });
    }
    if arguments.check {
        let mut conn = database::survey(&target)?;
        let check = soundness::check(&mut conn, &mut |step| bar.set_message(step))?;
        found.sound = Some(check.is_sound());
        found.check = Some(check);
    }
    bar.finish_and_clear();
    output::result(json, &found, || found.text())?;
    Ok(if found.sound == Some(false) { Outcome::Damaged } else { Outcome::Done })
}

impl Checkup {
    fn text(&self) -> String {
        let mut lines = Vec::new();
        if let Some(rebuilt) = &self.rebuilt {
            lines.push(format!("made all levels again from the ledger: {} were wrong", rebuilt.wrong));
        }
        if let Some(check) = &self.check {
            let movements: i64 = check.sites.iter().map(|site| site.movements).sum();
            lines.push(format!(
                "checked {} movement(s) of {} site(s), {} channel(s), {} audit entries",
                movements,
                check.sites.len(),
                check.channels,
                check.audit_entries
            ));
            let differences = check.lines(LINES_MAX);
            let sound = differences.is_empty();
            lines.extend(differences.iter().map(|line| format!("  {line}")));
            lines.push(if sound { "nothing differs".to_owned() } else { format!("{} is NOT sound", self.database) });
        }
        lines.join("\n")
    }
}

/// Solves the smallest plan there is, to see that the solver is there.
fn solver() -> String {
    let instance = serde_json::from_value::<Instance>(serde_json::json!({
        "periods": 2,
        "items": [{"id": "A", "demand": [{"mean": 1.0}, {"mean": 1.0}], "shortage_cost": 10.0}],
        "offers": [{"id": "O", "item": "A", "supplier": "S", "units_per_pack": 1, "price": 1.0}],
        "suppliers": [{"id": "S"}]
    }));
    match instance
        .map_err(|cause| cause.to_string())
        .and_then(|instance| plan::solve(&instance, &SolveLimits::default(), &mut |_| true).map_err(|cause| cause.to_string()))
    {
        Ok(planned) => format!("{} {} (answers)", planned.solver.name, planned.solver.version),
        Err(cause) => format!("does not answer: {cause}"),
    }
}
