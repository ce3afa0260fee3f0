//! Rules 7 to 10: time, chance and surroundings come in as values; arithmetic knows no machine.

use super::Rule;
use super::source::{Breach, Source};

/// Files that can be tested by `check(input, want)`: they know neither tables nor the wire.
const PURE: [&str; 9] = ["/adapter/", "/codec/", "/epc/", "/gs1/", "/belief/", "/ubl/", "/fefo.rs", "/explain.rs", "/instance.rs"];

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

#[test]
fn rule_8_models_are_pure() {
    Rule { number: 8, reason: "the same input gives the same plan, in any process", check: impure_models }.holds(
        &[
            ("models/src/plan/solve.rs", "use std::time::Instant;"),
            ("models/src/lib.rs", "use std::fs;"),
            ("models/src/lib.rs", "use chrono::Utc;"),
            ("models/src/lib.rs", "tracing::info!(\"x\");"),
            ("models/src/lib.rs", "use std::{collections::HashMap, env};"),
            ("models/src/lib.rs", "serde_json::to_string(&x)"),
        ],
        &[("models/src/lib.rs", "use std::collections::BTreeMap;\nfn time() {}"), ("models/tests/plan/main.rs", "use std::fs;")],
    );
}

#[test]
fn rule_9_pure_files_know_neither_tables_nor_the_wire() {
    Rule { number: 9, reason: "they are tested by check(input, want)", check: impure_files }.holds(
        &[
            ("src/sensing/belief/level.rs", "use diesel::prelude::*;"),
            ("src/stock/fefo.rs", "use actix_web::web;"),
            ("src/reorder/instance.rs", "use crate::db::Db;"),
        ],
        &[("src/stock/fefo.rs", "use crate::base::time::Day;"), ("src/stock/store.rs", "use diesel::prelude::*;")],
    );
}

#[test]
fn rule_10_no_solver_behind_a_door_or_in_a_store() {
    Rule { number: 10, reason: "gateways wait while the event loop or the writer solves", check: solving_in_the_way }.holds(
        &[
            ("src/reorder/http.rs", "let plan = plan::solve(&input, &options);"),
            ("src/reorder/store.rs", "use wardstock_models::plan::solve;"),
        ],
        &[("src/reorder/run.rs", "let plan = plan::solve(&input, &options);"), ("src/reorder/http.rs", "queue::enqueue(tx, \"solve\")")],
    );
}

#[test]
fn nothing_is_left_to_panic_or_to_do() {
    Rule { number: 5, reason: "section 5: never panic for bad input, nothing half done, no silent lint", check: unfinished }.holds(
        &[
            ("src/stock/mod.rs", "x.unwrap()"),
            ("models/src/lib.rs", "x.expect(\"y\")"),
            ("src/stock/mod.rs", "todo!()"),
            ("src/stock/mod.rs", "unimplemented!()"),
            ("src/stock/mod.rs", "panic!(\"x\")"),
            ("tests/pharmacist.rs", "dbg!(x)"),
            ("tests/pharmacist.rs", "#[ignore]"),
            ("tests/pharmacist.rs", "#[ignore = \"slow\"]"),
            ("src/stock/mod.rs", "#[allow(dead_code)]"),
            ("src/stock/mod.rs", "#![allow(dead_code)]"),
        ],
        &[
            ("src/stock/mod.rs", "#[expect(clippy::x, reason = \"y\")]\n#[cfg(test)]\nmod tests { fn f() { x.unwrap(); } }"),
            ("tests/pharmacist.rs", "x.unwrap()"),
            ("src/stock/mod.rs", "x.unwrap_or(1)"),
        ],
    );
}

fn ships(source: &Source) -> bool {
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

fn impure_models(source: &Source) -> Vec<Breach> {
    if !source.is_in(&["models/src/"]) {
        return Vec::new();
    }
    let mut breaches =
        source.refuse(&[&["chrono"], &["tokio"], &["diesel"], &["actix_web"], &["tracing"], &["serde_json"], &["wardstock"]], true);
    breaches.extend(from_std(source, &["fs", "net", "env", "time", "process", "thread"], true));
    breaches
}

/// Modules of the standard library, in `std::x` or `use std::{x, …}`.
fn from_std(source: &Source, modules: &[&str], in_tests_too: bool) -> Vec<Breach> {
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

fn impure_files(source: &Source) -> Vec<Breach> {
    if !source.path.starts_with("src/") || !PURE.iter().any(|part| source.path.contains(part)) {
        return Vec::new();
    }
    source.refuse(&[&["diesel"], &["actix_web"], &["schema", "::"], &["crate", "::", "db"]], true)
}

fn solving_in_the_way(source: &Source) -> Vec<Breach> {
    let in_the_way = source.path.ends_with("/http.rs")
        || source.path.contains("/http/")
        || source.path.ends_with("/store.rs")
        || source.room() == Some("ui");
    if !source.path.starts_with("src/") || !in_the_way {
        return Vec::new();
    }
    source.refuse(&[&["plan", "::", "solve"]], false)
}

fn unfinished(source: &Source) -> Vec<Breach> {
    let mut breaches =
        source.refuse(&[&["dbg", "!"], &["#", "[", "ignore"], &["#", "[", "allow", "("], &["#", "!", "[", "allow", "("]], true);
    if ships(source) {
        breaches.extend(source.refuse(
            &[
                &[".", "unwrap", "(", ")"],
                &[".", "expect", "("],
                &[".", "unwrap_err", "("],
                &["todo", "!"],
                &["unimplemented", "!"],
                &["panic", "!"],
                &["unreachable", "!"],
            ],
            false,
        ));
    }
    breaches
}
