//! Rule 11, first half: small files.

use super::Rule;
use super::source::{Breach, Source, sources};

const LINES_MAX: usize = 600;
const MEDIAN_MAX: usize = 120;
const P90_MAX: usize = 400;
/// Fewer files than this say nothing about a median.
const FILES_MIN: usize = 60;

#[test]
fn rule_11_a_file_stays_readable() {
    let bad = "//\n".repeat(601);
    let good = "//\n".repeat(600);
    Rule { number: 11, reason: "a file that grows a second idea splits", check: too_long }
        .holds(&[("src/stock/mod.rs", bad.as_str())], &[("src/stock/mod.rs", good.as_str())]);
}

#[test]
fn rule_11_most_files_are_short() {
    assert!(verdict(&mut [10; 60]).is_ok());
    assert!(verdict(&mut [121; 60]).is_err());
    assert!(verdict(&mut [[10; 50].as_slice(), [401; 20].as_slice()].concat()).is_err());
    assert!(verdict(&mut [500; 59]).is_ok(), "too few to say");
    let mut lines: Vec<usize> =
        sources().iter().filter(|source| !source.path.starts_with("models/tests/")).map(|source| source.lines).collect();
    let longest = {
        let mut by_length: Vec<(usize, String)> = sources().iter().map(|source| (source.lines, source.path.clone())).collect();
        by_length.sort_unstable_by(|one, other| other.cmp(one));
        by_length.into_iter().take(12).map(|(lines, path)| format!("{lines} {path}")).collect::<Vec<_>>().join("\n")
    };
    if let Err(what) = verdict(&mut lines) {
        panic!("rule 11: {what} over {} files (short files are read); the longest are\n{longest}", lines.len());
    }
}

fn too_long(source: &Source) -> Vec<Breach> {
    if source.lines <= LINES_MAX {
        return Vec::new();
    }
    vec![Breach { line: LINES_MAX + 1, what: format!("{} lines, {LINES_MAX} are allowed", source.lines) }]
}

fn verdict(lines: &mut [usize]) -> Result<(), String> {
    lines.sort_unstable();
    if lines.len() < FILES_MIN {
        return Ok(());
    }
    let (median, p90) = (lines[lines.len() / 2], lines[lines.len() * 9 / 10]);
    if median > MEDIAN_MAX || p90 > P90_MAX {
        return Err(format!("median {median} (at most {MEDIAN_MAX}) and p90 {p90} (at most {P90_MAX}) lines"));
    }
    Ok(())
}
