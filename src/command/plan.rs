//! `plan`: from an instance file, from the database, or a check of a plan without the solver.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use serde::de::DeserializeOwned;
use wardstock::base::error::{Error, Result};
use wardstock::config::Config;
use wardstock::db::queue;
use wardstock::reorder::{self, PlanRequest};
use wardstock_models::plan::{self, Instance, PlanError, Planned, SolveLimits};

use super::{Outcome, database, output};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  wardstock plan --instance plan.json --output planned.json --time-limit 10\n  \
                        wardstock plan --check plan.json planned.json\n  wardstock plan --database sqlite:wardstock.db --site H1")]
pub(crate) struct Arguments {
    /// Solve this instance (wardstock.plan.v1), without a database.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["site", "check"])]
    instance: Option<PathBuf>,
    /// Verify a plan without the solver; exit code 3 when it breaks a rule.
    #[arg(long, num_args = 2, value_names = ["INSTANCE", "PLAN"], conflicts_with = "site")]
    check: Option<Vec<PathBuf>>,
    /// Plan this site from the database, as POST /api/v1/plans does.
    #[arg(long, value_name = "CODE")]
    site: Option<String>,
    /// Write the plan here instead of stdout.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Seconds for the solver.
    #[arg(long, value_name = "S", default_value_t = 20.0)]
    time_limit: f64,
    /// Stop when proven to be this close to the best plan.
    #[arg(long, value_name = "G", default_value_t = 0.005)]
    gap: f64,
    /// Threads of the solver.
    #[arg(long, value_name = "N", default_value_t = 1)]
    threads: u32,
}

pub(crate) fn run(config: &Config, arguments: &Arguments, json: bool) -> Result<Outcome> {
    if let Some([instance, planned]) = arguments.check.as_deref() {
        return check(instance, planned, json);
    }
    if let Some(path) = &arguments.instance {
        return solve(path, arguments);
    }
    match &arguments.site {
        Some(site) => from_database(config, site, arguments),
        None => Err(Error::field("plan", "needed", "say --instance FILE, --check INSTANCE PLAN, or --site CODE")),
    }
}

fn solve(path: &Path, arguments: &Arguments) -> Result<Outcome> {
    let instance: Instance = read(path)?;
    let limits = SolveLimits { time_limit_s: arguments.time_limit, gap: arguments.gap, threads: arguments.threads };
    let bar = output::spinner("planning");
    let started = Instant::now();
    let mut planned = plan::solve(&instance, &limits, &mut |stage| {
        bar.set_message(format!("planning: {}", stage.name));
        true
    })
    .map_err(|cause| refused(path, &cause))?;
    planned.statistics.solve_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    bar.finish_and_clear();
    let verdict = plan::check(&instance, &planned);
    if !verdict.is_accepted() {
        return Err(Error::internal(format!("the plan does not pass its check: {:?}", verdict.problems)));
    }
    write(arguments, &planned)
}

fn refused(path: &Path, cause: &PlanError) -> Error {
    Error::field(path.display().to_string(), "instance", format!("{}: {cause}", path.display()))
}

fn write(arguments: &Arguments, planned: &Planned) -> Result<Outcome> {
    let text = serde_json::to_string_pretty(planned).map_err(|cause| Error::internal("a plan is no JSON").because(cause))?;
    match &arguments.output {
        Some(path) => {
            std::fs::write(path, text + "\n").map_err(|cause| Error::field(path.display().to_string(), "unwritable", cause.to_string()))?;
        }
        None => output::line(&text)?,
    }
    Ok(Outcome::Done)
}

fn check(instance: &Path, planned: &Path, json: bool) -> Result<Outcome> {
    let verdict = plan::check(&read(instance)?, &read::<Planned>(planned)?);
    output::result(json, &verdict.problems, || {
        if verdict.is_accepted() {
            return "the plan keeps every rule and its figures are right".to_owned();
        }
        verdict.problems.iter().map(|problem| format!("{problem:?}")).collect::<Vec<_>>().join("\n")
    })?;
    Ok(if verdict.is_accepted() { Outcome::Done } else { Outcome::Difference })
}

fn from_database(config: &Config, site: &str, arguments: &Arguments) -> Result<Outcome> {
    let db = database::open(config)?;
    let wish = PlanRequest {
        site: site.to_owned(),
        horizon_days: None,
        period_days: None,
        budget: None,
        options: reorder::PlanOptions { time_limit_s: Some(arguments.time_limit), ..reorder::PlanOptions::default() },
    };
    let bar = output::spinner("planning");
    let (plan_id, site_id) = db.write_now(move |tx| reorder::request(tx, database::ACTOR, None, &wish))?;
    while let Some(job) = db.write_now(move |tx| queue::claim(tx, site_id, reorder::QUEUE, "command-line"))? {
        reorder::run(&db, &job)?;
    }
    bar.finish_and_clear();
    let answer = db.read_now(move |conn| reorder::answer(conn, site_id, plan_id))?;
    let planned: Planned = serde_json::from_str(&answer).map_err(|cause| Error::internal("a stored plan can't be read").because(cause))?;
    write(arguments, &planned)
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|cause| Error::field(&name, "unreadable", format!("{name}: {cause}")))?;
    wardstock::web::body::parse_json(&bytes).map_err(|error| Error::field(&name, "json", format!("{name}: {}", error.detail)))
}
