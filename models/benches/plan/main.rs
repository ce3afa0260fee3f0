//! Every figure of the planner in one run, on made-up hospitals; `make bench-plan`.
//!
//! One line per figure, `name: value`. Times are CPU seconds of the process, from instance to answer.
//! Arguments after `--` choose parts by name; none runs all.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a program that prints figures of made-up instances")]

mod clock;

use wardstock_models::plan::{HospitalSize, Planned, Risk, SolveLimits, Stage, check, made_up_hospital, solve};

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let part = |name: &str| wanted.is_empty() || wanted.iter().any(|w| w == name);
    let verbose = std::env::args().any(|a| a == "--stages");
    for (name, items, periods, risk) in [
        ("100x13", 100, 13, Risk::Mean),
        ("1000x13", 1_000, 13, Risk::Mean),
        ("1000x13e", 1_000, 13, Risk::Expected),
        ("1000x26", 1_000, 26, Risk::Mean),
        ("5000x13", 5_000, 13, Risk::Mean),
        ("5000x13e", 5_000, 13, Risk::Expected),
        ("5000x13q", 5_000, 13, Risk::Quantile),
        ("100000x13", 100_000, 13, Risk::Mean),
    ] {
        if part(name) {
            measure(name, HospitalSize { items, periods, seed: 7, risk }, verbose);
        }
    }
}

/// Prints one figure.
fn say(name: &str, value: f64) {
    println!("{name}: {value:.4}");
}

fn measure(name: &str, size: HospitalSize, verbose: bool) {
    let question = made_up_hospital(size);
    // A plan is good enough at half a percent, as the service plans.
    let limits = SolveLimits { time_limit_s: 60.0, gap: 0.005, ..SolveLimits::default() };
    let begin = clock::cpu_seconds();
    let wall = std::time::Instant::now();
    let planned = solve(&question, &limits, &mut |stage: &Stage| {
        if verbose {
            println!("  {:.2} s {} {:?} {:?}", clock::cpu_seconds() - begin, stage.name, stage.objective, stage.bound);
        }
        true
    })
    .unwrap();
    let seconds = clock::cpu_seconds() - begin;
    say(&format!("plan {name} CPU s"), seconds);
    say(&format!("plan {name} wall s"), wall.elapsed().as_secs_f64());
    say(&format!("plan {name} peak MB"), clock::peak_megabytes());
    show(name, &planned);
    let accepted = check(&question, &planned);
    assert!(accepted.is_accepted(), "{:?}", accepted.problems.first());
}

fn show(name: &str, planned: &Planned) {
    say(&format!("plan {name} gap %"), 100.0 * planned.gap);
    say(&format!("plan {name} risk gap %"), 100.0 * planned.risk.gap);
    say(&format!("plan {name} objective"), planned.objective);
    say(&format!("plan {name} bound"), planned.bound);
}
