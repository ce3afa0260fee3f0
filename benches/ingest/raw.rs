//! Side A: durable inserts through the C interface of the SQLite that the program links, in a process of its own.

#![expect(unsafe_code, reason = "the C interface is what is measured")]

use std::ffi::{CStr, CString};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use libsqlite3_sys as ffi;
use serde_json::{Value, json};

use crate::Wish;
use crate::probe::cpu_seconds;
use crate::world::{CHANNELS, DEVICES, FIRST_CHANNEL};

const ROWS: usize = 100;
const RECORDS_MAX: usize = 2_000_000;

/// Runs the side in a child; answers its figures.
pub(crate) fn measure(path: &Path, start: i64, rows_per_commit: usize, wish: &Wish) -> Value {
    let words = [
        "raw".to_owned(),
        path.display().to_string(),
        start.to_string(),
        rows_per_commit.to_string(),
        wish.warm.to_string(),
        wish.seconds.to_string(),
    ];
    let out = Command::new(std::env::current_exe().unwrap()).args(words).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

/// The child: prints one JSON line.
pub(crate) fn run(words: &[String]) {
    let (start, per_commit): (i64, usize) = (words[1].parse().unwrap(), words[2].parse().unwrap());
    let (warm, seconds): (f64, f64) = (words[3].parse().unwrap(), words[4].parse().unwrap());
    let raw = Raw::open(&words[0]);
    let insert = raw.prepare(&format!(
        "INSERT OR FAIL INTO observation (site_id, channel_id, observed_at, dedupe_key, event_at, received_at, kind, value, quality) \
         VALUES {} ON CONFLICT DO NOTHING",
        vec!["(?, ?, ?, ?, ?, ?, ?, ?, ?)"; ROWS].join(", ")
    ));
    let upsert = raw.prepare(&format!(
        "INSERT OR FAIL INTO channel_last (site_id, channel_id, observed_at, dedupe_key, event_at, received_at, value) VALUES {} \
         ON CONFLICT (site_id, channel_id) DO UPDATE SET observed_at = excluded.observed_at, dedupe_key = excluded.dedupe_key, \
         event_at = excluded.event_at, received_at = excluded.received_at, value = excluded.value \
         WHERE (excluded.observed_at, excluded.dedupe_key) > (channel_last.observed_at, channel_last.dedupe_key)",
        vec!["(?, ?, ?, ?, ?, ?, ?)"; ROWS].join(", ")
    ));
    let (begun, mut number, mut counted) = (Instant::now(), 0_usize, 0_usize);
    let mut counting: Option<(Instant, f64)> = None;
    while number < RECORDS_MAX && begun.elapsed().as_secs_f64() < warm + seconds {
        if counting.is_none() && begun.elapsed().as_secs_f64() >= warm {
            counting = Some((Instant::now(), cpu_seconds(std::process::id())));
        }
        raw.exec(c"BEGIN IMMEDIATE");
        for at in (0..per_commit).step_by(ROWS) {
            raw.insert_rows(insert, number + at, start);
        }
        // The channels come in turn and are more than one commit holds: merging per key leaves every row.
        for at in (0..per_commit).step_by(ROWS) {
            raw.upsert_rows(upsert, number + at, start);
        }
        raw.exec(c"COMMIT");
        number += per_commit;
        counted += if counting.is_some() { per_commit } else { 0 };
    }
    let (since, cpu) = counting.unwrap_or((begun, 0.0));
    let wall = since.elapsed().as_secs_f64();
    let figures = json!({"rate": counted as f64 / wall, "cpu_seconds": cpu_seconds(std::process::id()) - cpu, "rows": number,
        "counted": counted, "rows_per_commit": per_commit, "synchronous": raw.number(c"PRAGMA synchronous"), "sqlite": raw.version()});
    println!("{figures}");
}

struct Raw(*mut ffi::sqlite3);

type Statement = *mut ffi::sqlite3_stmt;

impl Raw {
    fn open(path: &str) -> Self {
        let mut raw = std::ptr::null_mut();
        let path = CString::new(path).unwrap();
        // SAFETY: the path ends with NUL and the handle is ours until the process ends.
        let code = unsafe { ffi::sqlite3_open(path.as_ptr(), &raw mut raw) };
        assert_eq!(code, ffi::SQLITE_OK);
        let raw = Self(raw);
        raw.exec(c"PRAGMA busy_timeout = 30000; PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 8000;");
        raw
    }

    fn exec(&self, text: &CStr) {
        // SAFETY: the handle is open, the text ends with NUL, no callback is given.
        let code = unsafe { ffi::sqlite3_exec(self.0, text.as_ptr(), None, std::ptr::null_mut(), std::ptr::null_mut()) };
        assert_eq!(code, ffi::SQLITE_OK, "{text:?}");
    }

    fn prepare(&self, text: &str) -> Statement {
        let mut statement = std::ptr::null_mut();
        let text = CString::new(text).unwrap();
        // SAFETY: the handle is open and the text ends with NUL.
        let code = unsafe { ffi::sqlite3_prepare_v2(self.0, text.as_ptr(), -1, &raw mut statement, std::ptr::null_mut()) };
        assert_eq!(code, ffi::SQLITE_OK);
        statement
    }

    fn number(&self, text: &CStr) -> i64 {
        let statement = self.prepare(text.to_str().unwrap());
        // SAFETY: the statement was prepared and gives one row.
        unsafe {
            assert_eq!(ffi::sqlite3_step(statement), ffi::SQLITE_ROW);
            ffi::sqlite3_column_int64(statement, 0)
        }
    }

    #[expect(clippy::unused_self, reason = "it is the version of what was opened")]
    fn version(&self) -> String {
        // SAFETY: a static text.
        unsafe { CStr::from_ptr(ffi::sqlite3_libversion()) }.to_string_lossy().into_owned()
    }

    fn insert_rows(&self, statement: Statement, first: usize, start: i64) {
        let mut place = 0;
        for number in first..first + ROWS {
            let (channel, at, key, value) = row(number, start);
            self.bind(statement, &mut place, &[1, channel, at, key, at, at]);
            self.bind_text(statement, &mut place, c"level");
            self.bind(statement, &mut place, &[value]);
            self.bind_text(statement, &mut place, c"");
        }
        self.step(statement, ROWS);
    }

    fn upsert_rows(&self, statement: Statement, first: usize, start: i64) {
        let mut place = 0;
        for number in first..first + ROWS {
            let (channel, at, key, value) = row(number, start);
            self.bind(statement, &mut place, &[1, channel, at, key, at, at, value]);
        }
        self.step(statement, ROWS);
    }

    #[expect(clippy::unused_self, reason = "the statement is the handle's")]
    fn bind(&self, statement: Statement, place: &mut i32, values: &[i64]) {
        for value in values {
            *place += 1;
            // SAFETY: the statement has that many places.
            unsafe { ffi::sqlite3_bind_int64(statement, *place, *value) };
        }
    }

    #[expect(clippy::unused_self, reason = "the statement is the handle's")]
    fn bind_text(&self, statement: Statement, place: &mut i32, text: &'static CStr) {
        *place += 1;
        // SAFETY: the text is static, so SQLite need not copy it.
        unsafe { ffi::sqlite3_bind_text(statement, *place, text.as_ptr(), -1, ffi::SQLITE_STATIC()) };
    }

    fn step(&self, statement: Statement, rows: usize) {
        // SAFETY: all places are bound.
        unsafe {
            assert_eq!(ffi::sqlite3_step(statement), ffi::SQLITE_DONE);
            assert_eq!(ffi::sqlite3_changes(self.0), rows as i32, "all rows are new");
            ffi::sqlite3_reset(statement);
        }
    }
}

/// The `number`-th row: channels in turn, growing times, a key as a hash would give.
fn row(number: usize, start: i64) -> (i64, i64, i64, i64) {
    let channels = DEVICES * CHANNELS;
    let mut key = (number as u64).wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    key = (key ^ (key >> 31)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (
        FIRST_CHANNEL + (number % channels) as i64,
        start + (number / channels) as i64 * 1_000_000,
        (key >> 1) as i64,
        20 + (number % 40) as i64,
    )
}
