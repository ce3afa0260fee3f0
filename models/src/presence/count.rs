//! How many of several tags are there.

use crate::convert::index_to_period;

/// A tag surer than this of being there, or of not being there, is taken as certain: a thousand of them err by a
/// thousandth of a unit.
const CERTAIN: f64 = 1e-6;

/// A number of units that is not known for sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// The median: it errs least in the mean.
    pub units: u32,
    /// Low end of the interval.
    pub low: u32,
    /// High end of the interval.
    pub high: u32,
}

/// The median and the narrowest interval around it that holds at least `mass` of the law of a sum of independent tags.
///
/// The law is the exact convolution of the chances (Poisson binomial), O(n^2) for n uncertain tags.
///
/// - `chances`: 0..=1, one per tag; what is outside is taken as the nearest.
/// - `mass`: 0..=1.
///
/// # Example
/// ```
/// use wardstock_models::presence::count;
/// let two_or_three = count([1.0, 1.0, 0.5], 0.9);
/// assert_eq!((two_or_three.low, two_or_three.high), (2, 3));
/// ```
pub fn count(chances: impl IntoIterator<Item = f64>, mass: f64) -> Count {
    let mut certain = 0_u32;
    let mut law = vec![1.0];
    for chance in chances {
        if chance >= 1.0 - CERTAIN {
            certain += 1;
        } else if chance > CERTAIN {
            add(&mut law, chance);
        }
    }
    let (median, low, high) = around_the_median(&law, mass);
    Count { units: certain + index_to_period(median), low: certain + index_to_period(low), high: certain + index_to_period(high) }
}

/// One more tag in the law of their number.
fn add(law: &mut Vec<f64>, chance: f64) {
    law.push(0.0);
    let mut carried = 0.0;
    for slot in law.iter_mut() {
        let without = *slot * (1.0 - chance);
        (carried, *slot) = (*slot * chance, without + carried);
    }
}

fn around_the_median(law: &[f64], mass: f64) -> (usize, usize, usize) {
    let mut sum = 0.0;
    let reaches_half = |chance: &f64| {
        sum += chance;
        sum >= 0.5
    };
    let median = law.iter().position(reaches_half).unwrap_or(law.len().saturating_sub(1));
    let at = |n: Option<usize>| n.and_then(|n| law.get(n)).copied();
    let (mut low, mut high) = (median, median);
    let mut held = at(Some(median)).unwrap_or(1.0);
    while held < mass {
        match (at(low.checked_sub(1)), at(Some(high + 1))) {
            (Some(below), above) if above.is_none_or(|above| below >= above) => {
                (low, held) = (low - 1, held + below);
            }
            (_, Some(above)) => (high, held) = (high + 1, held + above),
            _ => break,
        }
    }
    (median, low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(chances: &[f64], mass: f64, want: (u32, u32, u32)) {
        let got = count(chances.iter().copied(), mass);
        assert_eq!((got.units, got.low, got.high), want);
    }

    #[test]
    fn counts_and_intervals_of_small_laws_are_those_worked_by_hand() {
        check(&[], 0.9, (0, 0, 0));
        check(&[1.0, 1.0, 0.0], 0.9, (2, 2, 2));
        // .95: one is there; .9 is held by it alone.
        check(&[0.95], 0.9, (1, 1, 1));
        check(&[0.95], 0.96, (1, 0, 1));
        // Number of four fair coins: 1, 4, 6, 4, 1 sixteenths.
        check(&[0.5; 4], 0.8, (2, 1, 3));
        check(&[0.5; 4], 0.9, (2, 0, 3));
        check(&[0.5; 4], 1.0, (2, 0, 4));
    }

    #[test]
    fn the_law_of_equal_chances_is_binomial() {
        let mut law = vec![1.0];
        for _ in 0..5 {
            add(&mut law, 0.2);
        }
        let want = [0.327_68, 0.409_6, 0.204_8, 0.051_2, 0.006_4, 0.000_32];
        assert!(law.iter().zip(want).all(|(got, want)| (got - want).abs() < 1e-12), "{law:?}");
    }
}
