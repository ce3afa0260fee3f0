//! Plans that go wrong: one that no worker finishes, one that another has overtaken.

use serde_json::json;
use wardstock::access::role::Role;
use wardstock::base::clock::Clock;
use wardstock::base::time::Micros;
use wardstock::db::{Db, migrate, queue};
use wardstock::reorder;

use crate::scene::{self, Hospital, on_both};

#[test]
fn a_plan_that_another_has_overtaken_orders_nothing_twice() {
    on_both(|engine| {
        let hospital = Hospital::at(engine, "2026-11-23T06:30:00Z").with_small_catalogue();
        let first = wardstock::base::time::Day::parse("2026-07-20").unwrap();
        let demand: Vec<String> = (0..120).map(|at| format!("W1,P2,{},2,day", first.plus(at))).collect();
        hospital.import(&[("demand.csv", &format!("place,item,date,quantity,period\n{}\n", demand.join("\n")))]);
        let officer = hospital.with_role(Role::Procurement);
        let (first, second) = (hospital.plan(&officer, &json!({"site": "H1"})), hospital.plan(&officer, &json!({"site": "H1"})));
        let ordered = officer.post(&format!("/api/v1/plans/{first}/accept"), &json!({})).want(201);
        assert!(!ordered["orders"].as_array().unwrap().is_empty(), "{ordered}");
        officer.post(&format!("/api/v1/plans/{second}/accept"), &json!({})).problem(409, "wrong_state");
        // Called off, the orders of the first are in nobody's way.
        for order in ordered["orders"].as_array().unwrap() {
            officer.post(&format!("/api/v1/orders/{}/cancel", order["id"].as_str().unwrap()), &json!({})).want(200);
        }
        officer.post(&format!("/api/v1/plans/{second}/accept"), &json!({})).want(201);
    });
}

#[test]
fn a_plan_that_no_worker_finishes_fails_and_says_so() {
    on_both(|engine| {
        let target = scene::target(engine);
        migrate::up(&target, false).unwrap();
        let clock = Clock::manual(Micros::parse("2026-11-23T06:30:00Z").unwrap());
        let db = Db::open(&target, clock.clone()).unwrap();
        let places = b"code,name,kind,parent,timezone\nH1,Hospital One,site,,Europe/Berlin\n".to_vec();
        let files = std::collections::BTreeMap::from([("places.csv".to_owned(), places)]);
        wardstock::app::import::run(&db, "scene", None, &files, wardstock::app::import::Mode::default()).unwrap();
        let wish = serde_json::from_value(json!({"site": "H1"})).unwrap();
        let (plan_id, site_id) = db.write_now(move |tx| reorder::request(tx, "scene", None, &wish)).unwrap();
        for attempt in 1..=5 {
            assert_eq!(db.write_now(reorder::abandoned::fail_abandoned).unwrap(), 0, "before attempt {attempt}");
            let job = db.write_now(move |tx| queue::claim(tx, site_id, reorder::QUEUE, "solver")).unwrap().unwrap();
            assert_eq!(job.attempts, attempt);
            // A long plan keeps its lease; a silent worker loses it.
            let held = job.clone();
            assert!(db.write_now(move |tx| queue::hold(tx, &held, 900)).unwrap());
            clock.set(db.clock().now().plus_seconds(800));
            assert_eq!(db.write_now(queue::recover).unwrap(), 0);
            clock.set(db.clock().now().plus_seconds(200));
            assert_eq!(db.write_now(queue::recover).unwrap(), 1);
            assert!(!db.write_now(move |tx| queue::hold(tx, &job, 900)).unwrap());
        }
        assert_eq!(db.write_now(reorder::abandoned::fail_abandoned).unwrap(), 1);
        let refused = db.read_now(|conn| reorder::answer(conn, site_id, plan_id)).unwrap_err();
        assert!(refused.detail.contains("failed"), "{}", refused.detail);
    });
}

#[test]
fn today_orders_what_is_due_before_the_next_plan() {
    on_both(|engine| {
        let hospital = Hospital::at(engine, "2026-11-23T06:30:00Z").with_small_catalogue();
        let first = wardstock::base::time::Day::parse("2026-07-20").unwrap();
        let demand: Vec<String> = (0..126).map(|at| format!("W1,P2,{},{},day", first.plus(at), 1 + at % 3)).collect();
        hospital.import(&[("demand.csv", &format!("place,item,date,quantity,period\n{}\n", demand.join("\n")))]);
        let officer = hospital.with_role(Role::Procurement);
        for days in [0, 8] {
            let refused = officer.post("/api/v1/plans", &json!({"site": "H1", "options": {"review_days": days}}));
            assert_eq!(refused.problem(422, "invalid_input")["errors"][0]["pointer"], "/options/review_days");
        }
        let due = |days: i64| {
            let plan = hospital.plan(&officer, &json!({"site": "H1", "options": {"review_days": days}}));
            let instance = officer.get(&format!("/api/v1/plans/{plan}/instance")).want(200);
            let item = instance["items"].as_array().unwrap().iter().find(|item| item["id"].as_str().unwrap().starts_with("P2@")).unwrap();
            let lines = officer.get(&format!("/api/v1/plans/{plan}/lines")).want(200);
            let now: Vec<i64> = (lines["items"].as_array().unwrap().iter())
                .filter(|line| line["item"] == "P2" && line["now"] == true)
                .map(|line| line["packs"].as_i64().unwrap())
                .collect();
            (item["due"].clone(), now)
        };
        let (daily, weekly) = (due(1), due(7));
        assert!(weekly.0["reorder_level"].as_f64() > daily.0["reorder_level"].as_f64(), "{daily:?} {weekly:?}");
        // Nothing is there: the first orders as many packs as the item's own levels say, the second leaves that as it is, for
        // a pack more or less gains nothing.
        assert_eq!(daily.1, [daily.0["packs"].as_i64().unwrap()]);
        assert!((weekly.0["packs"].as_i64().unwrap() - daily.1[0]).abs() <= 1 && weekly.0["previous_packs"] == daily.1[0], "{weekly:?}");
        assert_eq!(weekly.1, daily.1);
        let technician = hospital.with_role(Role::Technician);
        technician.post("/api/v1/movements", &json!({"kind": "receipt", "place": "W1", "item": "P2", "quantity": 400})).want(201);
        let full = due(7);
        assert!(full.0["packs"] == 0 && full.0["position"] == 400 && full.1.is_empty(), "{full:?}");
    });
}

#[test]
fn surplus_of_one_store_moves_to_another_and_substitutes_follow_their_approval() {
    on_both(|engine| {
        let hospital = Hospital::at(engine, "2026-11-23T06:30:00Z").with_small_catalogue();
        let first = wardstock::base::time::Day::parse("2026-07-20").unwrap();
        let demand: Vec<String> =
            (0..126).flat_map(|at| ["PH", "PH2"].map(|place| format!("{place},P2,{},2,day", first.plus(at)))).collect();
        hospital.import(&[
            ("places.csv", "code,name,kind,parent\nPH2,Second Pharmacy,store,H1\n"),
            ("substitutes.csv", "item,substitute,ratio,needs_approval\nP1,P2,1,false\nP2,P1,1,true\n"),
            ("stock.csv", "place,item,quantity,lot,expiry\nPH,P2,300,A1,2027-01-10\nPH2,P2,1,A2,2027-09-30\nPH,P1,1,,\nPH2,P1,1,,\n"),
            ("demand.csv", &format!("place,item,date,quantity,period\n{}\n", demand.join("\n"))),
        ]);
        let officer = hospital.with_role(Role::Procurement);
        let refused = officer.post("/api/v1/plans", &json!({"site": "H1", "options": {"move_cost_minor": -1}}));
        assert_eq!(refused.problem(422, "invalid_input")["errors"][0]["pointer"], "/options/move_cost_minor");
        let plan = hospital.plan(&officer, &json!({"site": "H1"}));
        let instance = officer.get(&format!("/api/v1/plans/{plan}/instance")).want(200);
        let pairs: Vec<&str> = instance["substitutes"].as_array().unwrap().iter().map(|pair| pair["item"].as_str().unwrap()).collect();
        assert_eq!(pairs, ["P1@PH", "P1@PH2"], "only what needs no approval");
        let answer = officer.get(&format!("/api/v1/plans/{plan}")).want(200)["answer"].clone();
        let now: Vec<_> = answer["transfers"].as_array().unwrap().iter().filter(|row| row["period"] == 0).cloned().collect();
        assert!(now.iter().any(|row| row["from"] == "P2@PH" && row["to"] == "P2@PH2"), "{}", answer["transfers"]);
        let page = officer.get("/fragments/today?site=H1").text;
        let moves = page.split("Move first").nth(1).unwrap_or_else(|| panic!("no moves on the page: {page}"));
        assert!(moves.contains("Second Pharmacy") && moves.contains("Book each move when it is made"), "{moves}");
        let accepted = officer.post(&format!("/api/v1/plans/{plan}/accept"), &json!({})).want(201);
        let advised = &accepted["transfers"][0];
        assert!(advised["text"].as_str().unwrap().contains("Second Pharmacy") || advised["text"].as_str().unwrap().contains("PH2"));
        let technician = hospital.with_role(Role::Technician);
        technician.post("/api/v1/movements", &advised["movement"]).want(201);
        let alone = hospital.plan(&officer, &json!({"site": "H1", "options": {"transfers": false}}));
        let instance = officer.get(&format!("/api/v1/plans/{alone}/instance")).want(200);
        assert!(instance["transfers"].as_array().unwrap().is_empty() && instance["substitutes"].as_array().unwrap().is_empty());
    });
}
