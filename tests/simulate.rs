//! `wardstock simulate`: a real record replayed, a made-up hospital, clear refusals.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;
use wardstock::base::time::Day;

fn simulate(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wardstock")).arg("simulate").args(arguments).output().unwrap()
}

fn folder(demand: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("items.csv", "code,name,base_unit,ven,shelf_life_days\nP1,One,tablet,V,300\nP2,Two,vial,N,\n");
    write("suppliers.csv", "code,name,lead_time_days,currency\nS1,A,3,EUR\nS2,B,9,EUR\n");
    write("offers.csv", "item,supplier,units_per_pack,price_minor,currency\nP1,S1,10,1000,EUR\nP1,S2,10,900,EUR\n");
    write("demand.csv", demand);
    folder
}

/// Forty weeks of two a day.
fn weeks(item: &str) -> String {
    let monday = Day::parse("2026-01-05").unwrap();
    let rows: Vec<String> = (0..40).map(|week| format!("W1,{item},{},14,week\n", monday.plus(7 * week).to_text())).collect();
    rows.concat()
}

fn refusal(folder: &Path) -> String {
    let output = simulate(&["--history", folder.to_str().unwrap(), "--policies", "par:30"]);
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_record_is_replayed() {
    let folder = folder(&format!("place,item,date,quantity,period\n{}{}", weeks("P1"), weeks("P2")));
    let (path, file) = (folder.path().to_str().unwrap(), folder.path().join("compared.json"));
    let names = ["wardstock", "par:30", "clairvoyant"];
    let wish = ["--history", path, "--seeds", "2", "--threads", "1", "--output", file.to_str().unwrap(), "--policies"];
    let output = simulate(&[&wish[..], &names[..]].concat());
    let (table, notes) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(0), "{notes}");
    assert!(notes.contains("1 items with demand are left out"), "nobody offers P2: {notes}");
    assert!(table.contains("par:30") && table.contains("paired by seed"), "{table}");
    let first = std::fs::read(&file).unwrap();
    let compared: Value = serde_json::from_slice(&first).unwrap();
    let figures = &compared["trials"][1]["figures"];
    assert_eq!(figures[1]["unit_fill"], 1.0, "two a day, known lead times: {figures}");
    assert!(figures[0]["cost"].as_f64().unwrap() >= figures[2]["cost"].as_f64().unwrap());
    simulate(&[&wish[..4], &["--threads", "2"], &wish[6..], &names[..]].concat());
    assert!(std::fs::read(&file).unwrap() == first, "the same bytes on any number of threads");
}

#[test]
fn bad_records_and_policies_are_named() {
    let bad = folder("place,item,date,quantity\nW1,P1,2026-01-05,-4\n");
    assert!(refusal(bad.path()).contains("demand.csv: line 2: column quantity"));
    let unknown = folder("place,item,date,quantity\nW1,P9,2026-01-05,4\n");
    assert!(refusal(unknown.path()).contains("no item has both demand and an offer"));
    let short = folder("place,item,date,quantity\nW1,P1,2026-01-05,4\n");
    assert!(refusal(short.path()).contains("the record has 1 days"));
    std::fs::remove_file(short.path().join("offers.csv")).unwrap();
    assert!(refusal(short.path()).contains("offers.csv: the file is not there"));
    let output = simulate(&["--generated", "3", "--policies", "hmis:3"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("policy `hmis:3`"));
}

#[test]
fn a_hospital_is_made_up() {
    let wish = ["--generated", "4", "--weeks", "8", "--seeds", "1", "--json", "--policies", "rss:0.99,25", "clairvoyant"];
    let compared: Value = serde_json::from_slice(&simulate(&wish).stdout).unwrap();
    assert_eq!(compared["policies"][0], "rss:0.99,25");
    assert!(compared["trials"][0]["figures"][0]["ratio_to_clairvoyant"].as_f64().unwrap() >= 1.0);
}
