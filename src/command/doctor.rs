//! `doctor`: settings, database, ledger, clock, solver.

use clap::Args;
use serde::Serialize;
use wardstock::base::error::Result;
use wardstock::base::time::Micros;
use wardstock::config::Config;
use wardstock::db::conn::Target;
use wardstock::stock::level::{self, Difference};
use wardstock_models::plan::{self, Instance, SolveLimits};

use super::{Outcome, database, output};

#[derive(Debug, Args)]
#[command(
    after_help = "Example: wardstock doctor --database sqlite:wardstock.db\nExit code 3 when a level is not the sum of its movements."
)]
pub(crate) struct Arguments {}

#[derive(Debug, Serialize)]
struct Findings {
    database: String,
    listen: String,
    now: Micros,
    solver: String,
    level_differences: Vec<Difference>,
}

pub(crate) fn run(config: &Config, _arguments: &Arguments, json: bool) -> Result<Outcome> {
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
            text = format!("{text}\n  stock point {} lot {}: level {}, ledger {}", bad.stock_point_id, bad.lot_id, bad.level, bad.ledger);
        }
        text
    })?;
    Ok(if findings.level_differences.is_empty() { Outcome::Done } else { Outcome::Difference })
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
