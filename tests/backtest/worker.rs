//! The worker: stopped it gives its job back, cut off again and again it fails.

use std::sync::atomic::AtomicBool;

use wardstock::base::clock::Clock;
use wardstock::base::time::Micros;
use wardstock::db::hot::JobRow;
use wardstock::db::{Db, migrate, queue};
use wardstock::trial::{self, BacktestRequest};

use super::{deliveries, ledger};
use crate::scene::{self, Engine, on_both};

/// A database without a service, with the ledger and one backtest that waits.
fn waiting(engine: Engine) -> (Db, Clock, i64) {
    let target = scene::target(engine);
    migrate::up(&target, false).unwrap();
    let clock = Clock::manual(Micros::parse("2026-11-23T06:30:00Z").unwrap());
    let db = Db::open(&target, clock.clone()).unwrap();
    let texts = super::command::files().into_iter().chain([("movements.csv", ledger()), ("deliveries.csv", deliveries())]);
    let files = texts.map(|(name, text)| (name.to_owned(), text.into_bytes())).collect();
    wardstock::app::import::run(&db, "scene", None, &files, wardstock::app::import::Mode::default()).unwrap();
    let wish = BacktestRequest { site: "H1".into(), policies: Some(vec!["par:30".into()]), ..BacktestRequest::default() };
    db.write_now(move |tx| trial::request(tx, "scene", None, &wish)).unwrap();
    let site_id = db.read_now(|conn| Ok(wardstock::places::find_site(conn, "H1")?.site_id)).unwrap();
    (db, clock, site_id)
}

fn claim(db: &Db, site_id: i64) -> JobRow {
    db.write_now(move |tx| queue::claim(tx, site_id, trial::QUEUE, "backtester")).unwrap().unwrap()
}

#[test]
fn a_backtest_that_is_stopped_can_be_walked_by_another() {
    on_both(|engine| {
        let (db, clock, site_id) = waiting(engine);
        let job = claim(&db, site_id);
        let stopped = trial::run(&db, &job, &AtomicBool::new(true)).unwrap_err();
        assert_eq!(stopped.code.status(), 500, "{engine:?}: {stopped}");
        assert!(!db.write_now(move |tx| queue::put_back(tx, &job, "stopped")).unwrap());
        clock.set(clock.now().plus_seconds(60));
        let job = claim(&db, site_id);
        trial::run(&db, &job, &AtomicBool::new(false)).unwrap();
        // Whoever lost the lease stores nothing.
        assert!(trial::run(&db, &job, &AtomicBool::new(false)).is_err(), "{engine:?}");
        assert_eq!(db.write_now(trial::abandoned::fail_abandoned).unwrap(), 0, "{engine:?}");
    });
}

#[test]
fn a_backtest_that_no_worker_finishes_fails() {
    on_both(|engine| {
        let (db, clock, site_id) = waiting(engine);
        for _ in 0..5 {
            assert_eq!(db.write_now(trial::abandoned::fail_abandoned).unwrap(), 0, "{engine:?}");
            claim(&db, site_id);
            clock.set(clock.now().plus_seconds(700));
            assert_eq!(db.write_now(queue::recover).unwrap(), 1, "{engine:?}");
        }
        assert_eq!(db.write_now(trial::abandoned::fail_abandoned).unwrap(), 1, "{engine:?}");
    });
}
