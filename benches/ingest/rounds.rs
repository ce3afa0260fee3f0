//! The order of the sides, and what makes a run void.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::Value;

use crate::report::{Report, Round};
use crate::server::{self, Served};
use crate::world::{self, World};
use crate::{Wish, postgres, probe, raw, report, unnest};

/// Runs everything; the exit status is the gate's.
pub(crate) fn run(wish: &Wish) -> ExitCode {
    if cfg!(debug_assertions) {
        println!("VOID: a debug build says nothing; run `make bench-ingest`");
        return ExitCode::FAILURE;
    }
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/bench-ingest");
    std::fs::create_dir_all(&folder).unwrap();
    if !probe::is_on_a_disk(&folder) {
        println!("VOID: {} is in memory, not on a disk", folder.display());
        return ExitCode::FAILURE;
    }
    let before = probe::fdatasync_ms(&folder);
    let mut rounds = Vec::new();
    for number in 0..wish.rounds {
        let mut round = Round::default();
        if wish.engine != "postgres" {
            sqlite(&folder, wish, &mut round);
        }
        if wish.engine != "sqlite" && postgres::is_there() {
            on_postgres(&folder, wish, &mut round);
        }
        println!("{}", round.line(number + 1));
        rounds.push(round);
    }
    let after = probe::fdatasync_ms(&folder);
    drop(std::fs::remove_dir_all(&folder));
    report::finish(&Report { rounds, fdatasync_ms: (before, after) }, wish)
}

/// A new SQLite database, filled.
fn fresh(folder: &Path, wish: &Wish) -> (PathBuf, String, World) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        drop(std::fs::remove_file(entry.path()));
    }
    let path = folder.join("wardstock.db");
    let url = format!("sqlite:{}", path.display());
    let world = world::seed(&url, &wish.mode);
    (path, url, world)
}

fn sqlite(folder: &Path, wish: &Wish, round: &mut Round) {
    let mut best: Option<Value> = None;
    for rows_per_commit in [5_000, 10_000] {
        let (path, url, world) = fresh(folder, wish);
        let figures = raw::measure(&path, world.start, rows_per_commit, wish);
        round.check(world::verify(&url, figures["rows"].as_u64().unwrap()));
        if figures["synchronous"] != 2 {
            round.check(Err("the raw side did not run at synchronous=FULL".into()));
        }
        if best.as_ref().is_none_or(|best| best["rate"].as_f64() < figures["rate"].as_f64()) {
            best = Some(figures);
        }
    }
    round.raw = best.unwrap();
    round.hundred = full(folder, wish, 100, round);
    let (_, url, world) = fresh(folder, wish);
    let own = std::env::current_exe().unwrap().display().to_string();
    round.null = server::measure(&own, &["null", &url], folder, &world, 1, wish);
    round.single = full(folder, wish, 1, round);
}

/// Side B on a new SQLite database.
fn full(folder: &Path, wish: &Wish, per_post: usize, round: &mut Round) -> Served {
    let (_, url, world) = fresh(folder, wish);
    let served = serve(&url, folder, &world, per_post, wish);
    round.check(world::verify(&url, served.load.acknowledged));
    served
}

fn serve(url: &str, folder: &Path, world: &World, per_post: usize, wish: &Wish) -> Served {
    let words = ["serve", "--database", url, "--listen", "127.0.0.1:0"];
    server::measure(&wish.program, &words, folder, world, per_post, wish)
}

fn on_postgres(folder: &Path, wish: &Wish, round: &mut Round) {
    let url = postgres::fresh_database();
    let world = world::seed(&url, &wish.mode);
    round.pg_raw = unnest::measure(&url, world.start, wish);
    let url = postgres::fresh_database();
    let world = world::seed(&url, &wish.mode);
    round.pg_hundred = serve(&url, folder, &world, 100, wish);
    round.check(world::verify(&url, round.pg_hundred.load.acknowledged));
}
