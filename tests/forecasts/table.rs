//! `wardstock forecast --input`: tables with holidays, events, predecessors and accuracy.

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Output};

use wardstock::base::time::Day;

fn forecast(folder: &Path, more: &[&str]) -> Output {
    let arguments = ["forecast", "--input", "demand.csv", "--horizon", "4", "--period", "week"];
    Command::new(env!("CARGO_BIN_EXE_wardstock")).current_dir(folder).args(arguments).args(more).output().unwrap()
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
}

#[test]
fn a_table_takes_what_is_known_and_tells_how_good_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let start = Day::parse("2025-01-06").unwrap();
    let mut demand = "series,date,quantity,class,predecessor\n".to_owned();
    (0..60).for_each(|at| writeln!(demand, "A,{},{},x,", start.plus(7 * at), 10 + at % 5).unwrap());
    (58..60).for_each(|at| writeln!(demand, "B,{},{},x,A", start.plus(7 * at), 10 + at % 5).unwrap());
    write(
        folder.path(),
        &[
            ("demand.csv", &demand),
            ("holidays.csv", "date,name\n2025-12-25,Christmas\n"),
            ("events.csv", "series,group,first_day,last_day,factor\nA,,2026-03-02,2026-03-08,2\n,x,2026-03-09,2026-03-15,0.5\n"),
        ],
    );
    let known = ["--group", "class", "--holidays", "holidays.csv", "--events", "events.csv", "--accuracy", "accuracy.csv"];
    let done = forecast(folder.path(), &known);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let table = String::from_utf8(done.stdout).unwrap();
    assert!(table.starts_with("series,step,date,mean,q0.5,q0.8,q0.9,q0.95,q0.98,sum_mean,") && table.lines().count() == 9, "{table}");
    let accuracy = std::fs::read_to_string(folder.path().join("accuracy.csv")).unwrap();
    let rows: Vec<&str> = accuracy.lines().collect();
    assert_eq!(rows[0], "series,method,scored,bias,tracking_signal,coverage_80,coverage_95,loss,loss_naive,relative_loss");
    assert!(rows.len() == 3 && rows[1].starts_with("A,") && rows[1].split(',').nth(2) == Some("12"), "{accuracy}");
}

#[test]
fn bad_cells_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let demand = "series,date,quantity\nA,2026-01-05,3\nA,2026-01-12,4\n";
    let bad = [
        ("holidays.csv", "date\n2026-13-01\n", "--holidays", ["holidays.csv: line 2", "date", "2026-13-01"]),
        ("events.csv", "first_day,last_day,factor\n2026-02-02,2026-02-01,2\n", "--events", ["line 2", "last_day", "before_first_day"]),
        ("events.csv", "first_day,last_day,factor\n2026-02-02,2026-02-03,0\n", "--events", ["line 2", "factor", "number"]),
        ("events.csv", "series,first_day,last_day,factor\nZ,2026-02-02,2026-02-03,2\n", "--events", ["line 2", "series", "unknown"]),
        ("events.csv", "first_day,last_day\n2026-02-02,2026-02-03\n", "--events", ["line 1", "missing column", "factor"]),
    ];
    for (name, text, flag, words) in bad {
        write(folder.path(), &[("demand.csv", demand), (name, text)]);
        let done = forecast(folder.path(), &[flag, name]);
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.code() == Some(2) && words.iter().all(|word| said.contains(word)), "{text}: {said}");
    }
    write(folder.path(), &[("demand.csv", "series,date,quantity,predecessor\nA,2026-01-05,3,Q\n")]);
    let done = forecast(folder.path(), &[]);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.code() == Some(2) && said.contains("predecessor") && said.contains("'Q'"), "{said}");
}
