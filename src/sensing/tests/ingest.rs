//! What devices send, and who may bind them.

use serde_json::{Value, json};

use super::*;

#[test]
fn a_batch_is_stored_once() {
    let mut scene = Scene::new(true);
    scene.bind(Mode::Advise, Measure::Level, "c1");
    let body = scene.body(&json!([level("c1", 0, 40), level("c1", 1, 39), level("c1", 1, 39), {"kind": "status", "battery_pct": 80}]));
    let (status, first) = scene.send_body(&body).unwrap();
    assert_eq!((status, &first["stored"], &first["duplicate"]), (207, &json!(3), &json!(1)));
    assert_eq!(scene.send_body(&body).unwrap(), (status, first));
    let mut other = body.clone();
    other["records"] = json!([]);
    assert_eq!(scene.send_body(&other).unwrap_err().code, Code::BatchConflict);
    let (_, regrouped) = scene.send(&json!([level("c1", 1, 39), level("c1", 2, 38)]));
    assert_eq!((&regrouped["stored"], &regrouped["duplicate"]), (&json!(1), &json!(1)));
    let mut rebooted = scene.body(&json!([level("c1", 2, 38)]));
    rebooted["boot_id"] = json!("b2");
    assert_eq!(scene.send_body(&rebooted).unwrap().1["duplicate"], json!(1));
    assert_eq!(scene.count("observation"), 4);
    assert_eq!(scene.count("device_health WHERE battery_pct = 80 AND records_stored = 4"), 1);
    assert_eq!(scene.count("belief WHERE estimate = 38 AND confidence = 'high'"), 1);
}

#[test]
fn bad_and_doubtful_records_stand_alone() {
    let mut scene = Scene::new(true);
    scene.bind(Mode::Shadow, Measure::Level, "c1");
    let (status, answer) = scene.send(&json!([
        level("c1", 0, 40),
        level("c9", 0, 40),
        level("c1", 0, 1_001),
        level("c1", -200_000, 4),
        level("c1", 60, 41),
        {"kind": "level", "channel": "c1", "count": 42, "id": "x"},
        {"kind": "level", "channel": "c1", "count": -2},
        {"kind": "door", "channel": "c1", "open": true},
    ]));
    let codes: Vec<&str> = answer["results"].as_array().unwrap().iter().map(|row| row["code"].as_str().unwrap()).collect();
    assert_eq!(status, 207);
    assert_eq!(
        codes,
        ["unknown_channel", "out_of_range", "too_old", "future_timestamp", "bad_timestamp", "out_of_range", "unsupported_kind"]
    );
    assert_eq!((&answer["stored"], &answer["quarantined"], &answer["rejected"]), (&json!(3), &json!(1), &json!(4)));
    scene.at(1);
    let (_, again) = scene.send(&json!([level("c1", 60, 41), {"kind": "level", "channel": "c1", "count": 42, "id": "x"}]));
    assert_eq!(again["duplicate"], json!(2));
}

#[test]
fn quarantine_keeps_and_replays() {
    let mut scene = Scene::new(false);
    scene.bind(Mode::Shadow, Measure::Level, "c1");
    let (_, answer) = scene.send(&json!([level("c1", 0, 40), level("c2", 0, 7)]));
    assert_eq!(answer["quarantined"], json!(2));
    scene.send(&json!([level("c1", 0, 40)]));
    let held = scene.db.read_now(|conn| quarantine::list(conn, None, false, 0, 50)).unwrap();
    assert_eq!(held.len(), 2);
    let ids: Vec<i64> = held.iter().map(|row| row.id).collect();
    let replay = |id: i64| scene.db.write_now(move |tx| quarantine::replay(tx, &admin(), id, None));
    assert_eq!(replay(ids[0]).unwrap().code, "device_quarantined");
    scene.write(|tx| {
        let key = device::find(tx.conn, "gw-1")?;
        device::decide(tx, "test", &key, device::Decision::Approve)
    });
    assert_eq!(replay(ids[0]).unwrap().status, "stored");
    assert_eq!(replay(ids[0]).unwrap_err().code, Code::WrongState);
    assert_eq!(replay(ids[1]).unwrap().code, "unknown_channel");
    assert_eq!(scene.count("observation"), 1);
    assert_eq!(scene.count("quarantine_record WHERE resolved_at IS NULL"), 1);
}

#[test]
fn bindings_are_guarded() {
    let scene = Scene::new(true);
    let bind = |caller: Caller, wish: Value| {
        let wish: NewBinding = serde_json::from_value(wish).unwrap();
        let bound = scene.db.write_now(move |tx| {
            let key = device::find(tx.conn, "gw-1")?;
            binding::bind(tx, &caller, &key, &wish)
        });
        bound.map_err(|error| error.code)
    };
    let technician = || Caller { role: Role::Technician, ..admin() };
    let wish = |mode: &str, item: &str| json!({"channel": "c1", "kind": "level", "place": "W1", "item": item, "mode": mode});
    assert_eq!(bind(technician(), wish("authoritative", "P1")), Err(Code::Forbidden));
    assert_eq!(bind(admin(), wish("authoritative", "C1")), Err(Code::InvalidInput));
    assert_eq!(
        bind(admin(), json!({"channel": "w", "kind": "weight", "place": "W1", "item": "P1", "mode": "shadow"})),
        Err(Code::InvalidInput)
    );
    assert!(bind(technician(), wish("advise", "P1")).is_ok());
    assert_eq!(bind(technician(), wish("advise", "P1")), Err(Code::Conflict));
    let mut again = wish("authoritative", "P1");
    again["replace"] = json!(true);
    assert!(bind(admin(), again).is_ok());
    let mut other = wish("authoritative", "P1");
    other["channel"] = json!("c2");
    assert_eq!(bind(admin(), other), Err(Code::Conflict));
    let key = scene.db.read_now(|conn| device::find(conn, "gw-1")).unwrap();
    let list = scene.db.read_now(|conn| binding::list(conn, &key)).unwrap();
    assert_eq!(list.iter().map(|row| row.valid_to.is_none()).collect::<Vec<_>>(), [false, true]);
    assert_eq!(scene.count("audit_log WHERE action = 'binding.create'"), 2);
}

#[test]
fn silence_is_noticed() {
    let mut scene = Scene::new(true);
    scene.bind(Mode::Shadow, Measure::Level, "c1");
    scene.sees(0, 1);
    let silent = |scene: &Scene| scene.db.read_now(|conn| health::silent_devices(conn, scene.clock.now(), None)).unwrap();
    scene.at(15);
    assert!(silent(&scene).is_empty());
    scene.at(17);
    let rows = silent(&scene);
    assert_eq!((rows[0].code.as_str(), rows[0].minutes_silent, rows[0].channels), ("gw-1", 17, 1));
}
