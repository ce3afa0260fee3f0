//! `simulate`: ordering policies side by side, on a made-up hospital or on a real record, without a database.

mod history;
pub(super) mod table;

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use wardstock::base::error::Result;
use wardstock::trial::{self, Course, USUAL};
use wardstock_models::simulate::{Comparison, Record, SimulateError, World, hospital, policy};

use super::{Outcome, output};

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
        policy::parse(name).map_err(|cause| trial::refused("policies", &cause))?;
    }
    let record = match &arguments.history {
        Some(folder) => {
            let (record, notes) = history::read(folder)?;
            for note in &notes {
                output::note(note);
            }
            Some(record)
        }
        None => None,
    };
    let course = Course {
        policies: arguments.policies.clone(),
        seeds: (0..arguments.seeds).map(|more| u64::from(arguments.seed) + u64::from(more)).collect(),
        review_days: usize::try_from(arguments.review).unwrap_or(7),
        threads: threads(arguments.threads),
    };
    let bar = output::bar("simulating", 0);
    let compared = course.compare(|seed| world(arguments, record.as_ref(), seed), &|done, all| shown(&bar, done, all));
    bar.finish_and_clear();
    let comparison: Comparison = compared.map_err(|cause| trial::refused("simulate", &cause))?;
    if let Some(path) = &arguments.output {
        output::save_json(path, &comparison)?;
    }
    output::result(json, &comparison, || table::text(&comparison))?;
    Ok(Outcome::Done)
}

/// As many as were asked for, else as the machine has.
pub(super) fn threads(wanted: Option<usize>) -> usize {
    wanted.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get))
}

/// Shows how many reviews are over; a terminal never stops it.
pub(super) fn shown(bar: &indicatif::ProgressBar, done: usize, all: usize) -> bool {
    bar.set_length(u64::try_from(all).unwrap_or(u64::MAX));
    bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
    true
}

fn world(arguments: &Arguments, record: Option<&Record>, seed: u64) -> std::result::Result<World, SimulateError> {
    let weeks = arguments.weeks.map(|weeks| usize::try_from(weeks).unwrap_or(52));
    match record {
        Some(record) => record.world(seed, weeks),
        None => hospital(seed, usize::try_from(arguments.generated.unwrap_or(1)).unwrap_or(1), weeks.unwrap_or(52)),
    }
}
