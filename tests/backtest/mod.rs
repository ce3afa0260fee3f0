//! Policies tried on the site's own ledger: what the world is made of, the calls, the worker, the command.

mod calls;
mod command;
mod worker;
mod world;

use std::fmt::Write;

use serde_json::Value;
use wardstock::base::time::Day;

use crate::scene::{Client, Engine, Hospital};

/// Days of the ledger.
pub(super) const DAYS: i64 = 140;
/// Days on which three more tablets were asked for than handed out.
pub(super) const UNMET_DAYS: i64 = 14;

/// A ledger from 2026-06-01 on: ward and pharmacy hand out P1 each day, the pharmacy P2, which is gone from noon of
/// day 59 until the morning of day 62.
pub(super) fn ledger() -> String {
    let mut text = "place,item,kind,quantity,at,reference,lot,expiry,requested\n".to_owned();
    let first = Day::parse("2026-06-01").unwrap();
    let mut row = |day: i64, hour: i64, what: &str, rest: &str| {
        let number = text.lines().count();
        writeln!(text, "{what},{}T{hour:02}:00:00Z,r{number},{rest}", first.plus(day)).unwrap();
    };
    row(0, 5, "W1,P1,receipt,2000", "A1,2027-03-28,");
    row(0, 5, "PH,P1,receipt,1000", "A2,2027-06-06,");
    row(0, 5, "PH,P2,receipt,120", "B1,2026-08-30,");
    for day in 0..DAYS {
        let units = 5 + day % 7;
        let requested = if day % 10 == 3 { (units + 3).to_string() } else { String::new() };
        row(day, 9, &format!("W1,P1,issue,{units}"), &format!(",,{requested}"));
        row(day, 10, "PH,P1,issue,1", ",,");
        if day == 62 {
            row(day, 6, "PH,P2,receipt,500", "B2,2027-02-28,");
        }
        if !(60..62).contains(&day) {
            row(day, 12, "PH,P2,issue,2", ",,");
        }
    }
    row(DAYS - 1, 20, "W1,P1,return,1", "A1,2027-03-28,");
    text
}

/// Twelve deliveries of S1, 5 to 10 days each.
pub(super) fn deliveries() -> String {
    let first = Day::parse("2026-04-06").unwrap();
    let rows = (0..12).map(|at| format!("S1,P1,{},,{}\n", first.plus(14 * at), first.plus(14 * at + 5 + at % 6)));
    "supplier,item,ordered_on,promised_on,received_on\n".to_owned() + &rows.collect::<String>()
}

/// A hospital with that ledger, on 2026-11-23; `PH` shall hold 300 tablets, the ward 100.
pub(super) fn hospital(engine: Engine) -> Hospital {
    let hospital = Hospital::at(engine, "2026-11-23T06:30:00Z").with_small_catalogue();
    hospital.import(&[("movements.csv", &ledger()), ("deliveries.csv", &deliveries())]);
    hospital
}

/// Waits until a backtest is over.
pub(super) fn over(who: &Client, id: &str) -> Value {
    for _ in 0..1_200 {
        let shown = who.get(&format!("/api/v1/backtests/{id}")).want(200);
        if shown["state"] == "done" || shown["state"] == "failed" {
            return shown;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(50));
    }
    panic!("the backtest {id} was not over within a minute");
}
