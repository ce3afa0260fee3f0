//! Moving a hospital from one database to the other.

use std::process::Output;

use diesel::prelude::*;
use serde_json::{Value, json};
use wardstock::db::conn::{Access, Target};

use super::doctor::{self, check};
use crate::scene::{self, Engine, Served, on_both, program, url};

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A stocked SQLite file that no service holds, with what is hardest to copy: numbers that no decimal text keeps, a place
/// that is younger than those in it, an item that took the place of a younger one.
fn source() -> Target {
    let hospital = doctor::stocked(Engine::Sqlite);
    let target = hospital.target.clone();
    let mut conn = target.connect(Access::Write).unwrap();
    for sql in [
        "UPDATE item SET volume_ml = 0.1 + 0.2 WHERE code = 'P1'",
        "UPDATE place SET capacity_frozen_litres = 1e-300 WHERE code = 'PH'",
        "INSERT INTO place (site_id, id, code, name, kind, parent_id, version, updated_at) \
         SELECT site_id, 9000000000000000000, 'W9', 'Ärzte \"9\"', 'ward', site_id, 1, 0 FROM place WHERE kind = 'site'",
        "UPDATE place SET parent_id = 9000000000000000000, kind = 'bin' WHERE code = 'W1'",
        "UPDATE item SET predecessor_id = (SELECT MAX(id) FROM item) WHERE code = 'P1'",
    ] {
        assert!(diesel::sql_query(sql).execute(&mut conn).unwrap() > 0, "{sql}");
    }
    target
}

fn copy(from: &str, to: &str) -> Output {
    let started = std::time::Instant::now();
    loop {
        let output = program("sqlite:unused.db", &["copy", "--from", from, "--to", to, "--json"]);
        // A service in this process lets its lock go a moment after it was dropped.
        if !text(&output).contains("another wardstock service") || started.elapsed().as_secs() > 20 {
            return output;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(100));
    }
}

#[test]
fn a_hospital_moves_from_sqlite_to_either_database_row_by_row() {
    let from = source();
    on_both(|engine| {
        let to = scene::target(engine);
        let copied = copy(&url(&from), &url(&to));
        assert_eq!(copied.status.code(), Some(0), "{engine:?}: {}", text(&copied));
        let report: Value = serde_json::from_slice(&copied.stdout).unwrap();
        let rows = |table: &str| report["tables"].as_array().unwrap().iter().find(|row| row["table"] == table).unwrap()["rows"].clone();
        assert_eq!((rows("movement"), rows("place"), rows("observation")), (json!(5), json!(4), json!(2)), "{report}");
        assert_eq!(check(&to, 0)["sound"], true);
        let refused = copy(&url(&from), &url(&to));
        assert!(refused.status.code() == Some(2) && text(&refused).contains("not empty"), "{engine:?}: {}", text(&refused));
        let back = scene::target(Engine::Sqlite);
        let returned = copy(&url(&to), &url(&back));
        let again: Value = serde_json::from_slice(&returned.stdout).unwrap_or_default();
        assert_eq!(again["tables"], report["tables"], "{engine:?}: there and back, every table the same: {}", text(&returned));
        let served = Served::start(&url(&to));
        let refused = program("sqlite:unused.db", &["copy", "--from", &url(&to), "--to", &url(&scene::target(Engine::Sqlite))]);
        assert_eq!(text(&refused).contains("another wardstock service"), engine == Engine::Sqlite, "{}", text(&refused));
        served.kill();
    });
}
