//! The room against a real database: what devices send, and what the ledger holds afterwards.

use diesel::RunQueryDsl;
use diesel::sql_types::BigInt;
use serde_json::{Value, json};

use super::binding::{self, Measure, Mode, NewBinding};
use super::discrepancy::{self, Decision, Why};
use super::native::{self, Format};
use super::{health, ingest, project, quarantine};
use crate::access::caller::{Caller, DeviceIdentity};
use crate::access::device;
use crate::access::role::Role;
use crate::base::clock::Clock;
use crate::base::code::Code;
use crate::base::error::Result;
use crate::base::time::Micros;
use crate::db::conn::{Number, Target};
use crate::db::{Db, Tx, migrate};
use crate::stock;
use crate::stock::movement::{Entry, Kind, LotChoice, Source};
use crate::web::body::hex;

const START: i64 = 1_795_420_800_000_000; // 2026-11-23T08:00:00Z
const MINUTE: i64 = 60_000_000;

/// A hospital with one ward, one item and one gateway.
struct Scene {
    db: Db,
    clock: Clock,
    device: DeviceIdentity,
    seq: i64,
}

fn admin() -> Caller {
    Caller { role: Role::Admin, site: None, token_id: 1, name: "admin".into(), device: None, csrf: None }
}

impl Scene {
    fn new(approve: bool) -> Self {
        let target = Target::parse(option_env!("WARDSTOCK_TEST_DATABASE").unwrap_or("sqlite::memory:")).unwrap();
        if option_env!("WARDSTOCK_TEST_DATABASE").is_some() {
            migrate::down(&target).unwrap();
        }
        migrate::up(&target, false).unwrap();
        let clock = Clock::manual(Micros(START));
        let db = Db::open(&target, clock.clone()).unwrap();
        let device = db
            .write_now(move |tx| {
                for text in [
                    "INSERT INTO place (site_id, id, code, name, kind, version, updated_at) VALUES (1, 1, 'H', 'H', 'site', 1, 0)",
                    "INSERT INTO place (site_id, id, code, name, kind, parent_id, version, updated_at) VALUES (1, 2, 'W1', 'W', 'ward', 1, 1, 0)",
                    "INSERT INTO code_directory (noun, code, site_id, id) VALUES ('place', 'H', 1, 1), ('place', 'W1', 1, 2)",
                    "INSERT INTO item (id, code, name, base_unit, ven, storage_class, controlled, volume_ml, version, updated_at) \
                     VALUES (3, 'P1', 'P', 'tablet', 'V', 'ambient', FALSE, 1, 1, 0), (4, 'C1', 'C', 'vial', 'V', 'controlled', TRUE, 1, 1, 0)",
                ] {
                    diesel::sql_query(text).execute(tx.conn)?;
                }
                let wish = serde_json::from_value(json!({"code": "gw-1", "name": "g", "approve": approve})).unwrap();
                let issued = device::register(tx, "test", None, &wish)?;
                Ok(DeviceIdentity { site_id: 1, id: issued.id, code: issued.code, active: approve, commissioned_at: START })
            })
            .unwrap();
        Self { db, clock, device, seq: 0 }
    }

    fn write<T: Send + 'static>(&self, command: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static) -> T {
        self.db.write_now(command).unwrap()
    }

    fn bind(&self, mode: Mode, kind: Measure, channel: &str) {
        let wish = NewBinding {
            channel: channel.into(),
            kind,
            place: "W1".into(),
            item: "P1".into(),
            mode,
            unit_weight_g: (kind == Measure::Weight).then_some(5.0),
            tare_g: None,
            max_units: Some(1_000),
            settle_seconds: Some(0),
            replace: false,
        };
        self.write(move |tx| {
            let key = device::find(tx.conn, "gw-1")?;
            binding::bind(tx, &admin(), &key, &wish)
        });
    }

    /// Sends a body as it is; answers status and body.
    fn send_body(&self, body: &Value) -> Result<(u16, Value)> {
        let bytes = body.to_string().into_bytes();
        let sha256 = hex(&bytes);
        let batch = native::parse(&bytes, Format::Json)?;
        let device = self.device.clone();
        let (answer, _) = self.db.write_now(move |tx| ingest(tx, &device, batch, &sha256, false))?;
        self.project();
        Ok((answer.status, serde_json::from_str(&answer.body).unwrap()))
    }

    fn body(&mut self, records: Value) -> Value {
        self.seq += 1;
        json!({"schema": native::SCHEMA, "device": "gw-1", "boot_id": "b1", "seq": self.seq, "records": records})
    }

    fn send(&mut self, records: Value) -> (u16, Value) {
        let body = self.body(records);
        self.send_body(&body).unwrap()
    }

    /// The level sensor sees so many units so many minutes after the start.
    fn sees(&mut self, minute: i64, count: i64) {
        let (status, answer) = self.send(json!([level("c1", minute, count)]));
        assert_eq!((status, &answer["stored"]), (200, &json!(1)), "{answer}");
    }

    fn project(&self) {
        let more = self.write(|tx| project::project_due(tx, tx.now));
        assert!(more <= 1);
    }

    fn at(&self, minute: i64) {
        self.clock.set(Micros(START + minute * MINUTE));
    }

    fn book(&self, kind: Kind, delta: i64, minute: i64) {
        self.write(move |tx| {
            let before = project::newest_movement(tx)?;
            let entry = Entry {
                stock_point_id: point(tx),
                item_id: 3,
                lot: LotChoice::Fefo,
                kind,
                quantity_delta: delta,
                requested_units: None,
                source: Source::Person,
                source_key: tx.id().to_string(),
                event_at: Micros(START + minute * MINUTE),
                reason: None,
                actor: "test".into(),
                reversal_of: None,
            };
            stock::record(tx, 1, &[entry])?;
            project::notice_movements(tx, before)
        });
        self.project();
    }

    fn on_hand(&self) -> i64 {
        let differences = self.db.read_now(stock::level::differences).unwrap();
        assert!(differences.is_empty(), "{differences:?}");
        self.write(|tx| {
            let stock_point_id = point(tx);
            stock::level::on_hand(tx.conn, 1, stock_point_id)
        })
    }

    /// Net sensor movements of a kind by minute, nothing left out but what is taken back exactly.
    fn net(&self, kind: &str) -> Vec<(i64, i64)> {
        let kind = kind.to_owned();
        self.write(move |tx| {
            let text = "SELECT event_at AS at, CAST(SUM(quantity_delta) AS BIGINT) AS units FROM movement \
                        WHERE source = 'sensor' AND kind = $1 GROUP BY event_at HAVING SUM(quantity_delta) <> 0 ORDER BY event_at";
            let rows: Vec<Net> = diesel::sql_query(text).bind::<diesel::sql_types::Text, _>(kind).load(tx.conn)?;
            Ok(rows.into_iter().map(|row| ((row.at - START) / MINUTE, row.units)).collect())
        })
    }

    fn count(&self, what: &str) -> i64 {
        let text = format!("SELECT COUNT(*) AS value FROM {what}");
        self.write(move |tx| Ok(diesel::sql_query(text).get_result::<Number>(tx.conn)?.value))
    }

    fn open_discrepancies(&self) -> Vec<(i64, i64, i64)> {
        let rows = self.db.read_now(|conn| discrepancy::list(conn, None, "open", 0, 50)).unwrap();
        rows.into_iter().map(|row| (row.id, row.book_units, row.estimate_units)).collect()
    }
}

#[derive(diesel::QueryableByName)]
struct Net {
    #[diesel(sql_type = BigInt)]
    at: i64,
    #[diesel(sql_type = BigInt)]
    units: i64,
}

fn point(tx: &mut Tx<'_>) -> i64 {
    diesel::sql_query("SELECT id AS value FROM stock_point WHERE item_id = 3").get_result::<Number>(tx.conn).unwrap().value
}

fn level(channel: &str, minute: i64, count: i64) -> Value {
    json!({"kind": "level", "channel": channel, "at": Micros(START + minute * MINUTE).to_text(), "count": count})
}

#[test]
fn a_batch_is_stored_once() {
    let mut scene = Scene::new(true);
    scene.bind(Mode::Advise, Measure::Level, "c1");
    let body = scene.body(json!([level("c1", 0, 40), level("c1", 1, 39), level("c1", 1, 39), {"kind": "status", "battery_pct": 80}]));
    let (status, first) = scene.send_body(&body).unwrap();
    assert_eq!((status, &first["stored"], &first["duplicate"]), (207, &json!(3), &json!(1)));
    assert_eq!(scene.send_body(&body).unwrap(), (status, first));
    let mut other = body.clone();
    other["records"] = json!([]);
    assert_eq!(scene.send_body(&other).unwrap_err().code, Code::BatchConflict);
    let (_, regrouped) = scene.send(json!([level("c1", 1, 39), level("c1", 2, 38)]));
    assert_eq!((&regrouped["stored"], &regrouped["duplicate"]), (&json!(1), &json!(1)));
    let mut rebooted = scene.body(json!([level("c1", 2, 38)]));
    rebooted["boot_id"] = json!("b2");
    assert_eq!(scene.send_body(&rebooted).unwrap().1["duplicate"], json!(1));
    assert_eq!(scene.count("observation"), 4);
    assert_eq!(scene.count("device_health WHERE battery_pct = 80 AND records_stored = 4"), 1);
    assert_eq!(scene.count("belief WHERE estimate = 38 AND confidence = 'high'"), 1);
}

#[test]
fn bad_and_doubtful_records_stand_alone() {
    let mut scene = Scene::new(true);
    scene.bind(Mode::Shadow, Measure::Level, "c1");
    let (status, answer) = scene.send(json!([
        level("c1", 0, 40),
        level("c9", 0, 40),
        level("c1", 0, 1_001),
        level("c1", -200_000, 4),
        level("c1", 60, 41),
        {"kind": "level", "channel": "c1", "count": 42, "id": "x"},
        {"kind": "level", "channel": "c1", "count": -2},
        {"kind": "door", "channel": "c1", "open": true},
    ]));
    let codes: Vec<&str> = answer["results"].as_array().unwrap().iter().map(|row| row["code"].as_str().unwrap()).collect();
    assert_eq!(status, 207);
    assert_eq!(
        codes,
        ["unknown_channel", "out_of_range", "too_old", "future_timestamp", "bad_timestamp", "out_of_range", "unsupported_kind"]
    );
    assert_eq!((&answer["stored"], &answer["quarantined"], &answer["rejected"]), (&json!(3), &json!(1), &json!(4)));
    scene.at(1);
    let (_, again) = scene.send(json!([level("c1", 60, 41), {"kind": "level", "channel": "c1", "count": 42, "id": "x"}]));
    assert_eq!(again["duplicate"], json!(2));
}

#[test]
fn quarantine_keeps_and_replays() {
    let mut scene = Scene::new(false);
    scene.bind(Mode::Shadow, Measure::Level, "c1");
    let (_, answer) = scene.send(json!([level("c1", 0, 40), level("c2", 0, 7)]));
    assert_eq!(answer["quarantined"], json!(2));
    scene.send(json!([level("c1", 0, 40)]));
    let held = scene.db.read_now(|conn| quarantine::list(conn, None, false, 0, 50)).unwrap();
    assert_eq!(held.len(), 2);
    let ids: Vec<i64> = held.iter().map(|row| row.id).collect();
    let replay = |id: i64| scene.db.write_now(move |tx| quarantine::replay(tx, &admin(), id));
    assert_eq!(replay(ids[0]).unwrap().code, "device_quarantined");
    scene.write(|tx| {
        let key = device::find(tx.conn, "gw-1")?;
        device::decide(tx, "test", &key, device::Decision::Approve)
    });
    assert_eq!(replay(ids[0]).unwrap().status, "stored");
    assert_eq!(replay(ids[0]).unwrap_err().code, Code::WrongState);
    assert_eq!(replay(ids[1]).unwrap().code, "unknown_channel");
    assert_eq!(scene.count("observation"), 1);
    assert_eq!(scene.count("quarantine_record WHERE resolved_at IS NULL"), 1);
}

#[test]
fn an_authoritative_sensor_books_what_it_sees() {
    let mut scene = Scene::new(true);
    scene.bind(Mode::Authoritative, Measure::Level, "c1");
    scene.book(Kind::Receipt, 30, -600);
    scene.sees(0, 40);
    assert_eq!((scene.on_hand(), scene.net("adjustment")), (40, vec![(0, 10)]));
    scene.at(10);
    scene.sees(10, 35);
    assert_eq!((scene.on_hand(), scene.net("issue")), (35, vec![(10, -5)]));
    scene.book(Kind::Receipt, 100, 20);
    scene.at(720);
    scene.sees(720, 120);
    assert_eq!((scene.on_hand(), scene.net("issue")), (120, vec![(10, -5), (720, -15)]));
    // A day late: the step is split, and the demand lands when it was.
    scene.at(2_160);
    scene.sees(300, 131);
    scene.sees(5, 38);
    assert_eq!((scene.on_hand(), scene.net("issue")), (120, vec![(5, -2), (10, -3), (300, -4), (720, -11)]));
    assert_eq!(scene.net("adjustment"), vec![(0, 10)]);
    assert_eq!(scene.count("projection_task"), 0);
    assert!(scene.open_discrepancies().is_empty());
    // Earlier than the first reading: the baseline moves.
    scene.sees(-30, 42);
    assert_eq!((scene.on_hand(), scene.net("adjustment")), (120, vec![(-30, 12)]));
    assert_eq!(scene.net("issue")[0], (0, -2));
}

#[test]
fn filling_and_booking_are_one_event() {
    let mut scene = Scene::new(true);
    scene.bind(Mode::Authoritative, Measure::Level, "c1");
    scene.sees(0, 10);
    scene.at(15);
    scene.sees(15, 110);
    assert_eq!((scene.on_hand(), scene.count("projection_task")), (10, 1));
    assert!(scene.open_discrepancies().is_empty(), "an increase that waits is no discrepancy");
    scene.at(30);
    scene.book(Kind::Receipt, 100, 30);
    scene.at(40);
    scene.sees(40, 108);
    assert_eq!((scene.on_hand(), scene.net("issue"), scene.net("adjustment")), (108, vec![(40, -2)], vec![(0, 10)]));
    scene.at(600);
    scene.project();
    assert_eq!((scene.on_hand(), scene.count("projection_task")), (108, 0));
    // Nobody ever books this one: after the lag it is an increase.
    scene.sees(600, 128);
    assert_eq!(scene.on_hand(), 108);
    scene.at(841);
    scene.project();
    assert_eq!((scene.on_hand(), scene.net("adjustment")), (128, vec![(0, 10), (600, 20)]));
    // It is booked late after all, for the time when it happened: the increase is taken back.
    scene.at(900);
    scene.book(Kind::Receipt, 20, 590);
    assert_eq!((scene.on_hand(), scene.net("adjustment")), (128, vec![(0, 10)]));
}

#[test]
fn a_removal_booked_by_hand_too_is_one_removal() {
    let mut scene = Scene::new(true);
    scene.bind(Mode::Authoritative, Measure::Level, "c1");
    scene.sees(0, 10);
    scene.at(5);
    scene.sees(5, 2);
    assert_eq!(scene.on_hand(), 2);
    scene.book(Kind::Issue, -2, 6);
    scene.at(7);
    scene.sees(7, 2);
    assert_eq!((scene.on_hand(), scene.net("issue")), (2, vec![(5, -6)]));
    // More is seen going than the book holds.
    scene.book(Kind::Waste, -2, 8);
    scene.at(9);
    scene.sees(9, 0);
    assert_eq!(scene.on_hand(), 0);
    scene.at(400);
    scene.sees(400, 0);
    assert_eq!((scene.on_hand(), scene.open_discrepancies().len()), (0, 0));
}

#[test]
fn the_book_never_falls_below_zero() {
    let mut scene = Scene::new(true);
    scene.bind(Mode::Authoritative, Measure::Level, "c1");
    scene.sees(0, 10);
    scene.at(1);
    scene.sees(1, 60);
    scene.at(2);
    scene.sees(2, 20);
    assert_eq!((scene.on_hand(), scene.net("issue")), (0, vec![(2, -10)]));
    assert_eq!(scene.open_discrepancies().len(), 1);
    scene.at(300);
    scene.project();
    assert_eq!((scene.on_hand(), scene.net("issue"), scene.net("adjustment")), (20, vec![(2, -40)], vec![(0, 10), (1, 50)]));
    assert!(scene.open_discrepancies().is_empty());
}

#[test]
fn advice_waits_for_a_person() {
    let mut scene = Scene::new(true);
    scene.bind(Mode::Advise, Measure::Level, "c1");
    scene.book(Kind::Receipt, 40, -10);
    scene.sees(0, 40);
    assert!(scene.open_discrepancies().is_empty());
    scene.at(1);
    scene.sees(1, 35);
    let open = scene.open_discrepancies();
    assert_eq!((open[0].1, open[0].2, scene.on_hand()), (40, 35, 40));
    scene.book(Kind::Issue, -5, 2);
    assert!(scene.open_discrepancies().is_empty());
    scene.at(3);
    scene.sees(3, 30);
    let id = scene.open_discrepancies()[0].0;
    scene.write(move |tx| discrepancy::decide(tx, &admin(), id, Decision::Accept, &Why::default()));
    assert_eq!((scene.on_hand(), scene.open_discrepancies().len()), (30, 0));
    scene.at(4);
    scene.sees(4, 29);
    let id = scene.open_discrepancies()[0].0;
    scene.write(move |tx| discrepancy::decide(tx, &admin(), id, Decision::Reject, &Why::default()));
    scene.at(5);
    scene.sees(5, 29);
    assert!(scene.open_discrepancies().is_empty(), "what a person rejected does not come back");
    scene.at(6);
    scene.sees(6, 28);
    assert_eq!(scene.open_discrepancies().len(), 1);
}

#[test]
fn weights_book_too() {
    let mut scene = Scene::new(true);
    scene.bind(Mode::Authoritative, Measure::Weight, "w1");
    let weight = |minute: i64, grams: f64, stable: bool| json!([{"kind": "weight", "channel": "w1", "at": Micros(START + minute * MINUTE).to_text(), "gross_g": grams, "tare_g": 100, "stable": stable}]);
    scene.send(weight(0, 300.3, true));
    assert_eq!(scene.on_hand(), 40);
    scene.at(3);
    scene.send(weight(1, 250.0, false));
    scene.send(weight(2, 162.4, true));
    assert_eq!(scene.on_hand(), 40, "neither unrest nor half a unit books");
    scene.send(weight(3, 275.2, true));
    assert_eq!((scene.on_hand(), scene.net("issue")), (35, vec![(3, -5)]));
    assert_eq!(scene.send(weight(3, 9_000.0, true)).1["results"][0]["code"], "out_of_range");
}

#[test]
fn bindings_are_guarded() {
    let scene = Scene::new(true);
    let bind = |caller: Caller, wish: Value| {
        let wish: NewBinding = serde_json::from_value(wish).unwrap();
        let bound = scene.db.write_now(move |tx| {
            let key = device::find(tx.conn, "gw-1")?;
            binding::bind(tx, &caller, &key, &wish)
        });
        bound.map_err(|error| error.code)
    };
    let technician = || Caller { role: Role::Technician, ..admin() };
    let wish = |mode: &str, item: &str| json!({"channel": "c1", "kind": "level", "place": "W1", "item": item, "mode": mode});
    assert_eq!(bind(technician(), wish("authoritative", "P1")), Err(Code::Forbidden));
    assert_eq!(bind(admin(), wish("authoritative", "C1")), Err(Code::InvalidInput));
    assert_eq!(
        bind(admin(), json!({"channel": "w", "kind": "weight", "place": "W1", "item": "P1", "mode": "shadow"})),
        Err(Code::InvalidInput)
    );
    assert!(bind(technician(), wish("advise", "P1")).is_ok());
    assert_eq!(bind(technician(), wish("advise", "P1")), Err(Code::Conflict));
    let mut again = wish("authoritative", "P1");
    again["replace"] = json!(true);
    assert!(bind(admin(), again).is_ok());
    let mut other = wish("authoritative", "P1");
    other["channel"] = json!("c2");
    assert_eq!(bind(admin(), other), Err(Code::Conflict));
    let key = scene.db.read_now(|conn| device::find(conn, "gw-1")).unwrap();
    let list = scene.db.read_now(|conn| binding::list(conn, &key)).unwrap();
    assert_eq!(list.iter().map(|row| row.valid_to.is_none()).collect::<Vec<_>>(), [false, true]);
    assert_eq!(scene.count("audit_log WHERE action = 'binding.create'"), 2);
}

#[test]
fn silence_is_noticed() {
    let mut scene = Scene::new(true);
    scene.bind(Mode::Shadow, Measure::Level, "c1");
    scene.sees(0, 1);
    let silent = |scene: &Scene| scene.db.read_now(|conn| health::silent_devices(conn, scene.clock.now(), None)).unwrap();
    scene.at(15);
    assert!(silent(&scene).is_empty());
    scene.at(17);
    let rows = silent(&scene);
    assert_eq!((rows[0].code.as_str(), rows[0].minutes_silent, rows[0].channels), ("gw-1", 17, 1));
}
