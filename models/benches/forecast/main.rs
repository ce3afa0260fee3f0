//! Every figure of the forecaster in one run, on the half sets of `../shared/data/demand`; `make bench-forecast`.
//!
//! One line per figure, `name: value`; a set that is not there gives one line `name: SKIP`.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "a program that prints figures of fixed tables")]

mod deliveries;
mod monitor;
mod speed;
mod stock;
mod tables;

use tables::{Pin, complete, pin, series, wide};
use wardstock_models::forecast::forecast;
use wardstock_models::forecast::score::{mase, seasonal_naive, smape};
use wardstock_models::series::Series;

fn main() {
    hospital();
    carparts();
    if let Some(all) = stock::all_pairs() {
        stock::bias_of_design(&all);
        let pairs = stock::long_pairs(&all);
        stock::sums(&pairs);
        stock::bias(&pairs);
    }
    deliveries::run();
    speed::run();
}

/// Prints one figure.
pub(crate) fn say(name: &str, value: f64) {
    println!("{name}: {value:.4}");
}

pub(crate) fn show(name: &str, length: usize, one: &Pin) {
    say(&format!("{name} pin sum {length}"), one.loss);
    say(&format!("{name} pin median over pairs sum {length}"), one.loss_median);
    for (level, share) in tables::LEVELS.iter().zip(one.coverage) {
        say(&format!("{name} coverage {level} sum {length}"), share);
    }
}

fn hospital() {
    let Some(rows) = wide("hospital_monthly.csv").map(complete) else {
        return;
    };
    let mut all = Vec::new();
    for origin in [48, 60, 72] {
        let cut: Vec<Series> = rows.iter().map(|row| series(&row[..origin])).collect();
        let made = forecast(&cut, 12).unwrap();
        let (mut own, mut own_smape, mut naive) = (vec![], vec![], vec![]);
        for (row, made) in rows.iter().zip(&made) {
            let (history, actual) = (&row[..origin], &row[origin..origin + 12]);
            let means: Vec<f64> = made.steps.iter().map(wardstock_models::distribution::Distribution::mean).collect();
            own.extend(mase(history, actual, &means, 12));
            own_smape.push(smape(actual, &means));
            naive.extend(mase(history, actual, &seasonal_naive(history, 12, 12), 12));
        }
        say(&format!("hospital MASE {origin}"), tables::mean(&own));
        say(&format!("hospital sMAPE {origin}"), tables::mean(&own_smape));
        say(&format!("hospital MASE {origin} seasonal naive"), tables::mean(&naive));
        all.push(tables::mean(&own));
    }
    say("hospital MASE mean of origins", tables::mean(&all));
    let got = pin(&rows, &[60, 63, 66, 69, 72, 75, 78, 81], &[1, 2, 3], 12);
    for (length, one) in (1..).zip(&got) {
        show("hospital", length, one);
    }
    fallback("hospital", &rows, &[48, 54, 60, 66, 72, 78]);
}

fn carparts() {
    let Some(rows) = wide("carparts_monthly.csv").map(complete) else {
        return;
    };
    let got = pin(&rows, &[39, 42, 45, 48], &[1, 3], 1);
    show("carparts", 1, &got[0]);
    show("carparts", 3, &got[1]);
    fallback("carparts", &rows, &[39, 42, 45, 48]);
}

fn fallback(name: &str, rows: &[Vec<f64>], origins: &[usize]) {
    let cut = |origin: usize| rows.iter().map(|row| series(&row[..origin])).collect();
    monitor::run(name, cut, |row, origin| rows[row][origin..origin + 3].iter().sum(), origins);
}
