//! A sensor gateway: posts day and night, over bad networks, and is told exactly what was wrong.

use std::io::Write;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wardstock::access::role::Role;

use crate::scene::{Client, Engine, Hospital, on_both};

fn batch(seq: u64, records: &Value) -> Value {
    json!({"schema": "wardstock.obs.v1", "device": "gw-1", "boot_id": "b1", "seq": seq, "sent_at": "2026-11-23T08:00:00Z", "records": records})
}

fn level(channel: &str, at: &str, count: i64) -> Value {
    json!({"kind": "level", "channel": channel, "at": at, "count": count})
}

/// A hospital on Monday morning, with gateway `gw-1` whose channel `c1` counts amoxicillin on the ward.
fn monday(engine: Engine, mode: &str) -> (Hospital, Client) {
    let hospital = Hospital::at(engine, "2026-11-23T08:00:00Z").with_small_catalogue();
    let gateway = hospital.gateway("gw-1", "H1", true);
    let binding = json!({"channel": "c1", "kind": "level", "place": "W1", "item": "P1", "mode": mode});
    hospital.admin().post("/api/v1/devices/gw-1/bindings", &binding).want(201);
    (hospital, gateway)
}

/// Waits for what the workers do by themselves, at most the second that the product promises.
fn within_a_second(what: &str, mut is_true: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_true() {
        assert!(started.elapsed() < Duration::from_secs(5), "not within a second (nor five): {what}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
    println!("{what}: visible after {} ms", started.elapsed().as_millis());
}

#[test]
fn a_posted_reading_is_visible_in_stock_within_a_second() {
    on_both(|engine| {
        let (hospital, gateway) = monday(engine, "advise");
        let answer = gateway.post("/ingest/v1/observations", &batch(1, &json!([level("c1", "2026-11-23T07:59:00Z", 40)]))).want(200);
        assert_eq!((answer["stored"].as_i64(), answer["duplicate"].as_i64()), (Some(1), Some(0)), "{answer}");
        within_a_second("a posted reading in GET /api/v1/stock", || {
            let stock = hospital.admin().get("/api/v1/stock?place=W1&item=P1").want(200);
            stock["items"][0]["belief"]["estimate"] == 40
        });
    });
}

#[test]
fn an_authoritative_reading_moves_the_book_once_it_has_settled() {
    on_both(|engine| {
        let (hospital, gateway) = monday(engine, "authoritative");
        gateway.post("/ingest/v1/observations", &batch(1, &json!([level("c1", "2026-11-23T07:50:00Z", 40)]))).want(200);
        hospital.set_clock("2026-11-23T08:10:00Z");
        gateway.post("/ingest/v1/observations", &batch(2, &json!([level("c1", "2026-11-23T08:05:00Z", 33)]))).want(200);
        within_a_second("a settled issue in the ledger", || {
            let stock = hospital.admin().get("/api/v1/stock/W1/P1");
            stock.status == 200 && stock.want(200)["on_hand"] == 33
        });
        let ledger = hospital.admin().list("/api/v1/movements?place=W1&item=P1");
        let steps: Vec<(&str, i64)> =
            ledger.iter().map(|row| (row["kind"].as_str().unwrap(), row["quantity_delta"].as_i64().unwrap())).collect();
        assert_eq!(steps, [("adjustment", 40), ("issue", -7)]);
    });
}

#[test]
fn a_resend_changes_nothing_and_another_body_is_refused() {
    on_both(|engine| {
        let (_hospital, gateway) = monday(engine, "advise");
        let body = batch(1, &json!([level("c1", "2026-11-23T07:59:00Z", 40)]));
        let first = gateway.post("/ingest/v1/observations", &body).want(200);
        assert_eq!(gateway.post("/ingest/v1/observations", &body).want(200), first, "the first answer again");
        let other = batch(1, &json!([level("c1", "2026-11-23T07:59:00Z", 41)]));
        gateway.post("/ingest/v1/observations", &other).problem(409, "batch_conflict");
        let regrouped = batch(2, &json!([level("c1", "2026-11-23T07:59:00Z", 40), level("c1", "2026-11-23T08:00:00Z", 39)]));
        let answer = gateway.post("/ingest/v1/observations", &regrouped).want(207);
        assert_eq!((answer["stored"].as_i64(), answer["duplicate"].as_i64()), (Some(1), Some(1)), "{answer}");
    });
}

#[test]
fn each_bad_record_is_named_and_the_good_ones_go_through() {
    on_both(|engine| {
        let (hospital, gateway) = monday(engine, "advise");
        let records = json!([
            level("c1", "2026-11-23T07:59:00Z", 40),
            level("nowhere", "2026-11-23T07:59:00Z", 12),
            level("c1", "2026-11-23T07:58:00Z", -3),
            {"kind": "level", "channel": "c1", "at": "2026-11-23T07:57:00Z", "count": 99_999_999_999_999_i64},
            {"kind": "level", "channel": "c1", "at": "2026-11-23T07:57:00Z", "count": "NaN"},
            {"kind": "level", "channel": "c1", "at": "yesterday", "count": 5},
            level("c1", "2024-01-01T00:00:00Z", 7),
            level("c1", "2027-11-23T07:59:00Z", 39),
            {"kind": "smell", "channel": "c1", "at": "2026-11-23T07:56:00Z"},
            {"kind": "level", "channel": "c1", "at": "2026-11-23T07:55:00Z", "count": 3.5},
        ]);
        let answer = gateway.post("/ingest/v1/observations", &batch(1, &records)).want(207);
        let code_of = |index: usize| {
            let results = answer["results"].as_array().unwrap();
            let result = results.iter().find(|result| result["index"] == index).unwrap_or(&Value::Null);
            (result["status"].as_str().unwrap_or("stored").to_owned(), result["code"].as_str().unwrap_or("").to_owned())
        };
        let pair = |status: &str, code: &str| (status.to_owned(), code.to_owned());
        assert_eq!(code_of(0), pair("stored", ""));
        assert_eq!(code_of(1), pair("quarantined", "unknown_channel"));
        assert_eq!(code_of(2), pair("rejected", "out_of_range"));
        assert_eq!(code_of(3), pair("rejected", "out_of_range"));
        assert_eq!(code_of(4).0, "rejected");
        assert_eq!(code_of(5), pair("rejected", "bad_timestamp"));
        assert_eq!(code_of(6), pair("rejected", "too_old"));
        assert_eq!(code_of(7).1, "future_timestamp");
        assert_eq!(code_of(8), pair("rejected", "unsupported_kind"));
        assert_eq!(code_of(9).0, "rejected");
        let counted: i64 = ["stored", "duplicate", "quarantined", "rejected"].iter().map(|part| answer[part].as_i64().unwrap()).sum();
        assert_eq!(counted, 10, "every record is accounted for: {answer}");
        let kept = hospital.admin().list("/api/v1/quarantine");
        assert_eq!(kept.len(), 1, "{kept:?}");
        // Once the channel is bound, what was kept is used.
        let binding = json!({"channel": "nowhere", "kind": "level", "place": "W1", "item": "P2", "mode": "advise"});
        hospital.admin().post("/api/v1/devices/gw-1/bindings", &binding).want(201);
        let id = kept[0]["id"].as_str().unwrap();
        hospital.admin().post(&format!("/api/v1/quarantine/{id}/replay"), &json!({})).want(200);
        within_a_second("a replayed record in GET /api/v1/stock", || {
            hospital.admin().get("/api/v1/stock?place=W1&item=P2").want(200)["items"][0]["belief"]["estimate"] == 12
        });
    });
}

#[test]
fn whole_batches_that_are_no_batches_are_refused_with_a_reason() {
    on_both(|engine| {
        let (hospital, gateway) = monday(engine, "advise");
        let send = |who: &Client, body: &[u8]| who.send("POST", "/ingest/v1/observations", &[("content-type", "application/json")], body);
        send(&gateway, b"this is no JSON").problem(400, "bad_json");
        send(&gateway, b"{\"schema\":\"wardstock.obs.v1\"").problem(400, "bad_json");
        send(&gateway, b"{\"schema\":\"other.v7\",\"device\":\"gw-1\",\"boot_id\":\"b\",\"seq\":1,\"records\":[]}")
            .problem(422, "wrong_schema");
        send(&gateway, &vec![b' '; 2 << 20]).problem(413, "payload_too_large");
        let foreign = json!({"schema": "wardstock.obs.v1", "device": "gw-2", "boot_id": "b1", "seq": 9, "sent_at": "2026-11-23T08:00:00Z", "records": []});
        gateway.post("/ingest/v1/observations", &foreign).problem(403, "forbidden");
        send(&hospital.stranger(), b"{}").problem(401, "not_signed_in");
        send(hospital.admin(), b"{}").problem(403, "forbidden");
        let stock = hospital.admin().list("/api/v1/stock?place=W1");
        assert!(stock.iter().all(|row| row["belief"].is_null()), "nothing half-written: {stock:?}");
    });
}

#[test]
fn a_device_that_nobody_approved_is_kept_apart() {
    on_both(|engine| {
        let hospital = Hospital::at(engine, "2026-11-23T08:00:00Z").with_small_catalogue();
        let gateway = hospital.gateway("gw-1", "H1", false);
        let answer = gateway.post("/ingest/v1/observations", &batch(1, &json!([level("c1", "2026-11-23T07:59:00Z", 40)]))).want(207);
        assert_eq!(answer["quarantined"], 1, "{answer}");
        assert_eq!(hospital.admin().list("/api/v1/quarantine")[0]["code"], "device_quarantined");
        hospital.admin().post("/api/v1/devices/gw-1/suspend", &json!({})).want(200);
        gateway.get("/ingest/v1/time").problem(401, "not_signed_in");
    });
}

#[test]
fn a_posted_reading_is_on_the_page_and_in_the_stream_within_a_second() {
    on_both(|engine| {
        let (hospital, gateway) = monday(engine, "advise");
        let pharmacist = hospital.with_role(Role::Pharmacist);
        let events = pharmacist.listen("/api/v1/events");
        gateway.post("/ingest/v1/observations", &batch(1, &json!([level("c1", "2026-11-23T07:59:00Z", 4_711)]))).want(200);
        within_a_second("a posted reading in the event stream", || {
            events.try_iter().any(|line| line.starts_with("data:") && line.contains("\"W1\"") && line.contains("\"P1\""))
        });
        within_a_second("a posted reading on the page", || {
            // Thousands are set apart by a thin space.
            pharmacist.get("/fragments/today?site=H1").text.replace(['\u{2009}', '\u{202f}', '\u{a0}'], "").contains("4711")
        });
    });
}

#[test]
fn a_scale_counts_by_weight_and_says_how_sure_it_is() {
    on_both(|engine| {
        let (hospital, gateway) = monday(engine, "advise");
        let binding = json!({"channel": "w1", "kind": "weight", "place": "W1", "item": "P2", "mode": "advise", "unit_weight_g": 25.0, "tare_g": 500.0});
        hospital.admin().post("/api/v1/devices/gw-1/bindings", &binding).want(201);
        let weight = |at: &str, gross: f64| json!({"kind": "weight", "channel": "w1", "at": at, "gross_g": gross, "stable": true});
        gateway.post("/ingest/v1/observations", &batch(1, &json!([weight("2026-11-23T07:58:00Z", 800.4)]))).want(200);
        let belief = || hospital.admin().get("/api/v1/stock?place=W1&item=P2").want(200)["items"][0]["belief"].clone();
        within_a_second("a scale's count", || {
            let belief = belief();
            (belief["estimate"].as_i64(), belief["confidence"].as_str()) == (Some(12), Some("high"))
        });
        gateway.post("/ingest/v1/observations", &batch(2, &json!([weight("2026-11-23T07:59:00Z", 811.0)]))).want(200);
        within_a_second("half a unit is no whole number", || belief()["confidence"] != "high");
    });
}

#[test]
fn lines_and_packed_bodies_are_taken_like_plain_ones() {
    on_both(|engine| {
        let (hospital, gateway) = monday(engine, "advise");
        let head = json!({"schema": "wardstock.obs.v1", "device": "gw-1", "boot_id": "b1", "seq": 1, "sent_at": "2026-11-23T08:00:00Z"});
        let lines = format!("{head}\n{}\n{}\n", level("c1", "2026-11-23T07:58:00Z", 41), level("c1", "2026-11-23T07:59:00Z", 40));
        let ndjson = [("content-type", "application/x-ndjson")];
        let answer = gateway.send("POST", "/ingest/v1/observations", &ndjson, lines.as_bytes()).want(200);
        assert_eq!(answer["stored"], 2, "{answer}");
        let packed = |text: &[u8]| {
            let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            packer.write_all(text).unwrap();
            packer.finish().unwrap()
        };
        let gzip = [("content-type", "application/json"), ("content-encoding", "gzip")];
        let body = batch(2, &json!([level("c1", "2026-11-23T08:00:00Z", 39)])).to_string();
        let answer = gateway.send("POST", "/ingest/v1/observations", &gzip, &packed(body.as_bytes())).want(200);
        assert_eq!(answer["stored"], 1, "{answer}");
        let bomb = packed(&vec![b' '; 64 << 20]);
        gateway.send("POST", "/ingest/v1/observations", &gzip, &bomb).problem(413, "payload_too_large");
        within_a_second("the newest of three batches", || {
            hospital.admin().get("/api/v1/stock?place=W1&item=P1").want(200)["items"][0]["belief"]["estimate"] == 39
        });
    });
}

/// Clients and balancers keep a connection for 15 to 60 s: one that we close first may have a request on its way.
#[test]
fn a_connection_that_was_silent_for_a_while_still_answers() {
    use std::io::Read;
    let hospital = Hospital::today(Engine::Sqlite);
    let mut stream = std::net::TcpStream::connect(hospital.address()).unwrap();
    for _ in 0..2 {
        stream.write_all(b"GET /livez HTTP/1.1\r\nhost: scene\r\n\r\n").unwrap();
        let mut answer = [0; 512];
        let length = stream.read(&mut answer).unwrap();
        assert!(answer[..length].starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer[..length]));
        // The server's own default is 5 s.
        std::thread::park_timeout(Duration::from_secs(7));
    }
}
