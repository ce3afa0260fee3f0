use super::*;
use crate::forecast::backtest::Scores;
use crate::series::{PeriodDemand, PeriodLength};

fn outcome(own: f64, naive: f64, first_error: f64) -> Outcome {
    let coverage = [1.0, 1.0, 0.0, 1.0];
    let scores = Scores { series: 1, mase: 0.0, mase_naive: 0.0, smape: 0.0, bias: 0.0, pinball: own, pinball_naive: naive, coverage };
    Outcome { scores, first_error, first_bias: first_error / 10.0 }
}

#[test]
fn falls_when_surely_lost_and_returns_after_three_won() {
    let of = |own: &[f64]| falls_back(&own.iter().map(|own| outcome(*own, 2.0, 0.0)).collect::<Vec<_>>());
    assert!(!of(&[]));
    assert!(!of(&[3.0; 7]));
    assert!(of(&[3.0; 8]));
    assert!(of(&[3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 1.0, 1.0]));
    assert!(!of(&[3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 1.0, 1.0, 1.0]));
    assert!(!of(&[1.0; 12]));
    // Mean lead -1, standard deviation 2, standard error 2 / sqrt(8) = .71: lost, but perhaps by chance.
    assert!(!of(&[5.0, 1.0, 5.0, 1.0, 5.0, 1.0, 5.0, 1.0]));
    // A dead item: last season's 0 is right each time.
    assert!(!falls_back(&vec![outcome(0.5, 0.0, 0.0); 12]));
}

#[test]
fn record_by_hand() {
    // Errors 2, -1: signed .2, then .2 + .1 (-1 - .2) = .08; absolute .2, then .2 + .1 (1 - .2) = .28.
    let record = record(&[outcome(1.0, 2.0, 2.0), outcome(3.0, 2.0, -1.0)]);
    assert!((record.tracking_signal - 0.08 / 0.28).abs() < 1e-12);
    assert!((record.bias - 0.05).abs() < 1e-12);
    assert!((record.loss - 2.0).abs() < 1e-12 && (record.loss_naive - 2.0).abs() < 1e-12);
    assert!((record.coverage_80 - 1.0).abs() < 1e-12 && record.coverage_95.abs() < 1e-12);
}

#[test]
fn a_pattern_without_noise_falls_back() {
    // A weekly menu, nearly the same each week; its sizes look lumpy, so the method without season is used and loses.
    let menu = [0.0, 90.0, 0.0, 3.0, 0.0, 40.0, 0.0];
    let days =
        (0..84).map(|day| PeriodDemand::known(if menu[day % 7] > 0.0 { menu[day % 7] + [0.0, 1.0][day / 7 % 2] } else { 0.0 })).collect();
    let menu = Series::new("menu", Some("kitchen".into()), PeriodLength::Day, 20_000, days).unwrap();
    let mut rng = crate::rng::Rng::new(3);
    let days = (0..84).map(|_| PeriodDemand::known(rng.poisson(4.0))).collect();
    let noise = Series::new("noise", Some("ward".into()), PeriodLength::Day, 20_000, days).unwrap();
    let made = monitored(&[menu, noise], &Circumstances::default(), 7, 3, 12).unwrap();
    assert_eq!(made.forecasts[0].method, Method::SeasonalNaive);
    assert!(made.forecasts[0].flags.contains(&Flag::LosesToNaive));
    assert!((made.forecasts[0].sums[6].mean() - 136.0).abs() < 1e-9);
    assert_ne!(made.forecasts[1].method, Method::SeasonalNaive);
    assert_eq!(made.groups.keys().collect::<Vec<_>>(), ["kitchen", "ward"]);
    assert_eq!(made.groups["ward"].scored, 12);
    assert!(made.series[1].loss < made.series[1].loss_naive);
}
