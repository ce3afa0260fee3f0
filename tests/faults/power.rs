//! Power loss: what was written but not synced is on the disk, or is not, or half. One run is written down step by step and
//! cut at many moments; whatever was answered before a cut must be there after it.
//!
//! `WARDSTOCK_POWER_CUTS` cuts (50), `WARDSTOCK_POWER_SEED` repeats the choice of moments and of what was lost.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use wardstock::db::conn::{Access, Number, Target};

use super::disk::{self, Disk};
use super::hospital::{Hospital, Sender, url};
use crate::crash::{Chance, setting};
use crate::scene::Served;

const CUTS: u64 = 50;
const SENDERS: u64 = 5;
const RUN: Duration = Duration::from_millis(1_500);
/// Every so many cuts the program itself is started on what is left.
const STARTED: u64 = 10;

/// What was promised, and how long the notes of the disk were then.
type Promises = Vec<(usize, Vec<String>)>;

/// Cuts and seed of this run, and how to repeat it.
fn wish() -> (u64, u64, String) {
    let cuts = setting("WARDSTOCK_POWER_CUTS").unwrap_or(CUTS);
    let fresh = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros() as u64 % 1_000_000;
    let seed = setting("WARDSTOCK_POWER_SEED").unwrap_or(fresh);
    (cuts, seed, format!("WARDSTOCK_POWER_SEED={seed} WARDSTOCK_POWER_CUTS={cuts} cargo test --test wardstock faults -- --nocapture"))
}

fn moments(cuts: u64, length: usize, chance: &mut Chance) -> Vec<usize> {
    let mut all: Vec<usize> = (0..cuts).map(|_| chance.below(length as u64) as usize).collect();
    all.sort_unstable();
    all
}

#[test]
fn what_was_answered_survives_a_power_cut() {
    let Some(library) = disk::library() else { return };
    let (cuts, seed, replay) = wish();
    println!("replay: {replay}");
    let hospital = Hospital::open();
    let before = disk::with(&hospital.path, ".before");
    let notes = disk::with(&hospital.path, ".notes");
    disk::copy(&hospital.path, &before);
    let promises = run(&hospital, library, &notes);
    assert!(promises.len() > 20, "only {} answers", promises.len());
    let notes = std::fs::read(notes).unwrap();
    let mut chance = Chance(seed);
    let mut disk = Disk::new(&before, &notes);
    let left = disk::with(&hospital.path, ".left");
    let mut kept = 0;
    for (number, moment) in moments(cuts, notes.len(), &mut chance).into_iter().enumerate() {
        let about = format!("cut {number} at {moment}; replay: {replay}");
        disk.go_on(moment);
        disk.cut(&left, &mut chance);
        let stored = Hospital::stored(&left, &about);
        let owed = promises.iter().filter(|(then, _)| *then <= moment).flat_map(|(_, names)| names);
        let missing: Vec<&String> = owed.clone().filter(|name| !stored.contains(*name)).take(5).collect();
        assert!(missing.is_empty(), "answered and lost: {missing:?} ({about})");
        kept += owed.count();
        if (number as u64).is_multiple_of(STARTED) {
            Served::start(&url(&left)).kill();
        }
        Hospital::is_sound(&left, &about);
    }
    println!("{cuts} power cuts in a run of {} answers and {} MB written: {kept} owed, lost 0", promises.len(), notes.len() >> 20);
}

/// Everybody posts for a while; answers what was promised when.
fn run(hospital: &Hospital, library: &Path, notes: &Path) -> Promises {
    let surroundings = [("LD_PRELOAD", library), ("WARDSTOCK_DISK", &hospital.path), ("WARDSTOCK_DISK_LOG", notes)];
    let served = Served::start_among(&url(&hospital.path), "error", &surroundings.map(|(name, path)| (name, path.to_str().unwrap())));
    let start = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros() as i64 - 3_600_000_000;
    let promises: Mutex<Promises> = Mutex::default();
    let until = Instant::now() + RUN;
    std::thread::scope(|scope| {
        for number in 0..SENDERS {
            let mut sender = Sender::new(number, hospital, &served, start);
            let promises = &promises;
            scope.spawn(move || {
                while Instant::now() < until {
                    let answer = sender.post().unwrap();
                    assert!(matches!(answer.status, 200 | 201), "{} {}", answer.status, answer.text);
                    // What was synced before the answer is in the notes by now.
                    let length = std::fs::metadata(notes).unwrap().len() as usize;
                    promises.lock().unwrap().push((length, sender.is_done()));
                }
            });
        }
    });
    served.kill();
    promises.into_inner().unwrap()
}

/// Proves that the cuts bite: a writer that does not wait for the disk loses what it promised, one that does loses nothing.
#[test]
fn a_writer_that_does_not_wait_for_the_disk_is_caught() {
    let Some(library) = disk::library() else { return };
    let (cuts, seed, replay) = wish();
    for (synchronous, must_lose) in [("NORMAL", true), ("FULL", false)] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plain.db");
        let notes = disk::with(&path, ".notes");
        let out = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "faults::power::a_plain_writer", "--nocapture"])
            .env("LD_PRELOAD", library)
            .env("WARDSTOCK_DISK", &path)
            .env("WARDSTOCK_DISK_LOG", &notes)
            .env("WARDSTOCK_SYNCHRONOUS", synchronous)
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(out.status.success());
        let text = String::from_utf8(out.stdout).unwrap();
        let promises: Vec<(usize, i64)> = text
            .lines()
            .filter_map(|line| line.strip_prefix("promised ")?.split_once(' '))
            .map(|(length, id)| (length.parse().unwrap(), id.parse().unwrap()))
            .collect();
        assert!(promises.len() > 100, "{text}");
        let notes = std::fs::read(notes).unwrap();
        let mut chance = Chance(seed);
        let mut disk = Disk::new(&disk::with(&path, ".before"), &notes);
        let left = disk::with(&path, ".left");
        let mut lost = 0;
        let first = promises[0].0;
        for moment in moments(cuts, notes.len() - first, &mut chance) {
            disk.go_on(first + moment);
            disk.cut(&left, &mut chance);
            let owed = promises.iter().filter(|(then, _)| *then <= first + moment).map(|(_, id)| *id).max().unwrap_or(0);
            let mut conn = Target::parse(&url(&left)).unwrap().connect(Access::Survey).unwrap();
            let kept = diesel::sql_query("SELECT COALESCE(MAX(id), 0) AS value FROM plain").get_result::<Number>(&mut conn);
            lost += u64::from(kept.map_or(0, |row| row.value) < owed);
        }
        println!("synchronous={synchronous}: {lost} of {cuts} cuts lost what was promised");
        assert_eq!(lost > 0, must_lose, "synchronous={synchronous}: {lost} of {cuts} cuts lost something; replay: {replay}");
    }
}

/// Does something only as a process of its own, for the test before it.
#[test]
#[expect(clippy::disallowed_methods, reason = "its parent says where and how")]
fn a_plain_writer() {
    let (Ok(path), Ok(notes)) = (std::env::var("WARDSTOCK_DISK"), std::env::var("WARDSTOCK_DISK_LOG")) else { return };
    let synchronous = std::env::var("WARDSTOCK_SYNCHRONOUS").unwrap();
    let mut conn = Target::parse(&format!("sqlite:{path}")).unwrap().connect(Access::Write).unwrap();
    conn.batch_execute(&format!("PRAGMA synchronous = {synchronous}; CREATE TABLE plain (id BIGINT PRIMARY KEY, filling TEXT)")).unwrap();
    for id in 1..=400 {
        conn.batch_execute(&format!("INSERT INTO plain VALUES ({id}, '{}')", "x".repeat(300))).unwrap();
        println!("promised {} {id}", std::fs::metadata(&notes).unwrap().len());
    }
}
