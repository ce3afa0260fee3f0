//! Rule 4: who writes a table.

use super::Rule;
use super::source::{Breach, Source, read};

/// Each table and the room that writes it.
const OWNERS: &[(&str, &[&str])] = &[
    ("db", &["job", "outbox", "code_directory"]),
    ("web", &["idempotency"]),
    ("access", &["access_token", "session", "device", "audit_log"]),
    ("catalogue", &["item", "supplier", "offer", "substitute"]),
    ("places", &["place", "stock_point", "item_par"]),
    ("alerts", &["alert"]),
    ("stock", &["lot", "movement", "level", "item_level"]),
    (
        "sensing",
        &[
            "device_health",
            "channel",
            "binding",
            "observation",
            "channel_last",
            "ingest_batch",
            "batch_horizon",
            "quarantine_record",
            "sensor_step",
            "projection_task",
            "belief",
            "discrepancy",
            "registry_version",
            "retention_gate",
            "observation_hour",
            "observation_day",
            "rollup_dirty",
            "vendor_post",
        ],
    ),
    ("demand", &["demand_history", "forecast", "forecast_run", "holiday", "demand_event"]),
    ("orders", &["purchase_order", "order_line", "delivery"]),
    ("reorder", &["plan", "plan_line"]),
    ("trial", &["backtest"]),
];

/// The tables of the hot statements, which are written in two files of `db` and called by one room.
const HOT_TABLES: [&str; 9] =
    ["observation", "channel_last", "ingest_batch", "device_health", "projection_task", "movement", "level", "demand_history", "job"];
const HOT_FILES: [&str; 3] = ["src/db/sqlite.rs", "src/db/sqlite_rows.rs", "src/db/postgres.rs"];
/// Fills a whole empty database, which is no room's business: it changes no row that a room has written.
const COPY_FILE: &str = "src/db/copy.rs";

#[test]
fn rule_4_a_table_is_written_by_its_own_room() {
    Rule { number: 4, reason: "reads may join any table, a write belongs to one store", check: foreign_writes }.holds(
        &[
            ("src/sensing/store.rs", "diesel::insert_into(movement::table)"),
            ("src/stock/mod.rs", "diesel::insert_into(lot::table)"),
            ("src/orders/store.rs", "diesel::update(\n  plan::table.filter(x))"),
            ("src/orders/store.rs", "let row = plan_line::table.filter(x);\ndiesel::delete(row)"),
            ("src/orders/store.rs", "diesel::update(whatever)"),
            ("src/reports/store.rs", "sql_query(\"WITH x AS (SELECT 1)\n  INSERT INTO level (a) VALUES (1)\")"),
            ("src/reports/store.rs", "sql_query(\"UPDATE level SET a = 1\")"),
            ("src/stock/http.rs", "sql_query(\"delete from level\")"),
            ("src/db/sqlite.rs", "sql_query(\"DELETE FROM plan\")"),
            ("src/stock/store.rs", "sql_query(format!(\"INSERT INTO {table} (a) VALUES (1)\"))"),
        ],
        &[
            ("src/stock/store.rs", "diesel::insert_into(lot::table)"),
            ("src/stock/store/lot.rs", "let open = lot::table.filter(x);\ndiesel::update(open)"),
            ("src/db/postgres.rs", "sql_query(\"INSERT INTO movement (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 1\")"),
            ("src/reports/store.rs", "sql_query(\"SELECT * FROM level FOR UPDATE SKIP LOCKED\")"),
        ],
    );
}

#[test]
fn rule_4_each_table_has_an_owner() {
    let tables: Vec<String> = [read("src/db/schema.rs"), read("src/db/schema/sensing.rs")]
        .concat()
        .split("diesel::table!")
        .skip(1)
        .map(|rest| rest.trim_start_matches([' ', '{', '\n']).split_whitespace().next().unwrap().to_owned())
        .collect();
    assert!(tables.len() > 30, "{tables:?}");
    for table in &tables {
        assert!(owner(table).is_some(), "src/db/schema: rule 4: the table {table} has no owner in tests/house/writes.rs");
    }
    for (_, owned) in OWNERS {
        for table in *owned {
            assert!(tables.iter().any(|known| known == table), "tests/house/writes.rs: rule 4: there is no table {table}");
        }
    }
}

fn owner(table: &str) -> Option<&'static str> {
    OWNERS.iter().find(|(_, tables)| tables.contains(&table)).map(|(room, _)| *room)
}

fn foreign_writes(source: &Source) -> Vec<Breach> {
    if !source.path.starts_with("src/") || source.path == COPY_FILE {
        return Vec::new();
    }
    let mut breaches = Vec::new();
    for word in ["insert_into", "update", "delete", "insert_or_ignore_into"] {
        for at in source.find(&["diesel", "::", word, "("], false) {
            match written_by_diesel(source, at + 4) {
                Some(table) if may_write(source, &table) => {}
                Some(table) => breaches.push(source.breach(at, stranger(&table))),
                None => breaches.push(source.breach(at, format!("`{word}` does not show which table it writes"))),
            }
        }
    }
    for literal in source.literals.iter().filter(|literal| !literal.test) {
        for table in written_by_sql(&literal.text) {
            if !may_write(source, &table) {
                breaches.push(Breach { line: literal.line, what: stranger(&table) });
            }
        }
    }
    breaches
}

fn stranger(table: &str) -> String {
    match owner(table) {
        Some(room) => format!("writes `{table}`, which only `{room}/store` may"),
        None => format!("writes `{table}`, a table that is not in the list of owners"),
    }
}

/// The table of `x::table…`, or of the variable that was made from one before.
fn written_by_diesel(source: &Source, at: usize) -> Option<String> {
    if source.reads(at + 1, &["::", "table"]) {
        return Some(source.word(at).to_owned());
    }
    let variable = source.word(at);
    let made = (0..at).rev().find(|place| source.reads(*place, &["let", variable, "="]))?;
    source.reads(made + 4, &["::", "table"]).then(|| source.word(made + 3).to_owned())
}

fn may_write(source: &Source, table: &str) -> bool {
    let Some(owner) = owner(table) else { return false };
    if source.is_in(&HOT_FILES) {
        return HOT_TABLES.contains(&table);
    }
    let own_files = [format!("src/{owner}/store.rs"), format!("src/{owner}/store/")];
    // The spine's own tables are written where their one use is written.
    let spine = owner == "db" && source.is_in(&["src/db/queue.rs", "src/db/outbox.rs", "src/db/directory.rs"]);
    spine || source.is_in(&[own_files[0].as_str(), own_files[1].as_str()])
}

fn written_by_sql(text: &str) -> Vec<String> {
    let words: Vec<String> = text.to_uppercase().split_whitespace().map(str::to_owned).collect();
    let mut tables = Vec::new();
    for (at, pair) in words.windows(2).enumerate() {
        let before = at.checked_sub(1).and_then(|before| words.get(before)).map_or("", String::as_str);
        let name = match (pair[0].trim_start_matches('('), pair[1].as_str()) {
            ("INSERT" | "REPLACE", "INTO") | ("DELETE", "FROM") => words.get(at + 2),
            ("UPDATE", next)
                if before != "DO"
                    && before != "FOR"
                    && before != "ON"
                    && next != "SET"
                    && words.get(at + 2).is_some_and(|word| word == "SET" || word == "AS") =>
            {
                words.get(at + 1)
            }
            _ => None,
        };
        tables.extend(name.map(|name| name.split('(').next().unwrap_or_default().trim_matches([';', '"', '\\']).to_lowercase()));
    }
    tables
}
