//! Forecast truth: three real tables through `wardstock forecast`, scored here from the CSV that it writes. The same
//! figures as `make bench-forecast`, held to the floors of their issue.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::process::Command;

use wardstock::base::time::Day;

use super::shared;

const LEVELS: [f64; 4] = [0.8, 0.9, 0.95, 0.98];

/// Means, and `sums[length - 1]` = quantiles of the sum at [`LEVELS`].
#[derive(Default)]
struct Answer {
    means: Vec<f64>,
    sums: Vec<[f64; 4]>,
}

/// Demand by month and series; the months before `origin` go through the program.
fn answers(rows: &[Vec<f64>], first: &str, origin: usize, horizon: usize) -> Vec<Answer> {
    let folder = tempfile::tempdir().unwrap();
    let mut table = "series,date,quantity\n".to_owned();
    for (at, row) in rows.iter().enumerate() {
        let mut day = Day::parse(first).unwrap();
        for value in &row[..origin] {
            writeln!(table, "{at:05},{},{value}", day.to_text()).unwrap();
            day = Day::parse(&format!("{}-01", &day.plus(31).to_text()[..7])).unwrap();
        }
    }
    std::fs::write(folder.path().join("demand.csv"), table).unwrap();
    let levels = ["--period", "month", "--quantiles", "0.8,0.9,0.95,0.98", "--output", "forecast.csv"];
    let mut program = Command::new(env!("CARGO_BIN_EXE_wardstock"));
    let done = program.current_dir(folder.path()).args(["forecast", "--input", "demand.csv", "--horizon", &horizon.to_string()]);
    let done = done.args(levels).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let mut answers: BTreeMap<String, Answer> = BTreeMap::new();
    for record in csv::Reader::from_path(folder.path().join("forecast.csv")).unwrap().records() {
        let record = record.unwrap();
        let number = |at: usize| record.get(at).unwrap().parse::<f64>().unwrap();
        let answer = answers.entry(record[0].to_owned()).or_default();
        answer.means.push(number(3));
        answer.sums.push([9, 10, 11, 12].map(number));
    }
    assert_eq!(answers.len(), rows.len());
    answers.into_values().collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn scale(history: &[f64], lag: usize) -> f64 {
    mean(&history.iter().skip(lag).zip(history).map(|(now, before)| (now - before).abs()).collect::<Vec<_>>())
}

/// Quantile loss and coverage of the 95 and 98 % quantile of the sum over `length` months, mean over series, then origins.
fn sums(rows: &[Vec<f64>], first: &str, origins: &[usize], length: usize, lag: usize) -> (f64, f64, f64) {
    let (mut losses, mut hits) = (Vec::new(), Vec::new());
    for origin in origins {
        let mut of_origin = Vec::new();
        for (row, answer) in rows.iter().zip(answers(rows, first, *origin, length)) {
            let size = scale(&row[..*origin], lag) * length as f64;
            if size <= 0.0 {
                continue;
            }
            let came: f64 = row[*origin..origin + length].iter().sum();
            let quantiles = answer.sums[length - 1];
            let loss = |(level, z): (&f64, f64)| (level * (came - z)).max((level - 1.0) * (came - z)) / size;
            of_origin.push(mean(&LEVELS.iter().zip(quantiles).map(loss).collect::<Vec<_>>()));
            hits.push([f64::from(u8::from(came <= quantiles[2])), f64::from(u8::from(came <= quantiles[3]))]);
        }
        losses.push(mean(&of_origin));
    }
    let covered = |at: usize| mean(&hits.iter().map(|hit| hit[at]).collect::<Vec<_>>());
    (mean(&losses), covered(0), covered(1))
}

#[track_caller]
fn check(name: &str, got: f64, range: std::ops::RangeInclusive<f64>) {
    eprintln!("{name}: {got:.4} (must lie in {range:?})");
    assert!(range.contains(&got), "{name}: {got}");
}

/// Complete rows of a wide table: id, then one column per month.
fn wide(text: &str) -> Vec<Vec<f64>> {
    text.lines().skip(1).filter_map(|line| line.split(',').skip(1).map(|cell| cell.trim().parse().ok()).collect()).collect()
}

#[test]
fn hospital_demand_is_forecast_as_well_as_promised() {
    let Some(text) = shared("demand/hospital_monthly.csv") else { return };
    let rows = wide(&text);
    let mase = |origin: usize| {
        let all = answers(&rows, "2000-01-01", origin, 12);
        let one = |(row, answer): (&Vec<f64>, Answer)| {
            let errors: Vec<f64> = row[origin..origin + 12].iter().zip(&answer.means).map(|(y, f)| (y - f).abs()).collect();
            mean(&errors) / scale(&row[..origin], 12)
        };
        mean(&rows.iter().zip(all).map(one).collect::<Vec<_>>())
    };
    let by_origin = [48, 60, 72].map(mase);
    check("hospital, MASE at origin 72", by_origin[2], 0.0..=0.736);
    check("hospital, mean MASE of origins 48, 60, 72", mean(&by_origin), 0.0..=0.766);
    for (length, most) in [(1, 0.155), (2, 0.124), (3, 0.115)] {
        let (loss, covered, _) = sums(&rows, "2000-01-01", &[60, 63, 66, 69, 72, 75, 78, 81], length, 12);
        check(&format!("hospital, loss of sums of {length}"), loss, 0.0..=most);
        check(&format!("hospital, 95 % coverage of sums of {length}"), covered, 0.94..=0.965);
    }
}

#[test]
fn spare_parts_are_forecast_as_well_as_promised() {
    let Some(text) = shared("demand/carparts_monthly.csv") else { return };
    let rows = wide(&text);
    for (length, most) in [(1, 0.437), (3, 0.283)] {
        let (loss, _, covered) = sums(&rows, "1998-01-01", &[39, 42, 45, 48], length, 1);
        check(&format!("carparts, loss of sums of {length}"), loss, 0.0..=most);
        check(&format!("carparts, 98 % coverage of sums of {length}"), covered, 0.98..=1.0);
    }
}

#[test]
fn contraceptives_are_forecast_as_well_as_promised() {
    let Some(text) = shared("demand/contraceptive_lmis_monthly.csv") else { return };
    let mut pairs: BTreeMap<(String, String), [Option<f64>; 45]> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let month = (cells[0].parse::<usize>().unwrap() - 2016) * 12 + cells[1].parse::<usize>().unwrap() - 1;
        let issued: f64 = cells[8].parse().unwrap();
        pairs.entry((cells[4].into(), cells[5].into())).or_insert([None; 45])[month] = Some(issued.max(0.0));
    }
    // Records in at least 24 of the first 42 months and in the last 3; gaps count as 0.
    let wanted = |pair: &&[Option<f64>; 45]| pair[..42].iter().flatten().count() >= 24 && pair[42..].iter().all(Option::is_some);
    let rows: Vec<Vec<f64>> = pairs.values().filter(wanted).map(|pair| pair.iter().map(|one| one.unwrap_or(0.0)).collect()).collect();
    assert_eq!(rows.len(), 388);
    for (length, most) in [(1, 0.353), (3, 0.462)] {
        let (loss, covered, _) = sums(&rows, "2016-01-01", &[36, 39, 42], length, 1);
        check(&format!("contraceptives, loss of sums of {length}"), loss, 0.0..=most);
        check(&format!("contraceptives, 95 % coverage of sums of {length}"), covered, 0.93..=0.97);
    }
}
