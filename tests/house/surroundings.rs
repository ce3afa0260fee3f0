//! Rule 7: time, chance and surroundings come in as values.

use super::Rule;
use super::source::{Breach, Source};

#[test]
fn rule_7_time_comes_from_the_clock() {
    Rule { number: 7, reason: "a run can be replayed only if nobody looks at another clock", check: other_clocks }.holds(
        &[
            ("src/stock/mod.rs", "let now = Utc::now();"),
            ("src/stock/mod.rs", "let now = chrono::Local::now();"),
            ("src/stock/mod.rs", "let now = SystemTime::now();"),
            ("models/src/rng.rs", "let now = std::time::SystemTime::now();"),
        ],
        &[("src/base/clock.rs", "let now = Utc::now();"), ("src/web/request_log.rs", "let started = std::time::Instant::now();")],
    );
}

#[test]
fn rule_7_chance_comes_from_entropy() {
    Rule { number: 7, reason: "a run can be replayed only from a seed", check: other_chance }.holds(
        &[
            ("src/access/token.rs", "getrandom::fill(&mut bytes)"),
            ("src/stock/mod.rs", "rand::thread_rng()"),
            ("models/src/rng.rs", "RandomState::new()"),
        ],
        &[("src/base/entropy.rs", "getrandom::fill(&mut bytes)")],
    );
}

#[test]
fn rule_7_surroundings_come_from_the_settings() {
    Rule { number: 7, reason: "one place says which settings there are", check: other_surroundings }.holds(
        &[
            ("src/jobs/mod.rs", "std::env::var(\"HOME\")"),
            ("src/command/demo.rs", "use std::env;"),
            ("src/command/demo.rs", "use std::{env, fs};"),
        ],
        &[("src/config.rs", "std::env::var(\"HOME\")"), ("src/web/openapi.rs", "env!(\"CARGO_PKG_VERSION\")")],
    );
}

pub(super) fn ships(source: &Source) -> bool {
    source.is_in(&["src/", "models/src/"])
}

fn other_clocks(source: &Source) -> Vec<Breach> {
    if !ships(source) || source.path == "src/base/clock.rs" {
        return Vec::new();
    }
    source.refuse(&[&["Utc", "::", "now"], &["Local", "::", "now"], &["SystemTime", "::", "now"]], false)
}

fn other_chance(source: &Source) -> Vec<Breach> {
    if !ships(source) || source.path == "src/base/entropy.rs" {
        return Vec::new();
    }
    source.refuse(&[&["getrandom"], &["thread_rng"], &["rand", "::"], &["OsRng"], &["RandomState"]], false)
}

fn other_surroundings(source: &Source) -> Vec<Breach> {
    if !ships(source) || source.path == "src/config.rs" {
        return Vec::new();
    }
    let mut breaches = source.refuse(&[&["env", "::"]], false);
    breaches.extend(from_std(source, &["env"], false));
    breaches
}

/// Modules of the standard library, in `std::x` or `use std::{x, …}`.
pub(super) fn from_std(source: &Source, modules: &[&str], in_tests_too: bool) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for at in source.find(&["std", "::"], in_tests_too) {
        let group = source.word(at + 2) == "{";
        let end = if group { (at..source.tokens.len()).find(|end| source.word(*end) == "}").unwrap_or(at) } else { at + 3 };
        let found =
            (at + 2..end).find(|place| modules.contains(&source.word(*place)) && (!group || matches!(source.word(place - 1), "{" | ",")));
        breaches.extend(found.map(|place| source.breach(at, format!("names `std::{}`", source.word(place)))));
    }
    breaches
}
