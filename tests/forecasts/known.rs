//! What people know: holidays, demand events, predecessors; good and bad input, and what it does to a plan.

use serde_json::{Value, json};
use wardstock::access::role::Role;

use super::{hospital, planned};
use crate::scene::{Answer, Client, Hospital, on_both};

fn put(who: &Client, path: &str, etag: Option<&str>, body: &Value) -> Answer {
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(etag.map(|etag| ("if-match", etag)));
    who.send("PUT", path, &headers, body.to_string().as_bytes())
}

fn input_of(hospital: &Hospital, run: &Value) -> Value {
    hospital.admin().get(&format!("/api/v1/forecast-runs/{}/input", run.as_str().unwrap())).want(200)
}

#[test]
fn holidays_are_made_changed_removed_and_imported() {
    on_both(|engine| {
        let hospital = hospital(engine);
        let pharmacist = hospital.with_role(Role::Pharmacist);
        let path = "/api/v1/holidays/H1/2026-12-25";
        put(&hospital.with_role(Role::Viewer), path, None, &json!({"name": "Christmas"})).problem(403, "forbidden");
        let made = put(&pharmacist, path, None, &json!({"name": "Christmas"}));
        assert_eq!(made.header("etag").as_deref(), Some("\"1\""));
        made.want(201);
        put(&pharmacist, path, None, &json!({"name": "Christmas"})).want(200);
        put(&pharmacist, path, None, &json!({"name": "Christmas Day"})).problem(428, "precondition_required");
        put(&pharmacist, path, Some("\"7\""), &json!({"name": "Christmas Day"})).problem(412, "precondition_failed");
        let changed = put(&pharmacist, path, Some("\"1\""), &json!({"name": "Christmas Day"})).want(200);
        assert_eq!((changed["version"].as_i64(), changed["day"].as_str()), (Some(2), Some("2026-12-25")));
        put(&pharmacist, "/api/v1/holidays/H1/2026-02-30", None, &json!({"name": "x"})).problem(422, "invalid_input");
        put(&pharmacist, "/api/v1/holidays/H1/1200-01-01", None, &json!({"name": "x"})).problem(422, "invalid_input");
        put(&pharmacist, "/api/v1/holidays/W1/2026-12-26", None, &json!({"name": "x"})).problem(422, "invalid_input");
        put(&pharmacist, path, None, &json!({"name": ""})).problem(422, "invalid_input");
        let file = "date,name\n2026-11-30,St Andrew\n2026-12-25,Christmas Day\n";
        assert_eq!(hospital.import(&[("holidays.csv", file)])["written"], 1);
        assert_eq!(hospital.import(&[("holidays.csv", file)])["written"], 0, "a second time changes nothing");
        let refused =
            hospital.admin().upload("/api/v1/imports", &[("holidays.csv", "date,site\n2026-13-01,H1\n2026-12-24,H9\n")]).want(422);
        let rules: Vec<_> = refused["rejected"].as_array().unwrap().iter().map(|bad| bad["column"].as_str().unwrap()).collect();
        assert_eq!(rules, ["date", "site"], "{refused}");
        assert_eq!(pharmacist.list("/api/v1/holidays?site=H1").len(), 2);
        let made = planned(&hospital, &pharmacist, "P1");
        let days = &input_of(&hospital, &made["run"])["circumstances"]["holidays"];
        assert_eq!(days, &json!([wardstock::base::time::Day::parse("2026-11-30").unwrap().0]), "within the horizon");
        pharmacist.send("DELETE", path, &[("if-match", "\"1\"")], b"").problem(412, "precondition_failed");
        pharmacist.send("DELETE", path, &[("if-match", "\"2\"")], b"").want(204);
        pharmacist.get(path).problem(404, "not_found");
        let audit = hospital.admin().get("/api/v1/audit?limit=500").text;
        assert!(["holiday.create", "holiday.change", "holiday.remove"].iter().all(|action| audit.contains(action)), "{audit}");
    });
}

#[test]
fn events_are_made_listed_and_removed() {
    on_both(|engine| {
        let hospital = hospital(engine);
        let pharmacist = hospital.with_role(Role::Pharmacist);
        let wish = |more: &Value| {
            let mut wish = json!({"site": "H1", "first_day": "2026-11-30", "last_day": "2026-12-06", "factor": 2.0, "note": "flu"});
            more.as_object().unwrap().iter().for_each(|(name, value)| wish[name] = value.clone());
            wish
        };
        let bad = [
            (json!({"last_day": "2026-11-29"}), "/last_day"),
            (json!({"factor": 0.0}), "/factor"),
            (json!({"factor": 101}), "/factor"),
            (json!({"item": "P9"}), "/item"),
            (json!({"place": "W9"}), "/place"),
            (json!({"item": "P1", "group": "antibiotic"}), "/group"),
            (json!({"first_day": "1200-01-01"}), "/first_day"),
        ];
        for (more, pointer) in bad {
            let refused = pharmacist.post("/api/v1/demand-events", &wish(&more)).problem(422, "invalid_input");
            assert_eq!(refused["errors"][0]["pointer"], pointer, "{refused}");
        }
        pharmacist.post("/api/v1/demand-events", &wish(&json!({"site": "H9"}))).problem(404, "not_found");
        let here = wish(&json!({"place": "W1", "item": "P1"}));
        let made = pharmacist.post_once("/api/v1/demand-events", "flu-1", &here).want(201);
        assert_eq!(pharmacist.post_once("/api/v1/demand-events", "flu-1", &here).want(201), made, "the same key, one effect");
        let path = format!("/api/v1/demand-events/{}", made["id"].as_str().unwrap());
        assert_eq!(pharmacist.get(&path).want(200), made);
        assert_eq!(pharmacist.list("/api/v1/demand-events"), vec![made.clone()]);
        let input = input_of(&hospital, &planned(&hospital, &pharmacist, "P1")["run"]);
        assert_eq!(input["circumstances"]["events"][0]["series"], "P1@PH", "the store holds the ward: {}", input["circumstances"]);
        pharmacist.send("DELETE", &path, &[], b"").problem(428, "precondition_required");
        pharmacist.send("DELETE", &path, &[("if-match", "\"1\"")], b"").want(204);
        pharmacist.get(&path).problem(404, "not_found");
    });
}

#[test]
fn an_event_with_factor_3_triples_next_week() {
    on_both(|engine| {
        let hospital = hospital(engine);
        let pharmacist = hospital.with_role(Role::Pharmacist);
        let usual = planned(&hospital, &pharmacist, "P1")["steps"][0]["mean"].as_f64().unwrap();
        let event = json!({"site": "H1", "item": "P1", "first_day": "2026-11-23", "last_day": "2026-11-29", "factor": 3.0});
        pharmacist.post("/api/v1/demand-events", &event).want(201);
        let made = planned(&hospital, &pharmacist, "P1");
        let [week, after] = [0, 1].map(|at| made["steps"][at]["mean"].as_f64().unwrap());
        assert!((2.7..3.3).contains(&(week / usual)), "{engine:?}: {week} with the event, {usual} without");
        assert!((0.8..1.2).contains(&(after / usual)), "{engine:?}: {after} the week after, {usual} usually");
    });
}

#[test]
fn a_predecessor_is_named_checked_and_handed_to_the_forecast() {
    on_both(|engine| {
        let hospital = hospital(engine);
        let pharmacist = hospital.with_role(Role::Pharmacist);
        let item = |code: &str, predecessor: &str| json!({"code": code, "name": code, "base_unit": "tablet", "ven": "E", "group": "antibiotic", "predecessor": predecessor});
        for (code, predecessor, rule) in [("P3", "P9", "unknown"), ("P3", "P3", "same_item")] {
            let refused = pharmacist.post("/api/v1/items", &item(code, predecessor)).problem(422, "invalid_input");
            assert_eq!(
                (refused["errors"][0]["pointer"].as_str(), refused["errors"][0]["code"].as_str()),
                (Some("/predecessor"), Some(rule))
            );
        }
        let made = pharmacist.post("/api/v1/items", &item("P3", "P1")).want(201);
        assert_eq!(made["predecessor"], "P1");
        let old = pharmacist.get("/api/v1/items/P1");
        let etag = old.header("etag").unwrap();
        let refused = pharmacist.patch("/api/v1/items/P1", &etag, &json!({"predecessor": "P3"})).problem(422, "invalid_input");
        assert_eq!(refused["errors"][0]["code"], "cycle");
        let file = "code,name,base_unit,ven,predecessor\nP4,Four,tablet,E,P3\nP5,Five,tablet,E,P4\n";
        assert_eq!(hospital.import(&[("items.csv", file)])["written"], 2);
        assert_eq!(hospital.import(&[("items.csv", file)])["written"], 0, "a second time changes nothing");
        let bad = "code,name,base_unit,ven,predecessor\nP3,P3,tablet,E,P5\n";
        let refused = hospital.admin().upload("/api/v1/imports", &[("items.csv", bad)]).want(422);
        assert_eq!(
            (refused["rejected"][0]["column"].as_str(), refused["rejected"][0]["rule"].as_str()),
            (Some("predecessor"), Some("cycle"))
        );
        // The old brand is archived as soon as the new one is there; its demand must count all the same.
        hospital.import(&[("stock.csv", "place,item,quantity,lot,expiry\nPH,P3,100,C1,2027-10-31\n")]);
        pharmacist.send("DELETE", "/api/v1/items/P1", &[("if-match", &etag)], b"").want(204);
        let forecast = planned(&hospital, &pharmacist, "P3");
        let input = input_of(&hospital, &forecast["run"]);
        assert_eq!(input["circumstances"]["predecessors"], json!({"P3@PH": "P1@PH"}), "{}", input["circumstances"]);
        assert!(input["series"].as_array().unwrap().iter().any(|series| series["id"] == "P1@PH"));
        let etag = pharmacist.get("/api/v1/items/P3").header("etag").unwrap();
        let freed = pharmacist.patch("/api/v1/items/P3", &etag, &json!({"predecessor": null})).want(200);
        assert!(freed["predecessor"].is_null(), "{freed}");
    });
}
