//! What a database that is sharded by site refuses, held over the PostgreSQL catalogue and our statements: the rules of
//! Citus, which need no Citus to be kept. Why each is one: the storage design, section 7.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::sql_types::Text;
use wardstock::db::conn::{Access, Conn};
use wardstock::db::migrate;

use crate::house::statements;
use crate::scene::{on_postgres, target};

/// Small tables, whole on every shard; all others are site tables.
const REFERENCE: [&str; 9] =
    ["item", "supplier", "offer", "substitute", "delivery", "access_token", "session", "idempotency", "code_directory"];

/// Indexes of site tables that do not begin with the site, and who needs them.
const OVER_ALL_SITES: [(&str, &str); 8] = [
    ("movement_by_id", "a reversal is asked for by the id alone"),
    ("job_lease", "leases that are over, of all sites, a handful"),
    ("outbox_by_number", "the stream of all sites"),
    ("outbox_unnumbered", "events that wait for their place"),
    ("device_by_secret", "who knocks is known by the secret only"),
    ("forecast_run_by_id", "asked for by its id alone"),
    ("demand_event_by_id", "asked for by its id alone"),
    ("backtest_by_id", "asked for by its id alone"),
];

#[derive(QueryableByName)]
struct Key {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    columns: String,
}

fn keys(conn: &mut Conn, sql: &str) -> Vec<Key> {
    diesel::sql_query(sql).load(conn).unwrap()
}

fn migrated() -> Conn {
    let target = target(crate::scene::Engine::Postgres);
    migrate::up(&target, false).unwrap();
    target.connect(Access::Survey).unwrap()
}

/// Indexes of tables (not of their partitions), with their columns in order; `which` chooses.
fn indexes(conn: &mut Conn, which: &str) -> Vec<Key> {
    keys(
        conn,
        &format!(
            "SELECT CAST(t.relname AS TEXT) AS table_name, CAST(i.relname AS TEXT) AS name, \
             COALESCE((SELECT string_agg(a.attname, ',' ORDER BY k.at) FROM unnest(x.indkey) WITH ORDINALITY k(number, at) \
               JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number), '') AS columns \
             FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid \
             JOIN pg_namespace n ON n.oid = t.relnamespace \
             WHERE n.nspname = 'public' AND NOT t.relispartition AND t.relname NOT LIKE '\\_\\_diesel%' AND ({which})"
        ),
    )
}

fn is_site_table(name: &str) -> bool {
    !REFERENCE.contains(&name)
}

#[test]
fn each_unique_rule_of_a_site_table_holds_its_site() {
    on_postgres(|_| {
        let mut conn = migrated();
        let rules = indexes(&mut conn, "x.indisunique OR x.indisexclusion");
        assert!(rules.len() > 30, "{}", rules.len());
        let without: Vec<String> = rules
            .iter()
            .filter(|key| is_site_table(&key.table_name) && !key.columns.split(',').any(|column| column == "site_id"))
            .map(|key| format!("{}.{} ({})", key.table_name, key.name, key.columns))
            .collect();
        assert!(without.is_empty(), "{without:?}");
    });
}

#[test]
fn each_index_of_a_site_table_begins_with_its_site() {
    on_postgres(|_| {
        let mut conn = migrated();
        let other: Vec<String> = indexes(&mut conn, "TRUE")
            .into_iter()
            .filter(|key| is_site_table(&key.table_name) && !key.columns.starts_with("site_id"))
            .map(|key| key.name)
            .collect();
        let known: BTreeSet<&str> = OVER_ALL_SITES.iter().map(|(name, _)| *name).collect();
        let unknown: Vec<&String> = other.iter().filter(|name| !known.contains(name.as_str())).collect();
        assert!(unknown.is_empty(), "these need a reason in OVER_ALL_SITES: {unknown:?}");
    });
}

#[test]
fn references_stay_inside_a_site_or_go_to_what_is_everywhere() {
    on_postgres(|_| {
        let mut conn = migrated();
        let columns = |key: &str, of: &str| {
            format!(
                "(SELECT string_agg(a.attname, ',' ORDER BY k.at) FROM unnest(c.{key}) WITH ORDINALITY k(number, at) \
                 JOIN pg_attribute a ON a.attrelid = c.{of} AND a.attnum = k.number)"
            )
        };
        let references = keys(
            &mut conn,
            &format!(
                "SELECT CAST(t.relname AS TEXT) AS table_name, CAST(f.relname AS TEXT) AS name, {} || '>' || {} AS columns \
                 FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class f ON f.oid = c.confrelid WHERE c.contype = 'f'",
                columns("conkey", "conrelid"),
                columns("confkey", "confrelid")
            ),
        );
        assert!(references.len() > 20);
        for Key { table_name, name, columns } in references {
            match (is_site_table(&table_name), is_site_table(&name)) {
                (true, true) => {
                    let (from, to) = columns.split_once('>').unwrap();
                    assert!(from.starts_with("site_id,") && to.starts_with("site_id,"), "{table_name} → {name}: {columns}");
                }
                (false, true) => panic!("{table_name}, which is everywhere, refers to the site table {name}"),
                (_, false) => {}
            }
        }
    });
}

#[test]
fn no_sequence_no_trigger_on_insert_and_every_table_is_one_kind_or_the_other() {
    on_postgres(|_| {
        let mut conn = migrated();
        let none = "SELECT CAST(relname AS TEXT) AS table_name, '' AS name, '' AS columns FROM pg_class WHERE relkind = 'S' \
                    UNION ALL SELECT CAST(tgname AS TEXT), '', '' FROM pg_trigger WHERE NOT tgisinternal AND (tgtype & 4) <> 0";
        let found: Vec<String> = keys(&mut conn, none).into_iter().map(|key| key.table_name).collect();
        assert!(found.is_empty(), "{found:?}");
        let columns = keys(
            &mut conn,
            "SELECT CAST(c.relname AS TEXT) AS table_name, CAST(a.attname AS TEXT) AS name, '' AS columns FROM pg_class c \
             JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 \
             WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname NOT LIKE '\\_\\_diesel%'",
        );
        let mut tables: BTreeMap<String, bool> = BTreeMap::new();
        for column in columns {
            *tables.entry(column.table_name).or_default() |= column.name == "site_id";
        }
        for (table, has_site) in &tables {
            assert!(*has_site || !is_site_table(table), "{table} has no site and is not in REFERENCE");
        }
        for table in REFERENCE {
            assert!(tables.contains_key(table), "there is no table {table}");
        }
    });
}

/// What a sharded database would refuse in our statements; the text is in capitals.
fn refused(statement: &str) -> Option<&'static str> {
    let is_locking = statement.contains("FOR UPDATE") || statement.contains("{ALONE}");
    let after_set = statement.split(" SET ").nth(1).map(|rest| rest.split(" WHERE ").next().unwrap_or_default());
    if is_locking && !statement.contains("SITE_ID = $") && !statement.trim_start().starts_with("FOR UPDATE") {
        Some("locks rows of all sites")
    } else if statement.starts_with("MERGE ") {
        Some("MERGE")
    } else if statement.contains("WITH RECURSIVE") && !statement.contains("SITE_ID = $") {
        Some("a recursion over all sites")
    } else if after_set.is_some_and(|set| set.starts_with("SITE_ID =") || set.contains(", SITE_ID =")) {
        Some("moves a row to another site")
    } else {
        None
    }
}

#[test]
fn no_statement_locks_moves_or_walks_over_all_sites() {
    assert!(refused("SELECT ID FROM JOB WHERE STATE = 'QUEUED' FOR UPDATE SKIP LOCKED").is_some());
    assert!(refused("UPDATE LEVEL SET SITE_ID = $1 WHERE ID = $2").is_some());
    assert!(refused("SELECT ID FROM JOB WHERE SITE_ID = $1 FOR UPDATE SKIP LOCKED").is_none());
    let found: Vec<String> =
        statements().into_iter().filter_map(|(place, text)| Some(format!("{place}: {}", refused(&text.to_uppercase())?))).collect();
    assert!(found.is_empty(), "{found:#?}");
}
