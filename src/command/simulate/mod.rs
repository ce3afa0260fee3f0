//! `simulate`: ordering policies side by side, on a made-up hospital or on a real record, without a database.

mod history;
mod table;

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::{ArgGroup, Args};
use wardstock::base::error::{Error, Result};
use wardstock_models::simulate::{Comparison, SimulateError, Trial, World, hospital, policy, trial};

use super::{Outcome, output};
use history::History;

/// Policies compared when none are named.
const USUAL: [&str; 4] = ["wardstock", "open-msupply:2,1", "rss:0.99,25", "clairvoyant"];

#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("world").required(true).args(["history", "generated"])),
    after_help = "Examples:\n  wardstock simulate --generated 100 --policies wardstock rss:0.99,25 open-msupply:2,1 --seeds 5\n  \
                  wardstock simulate --history DIR --policies wardstock par:30 --output compared.json\n\n\
                  Policies: wardstock, open-msupply:MAX,MIN (months), bhima:INTERVAL, openlmis:MAX (periods), openboxes:MIN,MAX (months), \
                  par:DAYS, rs:Q, rss:Q,COST[,BUFFER[,CAP]], clairvoyant (a lower bound on cost: demand and lead times known).\n\
                  All see the same demand and lead times, start from the same stock and learn only from the past. The first policy is set \
                  against each other one, paired by seed.\n\
                  DIR holds items.csv, suppliers.csv, offers.csv, demand.csv and perhaps deliveries.csv, as for import."
)]
pub(crate) struct Arguments {
    /// Replay the record in this folder.
    #[arg(long, value_name = "DIR")]
    history: Option<PathBuf>,
    /// Make up a hospital with this many items.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    generated: Option<u32>,
    /// Policies to compare.
    #[arg(long = "policies", visible_alias = "policy", value_name = "POLICY", num_args = 1.., default_values_t = USUAL.map(str::to_owned))]
    policies: Vec<String>,
    /// First seed.
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    seed: u32,
    /// Number of seeds: worlds that differ in demand (generated only) and lead times.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    seeds: u32,
    /// Days from review to review.
    #[arg(long, value_name = "DAYS", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=366))]
    review: u32,
    /// Weeks measured; 52, or half of the record.
    #[arg(long, value_name = "WEEKS", value_parser = clap::value_parser!(u32).range(1..=5_200))]
    weeks: Option<u32>,
    /// Threads; as many as the machine has. The result does not depend on it.
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Write the comparison as JSON here.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, json: bool) -> Result<Outcome> {
    for name in &arguments.policies {
        policy::parse(name).map_err(|cause| refused("policies", &cause))?;
    }
    let record = arguments.history.as_deref().map(history::read).transpose()?;
    if let Some(record) = &record {
        record.notes.iter().for_each(|note| output::note(note));
    }
    let trials = trials(arguments, record.as_ref())?;
    let comparison = Comparison::of(arguments.policies.clone(), trials);
    if let Some(path) = &arguments.output {
        let text = serde_json::to_string_pretty(&comparison).map_err(|cause| Error::internal("a comparison is no JSON").because(cause))?;
        std::fs::write(path, text + "\n").map_err(|cause| Error::field(path.display().to_string(), "unwritable", cause.to_string()))?;
    }
    output::result(json, &comparison, || table::text(&comparison))?;
    Ok(Outcome::Done)
}

/// One trial per seed, seeds taken by whichever thread is free.
fn trials(arguments: &Arguments, record: Option<&History>) -> Result<Vec<Trial>> {
    let seeds: Vec<u64> = (0..arguments.seeds).map(|more| u64::from(arguments.seed) + u64::from(more)).collect();
    let review_days = usize::try_from(arguments.review).unwrap_or(7);
    let bar = output::bar("simulating", seeds.len() * arguments.policies.len());
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<std::result::Result<Trial, SimulateError>>> = Mutex::new(Vec::new());
    let work = || {
        while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
            let made = world(arguments, record, *seed)
                .and_then(|world| trial(&world, *seed, &arguments.policies, review_days, &mut || bar.inc(1)));
            done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(made);
        }
    };
    let usual = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..arguments.threads.unwrap_or(usual).clamp(1, seeds.len()) {
            scope.spawn(work);
        }
    });
    bar.finish_and_clear();
    let done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.into_iter().collect::<std::result::Result<Vec<_>, _>>().map_err(|cause| refused("simulate", &cause))
}

fn world(arguments: &Arguments, record: Option<&History>, seed: u64) -> std::result::Result<World, SimulateError> {
    let weeks = arguments.weeks.map(|weeks| usize::try_from(weeks).unwrap_or(52));
    match record {
        Some(record) => record.world(seed, weeks),
        None => hospital(seed, usize::try_from(arguments.generated.unwrap_or(1)).unwrap_or(1), weeks.unwrap_or(52)),
    }
}

fn refused(pointer: &str, cause: &SimulateError) -> Error {
    match cause {
        SimulateError::World { .. } | SimulateError::Policy { .. } => Error::field(pointer, "simulate", cause.to_string()),
        _ => Error::internal("a simulation failed").because(cause.to_string()),
    }
}
