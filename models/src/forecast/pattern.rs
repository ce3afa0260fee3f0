//! What one item's ratios say by themselves: a mean per bin, its variance, and the worth of a working day.

#![expect(clippy::indexing_slicing, reason = "bins come from the layout, which has at most BINS_MAX")]

use crate::series::count;

/// Most seasonal indices of any layout.
pub(crate) const BINS_MAX: usize = 13;

/// One number per seasonal index; those beyond the layout's are not used.
pub(crate) type Bins = [f64; BINS_MAX];

/// Fewest items that may show how much slopes differ.
const GROUP_MIN: usize = 10;

/// Sums of ratios `y` and working days `x`: all that a pattern and a slope need.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sums {
    counts: Bins,
    x: Bins,
    y: Bins,
    xx: f64,
    xy: f64,
    yy: f64,
}

/// An item's own pattern in logarithms, centred, and the variances of its means.
#[derive(Debug, Clone)]
pub(crate) struct Own {
    pub(crate) means: Bins,
    pub(crate) variances: Bins,
}

impl Sums {
    /// Takes one period in.
    pub(crate) fn add(&mut self, bin: usize, x: f64, y: f64) {
        self.counts[bin] += 1.0;
        self.x[bin] += x;
        self.y[bin] += y;
        self.xx += x * x;
        self.xy += x * y;
        self.yy += y * y;
    }

    fn free(&self, bins: usize) -> f64 {
        self.counts.iter().sum::<f64>() - count(bins)
    }

    /// `S_m` = mean of `y - beta x` in bin m, centred; `V_m` = residual variance / count, at least 1e-6.
    ///
    /// `None` with an empty bin or fewer than 1.5 periods per bin.
    pub(crate) fn pattern(&self, beta: f64, bins: usize) -> Option<Own> {
        let free = self.free(bins);
        if free < 0.5 * count(bins) || self.counts[..bins].iter().any(|n| *n < 1.0) {
            return None;
        }
        let (mut means, mut variances) = ([0.0; BINS_MAX], [0.0; BINS_MAX]);
        let mut squares = self.yy - 2.0 * beta * self.xy + beta * beta * self.xx;
        let mut centre = 0.0;
        for (bin, mean) in means[..bins].iter_mut().enumerate() {
            let sum = self.y[bin] - beta * self.x[bin];
            *mean = sum / self.counts[bin];
            squares -= sum * *mean;
            centre += *mean / count(bins);
        }
        let residual = squares.max(0.0) / free;
        means[..bins].iter_mut().for_each(|mean| *mean -= centre);
        for (variance, n) in variances[..bins].iter_mut().zip(self.counts) {
            *variance = (residual / n).max(1e-6);
        }
        Some(Own { means, variances })
    }

    /// Least squares slope of y on x within the bins, and its variance; `None` when x never differs.
    fn slope(&self, bins: usize) -> Option<(f64, f64)> {
        let (mut xx, mut xy, mut yy) = (self.xx, self.xy, self.yy);
        for bin in (0..bins).filter(|bin| self.counts[*bin] > 0.0) {
            let n = self.counts[bin];
            xx -= self.x[bin] * self.x[bin] / n;
            xy -= self.x[bin] * self.y[bin] / n;
            yy -= self.y[bin] * self.y[bin] / n;
        }
        let free = self.free(bins) - 1.0;
        (free >= 1.0 && xx > 1e-6).then(|| (xy / xx, (yy - xy * xy / xx).max(0.0) / free / xx))
    }
}

/// By how much, in logarithms, does one working day more raise each item's period?
///
/// Slope `b_i` with variance `v_i`; `T = max(0, sum w ((b_i - beta)^2 - v_i) / sum w)`, `w = 1 / v_i`;
/// `beta_i = beta + T / (T + v_i) (b_i - beta)`, within `most` either way. A group of fewer than 10 keeps `beta`.
///
/// - `beta`: the group's slope.
///
/// # Source
/// Empirical Bayes with the moment estimate of `DerSimonian`, Laird, Controlled Clinical Trials 7 (1986).
pub(crate) fn slopes(sums: &[Sums], beta: f64, most: f64, bins: usize) -> Vec<f64> {
    let own: Vec<Option<(f64, f64)>> = sums.iter().map(|sums| sums.slope(bins)).collect();
    let (mut spread, mut weights) = (0.0, 0.0);
    for (slope, noise) in own.iter().flatten() {
        let weight = 1.0 / (noise + 1e-6);
        spread += weight * ((slope - beta).powi(2) - noise);
        weights += weight;
    }
    if own.iter().flatten().count() < GROUP_MIN || spread <= 0.0 {
        return vec![beta; sums.len()];
    }
    let spread = spread / weights;
    let one = |own: &Option<(f64, f64)>| own.map_or(beta, |(slope, noise)| beta + spread / (spread + noise) * (slope - beta));
    own.iter().map(|own| one(own).clamp(-most, most)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(slope: f64) -> Sums {
        let mut sums = Sums::default();
        for (bin, x, rest) in [(0, 0.0, 0.1), (0, 1.0, -0.1), (0, 2.0, 0.0), (1, 0.0, 0.0), (1, 2.0, 0.0)] {
            sums.add(bin, x, slope * x + rest + if bin == 0 { 1.0 } else { 3.0 });
        }
        sums
    }

    #[test]
    fn by_hand() {
        // Means 2 and 4 less their mean 3; with beta = .5 the residual squares are .01 + .01, free 5 - 2.
        let own = sums(0.5).pattern(0.5, 2).unwrap();
        assert!((own.means[0] + 1.0).abs() < 1e-12 && (own.means[1] - 1.0).abs() < 1e-12, "{own:?}");
        assert!((own.variances[0] - 0.02 / 9.0).abs() < 1e-12 && (own.variances[1] - 0.01 / 3.0).abs() < 1e-12, "{own:?}");
        assert!(Sums::default().pattern(0.0, 2).is_none());
        // Within bins Sxx = 2 + 2, Sxy = .5 * 4 - .1: slope .475; rest .02 - .01 / 4 over free 2, over Sxx.
        let (slope, noise) = sums(0.5).slope(2).unwrap();
        assert!((slope - 0.475).abs() < 1e-12 && (noise - 0.0175 / 8.0).abs() < 1e-12, "{slope} {noise}");
    }

    #[test]
    fn slopes_are_shrunk() {
        assert_eq!(slopes(&[sums(0.5), sums(0.0)], 0.02, 0.1, 2), [0.02, 0.02]);
        let many: Vec<Sums> = (0..20).map(|at| sums(if at % 2 == 0 { 0.07 } else { 0.0 })).collect();
        // Slopes .045 and -.025 with variance .0022 each: no more apart than chance has them.
        assert_eq!(slopes(&many, 0.01, 0.1, 2), [0.01; 20]);
        // Slopes .275 and -.225 about .025: T = .0625 - .0021875, so T / (T + v) = .965, then cut at .1.
        let apart: Vec<Sums> = (0..20).map(|at| sums(if at % 2 == 0 { 0.3 } else { -0.2 })).collect();
        let got = slopes(&apart, 0.025, 0.1, 2);
        assert!((got[0] - 0.1).abs() < 1e-12 && (got[1] + 0.1).abs() < 1e-12, "{got:?}");
    }
}
