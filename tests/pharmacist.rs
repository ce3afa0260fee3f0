//! A pharmacist at 07:30: what runs out, what to order, and why.

use std::fmt::Write;

use serde_json::json;
use wardstock::access::role::Role;

use crate::scene::{Hospital, on_both};

/// Half a year of demand by day: P1 about 20 tablets, P2 about 3 vials.
fn demand() -> String {
    let mut text = "place,item,date,quantity,period\n".to_owned();
    let start = wardstock::base::time::Day::parse("2026-05-25").unwrap();
    for at in 0..182 {
        writeln!(text, "W1,P1,{},{},day", start.plus(at), 15 + (at * 7) % 11).unwrap();
        writeln!(text, "W1,P2,{},{},day", start.plus(at), 2 + (at * 5) % 3).unwrap();
    }
    text
}

fn stocked(engine: crate::scene::Engine) -> Hospital {
    let hospital = Hospital::at(engine, "2026-11-23T06:30:00Z").with_small_catalogue();
    hospital.import(&[
        (
            "stock.csv",
            "place,item,quantity,lot,expiry,par_level\nPH,P1,60,A1,2027-10-31,\nW1,P1,30,A1,2027-10-31,50\nPH,P2,8,B1,2027-03-31,\n",
        ),
        ("demand.csv", &demand()),
    ]);
    hospital
}

#[test]
fn a_recommendation_says_what_when_from_whom_and_why() {
    on_both(|engine| {
        let hospital = stocked(engine);
        let pharmacist = hospital.with_role(Role::Pharmacist);
        let id = hospital.plan(&pharmacist, &json!({"site": "H1"}));
        let lines = pharmacist.get(&format!("/api/v1/plans/{id}/lines")).want(200);
        let line = lines["items"].as_array().unwrap().iter().find(|line| line["item"] == "P2" && line["now"] == true).unwrap();
        assert_eq!((line["place"].as_str(), line["supplier"].as_str()), (Some("PH"), Some("S1")), "{line}");
        assert_eq!(line["units"].as_i64().unwrap(), line["packs"].as_i64().unwrap() * 10);
        assert_eq!((line["order_on"].as_str(), line["arrives_on"].as_str()), (Some("2026-11-23"), Some("2026-11-30")));
        let why = &line["explanation"];
        let text = why["text"].as_str().unwrap();
        println!("{text}");
        assert!(text.contains("Insulin 100 IU/ml") && text.contains("Alpha Pharma") && text.contains("vial"), "{text}");
        let drivers = &why["drivers"];
        assert_eq!(drivers["on_hand"], 8);
        let risk = |name: &str| drivers[name].as_f64().unwrap();
        assert!(risk("stockout_probability_without") > risk("stockout_probability_with"), "{drivers}");
        assert!(risk("forecast_until_next_arrival") > 20.0, "{drivers}");
        assert!(drivers["one_pack_more"]["cost_change"].is_number() && drivers["one_pack_less"]["cost_change"].is_number(), "{drivers}");
        let forecasts = pharmacist.get("/api/v1/forecasts?item=P2").want(200);
        let week = &forecasts["items"][0]["sums"][0];
        assert!((15.0..30.0).contains(&week["mean"].as_f64().unwrap()), "{week}");
    });
}

#[test]
fn planning_again_after_accepting_orders_nothing_twice() {
    on_both(|engine| {
        let hospital = stocked(engine);
        let pharmacist = hospital.with_role(Role::Pharmacist);
        let id = hospital.plan(&pharmacist, &json!({"site": "H1"}));
        let accepted = pharmacist.post_once(&format!("/api/v1/plans/{id}/accept"), "accept-1", &json!({})).want(201);
        assert!(!accepted["orders"].as_array().unwrap().is_empty());
        let again = pharmacist.post_once(&format!("/api/v1/plans/{id}/accept"), "accept-1", &json!({})).want(201);
        assert_eq!(accepted, again, "the same key gives the same answer");
        pharmacist.post(&format!("/api/v1/plans/{id}/accept"), &json!({})).problem(409, "wrong_state");
        let second = hospital.plan(&pharmacist, &json!({"site": "H1"}));
        let lines = pharmacist.get(&format!("/api/v1/plans/{second}/lines")).want(200);
        let now: Vec<_> = lines["items"].as_array().unwrap().iter().filter(|line| line["now"] == true).collect();
        assert!(now.is_empty(), "{now:?}");
    });
}

#[test]
fn a_budget_holds_back_and_says_so() {
    on_both(|engine| {
        let hospital = stocked(engine);
        let pharmacist = hospital.with_role(Role::Pharmacist);
        let id = hospital.plan(&pharmacist, &json!({"site": "H1", "budget": {"minor": 13_000, "currency": "EUR"}}));
        let plan = pharmacist.get(&format!("/api/v1/plans/{id}")).want(200);
        let held = plan["answer"]["explanations"].as_array().unwrap().iter().find(|why| why["reason"] == "budget_limited");
        let held = held.unwrap_or_else(|| panic!("nothing is held back: {}", plan["answer"]["explanations"]));
        println!("{}", held["text"].as_str().unwrap());
        assert_eq!(held["drivers"]["binding_limit"]["limit"], "budget", "{held}");
        assert!(plan["answer"]["prices"]["budget"].as_array().unwrap().iter().any(|price| price.as_f64().unwrap() > 0.0));
        let none = hospital.plan(&pharmacist, &json!({"site": "H1", "budget": {"minor": 0, "currency": "EUR"}}));
        let lines = pharmacist.get(&format!("/api/v1/plans/{none}/lines")).want(200);
        assert!(lines["items"].as_array().unwrap().is_empty(), "no money, no orders, and still a plan");
    });
}

#[test]
fn wishes_that_make_no_sense_are_refused_field_by_field() {
    on_both(|engine| {
        let hospital = stocked(engine);
        let pharmacist = hospital.with_role(Role::Pharmacist);
        let ask = |wish: serde_json::Value| pharmacist.post("/api/v1/plans", &wish);
        ask(json!({"site": "NOWHERE"})).problem(404, "not_found");
        ask(json!({"site": "W1"})).problem(422, "invalid_input");
        let body = ask(json!({"site": "H1", "horizon_days": 0, "budget": {"minor": -1, "currency": "euro"}})).problem(422, "invalid_input");
        let pointers: Vec<_> = body["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
        assert_eq!(pointers, ["/horizon_days", "/budget"]);
        ask(json!({"site": "H1", "horizn_days": 30})).problem(422, "invalid_input");
        pharmacist.send("POST", "/api/v1/plans", &[], b"{\"site\":").problem(400, "bad_json");
    });
}

#[test]
fn a_person_may_order_something_else_with_a_reason() {
    on_both(|engine| {
        let hospital = stocked(engine);
        let pharmacist = hospital.with_role(Role::Pharmacist);
        let id = hospital.plan(&pharmacist, &json!({"site": "H1"}));
        let path = format!("/api/v1/plans/{id}/lines/1");
        pharmacist.patch(&path, "\"1\"", &json!({"packs": 7})).problem(422, "invalid_input");
        pharmacist.send("PATCH", &path, &[], b"{}").problem(428, "precondition_required");
        let line = pharmacist.patch(&path, "\"1\"", &json!({"packs": 7, "reason": "flu wave expected"})).want(200);
        assert_eq!((line["packs"].as_i64(), line["override_reason"].as_str()), (Some(7), Some("flu wave expected")));
        pharmacist.patch(&path, "\"1\"", &json!({"packs": 8, "reason": "no"})).problem(412, "precondition_failed");
    });
}

#[test]
fn the_ledger_refuses_what_is_not_there_and_takes_nothing_twice() {
    on_both(|engine| {
        let hospital = stocked(engine);
        let technician = hospital.with_role(Role::Technician);
        let issue = |quantity: i64| json!({"kind": "issue", "place": "W1", "item": "P1", "quantity": quantity});
        technician.post("/api/v1/movements", &issue(31)).problem(409, "insufficient_stock");
        let booked = technician.post_once("/api/v1/movements", "round-7", &issue(5)).want(201);
        assert_eq!(technician.post_once("/api/v1/movements", "round-7", &issue(5)).want(201), booked);
        technician.post_once("/api/v1/movements", "round-7", &issue(6)).problem(422, "idempotency_conflict");
        let body =
            technician.post("/api/v1/movements", &json!([issue(1), {"kind": "issue", "place": "W1", "item": "NOPE", "quantity": 1}]));
        assert_eq!(body.problem(422, "invalid_input")["errors"][0]["pointer"], "/1/item");
        technician
            .post("/api/v1/movements", &json!({"kind": "transfer", "place": "PH", "item": "P1", "quantity": 10, "to_place": "W1"}))
            .want(201);
        let ward = technician.get("/api/v1/stock/W1/P1").want(200);
        assert_eq!((ward["on_hand"].as_i64(), ward["lots"][0]["lot"].as_str()), (Some(35), Some("A1")), "{ward}");
        let id = booked["ids"][0].as_str().unwrap();
        technician.post(&format!("/api/v1/movements/{id}/reversal"), &json!({"reason": "wrong ward"})).want(201);
        technician.post(&format!("/api/v1/movements/{id}/reversal"), &json!({"reason": "again"})).problem(409, "wrong_state");
        assert_eq!(technician.get("/api/v1/stock/W1/P1").want(200)["on_hand"], 40);
        let differences = hospital.state.db.read_now(wardstock::stock::level::differences).unwrap();
        assert!(differences.is_empty(), "{differences:?}");
    });
}

#[test]
fn two_people_change_one_par_level() {
    on_both(|engine| {
        let hospital = stocked(engine);
        let (one, two) = (hospital.with_role(Role::Pharmacist), hospital.with_role(Role::Pharmacist));
        let etag = one.get("/api/v1/par-levels/W1/P1").header("etag").unwrap();
        one.patch("/api/v1/par-levels/W1/P1", &etag, &json!({"par_level": 80})).want(200);
        two.patch("/api/v1/par-levels/W1/P1", &etag, &json!({"par_level": 20})).problem(412, "precondition_failed");
        assert_eq!(two.get("/api/v1/par-levels/W1/P1").want(200)["par_level"], 80);
    });
}

#[test]
fn a_file_with_one_broken_row_writes_nothing_and_names_the_row() {
    on_both(|engine| {
        let hospital = Hospital::at(engine, "2026-11-23T06:30:00Z").with_small_catalogue();
        let mut rows = vec!["place,item,date,quantity".to_owned()];
        let start = wardstock::base::time::Day::parse("2013-01-01").unwrap();
        rows.extend((0..5_000).map(|at| format!("W1,P1,{},{}", start.plus(at).to_text(), at % 9)));
        rows[4_999] = "W1,P1,2026-01-01,minus three".into();
        let text = rows.join("\n");
        let report = hospital.admin().upload("/api/v1/imports", &[("demand.csv", &text)]).want(422);
        let bad = &report["rejected"][0];
        assert_eq!(
            (bad["line"].as_i64(), bad["column"].as_str(), bad["value"].as_str()),
            (Some(5_000), Some("quantity"), Some("minus three")),
            "{bad}"
        );
        assert_eq!(report["committed"], false);
        assert!(hospital.admin().get("/api/v1/demand/W1/P1?from=2013-01-01&to=2026-11-01").status == 404, "nothing half-written");
        let report = hospital.admin().upload("/api/v1/imports?skip_bad=true", &[("demand.csv", &text)]).want(200);
        assert_eq!((report["written"].as_i64(), report["committed"].as_bool()), (Some(4_999), Some(true)));
        let report = hospital
            .admin()
            .upload("/api/v1/imports?dry_run=true", &[("places.csv", "code,name,kind,parent\nW9,Ward,ward,H1\n")])
            .want(200);
        assert_eq!(report["committed"], false);
        hospital.admin().get("/api/v1/places/W9").problem(404, "not_found");
        hospital.admin().upload("/api/v1/imports", &[("secrets.csv", "a,b\n")]).problem(422, "invalid_input");
    });
}
