//! The database dies under load and comes back, or its standby takes over: nothing acknowledged is lost, nothing is
//! stored twice, callers hear 503 with `Retry-After` meanwhile, and work goes on within seconds.
//!
//! `WARDSTOCK_STOPS` stops (3; the long form 20), `WARDSTOCK_CRASH_SEED` repeats a run's pauses.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use wardstock::db::conn::Target;

use crate::crash::load::Chance;
use crate::crash::{Hospital, setting};
use crate::scene::{Client, Cluster, Served, on_postgres, url};

/// From the moment at which the database takes connections to the next acknowledged write.
const BACK_MAX: Duration = Duration::from_secs(5);

fn seed() -> u64 {
    let fresh = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros() as u64;
    setting("WARDSTOCK_CRASH_SEED").unwrap_or(fresh % 1_000_000)
}

fn pause(millis: u64) {
    std::thread::park_timeout(Duration::from_millis(millis));
}

/// While the database is away, readers and writers are told to come back.
#[track_caller]
fn must_be_turned_away(who: &str, client: &Client, method: &str, path: &str, body: &[u8]) {
    let answer = client.send(method, path, &[("content-type", "application/json")], body);
    assert_eq!(answer.status, 503, "{who}: {}", answer.text);
    assert!(answer.header("retry-after").is_some(), "{who}: 503 without Retry-After: {}", answer.text);
}

/// How long it takes from now on until something is acknowledged again.
#[track_caller]
fn back_after(taken: &AtomicU64) -> Duration {
    let (began, before) = (Instant::now(), taken.load(Ordering::Relaxed));
    while taken.load(Ordering::Relaxed) == before {
        assert!(began.elapsed() < 4 * BACK_MAX, "nothing was taken for {:?}", 4 * BACK_MAX);
        pause(5);
    }
    began.elapsed()
}

fn longest(back: &[Duration]) -> Duration {
    let longest = back.iter().max().copied().unwrap_or_default();
    assert!(longest < BACK_MAX, "back after {back:?}");
    longest
}

#[test]
fn a_database_that_stops_at_once_and_comes_back_loses_nothing() {
    on_postgres(|engine| {
        let (stops, seed) = (setting("WARDSTOCK_STOPS").unwrap_or(3), seed());
        let replay = format!("WARDSTOCK_CRASH_SEED={seed} WARDSTOCK_STOPS={stops} cargo test --test wardstock failover -- --nocapture");
        println!("replay: {replay}");
        let cluster = Cluster::start("");
        let target = Target::parse(&format!("postgres://scene@{}/scene", cluster.host())).unwrap();
        let mut hospital = Hospital::open_on(engine, target, seed, replay);
        let served = Served::start(&url(&hospital.target));
        let (mut chance, taken, mut back) = (Chance(seed), AtomicU64::new(0), Vec::new());
        let (admin, gateway) = (hospital.admin.clone(), hospital.gateway.clone());
        for stop in 1..=stops {
            hospital.load.beside(&served, &admin, &gateway, &taken, || {
                pause(300 + chance.below(700));
                cluster.stop_at_once();
                must_be_turned_away("a reader", &served.client(&admin), "GET", "/api/v1/items", b"");
                must_be_turned_away("readyz", &served.client(&admin), "GET", "/readyz", b"");
                must_be_turned_away("a writer", &served.client(&admin), "POST", "/api/v1/plans", br#"{"site": "H1"}"#);
                pause(chance.below(1_500));
                cluster.start_again();
                back.push(back_after(&taken));
                pause(200);
            });
            hospital.look(stop);
        }
        hospital.load.finish(&served, &admin, &gateway);
        hospital.look(stops + 1);
        let (readings, movements) = (hospital.load.observed.len(), hospital.load.movements.len());
        println!(
            "{stops} stops; {readings} readings and {movements} movements acknowledged; missing 0, twice 0; back after {:?} at most",
            longest(&back)
        );
    });
}

#[test]
fn a_standby_that_takes_over_has_everything_that_was_acknowledged() {
    on_postgres(|engine| {
        let seed = seed();
        let replay = format!("WARDSTOCK_CRASH_SEED={seed} cargo test --test wardstock failover -- --nocapture");
        println!("replay: {replay}");
        let primary = Cluster::start("");
        let standby = primary.standby("s1");
        // Only now: a primary without its standby acknowledges nothing.
        primary.ask("ALTER SYSTEM SET synchronous_standby_names = 's1'");
        primary.ask("SELECT pg_reload_conf()");
        primary.wait_for("SELECT sync_state FROM pg_stat_replication", "sync");
        let both = format!("postgres://scene@{},{}/scene", primary.host(), standby.host());
        let mut hospital = Hospital::open_on(engine, Target::parse(&both).unwrap(), seed, replay);
        let served = Served::start(&both);
        let (mut chance, taken, mut back) = (Chance(seed), AtomicU64::new(0), Duration::ZERO);
        let (admin, gateway) = (hospital.admin.clone(), hospital.gateway.clone());
        hospital.load.beside(&served, &admin, &gateway, &taken, || {
            pause(500 + chance.below(1_000));
            primary.stop_at_once();
            must_be_turned_away("a writer", &served.client(&admin), "POST", "/api/v1/plans", br#"{"site": "H1"}"#);
            standby.promote();
            back = back_after(&taken);
            pause(500);
        });
        hospital.look(1);
        hospital.load.finish(&served, &admin, &gateway);
        hospital.look(2);
        println!(
            "the standby took over; {} readings and {} movements acknowledged; missing 0, twice 0; back after {:?}",
            hospital.load.observed.len(),
            hospital.load.movements.len(),
            longest(&[back])
        );
    });
}
