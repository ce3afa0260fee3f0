//! The nightly backup: taken once a night, the newest kept, an alert when none comes.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wardstock::db::nightly::{KEPT, Nightly};

use crate::scene::{Engine, Hospital, Served, on_postgres, program, target, url};

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

#[test]
fn each_night_has_one_backup_and_the_newest_stay() {
    let hospital = Hospital::at(Engine::Sqlite, "2026-11-01T03:00:00Z").with_small_catalogue();
    let folder = tempfile::tempdir().unwrap();
    let (db, nightly) = (&hospital.state.db, Nightly::new(&hospital.state.db, folder.path()).unwrap());
    assert!(nightly.is_old(hospital.clock.now()).unwrap(), "there is none");
    let mut taken = 0;
    for hour in 0..24 * 20 {
        hospital.set_clock(&format!("2026-11-{:02}T{:02}:30:00Z", 1 + hour / 24, hour % 24));
        let now = hospital.clock.now();
        if nightly.is_due(now).unwrap() {
            nightly.take(db, now).unwrap();
            taken += 1;
        }
        assert!(!nightly.is_old(now).unwrap());
    }
    // One at once, since there was none, and one each night from two o'clock on.
    assert_eq!(taken, 21);
    assert_eq!(files(folder.path()), 2 * KEPT, "each with its manifest");
    hospital.set_clock("2026-11-22T00:31:00Z");
    assert!(nightly.is_old(hospital.clock.now()).unwrap());
    let newest =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.extension().unwrap() == "db").max();
    let copy = folder.path().join("restored.db");
    let restored = program(&format!("sqlite:{}", copy.display()), &["restore", newest.unwrap().to_str().unwrap()]);
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
}

#[test]
fn the_service_takes_it_and_says_when_it_can_not() {
    let folder = tempfile::tempdir().unwrap();
    let target = target(Engine::Sqlite);
    let served = Served::start_with(&url(&target), &["--backup-folder", folder.path().to_str().unwrap()]);
    let began = Instant::now();
    while files(folder.path()) < 2 {
        assert!(began.elapsed() < Duration::from_secs(30), "no backup came");
        std::thread::park_timeout(Duration::from_millis(50));
    }
    drop(served);
    on_postgres(|engine| {
        let target = crate::scene::target(engine);
        let refused = program(&url(&target), &["serve", "--backup-folder", folder.path().to_str().unwrap()]);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(refused.status.code() == Some(2) && said.contains("pg_basebackup"), "{said}");
    });
    // A folder on a full or broken disk: the alert says so, at every site.
    let mut hospital = Hospital::at(Engine::Sqlite, "2026-11-01T03:00:00Z").with_small_catalogue();
    let gone = tempfile::tempdir().unwrap();
    let nightly = Nightly::new(&hospital.state.db, gone.path()).unwrap();
    std::fs::create_dir(gone.path().join("wardstock-2026-11-01T030000Z.db")).unwrap();
    hospital.work_with(nightly);
    let began = Instant::now();
    let is_raised = |alert: &Value| alert["kind"] == json!("backup_old") && alert["state"] == json!("open");
    while !hospital.admin().list("/api/v1/alerts").iter().any(is_raised) {
        assert!(began.elapsed() < Duration::from_secs(20), "no alert came");
        std::thread::park_timeout(Duration::from_millis(50));
    }
}
