//! The laws a hospital says it is drawn from are those it is drawn from.

use wardstock_models::simulate::policy::parse;
use wardstock_models::simulate::{Timeline, hospital, run, trial};

#[test]
fn the_true_means_and_variances_are_those_of_the_requests() {
    let world = hospital(11, 300, 104).unwrap();
    let days = world.timeline().days;
    let mut squares = 0.0;
    for (truth, asked) in world.truths().unwrap().iter().zip(world.requests()) {
        let mean: f64 = (0..days).map(|day| truth.mean(day)).sum();
        let variance: f64 = (0..days).map(|day| truth.variance(day)).sum();
        let sum = f64::from(i32::try_from(asked.iter().sum::<i64>()).unwrap());
        let score = (sum - mean) / variance.sqrt();
        assert!(score.abs() < 4.5, "{sum} asked for, {mean} expected, variance {variance}");
        squares += score * score;
    }
    // Mean square of 300 standard scores: 1 with a standard error of .08.
    assert!((squares / 300.0 - 1.0).abs() < 0.3, "{}", squares / 300.0);
}

#[test]
fn the_true_weekdays_season_and_lead_times_are_met() {
    let world = hospital(11, 300, 104).unwrap();
    for (truth, took) in world.truths().unwrap().iter().zip(world.lead_days()) {
        assert!((truth.lead_days.iter().map(|one| one.1).sum::<f64>() - 1.0).abs() < 1e-9);
        let mean: f64 = truth.lead_days.iter().map(|&(days, chance)| chance * f64::from(u32::try_from(days).unwrap())).sum();
        let met = f64::from(u32::try_from(took.iter().sum::<usize>()).unwrap()) / f64::from(u32::try_from(took.len()).unwrap());
        assert!((mean - met).abs() < 0.35, "{mean} {met}");
    }
    // By weekday and by quarter of the year, over all articles together.
    for (length, parts) in [(7, 7), (364, 4)] {
        for part in 0..parts {
            let inside = |day: &usize| day % length * parts / length == part;
            let days: Vec<usize> = (0..world.timeline().days).filter(inside).collect();
            let (mut asked, mut mean, mut variance) = (0.0, 0.0, 0.0);
            for (truth, row) in world.truths().unwrap().iter().zip(world.requests()) {
                asked += f64::from(i32::try_from(days.iter().map(|day| row[*day]).sum::<i64>()).unwrap());
                mean += days.iter().map(|day| truth.mean(*day)).sum::<f64>();
                variance += days.iter().map(|day| truth.variance(*day)).sum::<f64>();
            }
            assert!((asked - mean).abs() < 4.0 * variance.sqrt(), "{asked} {mean} {}", variance.sqrt());
        }
    }
}

#[test]
fn only_a_generated_hospital_can_be_known() {
    let known = hospital(3, 4, 26).unwrap();
    assert!(trial(&known, 3, &["wardstock-true".to_owned()], 7, &mut || true).unwrap().figures[0].unit_fill > 0.97);
    let unknown = crate::world(&[1; 30], 5, Timeline { history: 2, measured: 3, days: 30 }, None);
    let error = trial(&unknown, 3, &["wardstock-true".to_owned()], 7, &mut || true).unwrap_err();
    assert!(error.to_string().contains("generated"), "{error}");
    assert!(parse("wardstock-true").unwrap().policy().is_none());
    assert!(run(&unknown, parse("par:9").unwrap().policy().unwrap().as_mut(), 7).is_ok());
}
