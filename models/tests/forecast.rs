//! Properties of the forecasts: any series gets a finite, ordered, non-negative answer.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "outcomes and lengths are fixed by the test")]

use wardstock_models::distribution::Distribution;
use wardstock_models::forecast::backtest::backtest;
use wardstock_models::forecast::{Direction, Flag, Forecast, ForecastError, Method, forecast};
use wardstock_models::rng::Rng;
use wardstock_models::series::{PeriodDemand, PeriodLength, Series};

const LEVELS: [f64; 9] = [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.999];

#[track_caller]
fn check_law(law: &Distribution, who: &str) -> Vec<f64> {
    assert!(law.mean().is_finite() && law.mean() >= 0.0, "{who}: mean {}", law.mean());
    assert!(law.variance().is_finite() && law.variance() >= 0.0, "{who}: variance {}", law.variance());
    let quantiles: Vec<f64> = LEVELS.iter().map(|level| law.quantile(*level)).collect();
    let ordered = quantiles.windows(2).all(|pair| pair[0] <= pair[1]);
    assert!(ordered && quantiles.iter().all(|z| z.is_finite() && *z >= 0.0), "{who}: {quantiles:?}");
    quantiles
}

#[track_caller]
fn check_forecast(made: &Forecast, horizon: usize) {
    assert_eq!((made.steps.len(), made.sums.len()), (horizon, horizon));
    for step in &made.steps {
        check_law(step, &made.series_id);
    }
    let mut last = vec![0.0; LEVELS.len()];
    for (at, sum) in made.sums.iter().enumerate() {
        let now = check_law(sum, &made.series_id);
        for (now, last) in now.iter().zip(&last) {
            assert!(now + 1e-9 * now >= *last, "{} {:?}: sum {at} falls: {now} {last}", made.series_id, made.parts);
        }
        last = now;
    }
    assert!((0.0..=1.0).contains(&made.share_censored) && (0.0..=1.0).contains(&made.parts.group_weight));
    assert!(made.parts.level.is_finite() && made.parts.dispersion.is_finite());
}

fn known(id: &str, values: &[f64]) -> Series {
    let periods = values.iter().copied().map(PeriodDemand::known).collect();
    Series::new(id, None, PeriodLength::Month, 10_957, periods).unwrap()
}

fn edges() -> Vec<Series> {
    let mut one_absurd = [5.0, 6.0, 4.0, 5.0].repeat(8);
    one_absurd[9] = 1e9;
    let mut last_only = vec![0.0; 30];
    last_only[29] = 7.0;
    let wave: Vec<f64> = (0..24).map(|t| 50.0 + 20.0 * f64::from(t % 12)).collect();
    let huge: Vec<f64> = (0..40).map(|t| 1e9 + 1e7 * f64::from(t % 5)).collect();
    let with = |id: &str, one: PeriodDemand, times: usize| Series::new(id, None, PeriodLength::Month, 10_957, vec![one; times]).unwrap();
    let mut gaps = vec![PeriodDemand::known(12.0); 40];
    gaps[3..17].fill(PeriodDemand::unknown());
    vec![
        known("empty", &[]),
        known("one", &[4.0]),
        known("two", &[4.0, 0.0]),
        known("three", &[1.0, 2.0, 300.0]),
        known("zeros", &[0.0; 40]),
        known("constant", &[5.0; 40]),
        with("all unknown", PeriodDemand::unknown(), 30),
        known("thirteen", &wave[..13]),
        known("twenty-four", &wave),
        known("one absurd", &one_absurd),
        known("only last", &last_only),
        known("tiny", &[0.001; 30]),
        with("all stocked out", PeriodDemand::partly_empty(0.0, 1.0), 30),
        with("always ended empty", PeriodDemand::at_least(6.0), 30),
        with("half empty", PeriodDemand::partly_empty(3.0, 0.5), 30),
        Series::new("gaps", None, PeriodLength::Month, 10_957, gaps).unwrap(),
        known("huge", &huge),
        known("fractions", &[0.123_456_7, 3.333_333_3, 2.710_281_8].repeat(12)),
    ]
}

#[test]
fn edge_series_alone_and_together() {
    let edges = edges();
    let together = forecast(&edges, 13).unwrap();
    for (series, made) in edges.iter().zip(&together) {
        assert_eq!(series.id(), made.series_id);
        check_forecast(made, 13);
        check_forecast(&forecast(std::slice::from_ref(series), 40).unwrap()[0], 40);
    }
    let by_id = |id: &str| together.iter().find(|made| made.series_id == id).unwrap();
    assert_eq!(by_id("empty").method, Method::GroupPrior);
    assert!(by_id("empty").flags.contains(&Flag::NothingKnown));
    assert!(by_id("one absurd").flags.contains(&Flag::AbsurdIgnored(1)));
    assert!(by_id("one absurd").steps[0].mean() < 10.0);
    assert!(by_id("zeros").flags.contains(&Flag::NoDemand));
    assert!(by_id("zeros").sums[2].quantile(0.95) <= 0.0);
    assert_eq!(by_id("constant").method, Method::SeasonalLevel);
    // Beside very odd company a constant series may move a little, alone it may not.
    assert!((by_id("constant").steps[0].mean() - 5.0).abs() < 1.0);
    let alone = forecast(&[known("constant", &[5.0; 40])], 3).unwrap();
    assert!((alone[0].steps[0].mean() - 5.0).abs() < 0.01);
    assert!((by_id("half empty").parts.level - 6.0).abs() < 3.0);
    assert!(by_id("always ended empty").flags.contains(&Flag::MostlyCensored));
    assert!((by_id("tiny").steps[0].mean() - 0.001).abs() < 3e-4, "{}", by_id("tiny").steps[0].mean());
}

#[test]
fn refuses_only_a_bad_horizon() {
    assert_eq!(forecast(&[], 3).unwrap(), []);
    assert_eq!(forecast(&edges(), 0).unwrap_err(), ForecastError::Horizon { horizon: 0 });
    assert!(forecast(&[], 100_000).is_err());
    assert!(backtest(&[], &[], 3).is_err());
}

fn random_series(rng: &mut Rng, at: u32) -> Series {
    let period = [PeriodLength::Day, PeriodLength::Week, PeriodLength::Month][usize::try_from(rng.below(3)).unwrap()];
    let len = rng.below(160);
    let mean = 10.0_f64.powf(8.0 * rng.uniform() - 3.0);
    let share = rng.uniform();
    let gamma_shape = 0.1 + 5.0 * rng.uniform();
    let kind = rng.below(4);
    let periods = (0..len)
        .map(|_| {
            let size = rng.gamma(gamma_shape, mean / gamma_shape);
            let size = if kind == 0 { size } else { size.round() };
            let quantity = if rng.uniform() < share || kind == 1 { size } else { 0.0 };
            match rng.below(20) {
                0 => PeriodDemand::unknown(),
                1 => PeriodDemand::partly_empty(quantity, rng.uniform()),
                2 => PeriodDemand::at_least(quantity),
                _ => PeriodDemand::known(quantity),
            }
        })
        .collect();
    let group = (rng.below(3) > 0).then(|| format!("g{}", rng.below(12)));
    let first_day = i64::from(rng.below(30_000)) - 5000;
    Series::new(format!("r{at}"), group, period, first_day, periods).unwrap()
}

#[test]
fn ten_thousand_random_series() {
    let mut rng = Rng::new(20_261_122);
    let series: Vec<Series> = (0..10_000).map(|at| random_series(&mut rng, at)).collect();
    let made = forecast(&series, 9).unwrap();
    for one in &made {
        check_forecast(one, 9);
    }
    let some = &series[..2000];
    assert_eq!(forecast(some, 9).unwrap(), forecast(some, 9).unwrap(), "the same input gives the same bits");
}

#[test]
fn more_demand_more_forecast() {
    let base = [3.0, 0.0, 5.0, 2.0, 0.0, 4.0, 1.0, 0.0, 6.0];
    let more = base.map(|value| 2.0 * value);
    let of = |values: &[f64]| forecast(&[known("s", values)], 3).unwrap().remove(0);
    assert!(of(&more).sums[2].quantile(0.95) > of(&base).sums[2].quantile(0.95));
}

#[test]
fn a_doubled_level_raises_the_alarm() {
    let mut rng = Rng::new(11);
    let values: Vec<f64> = (0..48).map(|t| rng.poisson(if t < 43 { 90.0 } else { 180.0 })).collect();
    let made = forecast(&[known("s", &values)], 3).unwrap();
    assert!(made[0].flags.contains(&Flag::LevelShift(Direction::Up)), "{:?}", made[0].flags);
}

#[test]
fn hidden_demand_is_put_back() {
    // Poisson demand of mean 12 a week; every third week the shelf holds only 8.
    let mut rng = Rng::new(12);
    let mut periods = Vec::new();
    for week in 0..60 {
        let wanted = rng.poisson(12.0);
        let hidden = week % 3 == 0 && wanted >= 8.0;
        periods.push(if hidden { PeriodDemand::at_least(8.0) } else { PeriodDemand::known(wanted) });
    }
    let face = periods.iter().map(|one| PeriodDemand::known(one.quantity.unwrap())).collect();
    let of = |periods| Series::new("s", None, PeriodLength::Week, 0, periods).unwrap();
    let level = |series| forecast(&[series], 1).unwrap()[0].parts.level;
    let (put_back, at_face) = (level(of(periods)), level(of(face)));
    assert!((put_back - 12.0).abs() < 1.2 && at_face < put_back - 0.7, "{put_back} {at_face}");
}

#[test]
fn back_test_of_known_demand() {
    let mut rng = Rng::new(13);
    let series: Vec<Series> = (0..200)
        .map(|at| {
            let mean = 2.0 + 20.0 * rng.uniform();
            let values: Vec<f64> = (0..36).map(|_| rng.poisson(mean)).collect();
            known(&format!("s{at}"), &values)
        })
        .collect();
    let report = backtest(&series, &[24, 30], 3).unwrap();
    assert_eq!(report.overall.series, 400);
    assert!(report.overall.mase < report.overall.mase_naive);
    assert!(report.overall.bias.abs() < 0.05, "{:?}", report.overall);
    assert!((0.90..=0.995).contains(&report.overall.coverage[2]), "{:?}", report.overall);
}
