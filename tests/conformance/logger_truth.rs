//! The logger files of the shared data.

use chrono_tz::Tz;
use wardstock::sensing::adapter::logger;

use super::shared;
use super::tally::Tally;

/// Files, and the serial number of each.
const FILES: [(&str, &str); 5] = [
    ("FridgeTag-2L__130500109088_202206081014.txt", "130500109088"),
    ("FridgeTag-2L__test.txt", "130500109088"),
    ("FridgeTag-2__130400191542_202302140605.txt", "130400191542"),
    ("FridgeTag-UL__100800001215_202304201410.txt", "100800001215"),
    ("QTag-CLm-doc-LR__RCPJ00010_02_202211090128.txt", "RCPJ00010"),
];

#[test]
fn logger_files() {
    let mut tally = Tally::of("sensing/cold-chain/berlinger");
    for (name, serial) in FILES {
        let Some(text) = shared(&format!("sensing/cold-chain/berlinger/{name}")) else { return };
        // Counted by another way: lines that begin as such lines do.
        let samples: Vec<&str> = text.lines().filter(|line| line.starts_with("\t20")).collect();
        let missing = samples.iter().filter(|line| line.contains("--.-")).count();
        let days = text.lines().filter(|line| line.starts_with("  Date: ")).count();
        let extremes = text.lines().filter(|line| line.starts_with("  Min T: ") || line.starts_with("  Max T: ")).count();
        let alarms: i64 = text.lines().filter_map(|line| line.strip_prefix("    t Acc: ")).map(minutes).sum();
        let in_results: i64 =
            text.lines().filter(|line| line.starts_with("   TS S: ")).filter_map(|line| line.split("t A: ").nth(1)).map(minutes).sum();
        let (logged, parsed) = logger::parse(&text, "x", Tz::UTC).unwrap();
        let count = |number: usize| u64::try_from(number).unwrap();
        let is_same = logged.days == count(days)
            && logged.missing == count(missing)
            && logged.values == count(samples.len() - missing + extremes)
            && parsed.pieces.len() == samples.len() - missing + extremes
            && logged.alarm_minutes.values().sum::<i64>() == alarms + in_results
            && logged.serial.as_deref() == Some(serial);
        tally.must(is_same, || {
            format!("{name}: {logged:?}; {days} days, {} samples, {missing} missing, {extremes}, {alarms}", samples.len())
        });
        println!(
            "{name}: {} days, {} values, {} missing, minutes in alarm {:?}",
            logged.days, logged.values, logged.missing, logged.alarm_minutes
        );
    }
    tally.end(5, 0);
}

fn minutes(text: &str) -> i64 {
    text.split(',').next().unwrap_or_default().trim().parse().unwrap_or(0)
}
