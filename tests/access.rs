//! Who may do what, and for how long: tokens, devices, sessions, sites, the audit chain, replays and clashes.

#![expect(clippy::indexing_slicing, reason = "a missing field fails the test")]

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::{Value, json};
use wardstock::access::role::Role;
use wardstock::access::{audit, session};

use super::scene::{Answer, Client, Engine, Hospital, on_both};

const MORNING: &str = "2026-11-23T08:00:00Z";

fn with_token(hospital: &Hospital, token: &str, method: &str, path: &str) -> Answer {
    hospital.stranger().send(method, path, &[("authorization", &format!("Bearer {token}"))], b"")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Runs a statement past all rooms, as somebody with the database's password could.
fn behind_our_back(hospital: &Hospital, statement: &'static str) {
    hospital.state.db.write_now(move |tx| diesel::sql_query(statement).execute(tx.conn).map(drop).map_err(Into::into)).unwrap();
}

#[test]
fn a_token_ends_on_its_last_day_or_when_it_is_revoked() {
    on_both(|engine| {
        let hospital = Hospital::at(engine, MORNING);
        let admin = hospital.admin();
        let wish = json!({"name": "Locum", "role": "pharmacist", "expires": "2026-11-24"});
        let made = admin.post("/api/v1/tokens", &wish).want(201);
        let (id, token) = (text(&made["id"]), text(&made["token"]));
        with_token(&hospital, &token, "GET", "/api/v1/items").want(200);
        hospital.set_clock("2026-11-24T23:59:59Z");
        with_token(&hospital, &token, "GET", "/api/v1/items").want(200);
        hospital.set_clock("2026-11-25T00:00:00Z");
        with_token(&hospital, &token, "GET", "/api/v1/items").problem(401, "not_signed_in");

        let second = admin.post("/api/v1/tokens", &json!({"name": "Desk", "role": "viewer"})).want(201);
        let (second_id, second_token) = (text(&second["id"]), text(&second["token"]));
        with_token(&hospital, &second_token, "GET", "/api/v1/items").want(200);
        admin.post(&format!("/api/v1/tokens/{second_id}/revoke"), &json!({})).want(204);
        with_token(&hospital, &second_token, "GET", "/api/v1/items").problem(401, "not_signed_in");
        admin.post(&format!("/api/v1/tokens/{second_id}/revoke"), &json!({})).problem(404, "not_found");

        let listed = admin.get("/api/v1/tokens");
        assert!(listed.text.contains(&id) && !listed.text.contains(&token) && !listed.text.contains(&second_token), "{}", listed.text);
        admin.post("/api/v1/tokens", &json!({"name": "Gate", "role": "gateway"})).problem(422, "invalid_input");
        with_token(&hospital, &token[..token.len() - 1], "GET", "/api/v1/items").problem(401, "not_signed_in");
    });
}

#[test]
fn a_suspended_or_rotated_device_is_out_at_once() {
    on_both(|engine| {
        let hospital = Hospital::today(engine).with_small_catalogue();
        let admin = hospital.admin();
        let made = admin.post("/api/v1/devices", &json!({"code": "gw-1", "site": "H1", "approve": true})).want(201);
        let token = text(&made["token"]);
        with_token(&hospital, &token, "GET", "/ingest/v1/time").want(200);
        with_token(&hospital, &token, "GET", "/api/v1/stock").problem(403, "forbidden");
        let rotated = text(&admin.post("/api/v1/devices/gw-1/rotate", &json!({})).want(200)["token"]);
        with_token(&hospital, &token, "GET", "/ingest/v1/time").problem(401, "not_signed_in");
        with_token(&hospital, &rotated, "GET", "/ingest/v1/time").want(200);
        admin.post("/api/v1/devices/gw-1/suspend", &json!({})).want(200);
        with_token(&hospital, &rotated, "GET", "/ingest/v1/time").problem(401, "not_signed_in");
        admin.post("/api/v1/devices/gw-1/approve", &json!({})).want(200);
        with_token(&hospital, &rotated, "GET", "/ingest/v1/time").want(200);
        admin.post("/api/v1/devices", &json!({"code": "gw-1", "site": "H1"})).problem(409, "already_exists");
        let listed = admin.get("/api/v1/devices");
        assert!(listed.text.contains("gw-1") && !listed.text.contains(&rotated), "{}", listed.text);
    });
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    word: String,
}

#[test]
fn a_session_changes_nothing_without_its_word() {
    on_both(|engine| {
        let hospital = Hospital::at(engine, MORNING).with_small_catalogue();
        let made = hospital.admin().post("/api/v1/tokens", &json!({"name": "Desk", "role": "pharmacist"})).want(201);
        let open = |secret: &str| actix_web::rt::System::new().block_on(session::open(&hospital.state.db, secret)).unwrap();
        let cookie = format!("wardstock_session={}", open(made["token"].as_str().unwrap()).unwrap());
        assert!(open("ws_1_00").is_none(), "a secret that is none opens no session");
        let device = hospital.admin().post("/api/v1/devices", &json!({"code": "gw-1", "site": "H1", "approve": true})).want(201);
        assert!(open(device["token"].as_str().unwrap()).is_none(), "a device has no page");
        let csrf = hospital
            .state
            .db
            .read_now(|conn| Ok(diesel::sql_query("SELECT csrf AS word FROM session").get_result::<Word>(conn)?.word))
            .unwrap();

        let stranger = hospital.stranger();
        let body = json!({"code": "P9", "name": "Nine", "base_unit": "vial", "ven": "N"}).to_string();
        let json = ("content-type", "application/json");
        let post = |more: &[(&str, &str)]| {
            let headers: Vec<(&str, &str)> = [json, ("cookie", cookie.as_str())].into_iter().chain(more.iter().copied()).collect();
            stranger.send("POST", "/api/v1/items", &headers, body.as_bytes())
        };
        stranger.send("GET", "/api/v1/items", &[("cookie", &cookie)], b"").want(200);
        post(&[]).problem(403, "forbidden");
        post(&[("x-csrf-token", "")]).problem(403, "forbidden");
        post(&[("x-csrf-token", &"0".repeat(csrf.len()))]).problem(403, "forbidden");
        post(&[("x-csrf-token", &csrf), ("authorization", "Bearer ws_1_00")]).problem(401, "not_signed_in");
        post(&[("x-csrf-token", &csrf)]).want(201);

        hospital.set_clock("2026-11-23T20:00:00Z");
        stranger.send("GET", "/api/v1/items", &[("cookie", &cookie)], b"").problem(401, "not_signed_in");
        hospital.set_clock("2026-11-23T19:59:59Z");
        stranger.send("GET", "/api/v1/items", &[("cookie", &cookie)], b"").want(200);
        hospital.admin().post(&format!("/api/v1/tokens/{}/revoke", text(&made["id"])), &json!({})).want(204);
        stranger.send("GET", "/api/v1/items", &[("cookie", &cookie)], b"").problem(401, "not_signed_in");
    });
}

#[test]
fn the_sign_in_page_gives_a_cookie_that_scripts_cannot_read() {
    let hospital = Hospital::today(Engine::Sqlite).with_small_catalogue();
    let made = hospital.admin().post("/api/v1/tokens", &json!({"name": "Desk", "role": "viewer"})).want(201);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let wrong = hospital.stranger().send("POST", "/sign-in", &form, b"token=ws_1_00");
    assert!(wrong.status == 401 && wrong.header("set-cookie").is_none(), "{}", wrong.status);
    let answer = hospital.stranger().send("POST", "/sign-in", &form, format!("token={}", text(&made["token"])).as_bytes());
    let cookie = answer.header("set-cookie").unwrap_or_else(|| panic!("{} {}", answer.status, answer.text));
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite") && cookie.contains("Path=/"), "{cookie}");
    assert!(!cookie.contains(&text(&made["token"])) && !answer.text.contains(&text(&made["token"])), "the token does not come back");
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let page = hospital.stranger().send("GET", "/", &[("cookie", &cookie), ("accept", "text/html")], b"");
    assert!(page.status == 200 && page.header("content-type").unwrap().starts_with("text/html"), "{} {}", page.status, page.text);
}

/// Two sites with stock; a plan and draft orders of the first; a device on each.
fn two_sites(engine: Engine) -> (Hospital, String, Vec<String>) {
    let hospital = Hospital::today(engine).with_small_catalogue();
    let day = |back: i64| hospital.clock.now().day().plus(-back).to_text();
    let demand: String = (1..=60).map(|back| format!("PH,P1,{},{}", day(back), 20 + back % 7)).collect::<Vec<_>>().join("\n");
    hospital.import(&[
        ("places.csv", "code,name,kind,parent\nH2,Hospital Two,site,\nPH2,Pharmacy Two,store,H2\n"),
        ("stock.csv", "place,item,quantity,lot,expiry,par_level\nPH,P1,10,L1,2031-01-31,800\nPH2,P1,70,L2,2031-01-31,90\n"),
        ("demand.csv", &format!("place,item,date,quantity\n{demand}")),
    ]);
    drop((hospital.gateway("gw-1", "H1", true), hospital.gateway("gw-2", "H2", true)));
    let planner = hospital.with_role(Role::Pharmacist);
    let plan = hospital.plan(&planner, &json!({"site": "H1"}));
    let accepted = planner.post(&format!("/api/v1/plans/{plan}/accept"), &json!({})).want(201);
    let orders: Vec<String> = accepted["orders"].as_array().unwrap().iter().map(|order| text(&order["id"])).collect();
    assert!(!orders.is_empty(), "{accepted}");
    (hospital, plan, orders)
}

/// A refusal that tells nothing: forbidden, or not there at all.
#[track_caller]
fn is_closed(answer: &Answer) {
    assert!(matches!(answer.status, 403 | 404), "{} {}", answer.status, answer.text);
    for inside in ["on_hand", "packs", "supplier", "L1", "\"lines\""] {
        assert!(!answer.text.contains(inside), "{}", answer.text);
    }
}

#[test]
fn a_caller_of_one_site_sees_nothing_of_another() {
    on_both(|engine| {
        let (hospital, plan, orders) = two_sites(engine);
        let elsewhere = |role: Role| hospital.with_site(role, Some("H2"));
        let here = hospital.with_site(Role::Pharmacist, Some("H1"));
        for role in Role::ALL.into_iter().filter(|role| *role != Role::Gateway) {
            let foreign = elsewhere(role);
            let places: BTreeSet<String> = foreign.list("/api/v1/stock").iter().map(|row| text(&row["place"])).collect();
            assert_eq!(places, BTreeSet::from(["PH2".to_owned()]), "{role:?}");
            for list in [
                "/api/v1/stock?place=PH",
                "/api/v1/movements?place=PH",
                "/api/v1/plans",
                "/api/v1/backtests",
                "/api/v1/par-levels?place=PH",
                "/api/v1/alerts",
            ] {
                assert!(foreign.list(list).is_empty(), "{role:?} {list}");
            }
            assert!(foreign.list("/api/v1/movements").iter().all(|row| row["place"] == "PH2"), "{role:?}");
            let devices: Vec<String> = foreign.list("/api/v1/devices").iter().map(|row| text(&row["code"])).collect();
            assert_eq!(devices, ["gw-2"], "{role:?}");
            let known: Vec<String> = foreign.list("/api/v1/places").iter().map(|row| text(&row["code"])).collect();
            assert_eq!(known, ["H2", "PH2"], "{role:?}");
            let closed = [
                "/api/v1/stock/PH/P1",
                "/api/v1/stock/PH/P1/history",
                "/api/v1/par-levels/PH/P1",
                "/api/v1/places/PH",
                "/api/v1/devices/gw-1/bindings",
                "/api/v1/devices/gw-1/observations?channel=c1",
                "/api/v1/demand/PH/P1",
            ];
            for path in closed
                .map(str::to_owned)
                .into_iter()
                .chain([
                    format!("/api/v1/plans/{plan}"),
                    format!("/api/v1/plans/{plan}/lines"),
                    format!("/api/v1/plans/{plan}/lines.csv"),
                    format!("/api/v1/plans/{plan}/instance"),
                ])
                .chain(orders.iter().flat_map(|order| [format!("/api/v1/orders/{order}"), format!("/api/v1/orders/{order}.csv")]))
            {
                is_closed(&foreign.get(&path));
            }
            let csv = foreign.get("/api/v1/stock.csv");
            assert!(csv.text.contains("PH2,") && !csv.text.contains("\nPH,"), "{}", csv.text);
            let forecasts = foreign.get("/api/v1/forecasts?place=PH&item=P1");
            assert!(!forecasts.text.contains("quantiles"), "{role:?} {}", forecasts.text);
        }
        nothing_is_changed_from_elsewhere(&elsewhere, &plan, &orders);
        let audit = elsewhere(Role::Auditor).get("/api/v1/audit");
        assert!(!audit.text.contains("gw-1") && !audit.text.contains("plan."), "{}", audit.text);
        assert!(here.list("/api/v1/stock?place=PH").len() == 1 && here.get(&format!("/api/v1/plans/{plan}/lines")).status == 200);
        let stock = hospital.admin().get("/api/v1/stock/PH/P1").want(200);
        assert_eq!(stock["on_hand"], 10, "{engine:?}: nothing was booked");
    });
}

fn nothing_is_changed_from_elsewhere(elsewhere: &impl Fn(Role) -> Client, plan: &str, orders: &[String]) {
    let (pharmacist, admin) = (elsewhere(Role::Pharmacist), elsewhere(Role::Admin));
    is_closed(&pharmacist.post("/api/v1/movements", &json!({"kind": "issue", "place": "PH", "item": "P1", "quantity": 1})));
    is_closed(&pharmacist.post("/api/v1/counts", &json!({"place": "PH", "item": "P1", "counted": 1})));
    let moved =
        pharmacist.post("/api/v1/movements", &json!({"kind": "transfer", "place": "PH2", "to_place": "PH", "item": "P1", "quantity": 1}));
    assert!((400..500).contains(&moved.status), "a transfer to another site: {} {}", moved.status, moved.text);
    is_closed(&pharmacist.patch("/api/v1/par-levels/PH/P1", "\"1\"", &json!({"par_level": 1})));
    is_closed(&pharmacist.patch("/api/v1/places/PH", "\"1\"", &json!({"name": "Mine"})));
    is_closed(&pharmacist.post("/api/v1/plans", &json!({"site": "H1"})));
    is_closed(&pharmacist.post("/api/v1/backtests", &json!({"site": "H1"})));
    is_closed(&pharmacist.post(&format!("/api/v1/plans/{plan}/accept"), &json!({})));
    is_closed(&pharmacist.patch(&format!("/api/v1/plans/{plan}/lines/1"), "\"1\"", &json!({"packs": 1, "reason": "mine"})));
    for order in orders {
        is_closed(&elsewhere(Role::Approver).post(&format!("/api/v1/orders/{order}/approve"), &json!({})));
        is_closed(&pharmacist.post(&format!("/api/v1/orders/{order}/cancel"), &json!({"reason": "mine"})));
        is_closed(&pharmacist.post(&format!("/api/v1/orders/{order}/receive"), &json!({"lines": [{"line": 1, "quantity": 1}]})));
    }
    for (call, body) in [
        ("suspend", json!({})),
        ("approve", json!({})),
        ("rotate", json!({})),
        ("bindings", json!({"channel": "c1", "kind": "level", "place": "PH", "item": "P1", "mode": "shadow"})),
    ] {
        is_closed(&admin.post(&format!("/api/v1/devices/gw-1/{call}"), &body));
    }
    is_closed(&admin.post("/api/v1/tokens", &json!({"name": "All", "role": "admin"})));
    is_closed(&admin.get("/api/v1/tokens"));
    is_closed(&admin.post("/api/v1/devices", &json!({"code": "gw-3", "site": "H1"})));
    let imported = pharmacist.upload("/api/v1/imports", &[("stock.csv", "place,item,quantity\nPH,P1,999\n")]);
    assert!((400..500).contains(&imported.status), "{} {}", imported.status, imported.text);
}

#[test]
fn the_audit_chain_shows_what_was_changed_behind_our_back() {
    on_both(|engine| {
        let hospital = Hospital::today(engine).with_small_catalogue();
        for code in ["gw-1", "gw-2", "gw-3", "gw-4"] {
            drop(hospital.gateway(code, "H1", true));
        }
        let verify = || hospital.state.db.read_now(audit::verify).unwrap();
        let (entries, breaks) = verify();
        assert!(entries > 5 && breaks.is_empty(), "{engine:?}: {breaks:?}");
        match engine {
            Engine::Sqlite => {
                behind_our_back(&hospital, "DROP TRIGGER audit_log_no_update");
                behind_our_back(&hospital, "DROP TRIGGER audit_log_no_delete");
            }
            Engine::Postgres => behind_our_back(&hospital, "ALTER TABLE audit_log DISABLE TRIGGER USER"),
        }
        behind_our_back(&hospital, "UPDATE audit_log SET actor = 'token:0' WHERE subject = 'gw-2'");
        let (_, breaks) = verify();
        assert_eq!(breaks.iter().map(|one| one.rule).collect::<Vec<_>>(), ["the entry was changed"], "{engine:?}");
        behind_our_back(&hospital, "DELETE FROM audit_log WHERE subject = 'gw-2'");
        let (left, breaks) = verify();
        assert_eq!((left, breaks.iter().map(|one| one.rule).collect::<Vec<_>>()), (entries - 1, vec!["an entry is missing"]), "{engine:?}");
        // Known: without a checkpoint kept elsewhere, an end that was cut off can't be told from a quiet day.
        behind_our_back(&hospital, "DELETE FROM audit_log WHERE subject IN ('gw-2', 'gw-3', 'gw-4')");
        assert!(verify().1.is_empty(), "{engine:?}");
    });
}

#[test]
fn one_key_has_one_effect_however_often_it_comes() {
    on_both(|engine| {
        let hospital = Hospital::today(engine).with_small_catalogue();
        hospital.import(&[("stock.csv", "place,item,quantity,lot,expiry\nPH,P1,100,L1,2031-01-31\n")]);
        let who = hospital.with_role(Role::Technician);
        let issue = json!({"kind": "issue", "place": "PH", "item": "P1", "quantity": 3});
        let answers: Vec<(u16, String, Option<String>)> = std::thread::scope(|scope| {
            let posts: Vec<_> = (0..16).map(|_| scope.spawn(|| who.post_once("/api/v1/movements", "key-1", &issue))).collect();
            posts
                .into_iter()
                .map(|post| post.join().unwrap())
                .map(|answer| (answer.status, answer.text.clone(), answer.header("location")))
                .collect()
        });
        assert!(answers.iter().all(|answer| answer.0 == 201 && *answer == answers[0]), "{engine:?}: {answers:?}");
        let on_hand = || hospital.admin().get("/api/v1/stock/PH/P1").want(200)["on_hand"].as_i64().unwrap();
        assert_eq!(on_hand(), 97, "{engine:?}");
        let other = json!({"kind": "issue", "place": "PH", "item": "P1", "quantity": 4});
        who.post_once("/api/v1/movements", "key-1", &other).problem(422, "idempotency_conflict");
        assert_eq!(on_hand(), 97, "{engine:?}");
        hospital.with_role(Role::Technician).post_once("/api/v1/movements", "key-1", &issue).want(201);
        assert_eq!(on_hand(), 94, "{engine:?}: the key of another caller is another key");
        who.post_once("/api/v1/movements", "key-2", &json!({"kind": "issue", "place": "PH", "item": "P1", "quantity": 1000}))
            .problem(409, "insufficient_stock");
        who.post_once("/api/v1/movements", "key-2", &other).want(201);
        assert_eq!(on_hand(), 90, "{engine:?}: a refusal does not use up the key");
    });
}

#[test]
fn a_key_of_one_call_is_not_an_answer_to_another() {
    let hospital = Hospital::today(Engine::Sqlite).with_small_catalogue();
    drop((hospital.gateway("gw-1", "H1", false), hospital.gateway("gw-2", "H1", false)));
    let admin = hospital.admin();
    admin.post_once("/api/v1/devices/gw-1/approve", "key-1", &json!({})).want(200);
    let second = admin.post_once("/api/v1/devices/gw-2/approve", "key-1", &json!({}));
    let states: Vec<String> = admin.list("/api/v1/devices").iter().map(|row| text(&row["state"])).collect();
    let honest = second.status == 422 || states == ["active", "active"];
    assert!(honest, "approving gw-2 with the key of gw-1 answered {} {}, but the states are {states:?}", second.status, second.text);
}

#[test]
fn of_two_people_who_change_one_level_one_is_told() {
    on_both(|engine| {
        let hospital = Hospital::today(engine).with_small_catalogue();
        hospital.import(&[("stock.csv", "place,item,quantity,lot,expiry,par_level\nPH,P1,100,L1,2031-01-31,300\n")]);
        let path = "/api/v1/par-levels/PH/P1";
        let people = [hospital.with_role(Role::Pharmacist), hospital.with_role(Role::Procurement)];
        let seen = people[0].get(path).header("etag").unwrap();
        let json = [("content-type", "application/json")];
        people[0].send("PATCH", path, &json, b"{\"par_level\":1}").problem(428, "precondition_required");
        people[0].patch(path, "\"999\"", &json!({"par_level": 1})).problem(412, "precondition_failed");
        people[0].patch(path, "W/nonsense", &json!({"par_level": 1})).problem(422, "invalid_input");
        let levels = [500, 600];
        let answers: Vec<Answer> = std::thread::scope(|scope| {
            let patches: Vec<_> = people
                .iter()
                .zip(levels)
                .map(|(who, level)| {
                    let seen = &seen;
                    scope.spawn(move || who.patch(path, seen, &json!({"par_level": level})))
                })
                .collect();
            patches.into_iter().map(|patch| patch.join().unwrap()).collect()
        });
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        let winner = levels[statuses.iter().position(|status| *status == 200).unwrap()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412], "{engine:?}");
        let now = people[1].get(path);
        assert!(now.header("etag").unwrap() != seen, "{engine:?}");
        assert_eq!(now.want(200)["par_level"], winner, "{engine:?}");
    });
}
