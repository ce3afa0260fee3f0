//! Crash: the real program is killed at random moments of ingest, booking and planning; nothing acknowledged is lost,
//! nothing is stored twice, and what follows from the ledger still follows from it.
//!
//! `WARDSTOCK_CRASH_KILLS` kills on each database (10), `WARDSTOCK_CRASH_SEED` repeats a run's pauses and
//! choices; what the machine makes of them is its own affair.

pub(crate) mod load;

use std::collections::BTreeMap;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde_json::{Value, json};
use wardstock::db::conn::{Access, Target};

use crate::scene::{self, Engine, SMALL_CATALOGUE, Served, on_both, program, url};
pub(crate) use load::Chance;
use load::Load;

const KILLS: u64 = 10;
/// A machine that compiles beside the test is slow; the product promises 2 s, which is printed.
const READY_MAX: Duration = Duration::from_secs(15);

#[expect(clippy::disallowed_methods, reason = "how long, and which run again: settings of the test, not of the program")]
pub(crate) fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

#[test]
fn killed_at_any_moment_nothing_acknowledged_is_lost_or_stored_twice() {
    let kills = setting("WARDSTOCK_CRASH_KILLS").unwrap_or(KILLS);
    let fresh = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros() as u64;
    let seed = setting("WARDSTOCK_CRASH_SEED").unwrap_or(fresh % 1_000_000);
    let replay = format!("WARDSTOCK_CRASH_SEED={seed} WARDSTOCK_CRASH_KILLS={kills} cargo test --test wardstock crash -- --nocapture");
    println!("replay: {replay}");
    on_both(|engine| Hospital::open(engine, seed, replay.clone()).survive(kills));
}

/// A hospital whose service dies and comes back.
pub(crate) struct Hospital {
    engine: Engine,
    pub(crate) target: Target,
    pub(crate) admin: String,
    pub(crate) gateway: String,
    chance: Chance,
    pub(crate) load: Load,
    replay: String,
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

impl Hospital {
    fn open(engine: Engine, seed: u64, replay: String) -> Self {
        Self::open_on(engine, scene::target(engine), seed, replay)
    }

    /// As [`Hospital::open`], on a database that is there.
    pub(crate) fn open_on(engine: Engine, target: Target, seed: u64, replay: String) -> Self {
        assert!(program(&url(&target), &["migrate"]).status.success());
        let made = program(&url(&target), &["token", "create", "--role", "admin", "--name", "crash"]);
        let admin = String::from_utf8(made.stdout).unwrap().trim().to_owned();
        let served = Served::start(&url(&target));
        let client = served.client(&admin);
        client.upload("/api/v1/imports", &SMALL_CATALOGUE).want(200);
        let demand = (1..=28).map(|day| format!("W1,P1,2026-01-{day:02},{}", day % 5)).collect::<Vec<_>>().join("\n");
        client.upload("/api/v1/imports", &[("demand.csv", &format!("place,item,date,quantity\n{demand}"))]);
        let device = client.post("/api/v1/devices", &json!({"code": "gw-1", "site": "H1", "approve": true})).want(201);
        for channel in 0..load::CHANNELS {
            let (place, item) = [("PH", "P1"), ("PH", "P2"), ("W1", "P1"), ("W1", "P2")][channel];
            let binding = json!({"channel": format!("c{channel}"), "kind": "level", "place": place, "item": item, "mode": "advise"});
            client.post("/api/v1/devices/gw-1/bindings", &binding).want(201);
        }
        let gateway = device["token"].as_str().unwrap().to_owned();
        served.kill();
        Self { engine, target, admin, gateway, chance: Chance(seed), load: Load::new(seed), replay }
    }

    fn survive(mut self, kills: u64) {
        let mut ready: Vec<u128> = Vec::new();
        for kill in 1..=kills {
            let served = Served::start(&url(&self.target));
            ready.push(served.ready_after.as_millis());
            assert!(served.ready_after < READY_MAX, "ready after {:?}; replay: {}", served.ready_after, self.replay);
            let pause = Duration::from_millis(50 + self.chance.below(1_200));
            self.load.run(served, &self.admin, &self.gateway, pause);
            self.look(kill);
        }
        let served = Served::start(&url(&self.target));
        ready.push(served.ready_after.as_millis());
        // What was on its way when the service died is sent again, as a gateway and a browser do; then all is answered.
        self.load.finish(&served, &self.admin, &self.gateway);
        self.look(kills + 1);
        let missing = self.load.unanswered();
        assert_eq!(missing, 0, "{missing} were never answered; replay: {}", self.replay);
        assert!(!self.load.observed.is_empty() && !self.load.movements.is_empty(), "nothing was acknowledged; replay: {}", self.replay);
        ready.sort_unstable();
        println!(
            "{:?}: {kills} kills; {} readings and {} movements acknowledged, {} plans asked for; missing 0, twice 0, doctor: nothing differs; \
             ready after {} ms (median), {} ms (longest)",
            self.engine,
            self.load.observed.len(),
            self.load.movements.len(),
            self.load.plans,
            ready[ready.len() / 2],
            ready[ready.len() - 1],
        );
        drop(served);
    }

    /// Nothing acknowledged is missing, nothing is there twice, and the doctor finds nothing.
    pub(crate) fn look(&self, kill: u64) {
        let about = format!("{:?}, kill {kill}; replay: {}", self.engine, self.replay);
        let observed = self.counted(
            "SELECT c.code || ' ' || CAST(o.observed_at AS TEXT) || ' ' || CAST(o.value AS TEXT) AS name, CAST(COUNT(*) AS BIGINT) AS rows \
             FROM observation o JOIN channel c ON c.site_id = o.site_id AND c.id = o.channel_id \
             GROUP BY c.code, o.observed_at, o.value",
        );
        let movements = self
            .counted("SELECT reason AS name, CAST(COUNT(*) AS BIGINT) AS rows FROM movement WHERE reason LIKE 'crash-%' GROUP BY reason");
        for (acknowledged, stored) in [(&self.load.observed, &observed), (&self.load.movements, &movements)] {
            let missing: Vec<&String> = acknowledged.iter().filter(|name| !stored.contains_key(*name)).take(5).collect();
            assert!(missing.is_empty(), "acknowledged and missing: {missing:?} … ({about})");
            let twice: Vec<_> = stored.iter().filter(|(_, rows)| **rows != 1).take(5).collect();
            assert!(twice.is_empty(), "stored twice: {twice:?} … ({about})");
        }
        let checked = program(&url(&self.target), &["doctor", "--check", "--json"]);
        let found: Value = serde_json::from_slice(&checked.stdout).unwrap_or_default();
        assert_eq!(checked.status.code(), Some(0), "{found} {} ({about})", String::from_utf8_lossy(&checked.stderr));
        assert_eq!(found["sound"], true, "{found} ({about})");
    }

    fn counted(&self, sql: &str) -> BTreeMap<String, i64> {
        let mut conn = self.target.connect(Access::Survey).unwrap();
        let rows: Vec<Counted> = diesel::sql_query(sql).load(&mut conn).unwrap();
        rows.into_iter().map(|row| (row.name, row.rows)).collect()
    }
}
