//! The schema: up, down and up again, the same on both databases and in diesel's eyes, with rules the database keeps itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use wardstock::base::clock::Clock;
use wardstock::db::conn::{Access, Conn, Number, Target};
use wardstock::db::{Db, migrate};
use wardstock::reports::soundness;

use super::scene::{Engine, on_both, target};

/// Type and whether it may be NULL, by table and column.
type Columns = BTreeMap<(String, String), (String, bool)>;

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    nullable: i64,
}

const ON_SQLITE: &str = "SELECT m.name AS table_name, c.name AS name, lower(c.type) AS kind, 1 - c.\"notnull\" AS nullable \
    FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_diesel%' ESCAPE '\\' \
    AND m.name NOT LIKE 'sqlite%'";
const ON_POSTGRES: &str = "SELECT CAST(table_name AS TEXT) AS table_name, CAST(column_name AS TEXT) AS name, \
    CAST(data_type AS TEXT) AS kind, CAST(CASE is_nullable WHEN 'YES' THEN 1 ELSE 0 END AS BIGINT) AS nullable \
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_diesel%' \
    AND NOT EXISTS (SELECT 1 FROM pg_class c WHERE c.oid = to_regclass(quote_ident(table_name)) AND c.relispartition)";

fn columns(engine: Engine, target: &Target) -> Columns {
    let query = if engine == Engine::Sqlite { ON_SQLITE } else { ON_POSTGRES };
    let mut conn = target.connect(Access::Write).unwrap();
    let rows: Vec<Column> = diesel::sql_query(query).load(&mut conn).unwrap();
    rows.into_iter().map(|row| ((row.table_name, row.name), (row.kind, row.nullable == 1))).collect()
}

/// What diesel believes, with the types as the databases call them.
fn columns_of_diesel() -> Columns {
    let part = |path: &str| fs::read_to_string(format!("{}/src/db/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let text = part("schema.rs") + &part("schema/sensing.rs");
    let mut columns = Columns::new();
    for part in text.split("diesel::table!").skip(1) {
        let mut table = String::new();
        for line in part.lines().map(str::trim) {
            if let Some((name, kind)) = line.split_once(" -> ") {
                let kind = kind.trim_end_matches(',');
                let inner = kind.strip_prefix("Nullable<").and_then(|inner| inner.strip_suffix('>'));
                let word = match inner.unwrap_or(kind) {
                    "BigInt" => "bigint",
                    "Text" => "text",
                    "Double" => "double precision",
                    "Bool" => "boolean",
                    other => panic!("src/db/schema: the type {other} is none that both databases share"),
                };
                columns.insert((table.clone(), name.to_owned()), (word.to_owned(), inner.is_some()));
            } else if let Some((name, _)) = line.split_once(" (").filter(|_| line.ends_with('{')) {
                name.clone_into(&mut table);
            }
        }
    }
    columns
}

fn run(conn: &mut Conn, sql: &str) -> QueryResult<usize> {
    diesel::sql_query(sql).execute(conn)
}

#[track_caller]
fn must_run(conn: &mut Conn, sql: &str) {
    run(conn, sql).unwrap_or_else(|cause| panic!("{sql}: {cause}"));
}

#[track_caller]
fn must_fail(conn: &mut Conn, sql: &str, why: &str) {
    let cause = run(conn, sql).unwrap_err().to_string();
    assert!(cause.contains(why), "{sql}: {cause}");
}

fn count(conn: &mut Conn, table: &str) -> i64 {
    diesel::sql_query(format!("SELECT COUNT(*) AS value FROM {table}")).get_result::<Number>(conn).unwrap().value
}

/// One row of the ledger and whatever it stands on, one observation, one entry of the audit, one binding.
const ROWS: [&str; 10] = [
    "INSERT INTO item (id, code, name, base_unit, ven, storage_class, controlled, volume_ml, version, updated_at) \
     VALUES (1, 'P1', 'Amoxicillin', 'tablet', 'E', 'ambient', FALSE, 1.5, 1, 0)",
    "INSERT INTO place (site_id, id, code, name, kind, version, updated_at) VALUES (7, 7, 'H1', 'Hospital', 'site', 1, 0)",
    "INSERT INTO stock_point (site_id, id, item_id, place_id, version, updated_at) VALUES (7, 8, 1, 7, 1, 0)",
    "INSERT INTO lot (site_id, id, item_id, lot_code, expiry_day, no_expiry, state) VALUES (7, 9, 1, 'L1', 20000, FALSE, 'open')",
    "INSERT INTO movement (site_id, id, stock_point_id, lot_id, kind, quantity_delta, source, source_key, event_at, recorded_at, actor) \
     VALUES (7, 10, 8, 9, 'receipt', 5, 'person', 'k1', 0, 0, 'token:1')",
    "INSERT INTO device (site_id, id, code, name, state, secret_sha256, commissioned_at, version, updated_at) \
     VALUES (7, 11, 'gw-1', '', 'active', 'x', 0, 1, 0)",
    "INSERT INTO channel (site_id, id, device_id, code) VALUES (7, 12, 11, 'c1')",
    "INSERT INTO observation (site_id, channel_id, observed_at, dedupe_key, event_at, received_at, kind, value, quality) \
     VALUES (7, 12, 0, 1, 0, 0, 'level', 5, '')",
    "INSERT INTO audit_log (site_id, seq, at, actor, action, subject, detail, prev_hash, hash) VALUES (7, 1, 0, 'a', 'b', 'c', '{}', '', 'h')",
    "INSERT INTO binding (site_id, id, channel_id, kind, stock_point_id, mode, tare_mg, max_units, settle_seconds, valid_from, valid_to) \
     VALUES (7, 13, 12, 'level', 8, 'advise', 0, 100, 60, 100, 200)",
];

fn filled(engine: Engine) -> (Target, Conn) {
    let target = target(engine);
    migrate::up(&target, false).unwrap();
    let mut conn = target.connect(Access::Write).unwrap();
    for row in ROWS {
        must_run(&mut conn, row);
    }
    (target, conn)
}

#[test]
fn up_down_and_up_again_with_rows_in_it() {
    on_both(|engine| {
        let (target, conn) = filled(engine);
        drop(conn);
        let before = columns(engine, &target);
        assert!(before.len() > 200, "{engine:?}: {}", before.len());
        assert!(migrate::up(&target, false).unwrap().pending.is_empty(), "{engine:?}: a second time changes nothing");
        migrate::down(&target).unwrap();
        assert!(columns(engine, &target).is_empty(), "{engine:?}: down leaves {:?}", columns(engine, &target).keys());
        let wanted = migrate::up(&target, true).unwrap();
        assert!(!wanted.ran && !wanted.pending.is_empty() && columns(engine, &target).is_empty(), "{engine:?}: a dry run writes nothing");
        assert_eq!(migrate::up(&target, false).unwrap().pending, wanted.pending, "{engine:?}");
        assert_eq!(columns(engine, &target), before, "{engine:?}");
        let mut conn = target.connect(Access::Write).unwrap();
        assert_eq!(count(&mut conn, "movement"), 0, "{engine:?}");
        for row in ROWS {
            must_run(&mut conn, row);
        }
    });
}

/// Everything but the first schema is taken back one by one and done again: a row is lost only where its table goes.
#[test]
fn rows_survive_each_migration_down_and_up() {
    on_both(|engine| {
        let (target, mut conn) = filled(engine);
        must_run(&mut conn, "INSERT INTO outbox (site_id, id, topic, payload, created_at) VALUES (7, 20, 'stock', '{}', 0)");
        let tables = ["movement", "observation", "audit_log", "binding", "outbox", "device"];
        let before = columns(engine, &target);
        let newer = migrations("sqlite").len() - 1;
        for step in 1..=newer {
            migrate::down_one(&target).unwrap_or_else(|cause| panic!("{engine:?}: down {step}: {:?}", cause.cause));
            for table in tables {
                assert_eq!(count(&mut conn, table), 1, "{engine:?}: {table} after {step} steps down");
            }
            must_fail(&mut conn, "DELETE FROM observation", "append_only");
        }
        assert_eq!(migrate::up(&target, false).unwrap().pending.len(), newer, "{engine:?}");
        for table in tables {
            assert_eq!(count(&mut conn, table), 1, "{engine:?}: {table} after all of them again");
        }
        assert_eq!(columns(engine, &target), before, "{engine:?}");
        must_fail(&mut conn, "DELETE FROM observation", "append_only");
        must_fail(&mut conn, "UPDATE observation SET value = 6", "append_only");
        if engine == Engine::Postgres {
            must_fail(&mut conn, "TRUNCATE observation_before", "append_only");
        }
    });
}

/// What every released schema could hold beside [`ROWS`].
const MORE_ROWS: [&str; 5] = [
    "UPDATE stock_point SET par_level = 12",
    "INSERT INTO level (site_id, stock_point_id, lot_id, quantity, as_of, last_movement_id) VALUES (7, 8, 9, 5, 0, 10)",
    "INSERT INTO outbox (site_id, id, topic, payload, created_at) VALUES (7, 20, 'stock', '{}', 0)",
    "INSERT INTO ingest_batch (site_id, device_id, boot_id, seq, id, body_sha256, status, answer, received_at) \
     VALUES (7, 11, 'b1', 1, 21, 'x', 200, '{}', 0)",
    "INSERT INTO device_health (site_id, device_id, last_seen_at, last_event_at, boot_id, last_seq, records_stored, records_quarantined, \
     records_rejected, records_lost) VALUES (7, 11, 0, 0, 'b1', 1, 1, 0, 0, 0)",
];

/// A database that an older program made and used, version by version, is brought up to date with all that is in it.
#[test]
fn every_released_schema_is_upgraded_with_its_rows() {
    on_both(|engine| {
        let fresh = target(engine);
        let versions = migrate::up(&fresh, false).unwrap().pending;
        let newest = columns(engine, &fresh);
        assert_eq!(versions.len(), migrations("sqlite").len());
        assert!(migrate::up_to(&fresh, Some("20200101000000"), true).unwrap_err().detail.contains("20200101000000"));
        for (at, version) in versions.iter().enumerate() {
            let target = target(engine);
            assert_eq!(migrate::up_to(&target, Some(version), false).unwrap().pending, versions[..=at], "{engine:?}");
            let old = columns(engine, &target);
            let mut conn = target.connect(Access::Write).unwrap();
            for row in ROWS.iter().chain(&MORE_ROWS) {
                must_run(&mut conn, row);
            }
            let tables: BTreeSet<&str> = old.keys().map(|(table, _)| table.as_str()).collect();
            if tables.contains("item_level") {
                // The program of that schema would have kept them.
                must_run(&mut conn, "INSERT INTO item_level (site_id, item_id, on_hand) VALUES (7, 1, 5)");
                must_run(&mut conn, "INSERT INTO item_par (site_id, item_id, par_level) VALUES (7, 1, 12)");
            }
            // A service of this program does not start on it unless it may migrate.
            assert_eq!(Db::open(&target, Clock::System).is_err(), at + 1 < versions.len(), "{engine:?} at {version}");
            assert_eq!(migrate::up(&target, false).unwrap().pending, versions[at + 1..], "{engine:?} from {version}");
            assert_eq!(columns(engine, &target), newest, "{engine:?} from {version}");
            for table in ["movement", "observation", "audit_log", "binding", "outbox", "device", "level", "ingest_batch", "device_health"] {
                assert!(tables.contains(table), "{engine:?} at {version}: {table}");
                assert_eq!(count(&mut conn, table), 1, "{engine:?} from {version}: {table}");
            }
            let sound = soundness::check(&mut conn, &mut |_| {}).unwrap();
            assert!(sound.levels.is_empty() && sound.items.is_empty(), "{engine:?} from {version}: {:?}", sound.lines(9));
            must_fail(&mut conn, "DELETE FROM observation", "append_only");
            must_fail(&mut conn, "UPDATE movement SET actor = 'x'", "append_only");
            Db::open(&target, Clock::System).unwrap();
        }
    });
}

#[test]
fn both_databases_and_diesel_see_the_same_columns() {
    let diesel = columns_of_diesel();
    on_both(|engine| {
        let target = target(engine);
        migrate::up(&target, false).unwrap();
        let real = columns(engine, &target);
        let missing: Vec<_> = real.iter().filter(|(name, kind)| diesel.get(*name) != Some(*kind)).collect();
        let invented: Vec<_> = diesel.iter().filter(|(name, kind)| real.get(*name) != Some(*kind)).collect();
        assert!(missing.is_empty() && invented.is_empty(), "{engine:?} has {missing:?}\nsrc/db/schema has {invented:?}");
    });
}

fn migrations(engine: &str) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(format!("{}/migrations/{engine}", env!("CARGO_MANIFEST_DIR")))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn both_sets_have_the_same_migrations() {
    assert_eq!(migrations("sqlite"), migrations("postgres"));
    for name in migrations("sqlite") {
        for engine in ["sqlite", "postgres"] {
            for file in ["up.sql", "down.sql"] {
                let path = format!("{}/migrations/{engine}/{name}/{file}", env!("CARGO_MANIFEST_DIR"));
                assert!(fs::metadata(&path).is_ok_and(|about| about.len() > 0), "{path} is missing or empty");
            }
        }
    }
}

#[test]
fn what_is_written_stays_written() {
    on_both(|engine| {
        let (_target, mut conn) = filled(engine);
        for (table, column) in [("movement", "actor"), ("observation", "quality"), ("audit_log", "detail")] {
            must_fail(&mut conn, &format!("UPDATE {table} SET {column} = 'x'"), "append_only");
            must_fail(&mut conn, &format!("DELETE FROM {table}"), "append_only");
            if engine == Engine::Postgres {
                must_fail(&mut conn, &format!("TRUNCATE {table} CASCADE"), "append_only");
            } else {
                must_fail(&mut conn, &format!("INSERT OR REPLACE INTO {table} SELECT * FROM {table}"), "append_only");
            }
            assert_eq!(count(&mut conn, table), 1, "{engine:?}: {table}");
        }
        let upsert = format!("{} ON CONFLICT (site_id, id) DO UPDATE SET quantity_delta = 6", ROWS[4]);
        must_fail(&mut conn, &upsert, "append_only");
    });
}

#[test]
fn the_database_keeps_its_own_rules() {
    on_both(|engine| {
        let (_target, mut conn) = filled(engine);
        let level = |quantity: i64| {
            format!(
                "INSERT INTO level (site_id, stock_point_id, lot_id, quantity, as_of, last_movement_id) VALUES (7, 8, 9, {quantity}, 0, 10)"
            )
        };
        assert!(run(&mut conn, &level(-1)).is_err(), "{engine:?}: a level below zero");
        must_run(&mut conn, &level(0));
        let broken = [
            ("a movement of nothing", ROWS[4].replace("10, 8, 9", "20, 8, 9").replace("'receipt', 5", "'receipt', 0").replace("k1", "k2")),
            ("a kind nobody knows", ROWS[4].replace("10, 8, 9", "20, 8, 9").replace("'receipt'", "'gift'").replace("k1", "k2")),
            ("a source key twice", ROWS[4].replace("10, 8, 9", "20, 8, 9")),
            ("a stock point that is not there", ROWS[4].replace("10, 8, 9", "20, 99, 9").replace("k1", "k2")),
            ("an expiry that is none", ROWS[3].replace("7, 9, 1, 'L1', 20000", "7, 29, 1, 'L2', 0")),
            ("a ward without a parent", ROWS[1].replace("7, 7, 'H1'", "7, 30, 'W1'").replace("'site'", "'ward'")),
            ("an item code twice", ROWS[0].replace("VALUES (1,", "VALUES (2,")),
        ];
        for (what, sql) in broken {
            assert!(run(&mut conn, &sql).is_err(), "{engine:?} takes {what}: {sql}");
        }
    });
}

#[test]
fn a_channel_has_one_binding_at_a_time() {
    on_both(|engine| {
        let (_target, mut conn) = filled(engine);
        let from_to =
            |id: i64, from: i64, to: i64| ROWS[9].replace("7, 13,", &format!("7, {id},")).replace("100, 200)", &format!("{from}, {to})"));
        for (from, to) in [(150, 250), (50, 101), (100, 200), (120, 130), (1, 900)] {
            must_fail(&mut conn, &from_to(14, from, to), "binding_");
        }
        must_run(&mut conn, &from_to(14, 200, 300));
        must_run(&mut conn, &from_to(15, 50, 100));
        must_fail(&mut conn, "UPDATE binding SET valid_to = 250 WHERE id = 13", "binding_");
        must_run(&mut conn, "UPDATE binding SET valid_to = 190 WHERE id = 13");
        assert_eq!(count(&mut conn, "binding"), 3, "{engine:?}");
    });
}

#[test]
fn a_newer_database_is_refused() {
    on_both(|engine| {
        let (target, mut conn) = filled(engine);
        must_run(&mut conn, "INSERT INTO __diesel_schema_migrations (version) VALUES ('20991231000000')");
        for dry_run in [true, false] {
            let refused = migrate::up(&target, dry_run).unwrap_err();
            assert!(refused.detail.contains("20991231000000") && refused.detail.contains("newer"), "{engine:?}: {}", refused.detail);
        }
        assert_eq!(count(&mut conn, "movement"), 1, "{engine:?}: and left alone");
        let opened = Db::open(&target, Clock::System).and_then(|db| db.read_now(|conn| Ok(count(conn, "movement"))));
        assert!(opened.is_err(), "{engine:?}: `serve --no-migrate` opens a database that is newer than the program");
    });
}
