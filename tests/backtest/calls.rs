//! The calls: asked for, followed, read, refused.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wardstock::access::role::Role;

use super::{hospital, over};
use crate::scene::{Hospital, on_both};

const PATH: &str = "/api/v1/backtests";

#[test]
fn a_pharmacist_tries_a_policy_on_the_record() {
    on_both(|engine| {
        let hospital = hospital(engine);
        let pharmacist = hospital.with_role(Role::Pharmacist);
        let wish = json!({"site": "H1", "policies": ["wardstock", "par:30", "clairvoyant"], "seeds": 2, "weeks": 8});
        let asked = pharmacist.post_once(PATH, "try-1", &wish);
        let (status, location) = (asked.status, asked.header("location").unwrap());
        let view = asked.want(202);
        let id = view["id"].as_str().unwrap().to_owned();
        assert_eq!((status, location), (202, format!("{PATH}/{id}")), "{engine:?}");
        assert_eq!((&view["state"], &view["progress"], &view["review_days"]), (&json!("queued"), &json!(0.0), &json!(7)), "{view}");
        let again = pharmacist.post_once(PATH, "try-1", &wish).want(202);
        assert_eq!(again["id"], view["id"], "{engine:?}: the same key, the same backtest");
        let done = over(&hospital.with_role(Role::Viewer), &id);
        assert_eq!((&done["state"], &done["progress"]), (&json!("done"), &json!(1.0)), "{engine:?}: {done}");
        let result = &done["result"];
        assert_eq!((&result["site"], &result["from"], &result["to"]), (&json!("H1"), &json!("2026-06-01"), &json!("2026-10-18")));
        assert!(result["notes"].as_array().unwrap().len() >= 4, "{engine:?}: {result}");
        assert_eq!(result["policies"], wish["policies"]);
        let seeds: Vec<&Value> = result["trials"].as_array().unwrap().iter().map(|trial| &trial["seed"]).collect();
        assert_eq!(seeds, [&json!(1), &json!(2)], "{engine:?}");
        for trial in result["trials"].as_array().unwrap() {
            let figures = trial["figures"].as_array().unwrap();
            assert!(figures.len() == 3 && figures[0]["cost"].as_f64() >= figures[2]["cost"].as_f64(), "{engine:?}: {trial}");
        }
        assert_eq!(result["differences"][0]["against"], "par:30", "{engine:?}");
        let page = hospital.with_role(Role::Viewer).get("/trial?site=H1");
        assert!(page.status == 200 && page.text.contains("Record from 2026-06-01 to 2026-10-18"), "{engine:?}: {}", page.text);
        assert!(!page.text.contains("Try at H1") && pharmacist.get("/trial").text.contains("Try at H1"), "{engine:?}: who plans may try");
    });
}

#[test]
fn bad_wishes_name_their_field() {
    on_both(|engine| {
        let hospital = hospital(engine);
        let pharmacist = hospital.with_role(Role::Pharmacist);
        let good = json!({"site": "H1", "policies": ["par:30"]});
        for (field, bad, pointer) in [
            ("policies", json!(["par:30", "hmis:3"]), "/policies/1"),
            ("policies", json!([]), "/policies"),
            ("policies", json!(["par:1", "par:2", "par:3", "par:4", "par:5", "par:6", "par:7", "par:8", "par:9"]), "/policies"),
            ("policies", json!("par:30"), "/policies"),
            ("seeds", json!(0), "/seeds"),
            ("seeds", json!(21), "/seeds"),
            ("review_days", json!(367), "/review_days"),
            ("weeks", json!(105), "/weeks"),
            ("weeks", json!(1.5), "/weeks"),
            ("nobody_knows", json!(1), ""),
            ("site", json!("PH"), "site"),
        ] {
            let mut wish = good.clone();
            wish[field] = bad;
            let refused = pharmacist.post(PATH, &wish).problem(422, "invalid_input");
            let found = refused["errors"][0]["pointer"].as_str().unwrap().to_owned();
            assert!(found == pointer || (pointer.is_empty() && found.contains(field)), "{engine:?}: {wish}: {refused}");
        }
        pharmacist.post(PATH, &json!({"site": "H9"})).problem(404, "not_found");
        pharmacist.get(&format!("{PATH}/17")).problem(404, "not_found");
        pharmacist.get(&format!("{PATH}/nope")).problem(404, "not_found");
        hospital.with_role(Role::Technician).post(PATH, &good).problem(403, "forbidden");
        assert!(pharmacist.list(PATH).is_empty(), "{engine:?}: nothing was queued");
    });
}

#[test]
fn a_short_record_says_how_much_is_needed() {
    on_both(|engine| {
        let hospital = Hospital::at(engine, "2026-11-23T06:30:00Z").with_small_catalogue();
        let pharmacist = hospital.with_role(Role::Pharmacist);
        let failure = || {
            let id = pharmacist.post(PATH, &json!({"site": "H1"})).want(202)["id"].as_str().unwrap().to_owned();
            let failed = over(&pharmacist, &id);
            assert_eq!((&failed["state"], &failed["result"]), (&json!("failed"), &Value::Null), "{engine:?}");
            failed["failure"].as_str().unwrap().to_owned()
        };
        assert!(failure().contains("no demand on record: a backtest needs at least 56 days"), "{engine:?}");
        hospital.import(&[("demand.csv", "place,item,date,quantity\nW1,P1,2026-11-01,4\nW1,P1,2026-11-20,4\n")]);
        let said = failure();
        assert!(said.contains("2026-11-01 to 2026-11-20") && said.contains("has 20 days: at least 56"), "{engine:?}: {said}");
    });
}

#[test]
fn a_site_has_its_own_list_and_a_short_queue() {
    on_both(|engine| {
        let hospital = hospital(engine);
        hospital.import(&[("places.csv", "code,name,kind,parent\nH2,Hospital Two,site,\n")]);
        let pharmacist = hospital.with_role(Role::Pharmacist);
        let wish = json!({"site": "H1", "policies": ["par:30"], "seeds": 1, "weeks": 4});
        let ids: Vec<String> = (0..3)
            .map(|_| {
                let id = pharmacist.post(PATH, &wish).want(202)["id"].as_str().unwrap().to_owned();
                over(&pharmacist, &id);
                id
            })
            .collect();
        let page = pharmacist.get(&format!("{PATH}?limit=2")).want(200);
        assert_eq!((&page["items"][0]["id"], &page["items"][1]["id"]), (&json!(ids[2]), &json!(ids[1])), "{engine:?}: newest first");
        let rest = pharmacist.get(&format!("{PATH}?limit=2&cursor={}", page["next"].as_str().unwrap())).want(200);
        assert_eq!((&rest["items"][0]["id"], &rest["next"]), (&json!(ids[0]), &Value::Null), "{engine:?}");
        pharmacist.get(&format!("{PATH}?limit=0")).problem(422, "invalid_input");
        let elsewhere = hospital.with_site(Role::Pharmacist, Some("H2"));
        assert!(elsewhere.list(PATH).is_empty(), "{engine:?}");
        elsewhere.get(&format!("{PATH}/{}", ids[0])).problem(403, "forbidden");
        elsewhere.post(PATH, &wish).problem(403, "forbidden");
        // As many as a person could press: some wait, the rest is told to wait.
        let long = json!({"site": "H1", "seeds": 20, "weeks": 12});
        let statuses: BTreeSet<u16> = (0..7).map(|_| pharmacist.post(PATH, &long).status).collect();
        assert_eq!(statuses, BTreeSet::from([202, 429]), "{engine:?}");
    });
}
