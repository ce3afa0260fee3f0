//! The hospital that is asked: filled by statements where its size is what counts, by the program where it can tell wrong from right.

use diesel::RunQueryDsl;
use wardstock::access::device;
use wardstock::access::role::Role;
use wardstock::access::token::{self, NewToken};
use wardstock::base::clock::Clock;
use wardstock::base::time::{DAY_MICROS, Day};
use wardstock::db::conn::{Access, Number, Target};
use wardstock::db::{Db, Tx, migrate};

use crate::stock;

pub(crate) const CHANNELS: usize = 100;
const DAYS: i64 = 365;
/// Readings a day of one sensor: 100,000 a year.
const OBSERVATIONS_A_DAY: i64 = 274;
const HOUR_MICROS: i64 = DAY_MICROS / 24;

/// What is asked about.
pub(crate) struct World {
    pub(crate) site: i64,
    pub(crate) channels: Vec<i64>,
    pub(crate) first_day: Day,
    pub(crate) last_day: Day,
    pub(crate) token: String,
    pub(crate) observations: i64,
}

/// Fills a new database.
pub(crate) fn fill(url: &str) -> World {
    let target = Target::parse(url).unwrap();
    migrate::up(&target, false).unwrap();
    let db = Db::open(&target, Clock::System).unwrap();
    let site = db.write_now(|tx| Ok(stock::fill(tx))).unwrap();
    let last_day = Clock::System.now().day().plus(-1);
    let first_day = last_day.plus(1 - DAYS);
    let channels = db.write_now(move |tx| Ok(sensors(tx, site))).unwrap();
    let is_shared = target.takes_many_writers();
    if is_shared {
        for month in 0..=13 {
            let moment = first_day.plus(month * 28).start().0;
            db.write_now(move |tx| {
                run(tx, &format!("SELECT make_observation_month({moment})"));
                Ok(())
            })
            .unwrap();
        }
    }
    for day in 0..DAYS {
        db.write_now(move |tx| {
            one_day(tx, site, first_day.plus(day).start().0);
            Ok(())
        })
        .unwrap();
    }
    let token = db
        .write_now(|tx| {
            let wish = NewToken { name: "bench".into(), role: Role::Pharmacist, site: None, expires: None };
            Ok(token::issue(tx, "bench", &wish)?.token)
        })
        .unwrap();
    if is_shared {
        db.write_now(|tx| {
            run(tx, "ANALYZE");
            Ok(())
        })
        .unwrap();
    }
    let mut conn = target.connect(Access::Survey).unwrap();
    let count = diesel::sql_query("SELECT COUNT(*) AS value FROM observation").get_result::<Number>(&mut conn).unwrap().value;
    World { site, channels, first_day, last_day, token, observations: count }
}

pub(crate) fn run(tx: &mut Tx<'_>, text: &str) {
    diesel::sql_query(text).execute(tx.conn).unwrap_or_else(|cause| panic!("{text}: {cause}"));
}

/// Rows `0..count` as `n.i`.
pub(crate) fn numbers(count: usize) -> String {
    format!("WITH RECURSIVE n(i) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {})", count - 1)
}

fn sensors(tx: &mut Tx<'_>, site: i64) -> Vec<i64> {
    let wish = serde_json::from_value(serde_json::json!({"code": "gw-1", "site": "H", "approve": true})).unwrap();
    let device = device::register(tx, "bench", None, &wish).unwrap();
    let first = tx.id();
    run(
        tx,
        &format!(
            "{} INSERT INTO channel (site_id, id, device_id, code) SELECT {site}, {first} + i, {}, 'c' || i FROM n",
            numbers(CHANNELS),
            device.id
        ),
    );
    (0..CHANNELS as i64).map(|at| first + at).collect()
}

/// One day of all sensors, in the order in which it would have come, with its sums.
fn one_day(tx: &mut Tx<'_>, site: i64, start: i64) {
    let step = DAY_MICROS / OBSERVATIONS_A_DAY;
    run(
        tx,
        &format!(
            "{} INSERT INTO observation (site_id, channel_id, observed_at, dedupe_key, event_at, received_at, kind, value, quality) \
             SELECT {site}, c.id, {start} + n.i * {step}, n.i * 7919 + c.id % 1000, {start} + n.i * {step}, {start} + n.i * {step}, 'level', \
               (n.i * 31 + c.id) % 97, '' FROM n CROSS JOIN channel c WHERE c.site_id = {site} ORDER BY n.i, c.id",
            numbers(usize::try_from(OBSERVATIONS_A_DAY).unwrap())
        ),
    );
    for (table, size) in [("observation_hour", HOUR_MICROS), ("observation_day", DAY_MICROS)] {
        // Which value was the newest does not matter here.
        run(
            tx,
            &format!(
                "INSERT INTO {table} (site_id, channel_id, bucket, observations, min_value, max_value, sum_value, last_at, last_value) \
                 SELECT site_id, channel_id, observed_at / {size} * {size}, COUNT(*), MIN(value), MAX(value), CAST(SUM(value) AS BIGINT), \
                   MAX(observed_at), MAX(value) FROM observation WHERE site_id = {site} AND observed_at >= {start} \
                   AND observed_at < {start} + {DAY_MICROS} AND channel_id IN (SELECT id FROM channel WHERE site_id = {site}) \
                 GROUP BY site_id, channel_id, observed_at / {size} * {size} ORDER BY 3, 2"
            ),
        );
    }
}
