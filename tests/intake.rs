//! Many batches at once: each counted exactly, answered again as it was, and refused before it is read when too much waits.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use diesel::RunQueryDsl;
use serde_json::{Value, json};
use wardstock::db::conn::Number;

use crate::scene::{Client, Engine, Hospital, on_both};

fn at_work(engine: Engine) -> (Hospital, Client, String) {
    let hospital = Hospital::at(engine, "2026-11-23T08:00:00Z").with_small_catalogue();
    let answer = hospital.admin().post("/api/v1/devices", &json!({"code": "gw-1", "site": "H1", "approve": true})).want(201);
    let token = answer["token"].as_str().unwrap().to_owned();
    let gateway = hospital.bearer(&token);
    let binding = json!({"channel": "c1", "kind": "level", "place": "W1", "item": "P1", "mode": "shadow"});
    hospital.admin().post("/api/v1/devices/gw-1/bindings", &binding).want(201);
    (hospital, gateway, token)
}

fn batch(seq: usize, seconds: impl Iterator<Item = usize>) -> Value {
    let records: Vec<Value> = seconds
        .map(|at| json!({"kind": "level", "channel": "c1", "at": format!("2026-11-23T07:{:02}:{:02}Z", at / 60, at % 60), "count": 40}))
        .collect();
    json!({"schema": "wardstock.obs.v1", "device": "gw-1", "boot_id": "b1", "seq": seq, "records": records})
}

fn count(hospital: &Hospital, what: &str) -> i64 {
    let text = format!("SELECT COUNT(*) AS value FROM {what}");
    hospital.state.db.read_now(move |conn| Ok(diesel::sql_query(text).get_result::<Number>(conn)?.value)).unwrap()
}

#[test]
fn batches_that_come_together_are_counted_exactly() {
    on_both(|engine| {
        let (hospital, _, token) = at_work(engine);
        // Each batch repeats half of the one before, and each is sent three times at once.
        let answers: Vec<(usize, u16, Value)> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..60)
                .map(|number| {
                    let gateway = hospital.bearer(&token);
                    let seq = number / 3;
                    scope.spawn(move || {
                        let answer = gateway.post("/ingest/v1/observations", &batch(seq, seq * 10..seq * 10 + 20));
                        (seq, answer.status, serde_json::from_str(&answer.text).unwrap())
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let (mut stored, mut duplicate) = (0, 0);
        for seq in 0..20 {
            let same: Vec<&(usize, u16, Value)> = answers.iter().filter(|(own, _, _)| *own == seq).collect();
            assert!(same.iter().all(|one| *one == same[0]), "one batch, one answer: {same:?}");
            stored += same[0].2["stored"].as_i64().unwrap();
            duplicate += same[0].2["duplicate"].as_i64().unwrap();
        }
        assert_eq!((stored, duplicate), (210, 190));
        assert_eq!(count(&hospital, "observation"), 210);
        assert_eq!(count(&hospital, "ingest_batch"), 20);
        assert_eq!(count(&hospital, "device_health WHERE records_stored = 210 AND last_seq = 19"), 1);
        let newest = count(&hospital, "channel_last l WHERE l.observed_at = (SELECT MAX(observed_at) FROM observation)");
        assert_eq!(newest, 1);
        let other = batch(3, 0..1);
        hospital.bearer(&token).post("/ingest/v1/observations", &other).problem(409, "batch_conflict");
    });
}

#[test]
fn too_much_is_refused_before_it_is_read() {
    let (hospital, gateway, token) = at_work(Engine::Sqlite);
    let all = hospital.state.intake.admit(64 << 20).unwrap();
    gateway.post("/ingest/v1/observations", &batch(1, 0..1)).problem(503, "write_queue_full");
    // Only the head of the request is sent: the answer comes all the same.
    let mut stream = TcpStream::connect(hospital.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let head = format!(
        "POST /ingest/v1/observations HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
         content-length: 100000\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = [0_u8; 2_048];
    let length = stream.read(&mut answer).unwrap();
    let text = String::from_utf8_lossy(&answer[..length]).to_lowercase();
    assert!(text.starts_with("http/1.1 503") && text.contains("retry-after: 1"), "{text}");
    drop(all);
    gateway.post("/ingest/v1/observations", &batch(1, 0..1)).want(200);
    assert_eq!(hospital.state.intake.records(), 0, "what was answered takes no room");
}

#[test]
fn a_full_disk_is_said_and_survived() {
    let (hospital, gateway, _) = at_work(Engine::Sqlite);
    gateway.post("/ingest/v1/observations", &batch(1, 0..10)).want(200);
    // The writer's connection may not grow the file any more.
    let limit = |pages: i64| {
        let text = format!("PRAGMA max_page_count = {pages}");
        hospital.state.db.write_now(move |tx| Ok(diesel::sql_query(text).execute(tx.conn)?)).unwrap();
    };
    limit(1);
    let mut refused = None;
    for seq in 2..200 {
        let answer = gateway.post("/ingest/v1/observations", &batch(seq, seq * 10..seq * 10 + 200));
        if answer.status == 503 {
            assert!(answer.header("retry-after").is_some());
            answer.problem(503, "storage_full");
            refused = Some(seq);
            break;
        }
    }
    let seq = refused.unwrap();
    gateway.get("/ingest/v1/batches/0").problem(404, "not_found");
    limit(1_000_000);
    let answer = gateway.post("/ingest/v1/observations", &batch(seq, seq * 10..seq * 10 + 200));
    assert!(answer.status == 200 || answer.status == 207, "{}", answer.text);
    let counted = count(&hospital, "device_health WHERE records_stored = (SELECT COUNT(*) FROM observation)");
    assert_eq!(counted, 1, "nothing of what was refused is counted");
}

#[test]
fn a_suspended_device_is_out_at_once() {
    on_both(|engine| {
        let (hospital, gateway, _) = at_work(engine);
        gateway.post("/ingest/v1/observations", &batch(1, 0..1)).want(200);
        hospital.admin().post("/api/v1/devices/gw-1/suspend", &json!({})).want(200);
        gateway.post("/ingest/v1/observations", &batch(2, 1..2)).problem(401, "not_signed_in");
    });
}
