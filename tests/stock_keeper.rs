//! A stock keeper who makes mistakes and mends them: the book and the demand stay right.

use serde_json::{Value, json};

use crate::scene::{Hospital, on_both};

const NOW: &str = "2026-11-23T10:00:00Z";

fn opened(engine: crate::scene::Engine) -> Hospital {
    let hospital = Hospital::at(engine, NOW).with_small_catalogue();
    hospital.import(&[("stock.csv", "place,item,quantity,lot,expiry\nPH,P1,5,A,2027-01-31\nPH,P1,5,B,2027-02-28\nPH,P2,9,C,2027-02-28\n")]);
    hospital
}

fn on_hand(hospital: &Hospital, place: &str, item: &str) -> i64 {
    hospital.admin().get(&format!("/api/v1/stock/{place}/{item}")).want(200)["on_hand"].as_i64().unwrap()
}

fn book(hospital: &Hospital, movement: &Value) -> Vec<String> {
    let booked = hospital.admin().post("/api/v1/movements", movement).want(201);
    booked["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_request_is_counted_once_however_many_lots_it_took_and_not_when_taken_back() {
    on_both(|engine| {
        let hospital = opened(engine);
        let admin = hospital.admin();
        let ids = book(&hospital, &json!({"kind": "issue", "place": "PH", "item": "P1", "quantity": 8, "requested": 15}));
        assert_eq!(ids.len(), 2, "from two lots");
        let day = &admin.get("/api/v1/demand/PH/P1").want(200)[0];
        assert_eq!((&day["issued"], &day["requested"]), (&json!(8), &json!(15)));
        for id in ids {
            admin.post(&format!("/api/v1/movements/{id}/reversal"), &json!({"reason": "wrong item"})).want(201);
        }
        let day = &admin.get("/api/v1/demand/PH/P1").want(200)[0];
        assert_eq!((&day["issued"], &day["requested"]), (&json!(0), &json!(0)));
        let ahead = admin.get("/api/v1/demand/PH/P1?from=2026-11-01&to=9999-12-31").want(200);
        assert_eq!(ahead.as_array().unwrap().last().unwrap()["day"], "2026-11-23", "no day that is still to come");
        let much = json!({"kind": "issue", "place": "PH", "item": "P1", "quantity": 1, "requested": i64::MAX});
        admin.post("/api/v1/movements", &much).problem(422, "invalid_input");
        admin
            .upload(
                "/api/v1/imports",
                &[(
                    "movements.csv",
                    "place,item,kind,quantity,at,reference,requested\nPH,P1,issue,3,2026-11-22,r1,2\nPH,P1,return,3,2026-11-22,r2,9\n",
                )],
            )
            .want(422);
    });
}

#[test]
fn a_transfer_is_taken_back_as_a_whole() {
    on_both(|engine| {
        let hospital = opened(engine);
        for side in [0, 1] {
            let ids = book(&hospital, &json!({"kind": "transfer", "place": "PH", "to_place": "W1", "item": "P1", "quantity": 4}));
            assert_eq!((on_hand(&hospital, "PH", "P1"), on_hand(&hospital, "W1", "P1")), (6, 4));
            let path = format!("/api/v1/movements/{}/reversal", ids[side]);
            hospital.admin().post(&path, &json!({"reason": "wrong ward"})).want(201);
            assert_eq!((on_hand(&hospital, "PH", "P1"), on_hand(&hospital, "W1", "P1")), (10, 0), "side {side}");
            let other = format!("/api/v1/movements/{}/reversal", ids[1 - side]);
            hospital.admin().post(&other, &json!({"reason": "wrong ward"})).problem(409, "wrong_state");
        }
        assert!(hospital.state.db.read_now(wardstock::stock::level::differences).unwrap().is_empty());
    });
}

#[test]
fn expired_stock_is_thrown_away_not_handed_out() {
    on_both(|engine| {
        let hospital = opened(engine);
        hospital.set_clock("2027-02-01T08:00:00Z");
        let admin = hospital.admin();
        let take = |kind: &str| json!({"kind": kind, "place": "PH", "item": "P1", "quantity": 2, "lot": "A", "reason": "expired"});
        admin.post("/api/v1/movements", &take("issue")).problem(409, "insufficient_stock");
        let odd = json!({"kind": "receipt", "place": "PH", "item": "P1", "quantity": 2, "lot": "O", "expiry": "1970-01-01"});
        admin.post("/api/v1/movements", &odd).problem(422, "invalid_input");
        book(&hospital, &take("waste"));
        book(&hospital, &json!({"kind": "issue", "place": "PH", "item": "P1", "quantity": 2, "lot": "B"}));
        assert_eq!(on_hand(&hospital, "PH", "P1"), 6);
    });
}

#[test]
fn a_lot_code_with_two_expiries_means_the_one_that_is_there() {
    on_both(|engine| {
        let hospital = opened(engine);
        book(&hospital, &json!({"kind": "receipt", "place": "PH", "item": "P1", "quantity": 7, "lot": "A", "expiry": "2028-01-31"}));
        book(&hospital, &json!({"kind": "issue", "place": "PH", "item": "P1", "quantity": 5, "lot": "A"}));
        book(&hospital, &json!({"kind": "issue", "place": "PH", "item": "P1", "quantity": 6, "lot": "A"}));
        assert_eq!(on_hand(&hospital, "PH", "P1"), 6);
    });
}

#[test]
fn nothing_lies_at_the_site_itself() {
    let hospital = opened(crate::scene::Engine::Sqlite);
    let admin = hospital.admin();
    let transfer = json!({"kind": "transfer", "place": "PH", "to_place": "H1", "item": "P1", "quantity": 4});
    admin.post("/api/v1/movements", &transfer).problem(422, "invalid_input");
    admin.post("/api/v1/counts", &json!({"place": "H1", "item": "P1", "counted": 3})).problem(422, "invalid_input");
}

#[test]
fn the_address_of_a_movement_shows_it() {
    let hospital = opened(crate::scene::Engine::Sqlite);
    let issue = json!({"kind": "issue", "place": "PH", "item": "P1", "quantity": 1});
    let booked = hospital.admin().post("/api/v1/movements", &issue);
    let address = booked.header("location").unwrap();
    let id = booked.want(201)["ids"][0].clone();
    assert_eq!(hospital.admin().get(&address).want(200)["items"][0]["id"], id);
}

#[test]
fn counts_of_a_file_tolerate_movements_and_name_the_row_that_does_not_fit() {
    on_both(|engine| {
        let hospital = opened(engine);
        book(&hospital, &json!({"kind": "issue", "place": "PH", "item": "P1", "quantity": 4, "lot": "A", "at": "2026-11-23T09:00:00Z"}));
        // Before the issue there were 7 of lot A, not 5; of lot B there is one less now.
        let counts = "place,item,quantity,lot,expiry,counted_at\nPH,P1,7,A,2027-01-31,2026-11-23T08:00:00Z\nPH,P1,4,B,2027-02-28,\n";
        // The opening count itself was booked at 10:00, so the book before it was 0 and below.
        let before = hospital.import(&[("stock.csv", counts)]);
        assert_eq!(before["written"], 2, "{before}");
        let again = hospital.import(&[("stock.csv", counts)]);
        assert_eq!((&again["written"], &again["unchanged"]), (&json!(0), &json!(2)), "{again}");
        assert!(hospital.state.db.read_now(wardstock::stock::level::differences).unwrap().is_empty());
        hospital.set_clock("2026-11-24T10:00:00Z");
        book(&hospital, &json!({"kind": "issue", "place": "PH", "item": "P2", "quantity": 6, "at": "2026-11-24T09:00:00Z"}));
        // 5 of 9 were there before 6 were taken: one of the three is wrong.
        let bad = "place,item,quantity,lot,expiry,counted_at\nPH,P2,5,C,2027-02-28,2026-11-24T08:00:00Z\n";
        let refused = hospital.admin().upload("/api/v1/imports", &[("stock.csv", bad)]).want(422);
        assert_eq!((&refused["rejected"][0]["line"], &refused["rejected"][0]["column"]), (&json!(2), &json!("quantity")), "{refused}");
        let twice = "place,item,quantity,lot\nW1,P1,40,\nW1,P1,10,\n";
        let refused = hospital.admin().upload("/api/v1/imports", &[("stock.csv", twice)]).want(422);
        assert_eq!(refused["rejected"][0]["line"], 3, "{refused}");
    });
}
