//! Raw engine against the full path of a batch, in one run with alternating rounds; `make bench-ingest`.
//!
//! Side A writes durably with the C interface of the engine that the program links. Side B is the shipped
//! program, posted to over 64 kept connections. Side C is the same door without a write, and without what
//! stands behind it ([`null`]). Ratios are taken within the run only: rates of different runs say nothing.
//!
//! Arguments: `--seconds 10 --warm 2 --rounds 3 --gate ci|release --mode shadow|advise --engine sqlite|postgres|both|replicas`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "a program that prints figures of a made-up load"
)]

mod load;
mod null;
#[path = "../../tests/scene/postgres.rs"]
mod postgres;
mod probe;
mod raw;
mod replicas;
mod report;
mod rounds;
mod server;
mod unnest;
mod world;

use std::process::ExitCode;

/// What the command line asks for.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) seconds: f64,
    pub(crate) warm: f64,
    pub(crate) rounds: usize,
    pub(crate) gate: Option<String>,
    pub(crate) mode: String,
    pub(crate) engine: String,
    /// Another build of the program than the one of this run, to compare two.
    pub(crate) program: String,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match words.first().map(String::as_str) {
        Some("raw") => raw::run(&words[1..]),
        Some("null") => null::run(&words[1..]),
        _ => {
            let wish = wish(&words);
            return if wish.engine == "replicas" { replicas::run(&wish) } else { rounds::run(&wish) };
        }
    }
    ExitCode::SUCCESS
}

fn wish(words: &[String]) -> Wish {
    let after = |name: &str| words.iter().position(|word| word == name).map(|at| words[at + 1].clone());
    let number = |name: &str, otherwise: f64| after(name).map_or(otherwise, |text| text.parse().unwrap());
    Wish {
        seconds: number("--seconds", 10.0),
        warm: number("--warm", 2.0),
        rounds: number("--rounds", 3.0) as usize,
        gate: after("--gate"),
        mode: after("--mode").unwrap_or_else(|| "shadow".into()),
        engine: after("--engine").unwrap_or_else(|| "both".into()),
        program: after("--program").unwrap_or_else(|| env!("CARGO_BIN_EXE_wardstock").into()),
    }
}
