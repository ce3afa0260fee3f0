//! Holidays, events and predecessors move the forecasts as people expect.

#![expect(clippy::unwrap_used, reason = "outcomes are fixed by the test")]

use std::collections::BTreeSet;

use wardstock_models::forecast::{Circumstances, Event, Flag, Method, forecast, forecast_in};
use wardstock_models::rng::Rng;
use wardstock_models::series::{PeriodDemand, PeriodLength, Series};

/// A Monday.
const FIRST_DAY: i64 = 20_003;

fn series(id: &str, period: PeriodLength, values: impl IntoIterator<Item = f64>) -> Series {
    let periods = values.into_iter().map(PeriodDemand::known).collect();
    Series::new(id, Some("g".into()), period, FIRST_DAY, periods).unwrap()
}

#[test]
fn an_outpatient_pharmacy_rests_on_holidays() {
    // Two years of days; every 25th weekday or so is a holiday with three tenths of the usual demand.
    let holidays: BTreeSet<i64> = (0..32).map(|at| FIRST_DAY + 23 * at + 2).filter(|day| !matches!(day % 7, 2 | 3)).collect();
    let all: Vec<Series> = (0..8)
        .map(|at| {
            let mut rng = Rng::new(at);
            let mean = |day: i64| if holidays.contains(&day) { 27.0 } else { 90.0 };
            series(&format!("P{at}"), PeriodLength::Day, (0..728).map(|day| rng.poisson(mean(FIRST_DAY + day))))
        })
        .collect();
    let next = FIRST_DAY + 728;
    let coming = (next..next + 7).find(|day| !matches!(day % 7, 2 | 3)).unwrap();
    let step = usize::try_from(coming - next).unwrap();
    let mut circumstances = Circumstances { holidays, ..Circumstances::default() };
    let usual = forecast_in(&all, &circumstances, 7).unwrap();
    circumstances.holidays.insert(coming);
    let made = forecast_in(&all, &circumstances, 7).unwrap();
    for (made, usual) in made.iter().zip(&usual) {
        assert_eq!(made.method, Method::SeasonalLevel);
        let (holiday, workday) = (made.steps[step].mean(), usual.steps[step].mean());
        assert!((workday - 90.0).abs() < 8.0, "{workday}");
        assert!((holiday - 27.0).abs() < 6.0, "{holiday}");
    }
    let unaware = forecast(&all, 7).unwrap();
    assert!(unaware[0].steps[step].mean() < usual[0].steps[step].mean(), "holidays drag the level of who does not know them");
}

#[test]
fn a_campaign_triples_its_weeks_and_leaves_no_trace() {
    let mut rng = Rng::new(5);
    let weeks: Vec<f64> = (0..40).map(|week| rng.poisson(if (20..24).contains(&week) { 90.0 } else { 30.0 })).collect();
    let all = [series("smooth", PeriodLength::Week, weeks), series("rare", PeriodLength::Week, [0.0, 0.0, 0.0, 2.0].repeat(10))];
    let event = |series: &str, first: i64, weeks: i64| Event {
        series: Some(series.into()),
        group: None,
        first_day: FIRST_DAY + 7 * first,
        last_day: FIRST_DAY + 7 * (first + weeks) - 1,
        factor: 3.0,
    };
    let past = Circumstances { events: vec![event("smooth", 20, 4)], ..Circumstances::default() };
    let plain = forecast_in(&all, &past, 6).unwrap();
    assert!((plain[0].parts.level - 30.0).abs() < 3.0, "{:?}", plain[0].parts);
    let events = vec![event("smooth", 20, 4), event("smooth", 41, 2), event("rare", 41, 2)];
    let made = forecast_in(&all, &Circumstances { events, ..Circumstances::default() }, 6).unwrap();
    for (made, plain) in made.iter().zip(&plain) {
        let ratio = |at: usize| made.steps[at].mean() / plain.steps[at].mean();
        assert!((ratio(0) - 1.0).abs() < 1e-9 && (ratio(1) - 3.0).abs() < 1e-9 && (ratio(2) - 3.0).abs() < 1e-9);
        assert!((ratio(3) - 1.0).abs() < 1e-9);
        assert!((made.sums[5].mean() - (plain.sums[5].mean() + 4.0 * plain.steps[0].mean())).abs() < 1e-6);
        assert!(made.sums[2].quantile(0.95) > plain.sums[2].quantile(0.95));
    }
}

#[test]
fn a_successor_starts_where_its_predecessor_was() {
    let mut rng = Rng::new(6);
    let mut all: Vec<Series> = (0..10).map(|at| series(&format!("P{at}"), PeriodLength::Week, (0..60).map(|_| rng.poisson(4.0)))).collect();
    all.push(series("old brand", PeriodLength::Week, (0..60).map(|_| rng.poisson(50.0))));
    all.push(series("new brand", PeriodLength::Week, []));
    let stranger = forecast(&all, 4).unwrap().pop().unwrap();
    let predecessors = [("new brand".to_owned(), "old brand".to_owned())].into();
    let follows = forecast_in(&all, &Circumstances { predecessors, ..Circumstances::default() }, 4).unwrap().pop().unwrap();
    assert_eq!((stranger.method, follows.method), (Method::GroupPrior, Method::GroupPrior));
    assert!(follows.flags.contains(&Flag::NewItem));
    assert!(stranger.steps[0].mean() < 25.0, "{}", stranger.steps[0].mean());
    assert!((follows.steps[0].mean() - 50.0).abs() < 5.0, "{}", follows.steps[0].mean());
    let spread = |one: &wardstock_models::forecast::Forecast| one.sums[3].variance().sqrt() / one.sums[3].mean();
    assert!(spread(&follows) < 0.6 * spread(&stranger), "{} {}", spread(&follows), spread(&stranger));
}
