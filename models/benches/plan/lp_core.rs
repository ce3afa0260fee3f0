//! The linear relaxation through `good_lp` against highspy on the same matrix.

use std::io::Write;
use std::process::{Command, Stdio};

use wardstock_models::plan::{HospitalSize, Matrix, Risk, made_up_hospital, priced_bound, relaxed_matrix, relaxed_optimum};

use crate::{clock, say};

/// Runs of each, one after the other in turn: the least CPU counts.
const RUNS: usize = 3;

/// Build and solve at 1,000 items and 13 weeks.
pub(crate) fn lp_core() {
    let question = made_up_hospital(HospitalSize { items: 1_000, periods: 13, seed: 7, risk: Risk::Mean });
    let matrix = relaxed_matrix(&question).unwrap();
    let (mut ours, mut theirs) = (f64::INFINITY, f64::INFINITY);
    let mut optimum = 0.0;
    for _ in 0..RUNS {
        let begin = clock::cpu_seconds();
        optimum = relaxed_optimum(&question).unwrap().unwrap();
        ours = ours.min(clock::cpu_seconds() - begin);
        let Some((seconds, found)) = highspy(&matrix) else {
            println!("plan lp-core: highspy is absent, nothing to compare with");
            break;
        };
        theirs = theirs.min(seconds);
        assert!((found - optimum).abs() <= 1e-6 * optimum.abs(), "{found} against {optimum}");
    }
    say("plan lp-core 1000x13, columns", matrix.costs.len() as f64);
    say("plan lp-core 1000x13, rows", matrix.right.len() as f64);
    say("plan lp-core 1000x13, nonzeros", matrix.factors.len() as f64);
    say("plan lp-core 1000x13, CPU s from instance to optimum", ours);
    if theirs.is_finite() {
        say("plan lp-core 1000x13, CPU s of highspy from arrays to optimum", theirs);
        say("plan lp-core 1000x13, CPU / highspy", ours / theirs);
    }
    let begin = clock::cpu_seconds();
    let bound = priced_bound(&question).unwrap();
    say("plan lp-core 1000x13, CPU s of the price decomposition's bound", clock::cpu_seconds() - begin);
    say("plan lp-core 1000x13, its bound / optimum of the linear program", bound / optimum);
}

/// CPU seconds of highspy and its optimum; `None` where it is absent.
fn highspy(matrix: &Matrix) -> Option<(f64, f64)> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/lp_core.py");
    let mut child = Command::new("python3").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    child.stdin.take()?.write_all(&bytes(matrix)).ok()?;
    let output = String::from_utf8(child.wait_with_output().ok()?.stdout).ok()?;
    let mut words = output.split_whitespace();
    let found = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    assert_eq!(words.next(), Some("Optimal"));
    Some(found)
}

/// The matrix as the script reads it.
fn bytes(matrix: &Matrix) -> Vec<u8> {
    let mut all = Vec::new();
    for count in [matrix.costs.len(), matrix.right.len(), matrix.factors.len()] {
        all.extend((count as u64).to_le_bytes());
    }
    let reals = |all: &mut Vec<u8>, reals: &[f64]| all.extend(reals.iter().flat_map(|x| x.to_le_bytes()));
    reals(&mut all, &[matrix.constant]);
    for row in [&matrix.costs, &matrix.most, &matrix.least, &matrix.right] {
        reals(&mut all, row);
    }
    for number in matrix.starts.iter().chain(&matrix.columns) {
        all.extend(i32::try_from(*number).unwrap().to_le_bytes());
    }
    reals(&mut all, &matrix.factors);
    all
}
