//! How much of an item's own pattern is believed, and in which directions items of a group differ.

#![expect(clippy::indexing_slicing, reason = "bins come from the layout, which has at most BINS_MAX")]

use super::eigen::eigen;
use super::pattern::{BINS_MAX, Bins, Own};
use crate::series::count;

/// Items' worth of belief that a group's items differ alike in all directions.
const PULL: f64 = 20.0;

/// The profile of a group: `P_m = sum S / V / sum 1 / V`, shrunk to 0 by `max(0, 1 - noise / mean P^2)`.
///
/// # Source
/// `forecasting.md` 5.2; shrinkage after James, Stein (1961).
pub(crate) fn profile(own: &[Option<Own>], bins: usize) -> Bins {
    let (mut raw, mut weights) = ([0.0; BINS_MAX], [0.0; BINS_MAX]);
    for one in own.iter().flatten() {
        for bin in 0..bins {
            raw[bin] += one.means[bin] / one.variances[bin];
            weights[bin] += 1.0 / one.variances[bin];
        }
    }
    let (mut power, mut noise) = (0.0, 0.0);
    for bin in 0..bins {
        let weight = weights[bin].max(1e-12);
        raw[bin] /= weight;
        power += raw[bin] * raw[bin] / count(bins);
        noise += 1.0 / weight / count(bins);
    }
    let keep = ((power - noise) / power.max(1e-300)).clamp(0.0, 1.0);
    raw.map(|value| keep * value)
}

/// Directions in which patterns differ from the profile, and how much in each, 1 on average.
#[derive(Debug)]
pub(crate) struct Shape {
    /// `directions[k]`, sizes; `None` = alike in all.
    axes: Option<(Box<[Bins; BINS_MAX]>, Bins)>,
}

impl Shape {
    /// Alike in all directions.
    pub(crate) fn round() -> Self {
        Self { axes: None }
    }

    /// `C` = mean over items of `z z'`, `z = (S - P) / sqrt(noise)`; eigenvalues of `C - 1` below 0 count as 0, all are
    /// divided by their mean over `bins - 1` directions; `size = (n size + 20) / (n + 20)` for n items.
    ///
    /// # Source
    /// Multivariate empirical Bayes after Efron, Morris, Biometrika 59 (1972); the pull to 1 is added for small groups.
    pub(crate) fn of(own: &[Option<Own>], profile: &Bins, bins: usize) -> Self {
        let mut spread = [[0.0; BINS_MAX]; BINS_MAX];
        let mut items = 0.0;
        for one in own.iter().flatten() {
            let scale = 1.0 / one.noise(bins);
            let mut gap = [0.0; BINS_MAX];
            for bin in 0..bins {
                gap[bin] = one.means[bin] - profile[bin];
            }
            for a in 0..bins {
                for b in 0..bins {
                    spread[a][b] += gap[a] * gap[b] * scale;
                }
            }
            items += 1.0;
        }
        if items < 2.0 {
            return Self::round();
        }
        for (a, row) in spread[..bins].iter_mut().enumerate() {
            for (b, value) in row[..bins].iter_mut().enumerate() {
                // The noise of centred means is 1 less its mean over the bins.
                *value = *value / items - f64::from(u8::from(a == b)) + 1.0 / count(bins);
            }
        }
        let (directions, mut sizes) = eigen(spread, bins);
        sizes[..bins].iter_mut().for_each(|size| *size = size.max(0.0));
        let mean = sizes[..bins].iter().sum::<f64>() / (count(bins) - 1.0);
        if mean <= 1e-9 {
            return Self::round();
        }
        sizes[..bins].iter_mut().for_each(|size| *size = (items * *size / mean + PULL) / (items + PULL));
        Self { axes: Some((Box::new(directions), sizes)) }
    }

    /// The item's pattern in logarithms, and the share 0..1 of its own means in it.
    ///
    /// `r = max(0, mean (S - P)^2 / noise - 1)`; `P + sum_k u_k (r s_k / (r s_k + 1)) u_k' (S - P)` over directions u
    /// with sizes s: the posterior mean for `S - P ~ N(0, noise (r U s U' + 1))`.
    pub(crate) fn shrink(&self, own: &Own, profile: &Bins, bins: usize) -> (Bins, f64) {
        let mut gap = [0.0; BINS_MAX];
        let mut power = 0.0;
        for bin in 0..bins {
            gap[bin] = own.means[bin] - profile[bin];
            power += gap[bin] * gap[bin] / count(bins);
        }
        let ratio = (power / own.noise(bins) - 1.0).max(0.0);
        let mut logs = *profile;
        let Some((directions, sizes)) = &self.axes else {
            let keep = ratio / (ratio + 1.0);
            logs.iter_mut().zip(gap).for_each(|(log, gap)| *log += keep * gap);
            return (logs, keep);
        };
        let (mut kept, mut all) = (0.0, 0.0);
        for (direction, size) in directions[..bins].iter().zip(sizes) {
            let along: f64 = direction.iter().zip(&gap).map(|(u, gap)| u * gap).sum();
            let keep = ratio * size / (ratio * size + 1.0);
            logs.iter_mut().zip(direction).for_each(|(log, u)| *log += keep * along * u);
            kept += keep * along * along;
            all += along * along;
        }
        (logs, if all > 0.0 { kept / all } else { 0.0 })
    }
}

impl Own {
    fn noise(&self, bins: usize) -> f64 {
        self.variances[..bins].iter().sum::<f64>() / count(bins)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(means: [f64; 3], variance: f64) -> Own {
        let mut all = [0.0; BINS_MAX];
        all[..3].copy_from_slice(&means);
        Own { means: all, variances: [variance; BINS_MAX] }
    }

    #[test]
    fn by_hand() {
        // Two items that differ: weights 1 / .01 and 1 / .03, profile .75 a + .25 b = (.2, 0, -.2) before shrinkage by
        // 1 - .0075 / (.08 / 3) = .71875.
        let items = [Some(own([0.3, 0.0, -0.3], 0.01)), Some(own([-0.1, 0.0, 0.1], 0.03)), None];
        let profile = profile(&items, 3);
        assert!((profile[0] - 0.143_75).abs() < 1e-12 && profile[1].abs() < 1e-12, "{profile:?}");
        // Power .06 against noise .01: r = 5, five sixths are kept.
        let (logs, share) = Shape::round().shrink(&own([0.3, 0.0, -0.3], 0.01), &[0.0; BINS_MAX], 3);
        assert!((logs[0] - 0.25).abs() < 1e-12 && (share - 5.0 / 6.0).abs() < 1e-12, "{logs:?} {share}");
    }

    #[test]
    fn the_common_direction_is_believed_more() {
        let items: Vec<_> = (0..40).map(|at| f64::from(at - 20) / 40.0).map(|a| Some(own([a, 0.0, -a], 0.01))).collect();
        let none = [0.0; BINS_MAX];
        let shape = Shape::of(&items, &none, 3);
        let (along, much) = shape.shrink(&own([0.2, 0.0, -0.2], 0.01), &none, 3);
        let (across, little) = shape.shrink(&own([0.115_47, -0.230_94, 0.115_47], 0.01), &none, 3);
        // r = 5/3 for both; size (40 * 2 + 20) / 60 = 5/3 along: 25/34; 1/3 across: 5/14.
        assert!((along[0] - 0.2 * 25.0 / 34.0).abs() < 1e-3 && (much - 25.0 / 34.0).abs() < 1e-3, "{along:?} {much}");
        assert!((across[1] + 0.230_94 * 5.0 / 14.0).abs() < 1e-3 && (little - 5.0 / 14.0).abs() < 1e-3, "{across:?} {little}");
    }
}
