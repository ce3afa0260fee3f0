//! The stream of events when writes commit in another order than they began.

use std::sync::mpsc::channel;

use serde_json::json;
use wardstock::base::clock::Clock;
use wardstock::db::Db;
use wardstock::db::outbox::{self, Topic};

use super::Ward;
use crate::scene::on_postgres;

#[test]
fn an_event_that_commits_late_is_not_passed_over() {
    on_postgres(|_| {
        let ward = Ward::open();
        let (db, other) = (Db::open(&ward.target, Clock::System).unwrap(), Db::open(&ward.target, Clock::System).unwrap());
        let (wrote, slow_wrote) = channel();
        let (may_commit, commit) = channel::<()>();
        let slow = std::thread::spawn(move || {
            other.write_apart_now(move |tx| {
                outbox::push(tx, 1, Topic::Stock, &json!({"who": "slow"}))?;
                wrote.send(()).unwrap();
                commit.recv().unwrap();
                Ok(())
            })
        });
        slow_wrote.recv().unwrap();
        let number = || db.write_now(outbox::number_new).unwrap().len();
        let after = |seen: i64| db.read_now(move |conn| outbox::list_after(conn, seen, 10)).unwrap();
        for who in ["first", "second"] {
            db.write_now(move |tx| outbox::push(tx, 1, Topic::Stock, &json!({"who": who}))).unwrap();
        }
        assert_eq!(number(), 2);
        let seen = after(0);
        assert_eq!(seen.iter().map(|event| event.payload.as_str()).collect::<Vec<_>>(), [r#"{"who":"first"}"#, r#"{"who":"second"}"#]);
        may_commit.send(()).unwrap();
        slow.join().unwrap().unwrap();
        assert_eq!(number(), 1);
        // Its id is the smallest of the three; its place is the last.
        let rest = after(seen[1].stream_number);
        assert_eq!(rest.iter().map(|event| event.payload.as_str()).collect::<Vec<_>>(), [r#"{"who":"slow"}"#]);
        db.write_now(|tx| outbox::push(tx, 1, Topic::Stock, &json!({"who": "third"}))).unwrap();
        assert_eq!((number(), after(rest[0].stream_number).len()), (1, 1), "and what comes after it is behind it");
    });
}
