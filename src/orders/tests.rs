use actix_web::{App, test, web};
use diesel::RunQueryDsl;
use serde_json::{Value, json};

use super::position::{OnOrder, OpenLine, on_order, open_lines};
use super::*;
use crate::access::role::Role;
use crate::access::{route, token};
use crate::base::clock::Clock;
use crate::base::error::Result;
use crate::base::table::Sheet;
use crate::base::time::{Day, Micros};
use crate::db::conn::Target;
use crate::db::{Db, Tx, migrate};

const NOW: Micros = Micros(1_795_000_000_000_000);

const HOUSE: &[&str] = &[
    "INSERT INTO item VALUES (1, 'P1', 'Insulin', NULL, NULL, 'vial', NULL, NULL, 'V', 'refrigerated', FALSE, 10, 700, NULL, FALSE, 1, 0, NULL)",
    "INSERT INTO item VALUES (2, 'P2', 'Gauze', NULL, NULL, 'piece', NULL, NULL, 'N', 'ambient', FALSE, 10, NULL, NULL, FALSE, 1, 0, NULL)",
    "INSERT INTO supplier VALUES (5, 'S1', 'Acme', NULL, 7, 2, 0, 0, 'EUR', 0, FALSE, 1, 0)",
    "INSERT INTO offer VALUES (11, 1, 5, 10, 2500, 'EUR', 1, NULL, 0, NULL, FALSE, 1, 0)",
    "INSERT INTO offer VALUES (12, 2, 5, 50, 300, 'EUR', 1, NULL, 0, NULL, FALSE, 1, 0)",
    "INSERT INTO place VALUES (9, 9, 'H', 'Hospital', 'site', NULL, 'UTC', NULL, NULL, NULL, NULL, FALSE, 1, 0)",
    "INSERT INTO place VALUES (9, 10, 'STORE', 'Store', 'store', 9, NULL, NULL, NULL, NULL, NULL, FALSE, 1, 0)",
    "INSERT INTO place VALUES (8, 8, 'H2', 'Other', 'site', NULL, 'UTC', NULL, NULL, NULL, NULL, FALSE, 1, 0)",
    "INSERT INTO code_directory VALUES ('place', 'H', 9, 9), ('place', 'STORE', 9, 10), ('place', 'H2', 8, 8)",
    "INSERT INTO stock_point VALUES (9, 21, 1, 10, NULL, NULL, 1, 0), (9, 22, 2, 10, NULL, NULL, 1, 0)",
];

/// Writes from a thread of its own, as tests of calls already run on the event loop.
fn write<T: Send + 'static>(db: &Db, command: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static) -> Result<T> {
    let db = db.clone();
    std::thread::spawn(move || db.write_now(command)).join().unwrap()
}

fn house() -> Db {
    let target = Target::parse("sqlite::memory:").unwrap();
    migrate::up(&target, false).unwrap();
    let db = Db::open(&target, Clock::manual(NOW)).unwrap();
    write(&db, |tx| {
        for statement in HOUSE {
            diesel::sql_query(*statement).execute(tx.conn)?;
        }
        Ok(())
    })
    .unwrap();
    db
}

fn wish() -> Draft {
    let today = NOW.day();
    Draft {
        supplier_id: 5,
        plan_id: None,
        order_day: today,
        expected_day: today.plus(7),
        currency: "EUR".into(),
        lines: vec![
            DraftLine { stock_point_id: 21, offer_id: 11, packs: 4, units_per_pack: 10, price_minor: 2500 },
            DraftLine { stock_point_id: 22, offer_id: 12, packs: 2, units_per_pack: 50, price_minor: 300 },
        ],
    }
}

fn drafted(db: &Db) -> OrderView {
    write(db, |tx| draft(tx, 9, "token:1", &wish())).unwrap()
}

fn token_of(db: &Db, role: Role, site: Option<&'static str>) -> String {
    let wish = token::NewToken { name: "x".into(), role, site: site.map(str::to_owned), expires: None };
    write(db, move |tx| token::issue(tx, "test", &wish)).unwrap().token
}

#[::core::prelude::v1::test]
fn drafts_have_codes_totals_and_positions() {
    let db = house();
    let first = drafted(&db);
    assert_eq!((first.head.code.as_str(), first.head.total.minor, first.head.line_count), ("PO-2026-000001", 10_600, 2));
    assert_eq!(drafted(&db).head.code, "PO-2026-000002");
    let (lines, split) = db.read_now(|conn| Ok((open_lines(conn, 9)?, on_order(conn, 9)?))).unwrap();
    assert_eq!(lines[0], OpenLine { stock_point_id: 21, units: 80, ordered_day: NOW.day(), expected_day: NOW.day().plus(7) });
    assert_eq!(split[&22], OnOrder { on_order: 0, in_draft: 200 });
    let other = Draft { currency: "USD".into(), ..wish() };
    let error = write(&db, move |tx| draft(tx, 9, "token:1", &other)).unwrap_err();
    assert_eq!(error.fields.iter().map(|field| field.pointer.as_str()).collect::<Vec<_>>(), ["/lines/0", "/lines/1"]);
    assert_eq!(drafted(&db).head.code, "PO-2026-000003");
}

macro_rules! desk {
    ($db:expr) => {
        test::init_service(App::new().app_data(web::Data::new($db.clone())).configure(|config| route::serve(super::http::routes(), config)))
            .await
    };
}

/// A call with a token; answers status and text. A macro, as the type of the app has no name.
macro_rules! call {
    ($desk:expr, $token:expr, $method:literal, $path:expr) => {
        call!($desk, $token, $method, $path, None::<Value>)
    };
    ($desk:expr, $token:expr, $method:literal, $path:expr, $body:expr) => {{
        let mut request = test::TestRequest::with_uri($path.as_ref())
            .method($method.parse().unwrap())
            .insert_header(("authorization", format!("Bearer {}", $token)));
        if let Some(body) = $body {
            request = request.set_json(body);
        }
        match test::try_call_service(&$desk, request.to_request()).await {
            Ok(answer) => (answer.status().as_u16(), String::from_utf8(test::read_body(answer).await.to_vec()).unwrap()),
            Err(error) => (error.as_response_error().status_code().as_u16(), error.to_string()),
        }
    }};
}

fn read((status, text): (u16, String)) -> (u16, Value) {
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

#[actix_web::test]
async fn an_order_goes_its_way() {
    let db = house();
    let desk = desk!(db);
    let (buyer, approver) = (token_of(&db, Role::Procurement, None), token_of(&db, Role::Approver, Some("H")));
    let technician = token_of(&db, Role::Technician, Some("H"));
    let code = drafted(&db).head.code;
    let at = |step: &str| format!("/api/v1/orders/{code}{step}");

    assert_eq!(call!(desk, buyer, "POST", &at("/approve")).0, 403);
    let (status, refusal) = read(call!(desk, buyer, "POST", &at("/send")));
    assert_eq!(status, 409, "{refusal}");
    let (status, order) = read(call!(desk, approver, "POST", &at("/approve")));
    assert_eq!((status, &order["state"], &order["version"]), (200, &json!("approved"), &json!(2)));
    assert_eq!(call!(desk, buyer, "POST", &at("/send")).0, 200);
    let (_, order) = read(call!(desk, buyer, "POST", &at("/acknowledge"), Some(json!({"expected_on": NOW.day().plus(9)}))));
    assert_eq!(order["expected_on"], json!(NOW.day().plus(9)));

    let expiry = NOW.day().plus(400);
    let part = json!({"lines": [{"line": 1, "quantity": 15, "lot": "L1", "expiry": expiry}]});
    let (status, order) = read(call!(desk, technician, "POST", &at("/receive"), Some(part)));
    assert_eq!((status, &order["state"], order["movements"].as_array().map(Vec::len)), (200, &json!("acknowledged"), Some(1)));
    assert_eq!(call!(desk, buyer, "POST", &at("/cancel")).0, 409);
    let much = json!({"lines": [{"line": 1, "quantity": 26, "lot": "L1", "expiry": expiry}]});
    assert_eq!(call!(desk, technician, "POST", &at("/receive"), Some(much)).0, 422);
    let rest = json!({"lines": [{"line": 1, "quantity": 25, "lot": "L2", "expiry": expiry}, {"line": 2, "quantity": 100}]});
    let (status, order) = read(call!(desk, technician, "POST", &at("/receive"), Some(rest)));
    assert_eq!((status, &order["state"], &order["open_line_count"]), (200, &json!("received"), &json!(0)));
    assert_eq!(read(call!(desk, technician, "POST", &at("/receive"), Some(json!({"close": true})))).1["state"], json!("closed"));
    assert_eq!(call!(desk, technician, "POST", &at("/receive"), Some(json!({"close": true}))).0, 409);

    let (on_hand, learned) = db.read_now(|conn| Ok((crate::stock::level::on_hand(conn, 9, 21)?, lead_time::history(conn)?))).unwrap();
    assert_eq!(on_hand, 40);
    assert_eq!(learned.len(), 2);
    assert_eq!(learned[0].received_day, Some(NOW.day()));
}

#[actix_web::test]
async fn makers_do_not_approve_and_other_sites_do_not_see() {
    let db = house();
    let desk = desk!(db);
    let admin = token_of(&db, Role::Admin, None);
    let (_, list) = read(call!(desk, admin, "GET", "/api/v1/orders?site=H"));
    assert_eq!(list["items"], json!([]));
    let id = admin.split('_').nth(1).and_then(|id| i64::from_str_radix(id, 16).ok()).unwrap();
    let order = write(&db, move |tx| draft(tx, 9, &format!("token:{id}"), &wish())).unwrap();
    let path = format!("/api/v1/orders/{}", order.head.id);
    let (status, refusal) = call!(desk, admin, "POST", &format!("{path}/approve"));
    assert_eq!(status, 403);
    assert!(refusal.contains("maker"), "{refusal}");
    let elsewhere = token_of(&db, Role::Pharmacist, Some("H2"));
    assert_eq!(call!(desk, elsewhere, "GET", &path).0, 403);
    assert_eq!(read(call!(desk, elsewhere, "GET", "/api/v1/orders")).1["items"], json!([]));
    assert_eq!(call!(desk, elsewhere, "GET", "/api/v1/orders?site=H").0, 403);
    let (status, order) = read(call!(desk, admin, "POST", &format!("{path}/cancel"), Some(json!({"reason": "twice"}))));
    assert_eq!((status, &order["state"]), (200, &json!("cancelled")));
}

#[actix_web::test]
async fn csv_and_json_share_a_path() {
    let db = house();
    let desk = desk!(db);
    let reader = token_of(&db, Role::Auditor, None);
    let code = drafted(&db).head.code;
    let (status, text) = call!(desk, reader, "GET", &format!("/api/v1/orders/{code}.csv"));
    assert_eq!((status, text.lines().count()), (200, 3));
    assert!(text.starts_with("order,state,supplier"), "{text}");
    let (status, order) = read(call!(desk, reader, "GET", &format!("/api/v1/orders/{code}")));
    assert_eq!((status, &order["lines"][0]["item"], &order["lines"][1]["units"]), (200, &json!("P1"), &json!(100)));
    assert_eq!(call!(desk, reader, "GET", "/api/v1/orders/PO-1999-000001.csv").0, 404);
    assert_eq!(call!(desk, reader, "GET", "/api/v1/orders.csv?state=draft").1.lines().count(), 2);
    assert_eq!(call!(desk, reader, "GET", "/api/v1/orders?state=lost").0, 422);
    assert!(http::routes().iter().all(|route| !route.operation().path.contains(':')));
}

#[::core::prelude::v1::test]
fn deliveries_are_known_again() {
    let db = house();
    let import = |text: &'static str| {
        write(&db, move |tx| import::deliveries(tx, "token:1", &Sheet::parse("deliveries.csv", text.as_bytes())?)).unwrap()
    };
    let open = "supplier,item,ordered_on,promised_on,received_on,packs\n\
                S1,P1,2026-01-05,2026-01-12,2026-01-14,4\nS1,P1,2026-01-05,2026-01-12,,4\nS1,,2026-02-01,,,\n";
    let outcome = import(open);
    assert_eq!((outcome.read, outcome.written, outcome.unchanged), (3, 3, 0));
    assert_eq!(import(open).unchanged, 3);
    let filled = "supplier;item;ordered_on;promised_on;received_on;packs\n\
                  S1;P1;2026-01-05;2026-01-12;2026-01-14;4\nS1;P1;2026-01-05;2026-01-12;2026-01-20;4\n";
    let outcome = import(filled);
    assert_eq!((outcome.written, outcome.unchanged), (1, 1));
    assert_eq!(import(open).unchanged, 3);
    let learned = db.read_now(lead_time::history).unwrap();
    let days: Vec<_> = learned.iter().filter_map(|record| record.received_day).collect();
    assert_eq!((learned.len(), days.len(), days.iter().max()), (3, 2, Some(&Day::parse("2026-01-20").unwrap())));
    let bad = import("supplier,item,ordered_on,received_on\nS9,P9,2026-01-05,2026-01-01\nS1,P1,,2030-01-01\n");
    let rules: Vec<_> = bad.rejected.iter().map(|bad| (bad.line, bad.column.as_str(), bad.rule.as_str())).collect();
    assert_eq!(
        rules,
        [
            (2, "supplier", "unknown"),
            (2, "item", "unknown"),
            (2, "received_on", "out_of_range"),
            (3, "ordered_on", "needed"),
            (3, "received_on", "future")
        ]
    );
}
