//! However batches arrive (shuffled, late, twice, cut up otherwise), what is stored, believed and booked in the end is the same
//! as if each had come once and in time.
//!
//! `WARDSTOCK_DELIVERY_CASES` cases (40), `WARDSTOCK_DELIVERY_SEED` repeats them.

use std::collections::BTreeMap;
use std::fmt::Write;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde_json::{Value, json};
use wardstock::base::time::Micros;
use wardstock::db::conn::{Access, Conn};
use wardstock::sensing;

use crate::crash::{Chance, setting};
use crate::scene::{Client, Engine, Hospital, on_both};

const CASES: u64 = 40;
const MINUTE: i64 = 60_000_000;
const MODES: [&str; 3] = ["shadow", "advise", "authoritative"];
/// Each case has so much time of its own; whatever it sends has arrived by then.
const CASE_MINUTES: i64 = 48 * 60;

/// One of the two gateways: the first sends in time, the second as the world is.
const WARDS: [&str; 2] = ["WA", "WB"];

#[test]
fn however_batches_arrive_the_end_is_the_same() {
    let cases = setting("WARDSTOCK_DELIVERY_CASES").unwrap_or(CASES);
    let fresh = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros() as u64 % 1_000_000;
    let seed = setting("WARDSTOCK_DELIVERY_SEED").unwrap_or(fresh);
    let replay = format!("WARDSTOCK_DELIVERY_SEED={seed} WARDSTOCK_DELIVERY_CASES={cases} cargo test --test wardstock delivery");
    println!("replay: {replay}");
    on_both(|engine| {
        let world = World::open(engine, cases);
        let posts = world.deliver(cases, seed);
        let [orderly, shuffled] = WARDS.map(|ward| world.end(ward));
        assert_eq!(orderly.len(), shuffled.len(), "{engine:?}; replay: {replay}");
        for (one, other) in orderly.iter().zip(&shuffled) {
            assert_eq!(one, other, "in time, and as it came ({engine:?}); replay: {replay}");
        }
        println!("{engine:?}: {cases} cases, {posts} posts, {} facts alike", orderly.len());
    });
}

struct World {
    hospital: Hospital,
    gateways: Vec<Client>,
    start: i64,
}

/// A batch that arrives at a moment at the gateway of a ward.
struct Arrival {
    at: i64,
    ward: usize,
    body: Value,
}

impl World {
    /// Two wards alike, each with a stock point and a channel for every case.
    fn open(engine: Engine, cases: u64) -> Self {
        let now = "2026-01-05T08:00:00Z";
        let hospital = Hospital::at(engine, now);
        let mut items = "code,name,base_unit,ven,storage_class,volume_ml,shelf_life_days,group\n".to_owned();
        for case in 0..cases {
            writeln!(items, "M{case},Item {case},tablet,E,ambient,1,720,g").unwrap();
        }
        let places =
            "code,name,kind,parent,timezone,capacity_refrigerated_litres\nH1,H,site,,Europe/Berlin,\nWA,A,ward,H1,,\nWB,B,ward,H1,,\n";
        hospital.import(&[("places.csv", places), ("items.csv", &items)]);
        let gateways = WARDS.map(|ward| hospital.gateway(&format!("gw-{ward}"), "H1", true));
        for ward in WARDS {
            for case in 0..cases {
                let mode = MODES[case as usize % MODES.len()];
                let binding = json!({"channel": format!("c{case}"), "kind": "level", "place": ward, "item": format!("M{case}"), "mode": mode,
                    "max_units": 1_000, "settle_seconds": 60});
                hospital.admin().post(&format!("/api/v1/devices/gw-{ward}/bindings"), &binding).want(201);
            }
        }
        Self { hospital, gateways: gateways.into(), start: Micros::parse(now).unwrap().0 }
    }

    /// Sends everything, case after case; answers how many posts it took.
    fn deliver(&self, cases: u64, seed: u64) -> usize {
        let mut posts = 0;
        for case in 0..cases {
            let mut chance = Chance(seed.wrapping_add(case));
            let start = self.start + case as i64 * CASE_MINUTES * MINUTE;
            let mut arrivals = arrivals(case, start, &mut chance);
            arrivals.sort_by_key(|arrival| arrival.at);
            for arrival in &arrivals {
                self.hospital.set_clock(&Micros(arrival.at).to_text());
                let answer = self.gateways[arrival.ward].post("/ingest/v1/observations", &arrival.body);
                assert!(matches!(answer.status, 200 | 207), "{}", answer.text);
                let receipt: Value = serde_json::from_str(&answer.text).unwrap();
                assert_eq!((&receipt["rejected"], &receipt["quarantined"]), (&json!(0), &json!(0)), "{receipt}");
                posts += 1;
            }
            self.hospital.set_clock(&Micros(start + CASE_MINUTES * MINUTE).to_text());
            self.work_out();
        }
        // Steps that wait for a booking are decided hours later.
        self.hospital.set_clock(&Micros(self.start + (cases as i64 + 30) * CASE_MINUTES * MINUTE).to_text());
        self.work_out();
        posts
    }

    fn work_out(&self) {
        let now = self.hospital.clock.now();
        while self.hospital.state.db.write_now(move |tx| sensing::project_due(tx, now)).unwrap() > 0 {}
    }

    /// All that is known of a ward in the end, one line a fact.
    fn end(&self, ward: &str) -> Vec<String> {
        let mut conn = self.hospital.target.connect(Access::Survey).unwrap();
        let at_ward = "JOIN stock_point s ON s.site_id = x.site_id AND s.id = x.stock_point_id \
            JOIN place p ON p.site_id = s.site_id AND p.id = s.place_id JOIN item i ON i.id = s.item_id";
        let of_gateway =
            "JOIN channel c ON c.site_id = x.site_id AND c.id = x.channel_id JOIN device p ON p.site_id = c.site_id AND p.id = c.device_id";
        let gateway = format!("gw-{ward}");
        let mut all = Vec::new();
        for (what, who, text) in [
            ("stored", &*gateway, format!("SELECT c.code AS name, x.observed_at AS at, x.value AS units FROM observation x {of_gateway}")),
            ("newest", &*gateway, format!("SELECT c.code AS name, x.observed_at AS at, x.value AS units FROM channel_last x {of_gateway}")),
            (
                "believed",
                ward,
                format!(
                    "SELECT i.code AS name, x.as_of AS at, x.estimate * 1000000 + x.low * 1000 + x.high AS units FROM belief x {at_ward}"
                ),
            ),
            ("on hand", ward, format!("SELECT i.code AS name, CAST(0 AS BIGINT) AS at, x.quantity AS units FROM level x {at_ward}")),
            (
                "open",
                ward,
                format!(
                    "SELECT i.code AS name, x.book_units AS at, x.estimate_units AS units FROM discrepancy x {at_ward} AND x.state = 'open'"
                ),
            ),
            (
                "booked",
                ward,
                format!(
                    "SELECT i.code || ' ' || x.kind AS name, x.event_at AS at, CAST(SUM(x.quantity_delta) AS BIGINT) AS units FROM movement x \
                     {at_ward} WHERE p.code = $1 GROUP BY i.code, x.kind, x.event_at HAVING SUM(x.quantity_delta) <> 0"
                ),
            ),
        ] {
            let text = if text.contains("$1") { text } else { format!("{text} WHERE p.code = $1") };
            all.extend(facts(&mut conn, what, who, &text));
        }
        all.sort();
        all
    }
}

#[derive(QueryableByName)]
struct Fact {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    at: i64,
    #[diesel(sql_type = BigInt)]
    units: i64,
}

fn facts(conn: &mut Conn, what: &str, who: &str, text: &str) -> Vec<String> {
    let rows: Vec<Fact> = diesel::sql_query(text).bind::<Text, _>(who).load(conn).unwrap();
    rows.into_iter().map(|row| format!("{what} {} {} {}", row.name, row.at, row.units)).collect()
}

/// What a shelf shows over a day, once in time and once as the world is.
fn arrivals(case: u64, start: i64, chance: &mut Chance) -> Vec<Arrival> {
    let mut held = 50 + chance.below(200) as i64;
    let mut at = start + MINUTE;
    let records: Vec<Value> = (0..5 + chance.below(20))
        .map(|_| {
            at += (1 + chance.below(50) as i64) * MINUTE + chance.below(60) as i64 * 1_000_000;
            held = if chance.below(8) == 0 { held + 40 } else { (held - chance.below(9) as i64).max(0) };
            json!({"kind": "level", "channel": format!("c{case}"), "at": Micros(at), "count": held})
        })
        .collect();
    let moments: BTreeMap<usize, i64> =
        records.iter().enumerate().map(|(at, record)| (at, Micros::parse(record["at"].as_str().unwrap()).unwrap().0)).collect();
    let mut arrivals = Vec::new();
    for (ward, code) in WARDS.iter().enumerate() {
        let mut seq = 0;
        let mut send = |from: usize, to: usize, late: i64, arrivals: &mut Vec<Arrival>, again: u64| {
            seq += 1;
            let body = json!({"schema": "wardstock.obs.v1", "device": format!("gw-{code}"), "boot_id": format!("b{case}"), "seq": seq,
                "records": records[from..to]});
            for repeat in 0..=again as i64 {
                arrivals.push(Arrival { at: moments[&(to - 1)] + late + repeat * 3 * MINUTE, ward, body: body.clone() });
            }
        };
        let mut from = 0;
        while from < records.len() {
            let to = (from + 1 + chance.below(4) as usize).min(records.len());
            if ward == 0 {
                send(from, to, 1_000_000, &mut arrivals, 0);
            } else {
                // In time, somewhat late, or very late; the very same again; and some of it again, cut up otherwise.
                let late = [1_000_000, chance.below(90) as i64 * MINUTE, chance.below(20) as i64 * 60 * MINUTE][chance.below(3) as usize];
                send(from, to, late, &mut arrivals, chance.below(3) / 2);
                if chance.below(4) == 0 {
                    let again = from - chance.below(from.min(3) as u64 + 1) as usize;
                    send(again, to, late + chance.below(300) as i64 * MINUTE, &mut arrivals, 0);
                }
            }
            from = to;
        }
    }
    arrivals
}
