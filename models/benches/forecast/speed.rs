//! Series per second on one core.

use std::time::Instant;

use wardstock_models::forecast::{Circumstances, Experience, Forecast, forecast};
use wardstock_models::series::Series;

use crate::say;
use crate::tables::{complete, float, series, wide};

pub(crate) fn run() {
    let usual = Circumstances::default();
    if let Some(rows) = wide("hospital_monthly.csv").map(complete) {
        let cut: Vec<Series> = rows.iter().map(|row| series(&row[..76])).collect();
        rate("speed smooth, fit + forecast + back-test of 34 origins, series per s", &cut, |series| forecast(series, 3).unwrap());
        let experience = Experience::learn(&cut, &usual, 3).unwrap();
        let with = |series: &[Series]| experience.forecast(series, &usual, 3).unwrap();
        rate("speed smooth, fit + forecast with experience at hand, series per s", &cut, with);
    }
    if let Some(rows) = wide("carparts_monthly.csv").map(complete) {
        let cut: Vec<Series> = rows.iter().map(|row| series(row)).collect();
        rate("speed intermittent, fit + forecast, series per s", &cut, |series| forecast(series, 3).unwrap());
    }
}

fn rate(name: &str, series: &[Series], made: impl Fn(&[Series]) -> Vec<Forecast>) {
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let start = Instant::now();
        std::hint::black_box(made(std::hint::black_box(series)));
        best = best.min(start.elapsed().as_secs_f64());
    }
    say(name, float(series.len()) / best);
}
