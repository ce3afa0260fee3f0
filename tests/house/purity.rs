//! Rules 8 to 10: arithmetic knows no machine.

use super::Rule;
use super::source::{Breach, Source};
use super::surroundings::from_std;

/// Files that can be tested by `check(input, want)`: they know neither tables nor the wire.
const PURE: [&str; 9] = ["/adapter/", "/codec/", "/epc/", "/gs1/", "/belief/", "/ubl/", "/fefo.rs", "/explain.rs", "/instance.rs"];

#[test]
fn rule_8_models_are_pure() {
    Rule { number: 8, reason: "the same input gives the same plan, in any process", check: impure_models }.holds(
        &[
            ("models/src/plan/solve.rs", "use std::time::Instant;"),
            ("models/src/lib.rs", "use std::fs;"),
            ("models/src/plan/solve.rs", "std::thread::spawn(work);"),
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

fn impure_models(source: &Source) -> Vec<Breach> {
    if !source.is_in(&["models/src/"]) {
        return Vec::new();
    }
    let mut breaches =
        source.refuse(&[&["chrono"], &["tokio"], &["diesel"], &["actix_web"], &["tracing"], &["serde_json"], &["wardstock"]], true);
    breaches.extend(from_std(source, &["fs", "net", "env", "time", "process"], true));
    // One place may share work between threads: its results come in the order of the chunks, whoever did them.
    if source.path != "models/src/plan/parallel.rs" {
        breaches.extend(from_std(source, &["thread"], true));
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
