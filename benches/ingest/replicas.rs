//! Two programs on one PostgreSQL against one, in alternating rounds: every device's batches go to both in turn.

use std::path::Path;
use std::process::ExitCode;

use crate::server::{self, Served};
use crate::{Wish, postgres, world};

/// Two must not be slower than one, the noise of a busy machine apart.
const FLOOR: f64 = 0.9;

/// Runs the rounds; with `--gate` the median ratio decides about the exit status.
pub(crate) fn run(wish: &Wish) -> ExitCode {
    if cfg!(debug_assertions) || !postgres::is_there() {
        println!("VOID: it takes a release build (`make bench-ingest`) and a PostgreSQL server");
        return ExitCode::FAILURE;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-ingest");
    std::fs::create_dir_all(&folder).unwrap();
    let mut ratios: Vec<f64> = Vec::new();
    for round in 1..=wish.rounds {
        let [one, two] = [1, 2].map(|copies| measure(&folder, copies, wish));
        let ratio = two.load.rate / one.load.rate;
        println!(
            "round {round}: one {:.0} readings/s ({:.1} CPU-s), two {:.0} readings/s ({:.1} CPU-s): {ratio:.2}; refused {} and {}",
            one.load.rate, one.cpu_seconds, two.load.rate, two.cpu_seconds, one.load.refused, two.load.refused,
        );
        ratios.push(ratio);
    }
    drop(std::fs::remove_dir_all(&folder));
    ratios.sort_by(f64::total_cmp);
    let median = ratios[ratios.len() / 2];
    println!("two replicas / one: {median:.2} (median of {})", ratios.len());
    if wish.gate.is_some() && median < FLOOR { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn measure(folder: &Path, copies: usize, wish: &Wish) -> Served {
    let url = postgres::fresh_database();
    let world = world::seed(&url, &wish.mode);
    let words = ["serve", "--database", &url, "--listen", "127.0.0.1:0"];
    let served = server::measure_many(&wish.program, &words, copies, folder, &world, wish);
    world::verify(&url, served.load.acknowledged).unwrap();
    served
}
