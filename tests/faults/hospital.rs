//! A small hospital on a SQLite file of its own, and gateways that remember what they were promised.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::{Value, json};
use wardstock::base::time::Micros;
use wardstock::db::conn::{Access, Target};

use crate::scene::{Answer, Client, SMALL_CATALOGUE, Served, program};

/// Names of records and bookings.
pub(super) type Names = BTreeSet<String>;

/// The files, and who may call.
pub(super) struct Hospital {
    pub(super) path: PathBuf,
    pub(super) admin: String,
    pub(super) gateway: String,
    _folder: tempfile::TempDir,
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    name: String,
}

pub(super) fn url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

impl Hospital {
    pub(super) fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hospital.db");
        assert!(program(&url(&path), &["migrate"]).status.success());
        let made = program(&url(&path), &["token", "create", "--role", "admin", "--name", "faults"]);
        let admin = String::from_utf8(made.stdout).unwrap().trim().to_owned();
        let served = Served::start(&url(&path));
        let client = served.client(&admin);
        client.upload("/api/v1/imports", &SMALL_CATALOGUE).want(200);
        let device = client.post("/api/v1/devices", &json!({"code": "gw-1", "site": "H1", "approve": true})).want(201);
        for (channel, place) in [("c0", "PH"), ("c1", "W1")] {
            let binding = json!({"channel": channel, "kind": "level", "place": place, "item": "P1", "mode": "advise"});
            client.post("/api/v1/devices/gw-1/bindings", &binding).want(201);
        }
        served.kill();
        let gateway = device["token"].as_str().unwrap().to_owned();
        Self { path, admin, gateway, _folder: folder }
    }

    /// What is stored of what these gateways and people name; each name once.
    pub(super) fn stored(path: &Path, about: &str) -> Names {
        let mut conn = Target::parse(&url(path)).unwrap().connect(Access::Survey).unwrap();
        let mut names = Names::new();
        for text in [
            "SELECT 'r' || CAST(observed_at AS TEXT) AS name FROM observation",
            "SELECT reason AS name FROM movement WHERE reason LIKE 'b%'",
        ] {
            for row in diesel::sql_query(text).load::<Named>(&mut conn).unwrap() {
                assert!(names.insert(row.name.clone()), "{} is stored twice ({about})", row.name);
            }
        }
        names
    }

    /// The doctor finds nothing that differs.
    pub(super) fn is_sound(path: &Path, about: &str) {
        let checked = program(&url(path), &["doctor", "--check", "--json"]);
        let found: Value = serde_json::from_slice(&checked.stdout).unwrap_or_default();
        assert_eq!(checked.status.code(), Some(0), "{found} {} ({about})", String::from_utf8_lossy(&checked.stderr));
        assert_eq!(found["sound"], true, "{found} ({about})");
    }
}

/// Somebody who posts one thing after the other: a gateway of one boot, or a person.
pub(super) struct Sender {
    number: u64,
    seq: u64,
    start: i64,
    client: Client,
}

impl Sender {
    /// The first is a person, the others are gateways.
    pub(super) fn new(number: u64, hospital: &Hospital, served: &Served, start: i64) -> Self {
        let token = if number == 0 { &hospital.admin } else { &hospital.gateway };
        Self { number, seq: 0, start, client: served.client(token) }
    }

    /// The next thing; the same again until [`Sender::is_done`].
    pub(super) fn post(&self) -> Result<Answer, ureq::Error> {
        if self.number == 0 {
            let body = json!({"kind": "receipt", "place": "PH", "item": "P1", "quantity": 1, "reason": self.names()[0]});
            let headers = [("content-type", "application/json"), ("idempotency-key", &*self.names()[0])];
            return self.client.try_send("POST", "/api/v1/movements", &headers, body.to_string().as_bytes());
        }
        let records: Vec<Value> = self
            .moments()
            .map(|at| json!({"kind": "level", "channel": format!("c{}", self.number % 2), "at": Micros(at), "count": at % 300}))
            .collect();
        let body = json!({"schema": "wardstock.obs.v1", "device": "gw-1", "boot_id": format!("b{}", self.number), "seq": self.seq,
            "records": records});
        self.client.try_send("POST", "/ingest/v1/observations", &[("content-type", "application/json")], body.to_string().as_bytes())
    }

    /// Notes that it was taken; the next thing follows.
    pub(super) fn is_done(&mut self) -> Vec<String> {
        let names = self.names();
        self.seq += 1;
        names
    }

    /// No two senders and no two batches share a moment.
    fn moments(&self) -> impl Iterator<Item = i64> {
        let first = self.start + (self.seq * 16 + self.number) as i64 * 1_000;
        let count = 1 + (self.seq * 7 + self.number) % 12;
        (0..count as i64).map(move |at| first + at)
    }

    fn names(&self) -> Vec<String> {
        if self.number == 0 { vec![format!("b{}", self.seq)] } else { self.moments().map(|at| format!("r{at}")).collect() }
    }
}
