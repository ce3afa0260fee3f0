//! Reports from a database that follows the primary: they say as of when, and one that is far behind is not ready.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wardstock::base::time::Micros;
use wardstock::db::conn::Target;

use super::furnish;
use crate::scene::{Answer, Cluster, Served, on_postgres, program};

fn now() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros() as i64
}

fn as_of(answer: Answer) -> (i64, Value) {
    let said = answer.header("x-as-of").unwrap();
    let report = answer.want(200);
    assert_eq!(report["as_of"], said.as_str());
    (Micros::parse(&said).unwrap().0, report)
}

#[test]
fn reports_come_from_the_follower_and_say_how_old_they_are() {
    on_postgres(|_| {
        let primary = Cluster::start("");
        let follower = primary.standby("reports");
        primary.wait_for("SELECT count(*) FROM pg_stat_replication", "1");
        let [first, second] = [&primary, &follower].map(|cluster| format!("postgres://scene@{}/scene", cluster.host()));
        assert!(Target::parse(&first).is_ok() && program(&first, &["migrate"]).status.success());
        let made = program(&first, &["token", "create", "--role", "admin", "--name", "follower"]);
        let token = String::from_utf8(made.stdout).unwrap().trim().to_owned();
        let served = Served::start_with(&first, &["--read-database", &second]);
        let admin = served.client(&token);
        furnish(&admin);
        admin.post("/api/v1/movements", &json!({"kind": "receipt", "place": "PH", "item": "P1", "quantity": 500})).want(201);
        let began = Instant::now();
        let worth = |report: &Value| report["total"].to_string();
        let empty = r"[]";
        loop {
            let (moment, report) = as_of(admin.get("/api/v1/reports/stock-value"));
            assert!((now() - moment).abs() < 60_000_000, "as of {moment}");
            if worth(&report) != empty && worth(&report) != "null" {
                break;
            }
            assert!(began.elapsed() < Duration::from_secs(10), "the receipt never came: {report}");
            std::thread::park_timeout(Duration::from_millis(50));
        }
        let csv = admin.get("/api/v1/reports/stock-value.csv");
        assert!(csv.header("x-as-of").is_some() && csv.status == 200, "{}", csv.text);
        assert_eq!(admin.get("/readyz").status, 200);

        // The follower stands still: reports go on, and say as of when. What is written now is not in them.
        follower.ask("SELECT pg_wal_replay_pause()");
        std::thread::park_timeout(Duration::from_millis(300));
        let (_, before) = as_of(admin.get("/api/v1/reports/stock-value"));
        admin.post("/api/v1/movements", &json!({"kind": "receipt", "place": "PH", "item": "P1", "quantity": 70})).want(201);
        std::thread::park_timeout(Duration::from_millis(1_500));
        let (moment, after) = as_of(admin.get("/api/v1/reports/stock-value"));
        assert_eq!(worth(&before), worth(&after));
        assert!(now() - moment > 1_000_000, "it says that it is {} us old", now() - moment);
        assert_eq!(admin.get("/readyz").status, 200, "a few seconds behind is fresh enough");

        // Gone: reports are refused, the rest goes on.
        follower.stop_at_once();
        let refused = admin.get("/api/v1/reports/stock-value");
        assert_eq!(refused.status, 503, "{}", refused.text);
        assert!(refused.header("retry-after").is_some());
        assert_eq!(admin.get("/readyz").status, 503);
        assert_eq!(admin.get("/api/v1/items").status, 200);
    });
}
