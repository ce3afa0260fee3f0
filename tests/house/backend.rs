//! Rule 6: who knows which database it is.

use super::Rule;
use super::source::{Breach, Source};

/// The files that may ask which database it is.
const BACKEND_FILES: [&str; 7] = [
    "src/db/conn.rs",
    "src/db/sqlite.rs",
    "src/db/sqlite_rows.rs",
    "src/db/postgres.rs",
    "src/db/migrate.rs",
    "src/db/writer.rs",
    "src/db/backup.rs",
];

#[test]
fn rule_6_few_files_know_which_database_it_is() {
    Rule { number: 6, reason: "one program for both databases; what differs stands in one place", check: backend_matches }.holds(
        &[
            ("src/stock/store.rs", "match conn { Conn::Sqlite(_) => 1, Conn::Pg(_) => 2 }"),
            ("src/command/doctor.rs", "if let Target::Postgres { url } = target {}"),
            ("src/stock/store.rs", "use diesel::sqlite::Sqlite;"),
            ("src/demand/store.rs", "use diesel::pg::PgConnection;"),
        ],
        &[("src/db/conn.rs", "match self { Self::Pg(conn) => conn, Conn::Sqlite(conn) => conn }")],
    );
}

#[test]
fn rule_6_nothing_is_replaced() {
    Rule { number: 6, reason: "a row that is replaced passes append-only triggers unseen", check: replacements }.holds(
        &[
            ("src/stock/store.rs", "sql_query(\"INSERT OR  REPLACE INTO level (a) VALUES (1)\")"),
            ("src/stock/store.rs", "sql_query(\"REPLACE INTO level (a) VALUES (1)\")"),
            ("src/stock/store.rs", "diesel::replace_into(level::table)"),
        ],
        &[("src/stock/store.rs", "text.replace(\"a\", \"b\")")],
    );
}

fn backend_matches(source: &Source) -> Vec<Breach> {
    if !source.path.starts_with("src/") || source.is_in(&BACKEND_FILES) {
        return Vec::new();
    }
    source.refuse(
        &[
            &["Conn", "::", "Sqlite"],
            &["Conn", "::", "Pg"],
            &["Target", "::", "Sqlite"],
            &["Target", "::", "Postgres"],
            &["SqliteConnection"],
            &["PgConnection"],
            &["diesel", "::", "sqlite"],
            &["diesel", "::", "pg"],
        ],
        false,
    )
}

fn replacements(source: &Source) -> Vec<Breach> {
    if !source.path.starts_with("src/") {
        return Vec::new();
    }
    let mut breaches = source.refuse(&[&["replace_into"]], true);
    for literal in &source.literals {
        let text = literal.text.to_uppercase();
        if text.contains("OR REPLACE") || text.contains("REPLACE INTO") {
            breaches.push(Breach { line: literal.line, what: "replaces rows".to_owned() });
        }
    }
    breaches
}
