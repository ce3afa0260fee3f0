//! The hospital that is posted to: 200 devices of 100 channels, each bound to a stock point of its own.

use diesel::RunQueryDsl;
use wardstock::access::device;
use wardstock::base::clock::Clock;
use wardstock::db::conn::{Access, Number, Target};
use wardstock::db::{Db, Tx, migrate};

pub(crate) const DEVICES: usize = 200;
pub(crate) const CHANNELS: usize = 100;
/// Ids of channels start here; the channel `c` of device `d` is the `d * CHANNELS + c`-th.
pub(crate) const FIRST_CHANNEL: i64 = 1_000_000;
const FIRST_BINDING: i64 = 2_000_000;
const FIRST_POINT: i64 = 3_000_000;
/// Stamps of the load start so long ago: none is in the future, none too old.
const DAYS_BACK: i64 = 60;

/// A fresh database with everything bound.
pub(crate) struct World {
    /// The bearer token of each device.
    pub(crate) tokens: Vec<String>,
    /// The first stamp, in microseconds.
    pub(crate) start: i64,
}

/// Fills a new database: its schema is the program's own.
pub(crate) fn seed(url: &str, mode: &str) -> World {
    let target = Target::parse(url).unwrap();
    migrate::up(&target, false).unwrap();
    let db = Db::open(&target, Clock::System).unwrap();
    let mode = mode.to_owned();
    let tokens = db.write_now(move |tx| Ok(fill(tx, &mode))).unwrap();
    if url.starts_with("postgres") {
        // A hospital's server knows its tables after a minute; a fresh one would read all stock points for each of them.
        // Not the tables that are empty yet: what is planned for them then would be kept while they fill.
        db.write_now(|tx| Ok(diesel::sql_query("ANALYZE place, item, stock_point, device, channel, binding").execute(tx.conn)?)).unwrap();
    }
    World { tokens, start: Clock::System.now().0 / 1_000_000 * 1_000_000 - DAYS_BACK * 86_400_000_000 }
}

fn fill(tx: &mut Tx<'_>, mode: &str) -> Vec<String> {
    run(tx, "INSERT INTO place (site_id, id, code, name, kind, version, updated_at) VALUES (1, 1, 'H', 'H', 'site', 1, 0)");
    run(tx, "INSERT INTO code_directory (noun, code, site_id, id) VALUES ('place', 'H', 1, 1)");
    let wards: Vec<i64> = (0..DEVICES as i64).collect();
    rows(tx, "place (site_id, id, code, name, kind, parent_id, version, updated_at)", &wards, |at| {
        format!("(1, {}, 'W{at}', 'W', 'ward', 1, 1, 0)", 10 + at)
    });
    let items: Vec<i64> = (0..CHANNELS as i64).collect();
    rows(tx, "item (id, code, name, base_unit, ven, storage_class, controlled, volume_ml, version, updated_at)", &items, |at| {
        format!("({}, 'P{at}', 'P', 'tablet', 'E', 'ambient', FALSE, 1, 1, 0)", 10 + at)
    });
    let all: Vec<i64> = (0..(DEVICES * CHANNELS) as i64).collect();
    let (of, channels) = (|at: i64| at / CHANNELS as i64, CHANNELS as i64);
    rows(tx, "stock_point (site_id, id, item_id, place_id, version, updated_at)", &all, |at| {
        format!("(1, {}, {}, {}, 1, 0)", FIRST_POINT + at, 10 + at % channels, 10 + of(at))
    });
    let issued: Vec<device::IssuedDevice> = (0..DEVICES)
        .map(|at| {
            let wish = serde_json::from_value(serde_json::json!({"code": format!("gw-{at}"), "site": "H", "approve": true})).unwrap();
            device::register(tx, "bench", None, &wish).unwrap()
        })
        .collect();
    rows(tx, "channel (site_id, id, device_id, code)", &all, |at| {
        format!("(1, {}, {}, 'c{:02}')", FIRST_CHANNEL + at, issued[of(at) as usize].id, at % channels)
    });
    rows(
        tx,
        "binding (site_id, id, channel_id, kind, stock_point_id, mode, tare_mg, max_units, settle_seconds, valid_from, valid_to)",
        &all,
        |at| {
            let (id, channel, point) = (FIRST_BINDING + at, FIRST_CHANNEL + at, FIRST_POINT + at);
            format!("(1, {id}, {channel}, 'level', {point}, '{mode}', 0, 1000000, 120, 0, {})", i64::MAX)
        },
    );
    issued.into_iter().map(|one| one.token).collect()
}

fn run(tx: &mut Tx<'_>, text: &str) {
    diesel::sql_query(text).execute(tx.conn).unwrap();
}

fn rows(tx: &mut Tx<'_>, table: &str, all: &[i64], row: impl Fn(i64) -> String) {
    for part in all.chunks(500) {
        let values: Vec<String> = part.iter().map(|at| row(*at)).collect();
        run(tx, &format!("INSERT INTO {table} VALUES {}", values.join(", ")));
    }
}

/// Holds the database against what was acknowledged: every record once, the newest kept apart, the file sound.
pub(crate) fn verify(url: &str, acknowledged: u64) -> Result<(), String> {
    let mut conn = Target::parse(url).unwrap().connect(Access::Read).unwrap();
    let mut number = |text: &str| diesel::sql_query(text).get_result::<Number>(&mut conn).unwrap().value;
    let stored = number("SELECT COUNT(*) AS value FROM observation");
    if stored != acknowledged as i64 {
        return Err(format!("{acknowledged} were acknowledged, {stored} are stored"));
    }
    let channels = number("SELECT COUNT(DISTINCT channel_id) AS value FROM observation");
    let last = number(
        "SELECT COUNT(*) AS value FROM channel_last l JOIN \
         (SELECT channel_id, MAX(observed_at) AS newest FROM observation GROUP BY channel_id) o \
         ON o.channel_id = l.channel_id AND o.newest = l.observed_at",
    );
    if channels != last {
        return Err(format!("{channels} channels have observations, {last} have the newest in channel_last"));
    }
    if url.starts_with("sqlite:") {
        let bad = number("SELECT COUNT(*) AS value FROM pragma_integrity_check WHERE integrity_check <> 'ok'");
        if bad != 0 {
            return Err("integrity_check finds faults".into());
        }
    }
    Ok(())
}
