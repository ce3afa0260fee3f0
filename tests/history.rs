//! What becomes of old readings: sums that follow from them, retention that takes only what is summed and over, months.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde_json::{Value, json};
use wardstock::base::time::{DAY_MICROS, Micros};
use wardstock::db::conn::{Access, Conn, Number};
use wardstock::sensing::retention::{self, Keep};
use wardstock::sensing::rollup;

use crate::scene::{Client, Engine, Hospital, on_both, on_postgres, program, url};

const HOUR: i64 = DAY_MICROS / 24;
const KEEP: Keep = Keep { raw_days: 8, hour_days: 40 };

/// A gateway with two channels, and what it said so far.
struct Ward {
    hospital: Hospital,
    gateway: Client,
    seq: u64,
}

fn number(conn: &mut Conn, sql: &str) -> i64 {
    diesel::sql_query(sql).get_result::<Number>(conn).unwrap().value
}

impl Ward {
    fn open(engine: Engine, now: &str) -> Self {
        let hospital = Hospital::at(engine, now).with_small_catalogue();
        let gateway = hospital.gateway("gw-1", "H1", true);
        for (channel, place) in [("c1", "PH"), ("c2", "W1")] {
            let binding = json!({"channel": channel, "kind": "level", "place": place, "item": "P1", "mode": "shadow"});
            hospital.admin().post("/api/v1/devices/gw-1/bindings", &binding).want(201);
        }
        Self { hospital, gateway, seq: 0 }
    }

    /// Posts readings `(channel, moment, count)` at the clock's time.
    fn says(&mut self, said: &[(&str, i64, i64)]) -> Value {
        self.seq += 1;
        let records: Vec<Value> = said
            .iter()
            .map(|(channel, at, count)| json!({"kind": "level", "channel": channel, "at": Micros(*at), "count": count}))
            .collect();
        let batch = json!({"schema": "wardstock.obs.v1", "device": "gw-1", "boot_id": "b1", "seq": self.seq,
            "sent_at": self.hospital.clock.now(), "records": records});
        let answer = self.gateway.post("/ingest/v1/observations", &batch);
        assert!(matches!(answer.status, 200 | 207), "{} {}", answer.status, answer.text);
        serde_json::from_str(&answer.text).unwrap()
    }

    /// Sums what is over, once nothing came for a while.
    fn sum(&self) {
        self.hospital.clock.set(self.hospital.clock.now().plus_seconds(660));
        while self.hospital.state.db.write_now(|tx| rollup::sum_due(tx, tx.now)).unwrap() > 0 {}
    }

    fn sweep(&self) {
        let db = &self.hospital.state.db;
        let mut sweep = Some(db.write_now(|tx| retention::begin(tx, KEEP)).unwrap());
        while let Some(left) = sweep {
            sweep = db.write_now(move |tx| left.step(tx, KEEP)).unwrap();
        }
    }

    fn conn(&self) -> Conn {
        self.hospital.target.connect(Access::Write).unwrap()
    }
}

/// Hours whose sums are not what their readings say, and days that are not what their hours say.
fn wrong(conn: &mut Conn) -> i64 {
    let fold = |from: &str, into: &str, size: i64, fields: [&str; 4]| {
        let [observations, min, max, sum] = fields;
        let at = if from == "observation" { "observed_at" } else { "bucket" };
        format!(
            "SELECT COUNT(*) AS value FROM (SELECT site_id, channel_id, {at} / {size} * {size} AS bucket, \
             CAST({observations} AS BIGINT) AS n, MIN({min}) AS low, MAX({max}) AS high, CAST(SUM({sum}) AS BIGINT) AS total \
             FROM {from} GROUP BY site_id, channel_id, {at} / {size} * {size}) f \
             LEFT JOIN {into} s ON s.site_id = f.site_id AND s.channel_id = f.channel_id AND s.bucket = f.bucket \
             WHERE s.bucket IS NULL OR s.observations <> f.n OR s.min_value <> f.low OR s.max_value <> f.high OR s.sum_value <> f.total"
        )
    };
    number(conn, &fold("observation", "observation_hour", HOUR, ["COUNT(*)", "value", "value", "value"]))
        + number(
            conn,
            &fold("observation_hour", "observation_day", DAY_MICROS, ["SUM(observations)", "min_value", "max_value", "sum_value"]),
        )
}

#[test]
fn sums_by_hour_and_day_are_what_the_readings_say_however_late() {
    on_both(|engine| {
        let mut ward = Ward::open(engine, "2026-11-20T10:00:00Z");
        let now = ward.hospital.clock.now().0;
        let (first, second) = (now - 50 * HOUR + 60_000_000, now - 49 * HOUR);
        ward.says(&[("c1", first, 40), ("c1", first + 1_000_000, 38), ("c2", first, 7), ("c1", second, 39)]);
        let mut conn = ward.conn();
        assert_eq!(number(&mut conn, "SELECT COUNT(*) AS value FROM rollup_dirty"), 3, "{engine:?}");
        ward.sum();
        assert_eq!(number(&mut conn, "SELECT COUNT(*) AS value FROM rollup_dirty"), 0, "{engine:?}");
        assert_eq!(number(&mut conn, "SELECT COUNT(*) AS value FROM observation_hour"), 3, "{engine:?}");
        assert_eq!(wrong(&mut conn), 0, "{engine:?}");
        let last = |conn: &mut Conn, table: &str| number(conn, &format!("SELECT MAX(last_value) AS value FROM {table}"));
        assert_eq!((last(&mut conn, "observation_hour"), last(&mut conn, "observation_day")), (39, 39), "{engine:?}");
        // A reading that comes late, into an hour that was summed.
        ward.says(&[("c1", first + 2_000_000, 55), ("c2", first - 2 * DAY_MICROS, 3)]);
        assert!(wrong(&mut conn) > 0, "{engine:?}: nobody summed yet");
        ward.sum();
        assert_eq!(wrong(&mut conn), 0, "{engine:?}");
        // The hour that goes on is marked once, and summed when it is over.
        ward.says(&[("c1", now + 600_000_000, 30)]);
        ward.says(&[("c1", now + 601_000_000, 29)]);
        ward.sum();
        assert_eq!(number(&mut conn, "SELECT COUNT(*) AS value FROM rollup_dirty"), 1, "{engine:?}");
        ward.hospital.set_clock("2026-11-20T11:33:00Z");
        ward.sum();
        assert_eq!((wrong(&mut conn), number(&mut conn, "SELECT COUNT(*) AS value FROM rollup_dirty")), (0, 0), "{engine:?}");
    });
}

#[test]
fn retention_takes_what_is_over_and_summed_and_nothing_else() {
    on_both(|engine| {
        let mut ward = Ward::open(engine, "2026-11-02T10:00:00Z");
        let early = ward.hospital.clock.now().0 - 5 * DAY_MICROS;
        for day in 0..5 {
            let said: Vec<(&str, i64, i64)> = (0..24).map(|hour| ("c1", early + day * DAY_MICROS + hour * HOUR, 30 + hour)).collect();
            ward.says(&said);
        }
        let mut conn = ward.conn();
        ward.hospital.set_clock("2026-11-20T10:00:00Z");
        // Not summed yet: nothing goes.
        ward.sweep();
        let all = number(&mut conn, "SELECT COUNT(*) AS value FROM observation");
        assert_eq!(all, 5 * 24, "{engine:?}");
        ward.sum();
        let hours = number(&mut conn, "SELECT COUNT(*) AS value FROM observation_hour");
        ward.says(&[("c1", ward.hospital.clock.now().0 - HOUR, 12)]);
        ward.sweep();
        let cutoff = number(&mut conn, "SELECT cutoff AS value FROM retention_gate");
        assert_eq!(Micros(cutoff).to_text(), "2026-11-11T00:00:00Z", "{engine:?}");
        let left = number(&mut conn, &format!("SELECT COUNT(*) AS value FROM observation WHERE observed_at < {cutoff}"));
        // By months, only October is over; row by row, everything before the cutoff.
        let november = Micros::parse("2026-11-01T00:00:00Z").unwrap().0;
        if engine == Engine::Sqlite {
            assert_eq!(left, 0);
        } else {
            assert_eq!(number(&mut conn, &format!("SELECT COUNT(*) AS value FROM observation WHERE observed_at < {november}")), 0);
            assert!(left > 0 && left < all, "{left}");
        }
        assert_eq!(number(&mut conn, "SELECT COUNT(*) AS value FROM observation_hour"), hours, "{engine:?}: sums stay");
        // What is kept can't be deleted by hand, what is over is not taken any more, and the doctor agrees.
        let refused = diesel::sql_query("DELETE FROM observation WHERE observed_at >= $1").bind::<BigInt, _>(cutoff).execute(&mut conn);
        assert!(refused.unwrap_err().to_string().contains("append_only"), "{engine:?}");
        let answer = ward.says(&[("c1", cutoff - HOUR, 3)]);
        assert_eq!((&answer["rejected"], &answer["results"][0]["code"]), (&json!(1), &json!("too_old")), "{engine:?}: {answer}");
        let checked = program(&url(&ward.hospital.target), &["doctor", "--check"]);
        assert_eq!(checked.status.code(), Some(0), "{engine:?}: {}", String::from_utf8_lossy(&checked.stdout));
        // Sums by hour go too, by day they stay.
        let days = number(&mut conn, "SELECT COUNT(*) AS value FROM observation_day");
        ward.hospital.set_clock("2026-12-20T10:00:00Z");
        ward.sum();
        ward.sweep();
        let kept = number(&mut conn, &format!("SELECT COUNT(*) AS value FROM observation_hour WHERE bucket < {cutoff}"));
        assert_eq!(kept, 0, "{engine:?}");
        assert_eq!(number(&mut conn, "SELECT COUNT(*) AS value FROM observation_day"), days + 1, "{engine:?}");
    });
}

/// The answer is gone, so the records tell: one that says when it was is recognised, one that does not is not taken twice.
#[test]
fn old_answers_go_and_a_resend_still_counts_once() {
    on_both(|engine| {
        let mut ward = Ward::open(engine, "2026-11-02T10:00:00Z");
        let start = ward.hospital.clock.now();
        let record = |at: Option<Micros>, count: i64| match at {
            Some(at) => json!({"kind": "level", "channel": "c1", "at": at, "count": count}),
            None => json!({"kind": "level", "channel": "c1", "count": count}),
        };
        let batch = |seq: u64, records: Vec<Value>| json!({"schema": "wardstock.obs.v1", "device": "gw-1", "boot_id": "b1", "seq": seq, "records": records});
        // A good stamp, none, and one that is ahead (it gets ours).
        let old = batch(1, vec![record(Some(start), 40), record(None, 39), record(Some(start.plus_seconds(3_600)), 38)]);
        let old_answer = ward.gateway.post("/ingest/v1/observations", &old).want(200);
        ward.gateway.post("/ingest/v1/observations", &batch(3, vec![record(Some(start.plus_seconds(1)), 41)])).want(200);
        ward.hospital.set_clock("2026-11-09T14:00:00Z");
        let recent = batch(4, vec![record(None, 20)]);
        let recent_answer = ward.gateway.post("/ingest/v1/observations", &recent).want(200);
        ward.seq = 4;
        let mut conn = ward.conn();
        let stored = |conn: &mut Conn| number(conn, "SELECT COUNT(*) AS value FROM observation");
        let before = stored(&mut conn);
        assert_eq!(before, 5, "{engine:?}");
        ward.hospital.set_clock("2026-11-10T10:00:00Z");
        ward.sum();
        ward.sweep();
        assert_eq!(number(&mut conn, "SELECT COUNT(*) AS value FROM ingest_batch"), 1, "{engine:?}: the recent answer stays");
        assert_eq!(number(&mut conn, "SELECT seq AS value FROM batch_horizon"), 3, "{engine:?}");
        let gone = format!("/ingest/v1/batches/{}", old_answer["batch"].as_str().unwrap());
        ward.gateway.get(&gone).problem(404, "not_found");
        assert_eq!(ward.gateway.post("/ingest/v1/observations", &recent).want(200), recent_answer, "{engine:?}: the first answer again");
        let again = ward.gateway.post("/ingest/v1/observations", &old).want(207);
        assert_eq!((&again["stored"], &again["duplicate"], &again["rejected"]), (&json!(0), &json!(2), &json!(1)), "{engine:?}: {again}");
        assert_eq!((&again["results"][1]["code"], &again["results"][1]["field"]), (&json!("too_old"), &json!("/records/1/at")), "{again}");
        assert_eq!(stored(&mut conn), before, "{engine:?}: nothing counts twice");
        // What was on its way for long is taken all the same.
        let late = batch(2, vec![record(Some(start.plus_seconds(-60)), 42), record(Some(start), 40)]);
        let answer = ward.gateway.post("/ingest/v1/observations", &late).want(207);
        assert_eq!((&answer["stored"], &answer["duplicate"]), (&json!(1), &json!(1)), "{engine:?}: {answer}");
        let next = ward.says(&[("c1", ward.hospital.clock.now().0 - HOUR, 12)]);
        assert_eq!(next["stored"], json!(1), "{engine:?}: {next}");
    });
}

#[test]
fn months_are_made_ahead_and_strays_are_told_and_moved() {
    on_postgres(|engine| {
        let ward = Ward::open(engine, "2026-11-20T10:00:00Z");
        let mut conn = ward.conn();
        let in_default = |conn: &mut Conn| number(conn, "SELECT COUNT(*) AS value FROM observation_default");
        // Somebody whose clock is years ahead wrote past the program.
        let stray = Micros::parse("2031-05-05T00:00:00Z").unwrap().0;
        let site = number(&mut conn, "SELECT id AS value FROM place WHERE kind = 'site'");
        diesel::sql_query(format!(
            "INSERT INTO observation (site_id, channel_id, observed_at, dedupe_key, event_at, received_at, kind, value, quality) \
             VALUES ({site}, 1, {stray}, 1, 0, 0, 'level', 5, '')"
        ))
        .execute(&mut conn)
        .unwrap();
        assert_eq!(in_default(&mut conn), 1);
        let make = || ward.hospital.state.db.write_now(|tx| retention::make_months(tx, Keep::default())).unwrap();
        make();
        let alerts = ward.hospital.admin().list("/api/v1/alerts");
        assert!(alerts.iter().any(|alert| alert["kind"] == "reading_without_month" && alert["state"] == "open"), "{alerts:?}");
        let ahead = number(
            &mut conn,
            "SELECT COUNT(*) AS value FROM pg_class WHERE relname IN ('observation_2026_12', 'observation_2027_01', 'observation_2027_02')",
        );
        assert_eq!(ahead, 3);
        // Its month is made: it moves there, and the alert closes.
        ward.hospital.set_clock("2031-04-05T00:00:00Z");
        make();
        assert_eq!((in_default(&mut conn), number(&mut conn, "SELECT COUNT(*) AS value FROM observation_2031_05")), (0, 1));
        let alerts = ward.hospital.admin().list("/api/v1/alerts");
        assert!(!alerts.iter().any(|alert| alert["kind"] == "reading_without_month" && alert["state"] == "open"), "{alerts:?}");
        for leaf in ["observation_2031_05", "observation_default", "observation_2026_11", "observation"] {
            let refused = diesel::sql_query(format!("TRUNCATE {leaf}")).execute(&mut conn).unwrap_err().to_string();
            assert!(refused.contains("append_only"), "{leaf}: {refused}");
        }
    });
}
