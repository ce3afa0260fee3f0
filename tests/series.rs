//! What a channel has said: its readings of a few days, the sums of many, and bounds on both.

use serde_json::{Value, json};
use wardstock::access::role::Role;
use wardstock::base::time::{DAY_MICROS, Micros};
use wardstock::sensing::rollup;

use crate::scene::{Hospital, on_both};

const HOUR: i64 = DAY_MICROS / 24;
const PATH: &str = "/api/v1/devices/gw-1/observations";

#[test]
fn a_few_days_are_read_raw_and_many_from_their_sums() {
    on_both(|engine| {
        let hospital = Hospital::at(engine, "2026-11-20T10:00:00Z").with_small_catalogue();
        let gateway = hospital.gateway("gw-1", "H1", true);
        let binding = json!({"channel": "c1", "kind": "level", "place": "PH", "item": "P1", "mode": "shadow"});
        hospital.admin().post("/api/v1/devices/gw-1/bindings", &binding).want(201);
        let now = hospital.clock.now().0;
        let two_days_ago = now - 2 * DAY_MICROS;
        // Three in one hour, one in the next, one long ago.
        let said = [
            (two_days_ago + 60_000_000, 40),
            (two_days_ago + 120_000_000, 31),
            (two_days_ago + 180_000_000, 37),
            (two_days_ago + HOUR, 30),
            (now - 60 * DAY_MICROS, 9),
        ];
        let records: Vec<Value> =
            said.iter().map(|(at, count)| json!({"kind": "level", "channel": "c1", "at": Micros(*at), "count": count})).collect();
        let batch = json!({"schema": "wardstock.obs.v1", "device": "gw-1", "boot_id": "b1", "seq": 1, "records": records});
        gateway.post("/ingest/v1/observations", &batch).want(200);

        let pharmacist = hospital.with_role(Role::Pharmacist);
        let raw = pharmacist.get(&format!("{PATH}?channel=c1")).want(200);
        assert_eq!((&raw["step"], &raw["not_summed_from"], &raw["sums"]), (&json!("raw"), &Value::Null, &json!([])), "{engine:?}: {raw}");
        assert_eq!(raw["observations"].as_array().unwrap().len(), 4, "{engine:?}: a week: {raw}");
        assert_eq!(raw["observations"][1], json!({"at": "2026-11-18T10:02:00Z", "kind": "level", "value": 31, "quality": ""}), "{raw}");
        // Nobody has summed yet, and the answer says so.
        let hours = pharmacist.get(&format!("{PATH}?channel=c1&from=2026-10-01&to=2026-11-20")).want(200);
        assert_eq!((&hours["step"], &hours["sums"]), (&json!("hour"), &json!([])), "{engine:?}: {hours}");
        hospital.clock.set(Micros(now).plus_seconds(660));
        while hospital.state.db.write_now(|tx| rollup::sum_due(tx, tx.now)).unwrap() > 0 {}
        let hours = pharmacist.get(&format!("{PATH}?channel=c1&from=2026-11-01&to=2026-11-20")).want(200);
        let want = json!([
            {"at": "2026-11-18T10:00:00Z", "observations": 3, "min": 31, "max": 40, "mean": 36.0, "last": 37},
            {"at": "2026-11-18T11:00:00Z", "observations": 1, "min": 30, "max": 30, "mean": 30.0, "last": 30},
        ]);
        assert_eq!((&hours["sums"], &hours["not_summed_from"]), (&want, &Value::Null), "{engine:?}: {hours}");
        let year = pharmacist.get(&format!("{PATH}?channel=c1&from=2025-11-21&to=2026-11-20")).want(200);
        assert_eq!((&year["step"], year["sums"].as_array().unwrap().len()), (&json!("day"), 2), "{engine:?}: {year}");
        let newest = &year["sums"][1];
        assert_eq!(
            (&newest["observations"], &newest["last"], &newest["mean"]),
            (&json!(4), &json!(30), &json!(34.5)),
            "{engine:?}: {year}"
        );
        // A wish for another step, and what comes late is said to be missing.
        let wished = pharmacist.get(&format!("{PATH}?channel=c1&step=day")).want(200);
        assert_eq!((&wished["step"], wished["sums"].as_array().unwrap().len()), (&json!("day"), 1), "{engine:?}: {wished}");
        let late = json!({"schema": "wardstock.obs.v1", "device": "gw-1", "boot_id": "b1", "seq": 2,
            "records": [{"kind": "level", "channel": "c1", "at": Micros(two_days_ago + 90_000_000), "count": 35}]});
        gateway.post("/ingest/v1/observations", &late).want(200);
        let wished = pharmacist.get(&format!("{PATH}?channel=c1&step=hour")).want(200);
        assert_eq!(wished["not_summed_from"], json!("2026-11-18T10:00:00Z"), "{engine:?}: {wished}");
        let csv = pharmacist.get(&format!("{PATH}.csv?channel=c1&step=hour"));
        assert!(csv.text.starts_with("at,observations,min,max,mean,last\n2026-11-18T10:00:00Z,3,31,40,36,37\n"), "{}", csv.text);

        pharmacist.get(&format!("{PATH}?channel=c2")).problem(404, "not_found");
        pharmacist.get(&format!("{PATH}?channel=c1&step=minute")).problem(422, "invalid_input");
        pharmacist.get(&format!("{PATH}?channel=c1&from=2024-01-01&step=hour")).problem(422, "invalid_input");
        pharmacist.get(&format!("{PATH}?channel=c1&from=1900-01-01")).problem(422, "invalid_input");
        pharmacist.get(PATH).problem(422, "invalid_input");
    });
}

#[test]
fn a_week_with_too_many_readings_is_answered_by_the_hour() {
    on_both(|engine| {
        let hospital = Hospital::at(engine, "2026-11-20T10:00:00Z").with_small_catalogue();
        let gateway = hospital.gateway("gw-1", "H1", true);
        let binding = json!({"channel": "c1", "kind": "level", "place": "PH", "item": "P1", "mode": "shadow"});
        hospital.admin().post("/api/v1/devices/gw-1/bindings", &binding).want(201);
        let start = hospital.clock.now().0 - DAY_MICROS;
        for part in 0..3_i64 {
            let records: Vec<Value> = (0..3_334)
                .map(
                    |at| json!({"kind": "level", "channel": "c1", "at": Micros(start + (part * 3_334 + at) * 5_000_000), "count": at % 50}),
                )
                .collect();
            let batch = json!({"schema": "wardstock.obs.v1", "device": "gw-1", "boot_id": "b1", "seq": part + 1, "records": records});
            gateway.post("/ingest/v1/observations", &batch).want(200);
        }
        hospital.clock.set(hospital.clock.now().plus_seconds(660));
        while hospital.state.db.write_now(|tx| rollup::sum_due(tx, tx.now)).unwrap() > 0 {}
        let answer = hospital.admin().get(&format!("{PATH}?channel=c1")).want(200);
        let counted: i64 = answer["sums"].as_array().unwrap().iter().map(|sum| sum["observations"].as_i64().unwrap()).sum();
        assert_eq!((&answer["step"], counted), (&json!("hour"), 10_002), "{engine:?}");
        let refused = hospital.admin().get(&format!("{PATH}?channel=c1&step=raw")).problem(422, "invalid_input");
        assert!(refused.to_string().contains("10000"), "{refused}");
    });
}
