//! Every figure of the planner in one run, on made-up hospitals; `make bench-plan`.
//!
//! One line per figure, `name: value`. Times are CPU seconds of the process, from instance to answer.
//! Arguments after `--` choose parts by name; none runs all. `seed:8` makes another hospital than `seed:7`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a program that prints figures of made-up instances"
)]

mod clock;
mod exact;
mod linked;
mod little;
mod lp_core;
mod small;

use wardstock_models::plan::{HospitalSize, Planned, Risk, SolveLimits, Stage, check, made_up_hospital, solve};

/// A plan is good enough at half a percent, as the service plans.
const LIMITS: SolveLimits = SolveLimits { time_limit_s: 60.0, gap: 0.005, threads: 1 };

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let (seeds, wanted): (Vec<String>, Vec<String>) = wanted.into_iter().partition(|word| word.starts_with("seed:"));
    let seed = seeds.first().map_or(7, |word| word.trim_start_matches("seed:").parse().unwrap());
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
            measure(name, HospitalSize { items, periods, seed, risk }, verbose);
        }
    }
    if part("growth") {
        growth();
    }
    if part("lp-core") {
        lp_core::lp_core();
    }
    if part("small") {
        against_the_optimum("small", &small::compare(0..500, 2.0), verbose);
    }
    if part("links") {
        // One instance alone, to look into it: `links seed:1187`.
        let seeds = if seeds.is_empty() { 1_000..1_200 } else { seed..seed + 1 };
        let found = small::compare_all(linked::instance, seeds, 5.0);
        say("plan links, instances that move or replace", f64::from(found.use_links));
        against_the_optimum("links", &found, verbose);
    }
}

/// Small instances against their optimum.
fn against_the_optimum(part: &str, found: &small::Found, verbose: bool) {
    let count = f64::from(found.solved.max(1));
    say(&format!("plan {part}, instances with a proven optimum"), f64::from(found.solved));
    say(&format!("plan {part}, instances whose optimum wasn't proven in time"), f64::from(found.unsolved));
    say(&format!("plan {part}, worst objective / optimum"), found.worst);
    say(&format!("plan {part}, mean objective / optimum"), found.sum / count);
    say(&format!("plan {part}, above 1.005"), found.above.len() as f64);
    say(&format!("plan {part}, mean bound / optimum"), found.bounds / count);
    say(&format!("plan {part}, bounds above the optimum"), found.false_bounds.len() as f64);
    if verbose {
        println!("  {found:?}");
    }
}

/// CPU seconds per item at 100,000 against 1,000 items, and what a second thread brings.
fn growth() {
    let large = HospitalSize { items: 100_000, periods: 13, seed: 7, risk: Risk::Mean };
    let seconds = |size: HospitalSize, threads: u32| {
        let question = made_up_hospital(size);
        let limits = SolveLimits { threads, ..LIMITS };
        let (begin, wall) = (clock::cpu_seconds(), std::time::Instant::now());
        // Letting go of the answer is not part of planning.
        let planned = solve(&question, &limits, &mut |_| true).unwrap();
        let seconds = (clock::cpu_seconds() - begin, wall.elapsed().as_secs_f64());
        drop(planned);
        seconds
    };
    // A short run is repeated: the clock steps by 10 ms.
    let small: f64 = (0..3).map(|_| seconds(HospitalSize { items: 1_000, ..large }, 1).0).sum::<f64>() / 3.0;
    let (cpu, one) = seconds(large, 1);
    let two = seconds(large, 2).1;
    say("plan growth, CPU per item at 100,000 / at 1,000", cpu / 100_000.0 / (small / 1_000.0));
    say("plan 100000x13 two threads, times faster", one / two);
}

/// Prints one figure.
fn say(name: &str, value: f64) {
    println!("{name}: {value:.4}");
}

fn measure(name: &str, size: HospitalSize, verbose: bool) {
    let question = made_up_hospital(size);
    let begin = clock::cpu_seconds();
    let wall = std::time::Instant::now();
    let planned = solve(&question, &LIMITS, &mut |stage: &Stage| {
        if verbose {
            let (seconds, megabytes) = (clock::cpu_seconds() - begin, clock::peak_megabytes());
            println!("  {seconds:.2} s {megabytes:.0} MB {} {:?} {:?}", stage.name, stage.objective, stage.bound);
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
