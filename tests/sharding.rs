//! What a database that is sharded by site refuses, held over the PostgreSQL catalogue and our statements: the rules of
//! Citus, which need no Citus to be kept. Why each is one: the storage design, section 7.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::sql_types::Text;
use wardstock::db::conn::{Access, Conn};
use wardstock::db::distribute::{self, REFERENCE};
use wardstock::db::{migrate, statements};

use crate::house;
use crate::scene::{Engine, on_postgres, program, target, url};

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
    let target = target(Engine::Postgres);
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
        house::statements().into_iter().filter_map(|(place, text)| Some(format!("{place}: {}", refused(&text.to_uppercase())?))).collect();
    assert!(found.is_empty(), "{found:#?}");
}

/// What the server prepares is one statement, or it says so.
#[test]
fn each_migration_is_cut_into_single_statements() {
    on_postgres(|engine| {
        let mut conn = target(engine).connect(Access::Write).unwrap();
        let folder = format!("{}/migrations/postgres", env!("CARGO_MANIFEST_DIR"));
        let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.sort();
        let text = |path: &std::path::Path, file: &str| std::fs::read_to_string(path.join(file)).unwrap();
        assert!(diesel::sql_query("SELECT 1; SELECT 2").execute(&mut conn).is_err(), "two at once are refused");
        let mut count = 0;
        let ups = names.iter().map(|path| (path, text(path, "up.sql")));
        let downs = names.iter().rev().map(|path| (path, text(path, "down.sql")));
        for (path, text) in ups.chain(downs) {
            for statement in statements::split(&text) {
                diesel::sql_query(statement).execute(&mut conn).unwrap_or_else(|cause| panic!("{}: {statement}: {cause}", path.display()));
                count += 1;
            }
        }
        assert!(count > 150, "{count}");
    });
}

#[test]
fn a_database_without_citus_is_not_spread_and_says_what_is_missing() {
    let sqlite = program("sqlite::memory:", &["migrate", "--distribute"]);
    assert_eq!(sqlite.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&sqlite.stderr).contains("only PostgreSQL"), "{sqlite:?}");
    on_postgres(|engine| {
        let target = target(engine);
        let refused = program(&url(&target), &["migrate", "--distribute"]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(refused.status.code() == Some(2) && said.contains("CREATE EXTENSION citus"), "{said}");
        let shown = program(&url(&target), &["migrate", "--distribute", "--dry-run"]);
        let text = String::from_utf8_lossy(&shown.stdout).into_owned();
        assert_eq!(shown.status.code(), Some(0), "{text}");
        assert!(text.contains("once the database has the extension citus"), "{text}");
        assert!(text.contains("SELECT create_distributed_table('movement', 'site_id', colocate_with => 'place');"), "{text}");
    });
}

/// All but what only Citus knows is run for real: references and triggers go and come back as they were.
#[test]
fn the_plan_names_each_table_once_and_leaves_each_rule_as_it_was() {
    on_postgres(|engine| {
        let target = target(engine);
        migrate::up(&target, false).unwrap();
        let mut conn = target.connect(Access::Write).unwrap();
        let plan = distribute::plan(&mut conn).unwrap();
        assert!(!plan.has_citus && !plan.ran);
        let tables = conn.table_names().unwrap();
        let (mut whole, mut by_site) = (BTreeSet::new(), BTreeSet::new());
        for statement in &plan.statements {
            let name = || statement.split('\'').nth(1).unwrap().to_owned();
            if statement.starts_with("SELECT create_reference_table(") {
                assert!(by_site.is_empty() && whole.insert(name()), "{statement}");
            } else if statement.starts_with("SELECT create_distributed_table(") {
                let beside = if by_site.is_empty() { "none" } else { "place" };
                assert!(by_site.insert(name()) && statement.ends_with(&format!("'site_id', colocate_with => '{beside}')")), "{statement}");
            }
        }
        assert_eq!(whole, REFERENCE.map(str::to_owned).into_iter().collect());
        assert_eq!(whole.union(&by_site).cloned().collect::<Vec<_>>(), tables);
        let rules = |conn: &mut Conn| {
            let mut rules = keys(
                conn,
                "SELECT CAST(conrelid::regclass AS TEXT) AS table_name, CAST(conname AS TEXT) AS name, \
                pg_get_constraintdef(oid) AS columns FROM pg_constraint WHERE contype = 'f'",
            );
            rules.extend(keys(
                conn,
                "SELECT CAST(tgrelid::regclass AS TEXT) AS table_name, CAST(tgname AS TEXT) AS name, \
                pg_get_triggerdef(oid) AS columns FROM pg_trigger WHERE NOT tgisinternal",
            ));
            rules.into_iter().map(|key| (key.table_name, key.name, key.columns)).collect::<BTreeSet<_>>()
        };
        let before = rules(&mut conn);
        assert!(before.len() > 30, "{}", before.len());
        let (mut fewest, only_citus) = (before.len(), |statement: &&String| statement.starts_with("SELECT create_"));
        conn.transaction::<_, diesel::result::Error, _>(|conn| {
            for statement in plan.statements.iter().filter(|statement| !only_citus(statement)) {
                diesel::sql_query(statement).execute(conn)?;
                fewest = fewest.min(rules(conn).len());
            }
            Ok(())
        })
        .unwrap();
        assert_eq!(fewest, 0, "all of them are out of the way at once");
        assert_eq!(rules(&mut conn), before);
    });
}
