//! A procurement officer: from the plan to draft orders, approval, receipt and the report.

use serde_json::json;
use wardstock::access::role::Role;
use wardstock::db::conn::Access;
use wardstock::reports::soundness;

use crate::scene::{Hospital, on_both};

#[test]
fn an_order_walks_from_plan_to_ledger_and_into_the_report() {
    on_both(|engine| {
        let hospital = Hospital::at(engine, "2026-11-23T06:30:00Z").with_small_catalogue();
        let start = wardstock::base::time::Day::parse("2026-07-20").unwrap();
        let demand: Vec<String> = (0..120).map(|at| format!("W1,P2,{},{},day", start.plus(at), 2 + at % 3)).collect();
        hospital.import(&[
            ("stock.csv", "place,item,quantity,lot,expiry\nPH,P2,8,B1,2027-03-31\n"),
            ("demand.csv", &format!("place,item,date,quantity,period\n{}\n", demand.join("\n"))),
        ]);
        let officer = hospital.with_role(Role::Procurement);
        let approver = hospital.with_role(Role::Approver);
        let technician = hospital.with_role(Role::Technician);
        let id = hospital.plan(&officer, &json!({"site": "H1", "budget": {"minor": 5_000_000, "currency": "EUR"}}));
        let orders = officer.post(&format!("/api/v1/plans/{id}/accept"), &json!({})).want(201);
        let order = &orders["orders"][0];
        let path = format!("/api/v1/orders/{}", order["id"].as_str().unwrap());
        assert_eq!(order["state"], "draft");
        officer.post(&format!("{path}/approve"), &json!({})).problem(403, "forbidden");
        hospital.admin().post(&format!("{path}/receive"), &json!({"lines": [{"line": 1, "quantity": 10}]})).problem(409, "wrong_state");
        approver.post(&format!("{path}/approve"), &json!({})).want(200);
        approver.post(&format!("{path}/approve"), &json!({})).problem(409, "wrong_state");
        officer.post(&format!("{path}/send"), &json!({})).want(200);
        let units = officer.get(&path).want(200)["lines"][0]["units"].as_i64().unwrap();
        hospital.set_clock("2026-11-30T09:00:00Z");
        let receive =
            |quantity: i64, lot: &str, expiry: &str| json!({"lines": [{"line": 1, "quantity": quantity, "lot": lot, "expiry": expiry}]});
        technician.post(&format!("{path}/receive"), &receive(units + 1, "C7", "2027-09-30")).problem(422, "invalid_input");
        technician.post(&format!("{path}/receive"), &receive(5, "C7", "2026-11-01")).problem(422, "invalid_input");
        technician.post_once(&format!("{path}/receive"), "box-1", &receive(5, "C7", "2027-09-30")).want(200);
        technician.post_once(&format!("{path}/receive"), "box-1", &receive(5, "C7", "2027-09-30")).want(200);
        technician.post(&format!("{path}/receive"), &receive(units - 5, "C8", "2027-10-31")).want(200);
        let stock = officer.get("/api/v1/stock/PH/P2").want(200);
        assert_eq!(stock["on_hand"].as_i64(), Some(8 + units), "{stock}");
        let lots: Vec<_> = stock["lots"].as_array().unwrap().iter().map(|lot| lot["lot"].as_str().unwrap()).collect();
        assert_eq!(lots, ["B1", "C7", "C8"], "first to expire first");
        assert_eq!(officer.get(&path).want(200)["state"], "received");
        let report = officer.get("/api/v1/reports/procurement?site=H1&from=2026-11-01&to=2026-11-30").want(200);
        for section in ["as_of", "recommended", "orders", "spend", "budget", "held_back", "stock_outs", "expired"] {
            assert!(!report[section].is_null(), "{section} is missing: {report}");
        }
        let csv = officer.get("/api/v1/reports/procurement.csv?site=H1&from=2026-11-01&to=2026-11-30");
        assert_eq!((csv.status, csv.header("content-type").as_deref()), (200, Some("text/csv; charset=utf-8")));
        hospital.with_role(Role::Technician).get("/api/v1/reports/procurement").problem(403, "forbidden");
        assert!(hospital.state.db.read_now(wardstock::stock::level::differences).unwrap().is_empty());
    });
}

#[test]
fn what_a_site_holds_too_little_of_follows_stock_and_par_levels() {
    on_both(|engine| {
        let hospital = Hospital::at(engine, "2026-11-23T06:30:00Z").with_small_catalogue();
        let stock = "place,item,quantity,lot,expiry,par_level\nPH,P1,30,A,2027-03-31,20\nPH,P1,5,B,2027-04-30,20\nW1,P1,4,A,2027-03-31,10\nW1,P2,0,,,3\n";
        hospital.import(&[("stock.csv", stock)]);
        let officer = hospital.with_role(Role::Procurement);
        let short = || {
            let report = officer.get("/api/v1/reports/below-par?site=H1").want(200);
            let rows = report["items"].as_array().unwrap().iter();
            let rows: Vec<String> = rows
                .map(|row| format!("{} {} {} {} {}", row["site"], row["item"], row["on_hand"], row["par_level"], row["missing"]))
                .collect();
            let sound = soundness::check(&mut hospital.target.connect(Access::Survey).unwrap(), &mut |_| {}).unwrap();
            assert!(sound.is_sound(), "{engine:?}: {:?}", sound.lines(9));
            rows.join("; ").replace('"', "")
        };
        assert_eq!(short(), "H1 P2 0 3 3", "{engine:?}: 39 of 30 is enough");
        let moves = |body: serde_json::Value| hospital.admin().post("/api/v1/movements", &body).want(201);
        moves(json!({"kind": "transfer", "place": "PH", "to_place": "W1", "item": "P1", "quantity": 7}));
        assert_eq!(short(), "H1 P2 0 3 3", "{engine:?}: a transfer changes no whole");
        moves(json!({"kind": "issue", "place": "W1", "item": "P1", "quantity": 10}));
        assert_eq!(short(), "H1 P1 29 30 1; H1 P2 0 3 3", "{engine:?}");
        let par = |place: &str, item: &str, wish: serde_json::Value| {
            let path = format!("/api/v1/par-levels/{place}/{item}");
            let etag = hospital.admin().get(&path).header("etag").unwrap();
            hospital.admin().patch(&path, &etag, &wish).want(200);
        };
        par("PH", "P1", json!({"par_level": 25}));
        par("W1", "P2", json!({"par_level": null}));
        par("PH", "P2", json!({"par_level": 1}));
        assert_eq!(short(), "H1 P1 29 35 6; H1 P2 0 1 1", "{engine:?}");
        let csv = officer.get("/api/v1/reports/below-par.csv").text;
        assert_eq!(csv.lines().nth(1), Some("H1,P1,Amoxicillin 500 mg,tablet,E,29,35,6"), "{csv}");
        hospital.with_role(Role::Technician).get("/api/v1/reports/below-par").problem(403, "forbidden");
    });
}
