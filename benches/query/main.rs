//! How long the questions take that a hospital asks all day, over HTTP from the shipped program, with the raw statement
//! beside it on a kept connection; `make bench-query`.
//!
//! One site of 5,000 items at 50 places (250,000 stock points, each with a movement and a level), and 100 sensors of
//! 100,000 readings each over a year, written in the order in which they would have come. Each question is asked for
//! another item or sensor each time.
//!
//! Arguments: `--times 60 --engine sqlite|postgres|both --gate yes`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::cast_possible_wrap,
    reason = "a program that prints figures of a made-up hospital"
)]

#[path = "../../tests/scene/client.rs"]
#[expect(dead_code, reason = "the scenes of the tests use the rest")]
mod client;
#[path = "../../tests/scene/postgres.rs"]
mod postgres;
#[path = "../../tests/scene/program.rs"]
#[expect(dead_code, reason = "the scenes of the tests use the rest")]
mod program;
mod questions;
mod stock;
mod world;

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use client::Client;
use diesel::RunQueryDsl;
use program::Served;
use questions::Question;
use wardstock::db::conn::{Access, Conn, Target};

/// What the command line asks for.
struct Wish {
    times: usize,
    engine: String,
    gate: bool,
}

/// Asked before it counts.
const WARM: usize = 5;

fn main() -> ExitCode {
    if cfg!(debug_assertions) {
        println!("VOID: it takes a release build (`make bench-query`)");
        return ExitCode::FAILURE;
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    let after = |name: &str| words.iter().position(|word| word == name).map(|at| words[at + 1].clone());
    let wish = Wish {
        times: after("--times").map_or(60, |text| text.parse().unwrap()),
        engine: after("--engine").unwrap_or_else(|| "both".into()),
        gate: after("--gate").is_some(),
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-query");
    let mut missed = Vec::new();
    if wish.engine != "postgres" {
        drop(std::fs::remove_dir_all(&folder));
        std::fs::create_dir_all(&folder).unwrap();
        missed.extend(measure("SQLite", &format!("sqlite:{}", folder.join("wardstock.db").display()), &wish));
        drop(std::fs::remove_dir_all(&folder));
    }
    if wish.engine != "sqlite" {
        if postgres::is_there() {
            missed.extend(measure("PostgreSQL", &postgres::fresh_database(), &wish));
        } else {
            println!("SKIPPED: PostgreSQL is not there");
        }
    }
    println!("missed: {}", if missed.is_empty() { "nothing".to_owned() } else { missed.join(", ") });
    if wish.gate && !missed.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Asks all questions of one engine; answers those that took longer than they may.
fn measure(engine: &str, url: &str, wish: &Wish) -> Vec<String> {
    let begun = Instant::now();
    let world = world::fill(url);
    println!("{engine}: filled in {:.0} s; {} readings", begun.elapsed().as_secs_f64(), world.observations);
    let mut conn = Target::parse(url).unwrap().connect(Access::Read).unwrap();
    let served = Served::start(url);
    let client = Client::new(&served.base, Some(world.token.clone()));
    println!("{:<44}{:>10}{:>10}{:>10}{:>10}{:>8}{:>8}", "", "median", "p99", "raw", "ratio", "must", "rows");
    let mut missed = Vec::new();
    let mut lines = Vec::new();
    for question in questions::all(&world) {
        let (own, rows) = timed(wish.times, |number| ask(&client, &question, number));
        let (raw, _) = timed(wish.times, |number| run(&mut conn, &question, number));
        let must = if engine == "SQLite" { question.sqlite_ms } else { question.postgres_ms };
        let (median, p99, raw) = (percentile(&own, 0.5), percentile(&own, 0.99), percentile(&raw, 0.5));
        let shown = must.map_or_else(|| "-".to_owned(), |must| format!("{must:.0}"));
        println!("{:<44}{median:>10.2}{p99:>10.2}{raw:>10.2}{:>10.2}{shown:>8}{rows:>8}", question.name, median / raw);
        lines.push(format!("{engine} {}: {median:.2}", question.name));
        if must.is_some_and(|must| median >= must) {
            missed.push(format!("{} on {engine}", question.name));
        }
    }
    for line in lines {
        println!("{line}");
    }
    served.kill();
    missed
}

/// Milliseconds of each time, sorted, and how many rows the last answer held.
fn timed(times: usize, mut once: impl FnMut(usize) -> usize) -> (Vec<f64>, usize) {
    let mut rows = 0;
    let mut taken: Vec<f64> = (0..WARM + times)
        .map(|number| {
            let begun = Instant::now();
            rows = once(number);
            begun.elapsed().as_secs_f64() * 1_000.0
        })
        .skip(WARM)
        .collect();
    taken.sort_by(f64::total_cmp);
    (taken, rows)
}

fn ask(client: &Client, question: &Question, number: usize) -> usize {
    let answer = client.get(&(question.path)(number));
    assert_eq!(answer.status, 200, "{}", answer.text);
    // Counting the rows in the text is cheap; parsing them would be the client's work.
    answer.text.matches(question.row_has).count()
}

fn run(conn: &mut Conn, question: &Question, number: usize) -> usize {
    let rows: Vec<questions::Row> = diesel::sql_query((question.raw)(number)).load(conn).unwrap();
    rows.len()
}

fn percentile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len() - 1;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a short list")]
    let at = (sorted.len() as f64 * share) as usize;
    sorted[at.min(last)]
}
