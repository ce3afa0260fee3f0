//! Does falling back to last season's values pay? Items that had lost to them, scored on what came next.

use wardstock_models::forecast::monitor::monitored;
use wardstock_models::forecast::score::pinball;
use wardstock_models::forecast::{Circumstances, Forecast, Method, forecast};
use wardstock_models::series::Series;

use crate::say;
use crate::tables::{LEVELS, float, mean};

const LENGTH: usize = 3;
const ORIGINS: usize = 12;

/// Over some origins: share of items fallen back, and their loss of the next sum over 3 by the method and by the fallback.
pub(crate) fn run(name: &str, cut: impl Fn(usize) -> Vec<Series>, actual: impl Fn(usize, usize) -> f64, origins: &[usize]) {
    let (mut own, mut fallen, mut all) = (Vec::new(), Vec::new(), 0);
    for origin in origins {
        let known = cut(*origin);
        let plain = forecast(&known, LENGTH).unwrap();
        let made = monitored(&known, &Circumstances::default(), LENGTH, LENGTH, ORIGINS).unwrap();
        all += known.len();
        for (row, (plain, made)) in plain.iter().zip(&made.forecasts).enumerate() {
            if made.method == Method::SeasonalNaive {
                let came = actual(row, *origin);
                let size = plain.sums[LENGTH - 1].mean() + came + 1.0;
                own.push(loss(plain, came) / size);
                fallen.push(loss(made, came) / size);
            }
        }
    }
    say(&format!("fallback {name}: share of items"), float(own.len()) / float(all));
    if own.is_empty() {
        return;
    }
    say(&format!("fallback {name}: loss of the method"), mean(&own));
    say(&format!("fallback {name}: loss of the fallback"), mean(&fallen));
}

fn loss(made: &Forecast, came: f64) -> f64 {
    mean(&LEVELS.map(|level| pinball(level, came, made.sums[LENGTH - 1].quantile(level))))
}
