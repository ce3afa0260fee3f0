//! Other forecasters on the tables of `make bench-forecast`, printed in the same run: `anofox-forecast` DynamicTheta.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "a program that prints figures of fixed tables")]

use std::time::Instant;

use anofox_forecast::core::TimeSeries;
use anofox_forecast::models::Forecaster;
use anofox_forecast::models::theta::DynamicTheta;
use chrono::{DateTime, Months, Utc};
use wardstock_models::forecast::score::{mase, pinball, scale, smape};

#[path = "../../forecast/tables.rs"]
#[expect(dead_code, reason = "the peers need the tables and the means only")]
mod tables;

use tables::{LEVELS, complete, float, mean, wide};

/// Normal scores of [`LEVELS`].
const SCORES: [f64; 4] = [0.841_621, 1.281_552, 1.644_854, 2.053_749];

fn main() {
    let Some(rows) = wide("hospital_monthly.csv").map(complete) else {
        return;
    };
    let mut by_origin = Vec::new();
    for origin in [48, 60, 72] {
        let (mut errors, mut percent) = (vec![], vec![]);
        for row in &rows {
            let (means, _) = dynamic_theta(&row[..origin], 12);
            let actual = &row[origin..origin + 12];
            errors.extend(mase(&row[..origin], actual, &means, 12));
            percent.push(smape(actual, &means));
        }
        println!("peer DynamicTheta hospital MASE {origin}: {:.4}", mean(&errors));
        println!("peer DynamicTheta hospital sMAPE {origin}: {:.4}", mean(&percent));
        by_origin.push(mean(&errors));
    }
    println!("peer DynamicTheta hospital MASE mean of origins: {:.4}", mean(&by_origin));
    for length in [1, 2, 3] {
        sums(&rows, length);
    }
    let start = Instant::now();
    for row in &rows {
        std::hint::black_box(dynamic_theta(&row[..76], 3));
    }
    println!("peer DynamicTheta fit + forecast, series per s: {:.4}", float(rows.len()) / start.elapsed().as_secs_f64());
}

/// Loss and coverage of normal quantiles of the sum, steps taken as independent: the peer knows no law of a sum.
fn sums(rows: &[Vec<f64>], length: usize) {
    let (mut losses, mut hits) = (Vec::new(), [0.0; 4]);
    let origins = [60, 63, 66, 69, 72, 75, 78, 81];
    for origin in origins {
        let mut of_origin = Vec::new();
        for row in rows {
            let (means, variances) = dynamic_theta(&row[..origin], length);
            let (forecast, spread) = (means.iter().sum::<f64>(), variances.iter().sum::<f64>().sqrt());
            let actual: f64 = row[origin..origin + length].iter().sum();
            let size = scale(&row[..origin], 12).unwrap() * float(length);
            let mut loss = 0.0;
            for (at, level) in LEVELS.iter().enumerate() {
                let quantile = (forecast + SCORES[at] * spread).max(0.0);
                loss += 0.25 * pinball(*level, actual, quantile) / size;
                hits[at] += f64::from(u8::from(actual <= quantile));
            }
            of_origin.push(loss);
        }
        losses.push(mean(&of_origin));
    }
    println!("peer DynamicTheta hospital pin sum {length}: {:.4}", mean(&losses));
    for (level, hit) in LEVELS.iter().zip(hits) {
        println!("peer DynamicTheta hospital coverage {level} sum {length}: {:.4}", hit / float(rows.len() * origins.len()));
    }
}

/// Means and variances of the coming months by the optimised dynamic theta model (DOTM), season 12.
fn dynamic_theta(history: &[f64], horizon: usize) -> (Vec<f64>, Vec<f64>) {
    let first = DateTime::<Utc>::from_timestamp(946_684_800, 0).unwrap();
    let dates = (0..).map(|month| first + Months::new(month)).take(history.len()).collect();
    let series = TimeSeries::univariate(dates, history.to_vec()).unwrap();
    let mut model = DynamicTheta::seasonal_optimized(12);
    model.fit(&series).unwrap();
    let made = model.predict_with_intervals(horizon, 0.9).unwrap();
    let (means, upper) = (made.primary().to_vec(), made.upper_series(0).unwrap());
    let variances = means.iter().zip(upper).map(|(mean, upper)| ((upper - mean) / SCORES[2]).powi(2)).collect();
    (means.iter().map(|mean| mean.max(0.0)).collect(), variances)
}
