//! A PostgreSQL whose disk is full: nothing is promised, reads go on, and all is well once there is room.
//!
//! The database lies on a small file system in memory, which only root may mount.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use diesel::RunQueryDsl;
use serde_json::{Value, json};
use wardstock::base::time::Micros;
use wardstock::db::conn::{Access, Number, Target};

use crate::scene::{Answer, Client, Cluster, SMALL_CATALOGUE, Served, new_folder, on_postgres, program};

/// Room for the schema and some records.
const SIZE: &str = "64m";
const RECORDS: i64 = 200;
/// A machine that compiles beside the test is slow.
const BACK_MAX: Duration = Duration::from_secs(20);

/// A small disk of the server's user; it goes with the test.
struct Disk(PathBuf);

impl Disk {
    fn mount() -> Option<Self> {
        let folder = PathBuf::from(new_folder());
        let owned = ["size=", SIZE, ",mode=700,uid=postgres"].concat();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &owned, "tmpfs"]).arg(&folder).output();
        if mounted.is_ok_and(|done| done.status.success()) {
            return Some(Self(folder));
        }
        drop(std::fs::remove_dir(folder));
        None
    }

    /// Takes all room that is left.
    fn fill(&self) {
        drop(std::fs::File::create(self.ballast()).and_then(|mut file| std::io::copy(&mut std::io::repeat(0), &mut file)));
    }

    fn free(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a server that is being stopped may still have files open.
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
        drop(std::fs::remove_dir(&self.0));
    }
}

struct Gateway {
    client: Client,
    start: i64,
    seq: i64,
}

impl Gateway {
    /// Posts the next records; the same again until they are taken.
    fn post(&mut self) -> Answer {
        let first = self.start + self.seq * RECORDS * 1_000_000;
        let records: Vec<Value> = (0..RECORDS)
            .map(|at| json!({"kind": "level", "channel": "c0", "at": Micros(first + at * 1_000_000), "count": at % 50}))
            .collect();
        let batch = json!({"schema": "wardstock.obs.v1", "device": "gw-1", "boot_id": "b1", "seq": self.seq, "records": records});
        let answer = self.client.post("/ingest/v1/observations", &batch);
        self.seq += i64::from(answer.status == 200);
        answer
    }
}

#[test]
fn a_full_disk_under_postgres_makes_no_promises() {
    on_postgres(|_| {
        let Some(disk) = Disk::mount() else {
            eprintln!("SKIPPED: no small disk can be mounted, which takes root");
            return;
        };
        let cluster = Cluster::start("");
        cluster.ask(&format!("CREATE TABLESPACE small LOCATION '{}'", disk.0.display()));
        cluster.ask("CREATE DATABASE ward TABLESPACE small");
        let url = format!("postgres://scene@{}/ward", cluster.host());
        assert!(program(&url, &["migrate"]).status.success());
        let made = program(&url, &["token", "create", "--role", "admin", "--name", "full"]);
        let served = Served::start_among(&url, "off", &[]);
        let admin = served.client(String::from_utf8(made.stdout).unwrap().trim());
        admin.upload("/api/v1/imports", &SMALL_CATALOGUE).want(200);
        let device = admin.post("/api/v1/devices", &json!({"code": "gw-1", "site": "H1", "approve": true})).want(201);
        let binding = json!({"channel": "c0", "kind": "level", "place": "PH", "item": "P1", "mode": "shadow"});
        admin.post("/api/v1/devices/gw-1/bindings", &binding).want(201);
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros() as i64;
        let mut gateway = Gateway { client: served.client(device["token"].as_str().unwrap()), start: now - 20 * 86_400_000_000, seq: 0 };
        assert_eq!(gateway.post().status, 200);
        for round in 0..3 {
            disk.fill();
            // Pages that are there take some more; then there are none.
            let begun = Instant::now();
            let refused = loop {
                let answer = gateway.post();
                if answer.status != 200 {
                    break answer;
                }
                assert!(begun.elapsed() < BACK_MAX, "round {round}: a full disk takes everything");
            };
            assert!(refused.header("retry-after").is_some(), "round {round}: {}", refused.text);
            refused.problem(503, "storage_full");
            for call in ["/api/v1/stock", "/api/v1/devices/gw-1/observations?channel=c0&step=hour", "/api/v1/quarantine", "/livez"] {
                assert_eq!(admin.get(call).status, 200, "{call} in round {round}");
            }
            disk.free();
            let begun = Instant::now();
            while gateway.post().status != 200 {
                assert!(begun.elapsed() < BACK_MAX, "round {round}: not back after {BACK_MAX:?}");
            }
        }
        let mut conn = Target::parse(&url).unwrap().connect(Access::Survey).unwrap();
        let stored = diesel::sql_query("SELECT COUNT(*) AS value FROM observation").get_result::<Number>(&mut conn).unwrap();
        assert_eq!(stored.value, gateway.seq * RECORDS, "what was answered is stored, once, and nothing else");
        served.kill();
        let checked = program(&url, &["doctor", "--check"]);
        assert_eq!(checked.status.code(), Some(0), "{}", String::from_utf8_lossy(&checked.stdout));
    });
}
