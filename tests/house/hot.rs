//! Rule 5: who calls a hot statement.

use super::Rule;
use super::source::{Breach, Source};

/// Each hot statement and the only folder or file that calls it; empty: it reads, anybody may.
const HOT_STATEMENTS: [(&str, &str); 12] = [
    ("append_observations", "src/sensing/store"),
    ("append_new", "src/sensing/store"),
    ("mark_dirty", "src/sensing/store"),
    ("put_health", "src/sensing/store"),
    ("insert_batches", "src/sensing/store"),
    ("keep_newest", "src/sensing/store"),
    ("lock_levels", ""),
    ("lock_ledger", "src/stock/store"),
    ("apply_movements", "src/stock/store"),
    ("known_source_keys", ""),
    ("put_demand", "src/demand/store"),
    ("claim_job", "src/db/queue"),
];

#[test]
fn rule_5_a_hot_statement_has_one_caller() {
    Rule { number: 5, reason: "rule 4, for the statements that diesel's enum can't say", check: foreign_hot_calls }.holds(
        &[
            ("src/orders/store.rs", "tx.conn.hot().apply_movements(1, 2, &[], &[])"),
            ("src/stock/mod.rs", "tx.conn.hot().put_demand(1, &[])"),
            ("src/db/hot.rs", "pub trait HotStore { fn drop_everything(&mut self); }"),
        ],
        &[
            ("src/stock/store.rs", "tx.conn.hot().apply_movements(1, 2, &[], &[])"),
            ("src/db/hot.rs", "pub trait HotStore { fn claim_job(&mut self); }"),
        ],
    );
}

fn foreign_hot_calls(source: &Source) -> Vec<Breach> {
    let mut breaches = Vec::new();
    if source.path == "src/db/hot.rs" {
        for at in source.find(&["fn"], false) {
            let name = source.word(at + 1);
            if !HOT_STATEMENTS.iter().any(|(known, _)| *known == name) {
                breaches.push(source.breach(at, format!("the hot statement `{name}` has no caller in tests/house/hot.rs")));
            }
        }
        return breaches;
    }
    if !source.path.starts_with("src/") {
        return breaches;
    }
    for (statement, caller) in HOT_STATEMENTS {
        for at in source.find(&[".", statement, "("], false) {
            if !source.path.starts_with(caller) {
                breaches.push(source.breach(at, format!("calls `{statement}`, which only `{caller}` may")));
            }
        }
    }
    breaches
}
