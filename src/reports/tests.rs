use actix_web::{App, test, web};
use diesel::RunQueryDsl;
use serde_json::{Value, json};

use super::*;
use crate::access::role::Role;
use crate::access::{route, token};
use crate::base::clock::Clock;
use crate::base::error::Result;
use crate::base::time::{Day, Micros};
use crate::db::conn::Target;
use crate::db::{Db, Tx, migrate};
use crate::stock;
use crate::stock::movement::{Entry, Kind, LotChoice, Source};

/// 2026-11-18.
const NOW: Micros = Micros(1_795_000_000_000_000);

const HOUSE: &[&str] = &[
    "INSERT INTO item VALUES (1, 'P1', 'Insulin', NULL, NULL, 'vial', NULL, NULL, 'V', 'refrigerated', FALSE, 10, 700, NULL, FALSE, 1, 0, NULL)",
    "INSERT INTO supplier VALUES (5, 'S1', 'Acme', NULL, 7, 2, 0, 0, 'EUR', 0, FALSE, 1, 0)",
    "INSERT INTO offer VALUES (11, 1, 5, 10, 2500, 'EUR', 1, NULL, 0, NULL, FALSE, 1, 0)",
    "INSERT INTO place VALUES (9, 9, 'H', 'Hospital', 'site', NULL, 'UTC', NULL, NULL, NULL, NULL, FALSE, 1, 0)",
    "INSERT INTO place VALUES (9, 10, 'STORE', 'Store', 'store', 9, NULL, NULL, NULL, NULL, NULL, FALSE, 1, 0)",
    "INSERT INTO code_directory VALUES ('place', 'H', 9, 9), ('place', 'STORE', 9, 10)",
    "INSERT INTO stock_point VALUES (9, 21, 1, 10, NULL, NULL, 1, 0)",
    "INSERT INTO purchase_order VALUES (9, 31, 'PO-2026-000001', 5, 41, 'sent', 20770, 20780, 'EUR', 10000, 'token:1', 'token:2', 1, 3, 0)",
    "INSERT INTO order_line VALUES (9, 31, 1, 21, 11, 4, 10, 2500, 15)",
    "INSERT INTO plan VALUES (9, 41, 'accepted', 'token:1', 0, '{}', 1, NULL, '{\"currency\":\"EUR\",\"budget\":[50]}', '{}', NULL, 1)",
    "INSERT INTO plan VALUES (9, 42, 'done', 'token:1', 0, '{}', 1, NULL, '{\"currency\":\"EUR\",\"budget\":[50]}', '{\"cost\":{\"purchase\":75}}', NULL, 1)",
    "INSERT INTO plan_line VALUES (9, 42, 1, 21, 11, 5, 10, 2500, 'EUR', 20775, 20782, 'projected_shortage', 'why', '{}', 3, 'enough', 'token:1', 1)",
];

fn entry(key: &str, kind: Kind, delta: i64, day: i64, lot: LotChoice, requested_units: Option<i64>) -> Entry {
    Entry {
        stock_point_id: 21,
        item_id: 1,
        lot,
        kind,
        quantity_delta: delta,
        requested_units,
        source: Source::Person,
        source_key: key.into(),
        event_at: NOW.day().plus(day).start(),
        reason: (kind == Kind::Waste).then(|| "expired".into()),
        actor: "token:1".into(),
        reversal_of: None,
    }
}

/// In 30 days ago, out 20 days ago (more was asked for), a lot in 15 days ago that expired 5 days ago, partly wasted 2 days ago.
fn fill(tx: &mut Tx<'_>) -> Result<()> {
    for statement in HOUSE {
        diesel::sql_query(*statement).execute(tx.conn)?;
    }
    let named = |code: &str, days| LotChoice::Named { code: code.into(), expiry: Some(NOW.day().plus(days)) };
    let entries = [
        entry("a", Kind::Receipt, 4, -30, named("L1", 300), None),
        entry("b", Kind::Receipt, 6, -30, named("L2", 400), None),
        entry("c", Kind::Issue, -10, -20, LotChoice::Fefo, Some(14)),
        entry("d", Kind::Receipt, 8, -15, named("L3", -5), None),
        entry("e", Kind::Waste, -3, -2, named("L3", -5), None),
    ];
    stock::record(tx, 9, &entries).map(drop)
}

fn write<T: Send + 'static>(db: &Db, command: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static) -> T {
    let db = db.clone();
    std::thread::spawn(move || db.write_now(command)).join().unwrap().unwrap()
}

fn house(target: &Target) -> (Db, String) {
    migrate::up(target, false).unwrap();
    let db = Db::open(target, Clock::manual(NOW)).unwrap();
    write(&db, fill);
    let wish = token::NewToken { name: "x".into(), role: Role::Auditor, site: Some("H".into()), expires: None };
    let secret = write(&db, move |tx| token::issue(tx, "test", &wish)).token;
    (db, secret)
}

async fn get(db: &Db, secret: &str, path: &str) -> (u16, String) {
    let app = App::new().app_data(web::Data::new(db.clone())).configure(|config| route::serve(http::routes(), config));
    let app = test::init_service(app).await;
    let request = test::TestRequest::with_uri(path).insert_header(("authorization", format!("Bearer {secret}")));
    match test::try_call_service(&app, request.to_request()).await {
        Ok(answer) => (answer.status().as_u16(), String::from_utf8(test::read_body(answer).await.to_vec()).unwrap()),
        Err(error) => (error.as_response_error().status_code().as_u16(), error.to_string()),
    }
}

async fn every_section_tells(target: Target) {
    let (db, secret) = house(&target);
    let (status, text) = get(&db, &secret, "/api/v1/reports/procurement").await;
    assert_eq!(status, 200, "{text}");
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["site"], json!("H"));
    assert_eq!(report["recommended"][0]["cost"], json!({"minor": 7500, "currency": "EUR"}));
    assert_eq!(report["recommended"][0]["packs"], json!(3));
    assert_eq!(report["orders"][0]["received_value"]["minor"], json!(3_750));
    assert_eq!(report["spend"]["by_currency"], json!([{"ordered": 10_000, "received_value": 3_750, "open": 6_250, "currency": "EUR"}]));
    assert_eq!(report["budget"][0]["total"]["minor"], json!(5_000));
    assert_eq!((&report["budget"][0]["planned"]["minor"], &report["budget"][0]["spent"]["minor"]), (&json!(7_500), &json!(0)));
    assert_eq!(report["stock_outs"][0]["days_at_zero"], json!(5.0));
    assert_eq!(report["stock_outs"][0]["units_not_issued"], json!(4));
    let expired: Vec<_> = report["expired"].as_array().unwrap().iter().map(|row| (&row["state"], &row["quantity"])).collect();
    assert_eq!(expired, [(&json!("wasted"), &json!(3)), (&json!("on_hand"), &json!(5))]);
    assert_eq!(report["totals"]["expired_value"], json!([{"minor": 2_000, "currency": "EUR"}]));

    let (_, text) = get(&db, &secret, "/api/v1/reports/procurement.csv?from=2026-11-01").await;
    let sections: Vec<&str> = text.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_eq!(sections, ["recommended", "orders", "spend", "budget", "budget", "budget", "stock_outs", "expired", "expired"]);
    assert_eq!(get(&db, &secret, "/api/v1/reports/procurement?from=2026-12-01").await.0, 422);
    assert_eq!(get(&db, &secret, "/api/v1/reports/procurement?site=NONE").await.0, 404);

    let (_, text) = get(&db, &secret, "/api/v1/reports/expiry?days=0").await;
    let expiry: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&expiry["lots"][0]["days_left"], &expiry["lots"][0]["state"]), (&json!(-5), &json!("expired")));
    let (_, text) = get(&db, &secret, "/api/v1/reports/stock-value.csv").await;
    assert_eq!(text, "place,items,lots,value_minor,currency\nSTORE,1,1,1250,EUR\n");
}

#[actix_web::test]
async fn every_section_tells_on_sqlite() {
    assert_eq!(NOW.day(), Day::parse("2026-11-18").unwrap());
    every_section_tells(Target::parse("sqlite::memory:").unwrap()).await;
}
