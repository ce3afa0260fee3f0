//! A level that moves raises one alert, and a plan that finds it settled closes it.

use std::fmt::Write;

use wardstock::access::role::Role;
use wardstock::base::time::Day;

use super::{hospital, planned};
use crate::scene::on_both;

/// Weeks of P1 at W1: `units` a week give or take, from a Monday on.
fn weeks(from: &str, count: i64, units: i64) -> String {
    let start = Day::parse(from).unwrap();
    let mut text = "place,item,date,quantity,period\n".to_owned();
    (0..count).for_each(|at| writeln!(text, "W1,P1,{},{},week", start.plus(7 * at), units + (at * 7).rem_euclid(11)).unwrap());
    text
}

#[test]
fn a_level_that_moves_is_told_once_until_it_has_settled() {
    on_both(|engine| {
        let hospital = hospital(engine);
        let pharmacist = hospital.with_role(Role::Pharmacist);
        let open = || -> Vec<String> {
            let alerts = pharmacist.list("/api/v1/alerts").into_iter().filter(|alert| alert["kind"] == "level_shift");
            // P2 is not handed out any more in this scene, which is a shift of its own.
            let alerts = alerts.filter(|alert| alert["subject"] == "PH/P1");
            alerts.map(|alert| alert["subject"].as_str().unwrap().to_owned()).collect()
        };
        planned(&hospital, &pharmacist, "P1");
        assert_eq!(open(), Vec::<String>::new(), "{engine:?}");
        hospital.set_clock("2026-12-28T06:30:00Z");
        hospital.import(&[("demand.csv", &weeks("2026-11-23", 5, 420))]);
        for _ in 0..2 {
            let made = planned(&hospital, &pharmacist, "P1");
            let shift = made["flags"].as_array().unwrap().iter().find(|flag| flag["flag"] == "level_shift");
            assert_eq!(shift.and_then(|flag| flag["direction"].as_str()), Some("up"), "{engine:?}: {}", made["flags"]);
            assert_eq!(open(), ["PH/P1"], "{engine:?}: one alert, however many plans");
        }
        assert!(pharmacist.get("/items/P1").text.contains("Clearly more is used lately"), "the page says so");
        hospital.set_clock("2027-12-27T06:30:00Z");
        hospital.import(&[("demand.csv", &weeks("2026-12-28", 52, 420))]);
        planned(&hospital, &pharmacist, "P1");
        assert_eq!(open(), Vec::<String>::new(), "{engine:?}: settled");
    });
}
