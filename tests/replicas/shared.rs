//! Two programs and a solver on one PostgreSQL, all busy: everything that is sent goes to both.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde_json::{Value, json};
use wardstock::base::time::Micros;
use wardstock::db::conn::{Access, Conn, Number};

use super::{CHANNELS, Ward, furnish, post_until};
use crate::scene::{Client, on_postgres, program, url};

const BATCHES: u64 = 60;
const RECORDS: u64 = 20;
const SENDERS: u64 = 3;
const BOOKINGS: u64 = 60;
const PLANS: usize = 3;

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

fn counted(conn: &mut Conn, sql: &str) -> BTreeMap<String, i64> {
    diesel::sql_query(sql).load::<Counted>(conn).unwrap().into_iter().map(|row| (row.name, row.rows)).collect()
}

fn number(conn: &mut Conn, sql: &str) -> i64 {
    diesel::sql_query(sql).get_result::<Number>(conn).unwrap().value
}

/// Does the same at both programs at once; answers what both said.
fn at_both(clients: [&Client; 2], ask: impl Fn(&Client) -> (u16, Value) + Sync) -> [(u16, Value); 2] {
    let ask = &ask;
    std::thread::scope(|scope| {
        let asked = clients.map(|client| scope.spawn(move || ask(client)));
        asked.map(|one| one.join().unwrap())
    })
}

/// Every batch goes to both at once: one stores it, the other gives the same answer.
fn send(clients: [&Client; 2], boot: u64, stored: &AtomicU64) {
    let begin = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros() as i64 - 3_000_000_000;
    for seq in 1..=BATCHES {
        let records: Vec<Value> = (0..RECORDS)
            .map(|at| {
                let moment = Micros(begin + (seq * RECORDS + at) as i64 * 1_000_000 + boot as i64);
                json!({"kind": "level", "channel": format!("c{}", at % CHANNELS as u64), "at": moment, "count": 50 + (seq + at) % 7})
            })
            .collect();
        let batch =
            json!({"schema": "wardstock.obs.v1", "device": "gw-1", "boot_id": format!("boot-{boot}"), "seq": seq, "records": records});
        let answers = at_both(clients, |client| post_until(client, "/ingest/v1/observations", &[], &batch));
        for (status, answer) in &answers {
            assert!(matches!(status, 200 | 207), "{status} {answer}");
        }
        assert_eq!(answers[0], answers[1], "both give the same answer to the same batch");
        stored.fetch_add(answers[0].1["stored"].as_u64().unwrap(), Ordering::Relaxed);
    }
}

/// Every booking goes to both at once, under one key.
fn book(clients: [&Client; 2]) {
    for at in 0..BOOKINGS {
        let place = ["PH", "W1"][at as usize % 2];
        let key = format!("both-{at}");
        let booking = json!({"kind": "receipt", "place": place, "item": "P1", "quantity": 2, "reason": key});
        let answers = at_both(clients, |client| post_until(client, "/api/v1/movements", &[("idempotency-key", &key)], &booking));
        assert_eq!((answers[0].0, &answers[0].1), (201, &answers[1].1), "{answers:?}");
    }
}

fn ids_of(stream: &Receiver<String>) -> Vec<i64> {
    let mut ids = Vec::new();
    while let Ok(line) = stream.recv_timeout(Duration::from_millis(1_500)) {
        ids.extend(line.strip_prefix("id: ").map(|id| id.trim().parse::<i64>().unwrap()));
    }
    ids
}

fn wait_for(what: &str, conn: &mut Conn, sql: &str) {
    let began = Instant::now();
    while number(conn, sql) != 0 {
        assert!(began.elapsed() < Duration::from_mins(2), "{what}: {} left", number(conn, sql));
        std::thread::park_timeout(Duration::from_millis(100));
    }
}

#[test]
fn what_goes_to_two_programs_has_one_effect_and_no_job_is_lost() {
    on_postgres(|_| {
        let ward = Ward::open();
        let (one, other) = (ward.serve("api,ingest,scheduler"), ward.serve("api,ingest,scheduler"));
        let _solver = ward.serve("solver");
        let staff = [ward.admin(&one), ward.admin(&other)];
        let gateway = furnish(&staff[0]);
        let doors = [one.client(&gateway), other.client(&gateway)];
        let streams = [&staff[0], &staff[1]].map(|client| client.listen("/api/v1/events"));
        let stored = AtomicU64::new(0);
        let mut conn = ward.target.connect(Access::Survey).unwrap();
        let seen_before = number(&mut conn, "SELECT CAST(COALESCE(MAX(stream_number), 0) AS BIGINT) AS value FROM outbox");
        let began = Instant::now();
        std::thread::scope(|scope| {
            for boot in 0..SENDERS {
                let (doors, stored) = ([&doors[0], &doors[1]], &stored);
                scope.spawn(move || send(doors, boot, stored));
            }
            scope.spawn(|| book([&staff[0], &staff[1]]));
            for _ in 0..PLANS {
                for client in &staff {
                    assert_eq!(post_until(client, "/api/v1/plans", &[], &json!({"site": "H1"})).0, 202);
                }
            }
        });
        let took = began.elapsed();
        wait_for("jobs", &mut conn, "SELECT COUNT(*) AS value FROM job WHERE state IN ('queued', 'running')");
        wait_for("bindings to project", &mut conn, "SELECT COUNT(*) AS value FROM projection_task WHERE dirty_from < 1");
        wait_for("events without a place", &mut conn, "SELECT COUNT(*) AS value FROM outbox WHERE stream_number IS NULL");

        let sent = SENDERS * BATCHES * RECORDS;
        assert_eq!(stored.load(Ordering::Relaxed), sent, "each record was stored once, whoever was asked");
        assert_eq!(number(&mut conn, "SELECT COUNT(*) AS value FROM observation"), sent as i64);
        assert_eq!(number(&mut conn, "SELECT records_stored AS value FROM device_health"), sent as i64);
        let booked = counted(&mut conn, "SELECT reason AS name, COUNT(*) AS rows FROM movement WHERE reason LIKE 'both-%' GROUP BY reason");
        assert!(booked.len() as u64 == BOOKINGS && booked.values().all(|rows| *rows == 1), "{booked:?}");
        let plans = counted(&mut conn, "SELECT state AS name, COUNT(*) AS rows FROM plan GROUP BY state");
        assert_eq!(plans, BTreeMap::from([("done".to_owned(), 2 * PLANS as i64)]), "each plan is solved");
        assert_eq!(number(&mut conn, "SELECT CAST(MAX(attempts) AS BIGINT) AS value FROM job"), 1, "no job was done twice");
        let checked = program(&url(&ward.target), &["doctor", "--check"]);
        assert_eq!(checked.status.code(), Some(0), "{}", String::from_utf8_lossy(&checked.stdout));

        // Both streams told everything, in the same order.
        // What was told between the opening of the streams and the look at the newest is no part of this.
        let later = |stream: Receiver<String>| ids_of(&stream).into_iter().filter(|id| *id > seen_before).collect::<Vec<i64>>();
        let [first, second] = streams.map(later);
        assert!(first.is_sorted() && second.is_sorted());
        let all = number(&mut conn, &format!("SELECT COUNT(*) AS value FROM outbox WHERE stream_number > {seen_before}"));
        assert_eq!((first.len() as i64, second.len() as i64), (all, all), "no event was passed over");
        println!(
            "{sent} records and {BOOKINGS} bookings sent to both programs in {took:?}; {all} events, none missed; 6 plans solved once"
        );
    });
}
