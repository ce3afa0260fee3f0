//! Demand of known mean behind shelves that run empty: is the forecast right about the truth?

#![expect(clippy::print_stdout, reason = "figures are worth seeing")]

use wardstock_models::forecast::forecast;
use wardstock_models::rng::Rng;
use wardstock_models::series::{PeriodDemand, PeriodLength, Series};

/// Demand per month is negative binomial (mean, size 4); three months of four the shelf is filled to 1.5 means.
/// Returns the periods as a ledger shows them and the demand handed out in months that ended with stock.
fn run_out(rng: &mut Rng, mean: f64) -> (Vec<PeriodDemand>, Vec<f64>) {
    let (mut stock, mut periods, mut with_stock) = (0.0_f64, Vec::new(), Vec::new());
    for _ in 0..48 {
        if rng.uniform() < 0.75 {
            stock = stock.max((1.5 * mean).round());
        }
        let rate = rng.gamma(4.0, mean / 4.0);
        let wanted = rng.poisson(rate);
        periods.push(if stock <= 0.0 {
            PeriodDemand::partly_empty(0.0, 1.0)
        } else if wanted >= stock {
            PeriodDemand::at_least(stock)
        } else {
            with_stock.push(wanted);
            PeriodDemand::known(wanted)
        });
        stock = (stock - wanted).max(0.0);
    }
    (periods, with_stock)
}

#[test]
fn bias_against_the_truth_is_small() {
    let mut rng = Rng::new(31);
    let (mut series, mut means, mut scored) = (Vec::new(), Vec::new(), Vec::new());
    for at in 0..400_u32 {
        let mean = [2.0, 6.0, 15.0, 40.0].into_iter().cycle().nth(usize::try_from(at).unwrap()).unwrap();
        let (periods, with_stock) = run_out(&mut rng, mean);
        scored.push(with_stock.iter().sum::<f64>() / f64::from(u32::try_from(with_stock.len().max(1)).unwrap()) / mean);
        series.push(Series::new(format!("s{at}"), None, PeriodLength::Month, 0, periods).unwrap());
        means.push(mean);
    }
    let made = forecast(&series, 1).unwrap();
    let error = |(one, mean): (&wardstock_models::forecast::Forecast, &f64)| 1.0 - one.parts.level / mean;
    let bias = made.iter().zip(&means).map(error).sum::<f64>() / 400.0;
    let selected = scored.iter().sum::<f64>() / 400.0;
    println!("bias against the truth {bias:.4}; months that end with stock show {selected:.4} of the true mean");
    assert!(bias.abs() < 0.05, "{bias}");
    // The trap of scoring on months with stock: they are months of low demand.
    assert!(selected < 0.85, "{selected}");
}
