//! Forecasts that say how good they were, that can be made again, and that know what people know.

mod known;
mod replayed;
mod table;
mod warned;

use std::fmt::Write;

use serde_json::{Value, json};
use wardstock::base::time::Day;

use crate::scene::{Client, Engine, Hospital};

/// `weeks` weeks of demand by day up to 2026-11-22: P1 about 20 tablets, P2 about 3 vials.
pub(super) fn demand(weeks: i64) -> String {
    let mut text = "place,item,date,quantity,period\n".to_owned();
    let end = Day::parse("2026-11-23").unwrap();
    for at in -7 * weeks..0 {
        writeln!(text, "W1,P1,{},{},day", end.plus(at), 15 + (at * 7).rem_euclid(11)).unwrap();
        writeln!(text, "W1,P2,{},{},day", end.plus(at), 2 + (at * 5).rem_euclid(3)).unwrap();
    }
    text
}

/// A hospital on 2026-11-23 with stock and 40 weeks of demand.
pub(super) fn hospital(engine: Engine) -> Hospital {
    let hospital = Hospital::at(engine, "2026-11-23T06:30:00Z").with_small_catalogue();
    let stock = "place,item,quantity,lot,expiry\nPH,P1,600,A1,2027-10-31\nPH,P2,80,B1,2027-03-31\n";
    hospital.import(&[("stock.csv", stock), ("demand.csv", &demand(40))]);
    hospital
}

/// Plans, and gives the newest forecast of an item.
pub(super) fn planned(hospital: &Hospital, who: &Client, item: &str) -> Value {
    hospital.plan(who, &json!({"site": "H1", "horizon_days": 28, "options": {"time_limit_s": 2.0}}));
    who.get(&format!("/api/v1/forecasts?item={item}")).want(200)["items"][0].clone()
}
