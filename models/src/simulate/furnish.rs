//! Worlds of demand that was: the requests are real, prices, packs, lead times and shelf lives are made up.

use super::SimulateError;
use super::chance::{Purpose, stream};
use super::hospital::{offered, opening, took};
use super::world::{Timeline, World};
use crate::convert::{count_to_f64, floor_to_count, length_to_f64};
use crate::rng::Rng;

/// Shape of the weights of a month's days: a day's share varies by 1 / sqrt 2 of itself.
const DAY_SHAPE: f64 = 2.0;

/// A world in which exactly these requests are made, with offers and lead times as in [`super::hospital`].
///
/// Prices, packs (of at most 14 days' use by the history), nominal lead times, shelf lives, VEN and what each order
/// takes are drawn from `seed` by the rules of the generated hospital; all policies start from 45 days of the history's
/// demand. Nobody knows the law of such demand: the world has no truths.
///
/// - `requests[item][day]`: base units asked for, one per day of the timeline.
///
/// # Errors
/// [`SimulateError::World`] for wrong shapes or values.
pub fn furnished(seed: u64, requests: Vec<Vec<i64>>, timeline: Timeline) -> Result<World, SimulateError> {
    let mut articles = Vec::with_capacity(requests.len());
    for (item, asked) in requests.iter().enumerate() {
        let history = asked.get(..timeline.history).unwrap_or(asked);
        let daily = count_to_f64(history.iter().sum()) / length_to_f64(history.len().max(1));
        articles.push(offered(&mut stream(seed, item, 0, Purpose::Article), item, daily, 1.0));
    }
    let lead =
        |item: usize, nominal: usize| (0..timeline.days).map(|day| took(nominal, &mut stream(seed, item, day, Purpose::Lead))).collect();
    let lead_days = articles.iter().enumerate().map(|(item, article)| lead(item, article.lead_time_days)).collect();
    let opening = articles.iter().zip(&requests).map(|(article, asked)| opening(article, asked, timeline.history)).collect();
    World::new(articles, timeline, requests, lead_days, opening)
}

/// Units of whole months on single days.
///
/// Each unit of a month falls on one of its days with chances in proportion to gamma weights of shape 2, times 1.15 on
/// the first five days of every seven and .62 on the others (the generated hospital's week): sums of months are kept,
/// days vary more than a Poisson law.
///
/// - `months`: `(days, base units)`, in order; a month without days keeps none of its units.
/// - `series`: number of the series, so that each has its own luck under one seed.
///
/// Returns one entry per day, base units.
pub fn spread(seed: u64, series: usize, months: &[(usize, i64)]) -> Vec<i64> {
    let mut all = Vec::new();
    for &(days, units) in months {
        let rng = &mut stream(seed, series, all.len(), Purpose::Demand);
        let first = all.len();
        let weights: Vec<f64> =
            (first..first + days).map(|day| rng.gamma(DAY_SHAPE, 1.0) * if day % 7 < 5 { 1.15 } else { 0.62 }).collect();
        all.extend(month(rng, &weights, units));
    }
    all
}

/// Units by day, each drawn on its own.
fn month(rng: &mut Rng, weights: &[f64], units: i64) -> Vec<i64> {
    let mut sums = Vec::with_capacity(weights.len());
    for weight in weights {
        sums.push(sums.last().copied().unwrap_or(0.0) + weight);
    }
    let total = sums.last().copied().unwrap_or(0.0);
    let mut days = vec![0; weights.len()];
    for _ in 0..units {
        let drawn = rng.uniform() * total;
        if let Some(day) = days.get_mut(sums.partition_point(|sum| *sum <= drawn)) {
            *day += 1;
        }
    }
    days
}

/// The nearest count below a recorded quantity, fractions carried over to the next day so that none is lost.
pub fn whole_units(quantities: &[f64]) -> Vec<i64> {
    let (mut sum, mut given) = (0.0, 0);
    let day = |quantity: &f64| {
        sum += quantity.max(0.0);
        let units = floor_to_count(sum + 1e-9) - given;
        given += units;
        units
    };
    quantities.iter().map(day).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_keep_their_sums_and_have_their_own_luck() {
        let months = [(31, 40), (28, 0), (31, 3)];
        let days = spread(5, 2, &months);
        assert_eq!(days.len(), 90);
        let sums = [0..31, 31..59, 59..90].map(|month| days.get(month).unwrap_or_default().iter().sum::<i64>());
        assert_eq!(sums, [40, 0, 3]);
        assert_eq!(days, spread(5, 2, &months));
        assert_ne!(days, spread(5, 3, &months));
        assert!(spread(5, 2, &[(0, 9)]).is_empty());
    }

    #[test]
    fn fractions_are_carried_over() {
        assert_eq!(whole_units(&[0.4, 0.4, 0.4, 2.0, -1.0, 0.8]), [0, 0, 1, 2, 0, 1]);
    }

    #[test]
    fn requests_are_kept_and_offers_are_the_seeds() {
        let timeline = Timeline { history: 20, measured: 25, days: 40 };
        let world = |seed| furnished(seed, vec![vec![3; 40], vec![0; 40]], timeline).expect("a world");
        assert_eq!(world(1).requests(), [vec![3; 40], vec![0; 40]]);
        assert_eq!(world(1), world(1));
        assert_ne!(world(1).articles(), world(2).articles());
        assert!(world(1).truths().is_none());
        assert!(furnished(1, vec![vec![3; 39]], timeline).is_err());
    }
}
