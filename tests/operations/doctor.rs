//! `wardstock doctor`: damage done by hand is found, named and mended.

use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use serde_json::{Value, json};
use wardstock::db::conn::{Access, Target};

use crate::scene::{Engine, Hospital, on_both, program, url};

/// Two lots at the pharmacy, one of them moved and issued; a gateway whose channel counted twice.
pub(super) fn stocked(engine: Engine) -> Hospital {
    let hospital = Hospital::today(engine).with_small_catalogue();
    for (quantity, lot) in [(100, "A"), (50, "B")] {
        let receipt = json!({"kind": "receipt", "place": "PH", "item": "P1", "quantity": quantity, "lot": lot, "expiry": "2031-01-31"});
        hospital.admin().post("/api/v1/movements", &receipt).want(201);
    }
    for movement in [
        json!({"kind": "transfer", "place": "PH", "to_place": "W1", "item": "P1", "quantity": 30}),
        json!({"kind": "issue", "place": "W1", "item": "P1", "quantity": 4}),
    ] {
        hospital.admin().post("/api/v1/movements", &movement).want(201);
    }
    let gateway = hospital.gateway("gw-1", "H1", true);
    let binding = json!({"channel": "c1", "kind": "level", "place": "W1", "item": "P1", "mode": "shadow"});
    hospital.admin().post("/api/v1/devices/gw-1/bindings", &binding).want(201);
    let now = hospital.clock.now();
    let records: Vec<Value> = [26_i64, 25]
        .iter()
        .map(|count| json!({"kind": "level", "channel": "c1", "at": now.plus_seconds(-count), "count": count}))
        .collect();
    let batch = json!({"schema": "wardstock.obs.v1", "device": "gw-1", "boot_id": "b1", "seq": 1, "sent_at": now, "records": records});
    gateway.post("/ingest/v1/observations", &batch).want(200);
    hospital
}

fn damage(target: &Target, sql: &str) {
    let mut conn = target.connect(Access::Write).unwrap();
    assert!(diesel::sql_query(sql).execute(&mut conn).unwrap() > 0, "{sql} changed nothing");
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[track_caller]
pub(super) fn check(target: &Target, code: i32) -> Value {
    let output = program(&url(target), &["doctor", "--check", "--json"]);
    assert_eq!(output.status.code(), Some(code), "{}", text(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A service in this process lets its lock go a moment after it was dropped.
fn rebuild(target: &Target) -> Output {
    let started = Instant::now();
    loop {
        let output = program(&url(target), &["doctor", "--rebuild-levels", "--check"]);
        if !text(&output).contains("another wardstock service") || started.elapsed() > Duration::from_secs(20) {
            return output;
        }
        std::thread::park_timeout(Duration::from_millis(100));
    }
}

#[test]
fn damaged_levels_are_found_named_and_mended() {
    on_both(|engine| {
        let hospital = stocked(engine);
        let target = hospital.target.clone();
        let found = check(&target, 0);
        assert_eq!(found["sound"], true, "{engine:?}: {found}");
        assert_eq!((&found["check"]["sites"][0]["movements"], &found["check"]["channels"]), (&json!(5), &json!(1)), "{found}");
        assert!(found["check"]["audit_entries"].as_i64().unwrap() > 2, "{found}");

        damage(&target, "UPDATE level SET quantity = quantity + 7 WHERE quantity = 26");
        damage(&target, "DELETE FROM level WHERE quantity = 50");
        damage(&target, "UPDATE level SET as_of = 1 WHERE quantity = 70");
        let found = check(&target, 1);
        let mut pairs: Vec<String> = found["check"]["levels"]
            .as_array()
            .unwrap()
            .iter()
            .map(|bad| format!("{} {} {}", bad["level"], bad["ledger"], bad["only_moment"]))
            .collect();
        pairs.sort();
        assert_eq!(pairs, ["33 26 false", "70 70 true", "null 50 false"], "{engine:?}: {found}");
        assert_eq!((&found["check"]["sites"][0]["levels_sum"], &found["check"]["sites"][0]["ledger_sum"]), (&json!(103), &json!(146)));
        let said = text(&program(&url(&target), &["doctor", "--check"]));
        assert!(said.contains("level 33, ledger 26") && said.contains("levels sum to 103, movements to 146"), "{said}");

        if engine == Engine::Sqlite {
            let refused = program(&url(&target), &["doctor", "--rebuild-levels"]);
            assert!(!refused.status.success() && text(&refused).contains("another wardstock service holds"), "{}", text(&refused));
        }
        drop(hospital);
        let mended = rebuild(&target);
        assert_eq!(mended.status.code(), Some(0), "{engine:?}: {}", text(&mended));
        assert!(text(&mended).contains("3 were wrong") && text(&mended).contains("nothing differs"), "{}", text(&mended));
        assert!(text(&program(&url(&target), &["doctor", "--rebuild-levels"])).contains("0 were wrong"));
        assert_eq!(check(&target, 0)["sound"], true);
    });
}

#[test]
fn a_wrong_newest_observation_and_a_forged_audit_are_found() {
    on_both(|engine| {
        let hospital = stocked(engine);
        damage(&hospital.target, "UPDATE channel_last SET value = 99");
        let found = check(&hospital.target, 1);
        let bad = &found["check"]["channel_differences"][0];
        assert_eq!((&bad["remembered"]["value"], &bad["kept"]["value"]), (&json!(99), &json!(25)), "{engine:?}: {found}");
        damage(&hospital.target, "UPDATE channel_last SET value = 25");
        check(&hospital.target, 0);
        damage(
            &hospital.target,
            "INSERT INTO audit_log (site_id, seq, at, actor, action, subject, detail, prev_hash, hash) VALUES (0, 900, 0, 'a', 'b', 'c', '{}', '', 'h')",
        );
        let found = check(&hospital.target, 1);
        assert_eq!(found["check"]["audit_breaks"], json!([{"site_id": 0, "seq": 900, "rule": "an entry is missing"}]), "{engine:?}");
    });
}

#[test]
fn levels_are_made_again_beside_a_busy_service_on_postgres() {
    on_both(|engine| {
        if engine == Engine::Sqlite {
            return;
        }
        let hospital = stocked(engine);
        let (stop, receipt) = (AtomicBool::new(false), json!({"kind": "receipt", "place": "PH", "item": "P1", "quantity": 1}));
        let booked: i64 = std::thread::scope(|scope| {
            let book = || {
                let mut booked = 0;
                while !stop.load(Ordering::Relaxed) {
                    let answer = hospital.admin().post("/api/v1/movements", &receipt);
                    assert!(matches!(answer.status, 201 | 503), "{} {}", answer.status, answer.text);
                    booked += i64::from(answer.status == 201);
                }
                booked
            };
            let bookers: Vec<_> = (0..3).map(|_| scope.spawn(book)).collect();
            let mended: Vec<Output> = (0..4)
                .map(|_| {
                    damage(&hospital.target, "UPDATE level SET quantity = quantity + 1000");
                    program(&url(&hospital.target), &["doctor", "--rebuild-levels"])
                })
                .collect();
            stop.store(true, Ordering::Relaxed);
            let booked = bookers.into_iter().map(|booker| booker.join().unwrap()).sum();
            for output in &mended {
                assert!(output.status.success() && !text(output).contains(" 0 were wrong"), "{}", text(output));
            }
            booked
        });
        let found = check(&hospital.target, 0);
        println!("{booked} receipts booked beside 4 rebuilds");
        assert_eq!(found["check"]["sites"][0]["ledger_sum"], json!(146 + booked), "{found}");
    });
}
