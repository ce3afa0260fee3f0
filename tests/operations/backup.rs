//! Backups beside a service that is written to, and what comes back from them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Output;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::scene::{Client, Engine, Hospital, on_both, program, url};

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[track_caller]
fn ok(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", text(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn receive(admin: &Client, key: u64) -> String {
    let receipt =
        json!({"kind": "receipt", "place": "PH", "item": "P1", "quantity": 1, "lot": format!("L{}", key % 7), "expiry": "2031-01-31"});
    let answer = admin.post_once("/api/v1/movements", &format!("backup-{key}"), &receipt).want(201);
    answer["ids"][0].as_str().unwrap().to_owned()
}

fn restored(source: &Path, to: &Path, more: &[&str]) -> Output {
    let arguments = [&["restore", source.to_str().unwrap(), "--json"], more].concat();
    program(&format!("sqlite:{}", to.display()), &arguments)
}

#[test]
fn a_backup_during_writes_brings_back_all_that_was_acknowledged_before_it() {
    let hospital = Hospital::today(Engine::Sqlite).with_small_catalogue();
    let folder = tempfile::tempdir().unwrap();
    let (stop, next) = (AtomicBool::new(false), AtomicU64::new(0));
    let acknowledged = Mutex::new(BTreeSet::new());
    let (before, taken) = std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let id = receive(hospital.admin(), next.fetch_add(1, Ordering::Relaxed));
                    acknowledged.lock().unwrap().insert(id);
                }
            });
        }
        while acknowledged.lock().unwrap().len() < 60 {
            std::thread::yield_now();
        }
        let before = acknowledged.lock().unwrap().clone();
        let taken = program(&url(&hospital.target), &["backup", folder.path().to_str().unwrap(), "--json"]);
        stop.store(true, Ordering::Relaxed);
        (before, taken)
    });
    let taken = ok(&taken);
    let source = Path::new(taken["path"].as_str().unwrap()).to_owned();
    let manifest: Value = serde_json::from_str(&fs::read_to_string(taken["manifest_path"].as_str().unwrap()).unwrap()).unwrap();
    assert_eq!(manifest, taken["manifest"]);
    let in_it = manifest["counts"]["movement"].as_u64().unwrap();
    assert!(in_it >= before.len() as u64 && manifest["sha256"].as_str().unwrap().len() == 64, "{manifest}");
    let left: Vec<String> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(left.len(), 2, "a file and its manifest: {left:?}");

    let elsewhere = folder.path().join("elsewhere.db");
    let report = ok(&restored(&source, &elsewhere, &[]));
    assert_eq!((&report["levels_mended"], &report["stored_until"]), (&json!(0), &manifest["stored_until"]), "{report}");
    assert_eq!(report["check"]["sites"][0]["movements"].as_u64(), Some(in_it));
    let served = crate::scene::Served::start(&format!("sqlite:{}", elsewhere.display()));
    // The token of the administrator came along: the backup is the whole hospital.
    let admin = hospital.admin().at(&served.base);
    let there: BTreeSet<String> = admin.list("/api/v1/movements").iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
    let missing: Vec<_> = before.difference(&there).collect();
    println!("backup during writes: {} acknowledged before it, {in_it} in it, {} missing", before.len(), missing.len());
    assert!(missing.is_empty(), "acknowledged before the backup and not in it: {missing:?}");
}

#[test]
fn a_restore_refuses_what_is_changed_or_in_the_way() {
    let hospital = Hospital::today(Engine::Sqlite).with_small_catalogue();
    receive(hospital.admin(), 1);
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("b.db");
    let backup = || program(&url(&hospital.target), &["backup", source.to_str().unwrap(), "--json"]);
    ok(&backup());
    let again = backup();
    assert!(again.status.code() == Some(2) && text(&again).contains("never overwrites"), "{}", text(&again));

    let place = folder.path().join("w.db");
    ok(&restored(&source, &place, &[]));
    let refused = restored(&source, &place, &[]);
    assert!(refused.status.code() == Some(2) && text(&refused).contains("--replace"), "{}", text(&refused));
    let replaced = ok(&restored(&source, &place, &["--replace"]));
    assert!(Path::new(replaced["replaced"].as_str().unwrap()).exists(), "{replaced}");
    let served = crate::scene::Served::start(&format!("sqlite:{}", place.display()));
    let refused = restored(&source, &place, &["--replace"]);
    assert!(text(&refused).contains("another wardstock service holds"), "{}", text(&refused));
    served.kill();

    let manifest = folder.path().join("b.db.manifest.json");
    let said = fs::read_to_string(&manifest).unwrap();
    let other = folder.path().join("other.db");
    fs::write(&manifest, said.replace("\"movement\": 1", "\"movement\": 2")).unwrap();
    assert!(text(&restored(&source, &other, &[])).contains("other rows than its manifest"));
    fs::remove_file(&manifest).unwrap();
    assert!(text(&restored(&source, &other, &[])).contains("without its manifest"));
    fs::write(&manifest, said).unwrap();
    let mut bytes = fs::read(&source).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&source, bytes).unwrap();
    let refused = restored(&source, &other, &[]);
    assert!(refused.status.code() == Some(2) && text(&refused).contains("not the file that its manifest"), "{}", text(&refused));
    assert!(!other.exists(), "nothing is left of what was refused");
}

#[test]
fn postgres_gets_a_manifest_and_a_recipe() {
    on_both(|engine| {
        if engine == Engine::Sqlite {
            return;
        }
        let hospital = Hospital::today(engine).with_small_catalogue();
        receive(hospital.admin(), 1);
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("pg");
        let taken = ok(&program(&url(&hospital.target), &["backup", target.to_str().unwrap(), "--json"]));
        assert!(taken["recipe"].as_str().unwrap().contains("pg_basebackup"), "{taken}");
        assert_eq!((&taken["manifest"]["counts"]["movement"], &taken["manifest"]["sha256"]), (&json!(1), &Value::Null), "{taken}");
        assert!(!target.exists() && folder.path().join("pg.manifest.json").exists());
        let refused = program(&url(&hospital.target), &["restore", target.to_str().unwrap()]);
        assert!(refused.status.code() == Some(2) && text(&refused).contains("pg_restore"), "{}", text(&refused));
    });
}
