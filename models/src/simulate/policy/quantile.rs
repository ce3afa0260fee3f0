//! The quantile of demand over a window, from the record itself.

use crate::convert::{count_to_f64, floor_to_count};
use crate::series::count;
use crate::simulate::book::latest;

/// Days of requests looked at.
const LOOK_BACK_DAYS: usize = 365;

/// Quantile of the sums over all overlapping windows of `days` days in the last 365, by linear interpolation.
///
/// - `requested`: base units per day, oldest first; `days`: at least 1; `level`: 0..1.
///
/// A record shorter than the window gives its own sum.
///
/// # Source
/// `product.md` 5.5; position `level x (n - 1)` of the sorted sums.
pub(crate) fn window_quantile(requested: &[i64], days: usize, level: f64) -> f64 {
    let year = latest(requested, LOOK_BACK_DAYS);
    let days = days.clamp(1, year.len().max(1));
    let mut sum: i64 = year.iter().take(days).sum();
    let mut sums = vec![sum];
    for (new, old) in year.iter().skip(days).zip(year) {
        sum += new - old;
        sums.push(sum);
    }
    sums.sort_unstable();
    let place = level.clamp(0.0, 1.0) * count(sums.len() - 1);
    let low = floor_to_count(place);
    let at = |index: i64| usize::try_from(index).ok().and_then(|index| sums.get(index)).copied();
    let below = at(low).unwrap_or(0);
    let above = at(low + 1).unwrap_or(below);
    count_to_f64(below) + (place - count_to_f64(low)) * count_to_f64(above - below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_overlap_and_quantiles_interpolate() {
        let asked = [1, 2, 3, 4];
        // Sums of two days: 3, 5, 7.
        assert!((window_quantile(&asked, 2, 0.5) - 5.0).abs() < 1e-12);
        assert!((window_quantile(&asked, 2, 0.75) - 6.0).abs() < 1e-12);
        assert!((window_quantile(&asked, 2, 1.0) - 7.0).abs() < 1e-12);
        assert!((window_quantile(&asked, 9, 0.98) - 10.0).abs() < 1e-12);
        assert!(window_quantile(&[], 3, 0.98).abs() < 1e-12);
        let long = vec![1; 400];
        assert!((window_quantile(&long, 10, 0.9) - 10.0).abs() < 1e-12);
    }
}
