//! The room against a real database: what devices send, and what the ledger holds afterwards.

mod door;
mod ingest;
mod ledger;

use diesel::RunQueryDsl;
use diesel::sql_types::BigInt;
use serde_json::{Value, json};

use super::binding::{self, Measure, Mode, NewBinding};
use super::discrepancy::{self, Decision, Why};
use super::native::{self, Format};
use super::{health, project, quarantine};
use crate::access::caller::{Caller, DeviceIdentity};
use crate::access::device;
use crate::access::role::Role;
use crate::base::clock::Clock;
use crate::base::code::Code;
use crate::base::error::Result;
use crate::base::time::Micros;
use crate::db::conn::{Number, Target};
use crate::db::{Db, Tx, migrate, outbox};
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
        let (answer, _) = self.db.write_now(move |tx| super::ingest(tx, &device, batch, &sha256, false))?;
        self.project();
        Ok((answer.status, serde_json::from_str(&answer.body).unwrap()))
    }

    fn body(&mut self, records: &Value) -> Value {
        self.seq += 1;
        json!({"schema": native::SCHEMA, "device": "gw-1", "boot_id": "b1", "seq": self.seq, "records": records})
    }

    fn send(&mut self, records: &Value) -> (u16, Value) {
        let body = self.body(records);
        self.send_body(&body).unwrap()
    }

    /// The level sensor sees so many units so many minutes after the start.
    fn sees(&mut self, minute: i64, count: i64) {
        let (status, answer) = self.send(&json!([level("c1", minute, count)]));
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
            let events = outbox::number_new(tx)?;
            project::notice_events(tx, &events)
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
