//! The table, the line for machines, and the verdict.

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::Wish;
use crate::server::Served;

/// The figures of one round A B C.
#[derive(Debug, Default)]
pub(crate) struct Round {
    pub(crate) raw: Value,
    pub(crate) hundred: Served,
    pub(crate) null: Served,
    pub(crate) single: Served,
    pub(crate) pg_raw: f64,
    pub(crate) pg_hundred: Served,
    faults: Vec<String>,
}

/// All rounds, and the disk before and after.
pub(crate) struct Report {
    pub(crate) rounds: Vec<Round>,
    pub(crate) fdatasync_ms: (f64, f64),
}

/// Ratio, what CI wants, what a release wants.
struct Gate(&'static str, Vec<f64>, f64, f64, f64);

const MEMORY_MB_MAX: f64 = 256.0;

impl Round {
    /// Notes what makes the figures void.
    pub(crate) fn check(&mut self, found: Result<(), String>) {
        self.faults.extend(found.err());
    }

    fn raw_rate(&self) -> f64 {
        self.raw["rate"].as_f64().unwrap_or_default()
    }

    /// One line while the next round runs.
    pub(crate) fn line(&self, number: usize) -> String {
        let part = |name: &str, served: &Served| {
            let (load, cpu) = (&served.load, served.cpu_seconds.max(0.01));
            format!(
                "  {name:<22}{:>10.0}/s {:>8.1} CPU s {:>9.0}/CPU s  p50 {:>6.1}  p99 {:>6.1} ms  peak {:>5.0} MB  refused {}\n",
                load.rate,
                served.cpu_seconds,
                load.rate * load.seconds / cpu,
                load.p50_ms,
                load.p99_ms,
                served.peak_mb,
                load.refused
            )
        };
        let cpu = self.raw["cpu_seconds"].as_f64().unwrap_or_default();
        let counted = self.raw["counted"].as_f64().unwrap_or_default();
        format!(
            "round {number}\n  {:<22}{:>10.0}/s {cpu:>8.1} CPU s {:>9.0}/CPU s  {} rows a commit\n{}{}{}  {:<22}{:>10.0}/s\n{}{}",
            "A raw SQLite",
            self.raw_rate(),
            counted / cpu.max(0.01),
            self.raw["rows_per_commit"],
            part("B full path 64x100", &self.hundred),
            part("C no database 64x1", &self.null),
            part("B full path 64x1", &self.single),
            "A' unnest-1000",
            self.pg_raw,
            part("B' PostgreSQL 64x100", &self.pg_hundred),
            self.faults.iter().fold(String::new(), |text, fault| text + "  VOID: " + fault + "\n")
        )
    }
}

/// Prints table and JSON; fails when the run is void or the gate is missed.
pub(crate) fn finish(report: &Report, wish: &Wish) -> ExitCode {
    let rounds = &report.rounds;
    let per_round = |up: fn(&Round) -> f64, down: fn(&Round) -> f64| {
        let best = |of: fn(&Round) -> f64| rounds.iter().map(of).fold(0.0, f64::max);
        let mut all: Vec<f64> = rounds.iter().map(|round| up(round) / down(round)).collect();
        all.push(best(up) / best(down));
        all
    };
    let gates = [
        Gate("R1 full 64x100 / raw", per_round(|r| r.hundred.load.rate, Round::raw_rate), 0.5, 0.6, 0.85),
        Gate("R3 full 64x1 / no database", per_round(|r| r.single.load.rate, |r| r.null.load.rate), 0.25, 0.35, 0.55),
        Gate("R4 PostgreSQL / unnest-1000", per_round(|r| r.pg_hundred.load.rate, |r| r.pg_raw), 0.6, 0.7, 1.0),
    ];
    let (before, after) = report.fdatasync_ms;
    let drift = (before / after).max(after / before);
    let mut faults: Vec<String> = rounds.iter().flat_map(|round| round.faults.clone()).collect();
    if drift > 2.0 {
        faults.push(format!("the disk drifted: fdatasync {before:.2} ms before, {after:.2} ms after"));
    }
    let peak = rounds.iter().flat_map(|r| [&r.hundred, &r.single, &r.pg_hundred]).map(|one| one.peak_mb).fold(0.0, f64::max);
    println!("fdatasync {before:.2} ms before, {after:.2} ms after; memory of the program at most {peak:.0} MB of {MEMORY_MB_MAX:.0}");
    let mut missed = Vec::new();
    for Gate(name, ratios, ci, must, goal) in gates.iter().filter(|gate| gate.1.iter().all(|ratio| ratio.is_finite())) {
        let best = ratios.last().copied().unwrap_or_default();
        let middle = median(&ratios[..ratios.len() - 1]);
        let each: Vec<String> = ratios[..ratios.len() - 1].iter().map(|ratio| format!("{ratio:.2}")).collect();
        println!("{name:<30} best/best {best:.2}  median {middle:.2}  rounds {}  (CI {ci}, must {must}, goal {goal})", each.join(" "));
        let floor = if wish.gate.as_deref() == Some("release") { must } else { ci };
        if middle < *floor {
            missed.push(*name);
        }
    }
    if peak > MEMORY_MB_MAX {
        missed.push("memory");
    }
    let verdict = if !faults.is_empty() {
        "void"
    } else if missed.is_empty() {
        "pass"
    } else {
        "missed"
    };
    let ratios: Vec<Value> = gates.iter().map(|gate| json!({"name": gate.0, "per_round_then_best": gate.1})).collect();
    println!(
        "{}",
        json!({"version": env!("CARGO_PKG_VERSION"), "sqlite": rounds[0].raw["sqlite"], "cores": std::thread::available_parallelism().map_or(0, usize::from),
            "fdatasync_ms": [before, after], "mode": wish.mode, "seconds": wish.seconds, "ratios": ratios, "peak_mb": peak,
            "rounds": rounds.iter().map(figures).collect::<Vec<_>>(), "faults": faults, "missed": missed, "verdict": verdict})
    );
    for fault in &faults {
        println!("VOID: {fault}");
    }
    let fails = verdict == "void" || (wish.gate.is_some() && verdict != "pass");
    if fails { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

fn figures(round: &Round) -> Value {
    let of = |served: &Served| {
        json!({"rate": served.load.rate, "cpu_seconds": served.cpu_seconds, "p50_ms": served.load.p50_ms, "p99_ms": served.load.p99_ms,
            "peak_mb": served.peak_mb, "acknowledged": served.load.acknowledged, "refused": served.load.refused})
    };
    json!({"raw": round.raw, "full_64x100": of(&round.hundred), "null_64x1": of(&round.null), "full_64x1": of(&round.single),
        "unnest_1000": round.pg_raw, "postgres_64x100": of(&round.pg_hundred)})
}
