//! A run is kept with its input and its record, and comes out the same again.

use std::process::Command;

use diesel::prelude::*;
use serde_json::json;
use wardstock::access::role::Role;
use wardstock::demand::replay::replay;

use super::{demand, hospital, planned};
use crate::scene::{Hospital, on_both};

fn change(hospital: &Hospital, sql: &'static str) {
    // Behind the service's back, as somebody at the database could.
    hospital.state.db.write_now(move |tx| Ok(diesel::sql_query(sql).execute(tx.conn)?)).unwrap();
}

#[test]
fn a_forecast_says_how_good_it_was_and_what_it_is_made_of() {
    on_both(|engine| {
        let hospital = hospital(engine);
        let viewer = hospital.with_role(Role::Viewer);
        let made = planned(&hospital, &hospital.with_role(Role::Pharmacist), "P1");
        let record = &made["accuracy"];
        assert_eq!(record["scored"], 12, "{made}");
        for figure in ["bias", "tracking_signal", "coverage_80", "coverage_95", "loss", "loss_naive"] {
            assert!(record[figure].is_number(), "{figure}: {record}");
        }
        assert!(made["parts"]["level"].as_f64().unwrap() > 100.0 && made["flags"].is_array(), "{made}");
        let runs = viewer.get("/api/v1/forecast-runs").want(200);
        let run = &runs["items"][0];
        assert_eq!((run["id"].as_str(), run["series_count"].as_i64()), (made["run"].as_str(), Some(2)), "{run}");
        assert_eq!(run["accuracy"]["antibiotic"]["scored"], 12, "{run}");
        assert!(run["input_sha256"].as_str().unwrap().starts_with(run["seed"].as_str().unwrap()), "{run}");
        let path = format!("/api/v1/forecast-runs/{}", run["id"].as_str().unwrap());
        assert_eq!(&viewer.get(&path).want(200), run);
        let input = viewer.get(&format!("{path}/input")).want(200);
        assert_eq!((input["horizon"].as_i64(), input["series"][0]["id"].as_str()), (Some(4), Some("P1@PH")), "{input}");
        viewer.get("/api/v1/forecast-runs/newest").problem(404, "not_found");
        let page = viewer.get("/items/P1");
        assert!(page.status == 200 && page.text.contains("Over the last"), "{}", page.text);
    });
}

#[test]
fn paths_are_drawn_the_same_each_time() {
    on_both(|engine| {
        let hospital = hospital(engine);
        let viewer = hospital.with_role(Role::Viewer);
        viewer.get("/api/v1/forecasts/PH/P1/paths").problem(404, "not_found");
        let made = planned(&hospital, &hospital.with_role(Role::Pharmacist), "P1");
        let drawn = viewer.get("/api/v1/forecasts/PH/P1/paths?count=300").want(200);
        assert_eq!(drawn, viewer.get("/api/v1/forecasts/PH/P1/paths?count=300").want(200));
        let paths = drawn["paths"].as_array().unwrap();
        assert!(paths.len() == 300 && paths.iter().all(|path| path.as_array().unwrap().len() == 4));
        let sum: f64 = paths.iter().flat_map(|path| path.as_array().unwrap()).map(|units| units.as_f64().unwrap()).sum();
        let want = made["sums"][3]["mean"].as_f64().unwrap();
        assert!((sum / 300.0 / want - 1.0).abs() < 0.1, "{sum} {want}");
        assert_ne!(drawn["seed"], viewer.get("/api/v1/forecasts/PH/P2/paths").want(200)["seed"]);
        for count in ["0", "1001"] {
            viewer.get(&format!("/api/v1/forecasts/PH/P1/paths?count={count}")).problem(422, "invalid_input");
        }
    });
}

#[test]
fn a_run_is_made_again_and_a_change_is_found_out() {
    on_both(|engine| {
        let hospital = hospital(engine);
        let pharmacist = hospital.with_role(Role::Pharmacist);
        let first = planned(&hospital, &pharmacist, "P1")["run"].as_str().unwrap().to_owned();
        planned(&hospital, &pharmacist, "P1");
        let again = |name: &str| hospital.state.db.read_now(|conn| replay(conn, name)).unwrap();
        for name in [first.as_str(), "newest"] {
            let replayed = again(name);
            assert!(replayed.is_equal() && replayed.forecasts == 2, "{engine:?}: {replayed:?}");
        }
        change(&hospital, "UPDATE forecast SET mean_daily_units = mean_daily_units * 1.0000000000001");
        assert_eq!(again("newest").differing, ["P1@PH", "P2@PH"], "{engine:?}");
        change(&hospital, "UPDATE forecast_run SET input_sha256 = 'x'");
        let replayed = again("newest");
        assert!(!replayed.input_is_whole && !replayed.is_equal(), "{engine:?}: {replayed:?}");
        change(&hospital, "UPDATE forecast_run SET input = 'AAAA'");
        assert!(!again("newest").input_is_whole, "{engine:?}");
        assert!(hospital.state.db.read_now(|conn| replay(conn, "17")).is_err());
    });
}

#[test]
fn a_run_is_forgotten_with_its_last_forecast() {
    on_both(|engine| {
        let hospital = hospital(engine);
        let pharmacist = hospital.with_role(Role::Pharmacist);
        let runs = || pharmacist.list("/api/v1/forecast-runs").len();
        planned(&hospital, &pharmacist, "P1");
        hospital.set_clock("2027-02-20T06:30:00Z");
        planned(&hospital, &pharmacist, "P1");
        assert_eq!(runs(), 2, "{engine:?}: 89 days later both are there");
        hospital.set_clock("2027-02-23T06:30:00Z");
        planned(&hospital, &pharmacist, "P1");
        assert_eq!(runs(), 2, "{engine:?}: the first is older than 90 days, and newer forecasts are there");
    });
}

#[test]
fn the_command_line_replays_the_newest_run() {
    let folder = tempfile::tempdir().unwrap();
    let target = format!("sqlite:{}/w.db", folder.path().display());
    let run = |arguments: &[&str]| {
        let done = Command::new(env!("CARGO_BIN_EXE_wardstock")).args(arguments).args(["--database", &target]).output().unwrap();
        (done.status.code(), String::from_utf8_lossy(&done.stdout).into_owned(), String::from_utf8_lossy(&done.stderr).into_owned())
    };
    let files = [
        ("places.csv", "code,name,kind,parent\nH1,Hospital One,site,\nPH,Pharmacy,store,H1\nW1,Ward One,ward,H1\n".to_owned()),
        ("items.csv", "code,name,base_unit,ven\nP1,Amoxicillin,tablet,E\nP2,Insulin,vial,V\n".to_owned()),
        ("stock.csv", "place,item,quantity\nPH,P1,10\nPH,P2,10\n".to_owned()),
        ("demand.csv", demand(40)),
    ];
    for (name, text) in &files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let imported = run(&["import", &folder.path().display().to_string()]);
    assert_eq!(imported.0, Some(0), "{imported:?}");
    assert_eq!(run(&["forecast", "--replay", "newest"]).0, Some(2), "there is no run yet");
    // A plan needs a supplier's currency; without offers it still forecasts.
    let planned = run(&["plan", "--site", "H1", "--time-limit", "2"]);
    assert_eq!(planned.0, Some(0), "{planned:?}");
    let replayed = run(&["forecast", "--replay", "newest"]);
    assert!(replayed.0 == Some(0) && replayed.1.contains("2 forecasts, all equal"), "{replayed:?}");
    assert_eq!(run(&["forecast", "--replay", "newest", "--horizon", "3"]).0, Some(2), "a replay takes no horizon");
    assert_eq!(json!(run(&["forecast"]).0), json!(2));
}
