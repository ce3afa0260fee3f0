//! Ridge regression of a log dispersion on the log mean: the group curve that steadies single items.

#![expect(clippy::indexing_slicing, reason = "all arrays have the fixed size 3")]

/// A quadratic in `ln(mean)`, pulled towards a default so that a group of one still has a curve.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Curve {
    terms: [f64; 3],
    residual_variance: f64,
}

impl Curve {
    /// Weighted least squares of `ln y` on `1, ln x (, (ln x)^2)` with `pull` pseudo-points on the default.
    ///
    /// - `points`: (x, y, weight), both above 0; `degree` 1 or 2.
    pub(crate) fn fit(points: &[(f64, f64, f64)], default: [f64; 3], degree: usize, pull: f64) -> Self {
        let mut left = [[0.0; 3]; 3];
        let mut right = [0.0; 3];
        for (at, row) in left.iter_mut().enumerate() {
            row[at] = if at > degree { 1e9 } else { pull };
        }
        for (x, y, weight) in points {
            let row = powers(*x);
            let gap = y.ln() - dot(&default, &row);
            for a in 0..3 {
                right[a] += weight * row[a] * gap;
                for b in 0..3 {
                    left[a][b] += weight * row[a] * row[b];
                }
            }
        }
        let change = solve(left, right);
        let terms = [default[0] + change[0], default[1] + change[1], default[2] + change[2]];
        let squares: f64 = points.iter().map(|(x, y, weight)| weight * (y.ln() - dot(&terms, &powers(*x))).powi(2)).sum();
        let weights: f64 = points.iter().map(|(_, _, weight)| weight).sum();
        Self { terms, residual_variance: squares / (weights + pull) }
    }

    /// `exp(fit)`: the middle of the group at mean `x`; always within 1e-3..1e9.
    pub(crate) fn at(&self, x: f64) -> f64 {
        dot(&self.terms, &powers(x)).clamp(-7.0, 20.7).exp()
    }

    /// `exp(fit + residual variance / 2)`: the mean of the group at mean `x` (log-normal residuals).
    pub(crate) fn mean_at(&self, x: f64) -> f64 {
        self.at(x) * (0.5 * self.residual_variance.min(4.0)).exp()
    }
}

fn powers(x: f64) -> [f64; 3] {
    let log = x.max(1e-9).ln();
    [1.0, log, log * log]
}

fn dot(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Gauss elimination without pivoting: the ridge keeps the matrix positive definite.
fn solve(mut left: [[f64; 3]; 3], mut right: [f64; 3]) -> [f64; 3] {
    for a in 0..3 {
        for b in a + 1..3 {
            let factor = left[b][a] / left[a][a];
            let above = left[a];
            for (value, from) in left[b].iter_mut().zip(above).skip(a) {
                *value -= factor * from;
            }
            right[b] -= factor * right[a];
        }
    }
    let mut out = [0.0; 3];
    for a in (0..3).rev() {
        let rest: f64 = (a + 1..3).map(|b| left[a][b] * out[b]).sum();
        out[a] = (right[a] - rest) / left[a][a];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_curve_and_falls_back() {
        let points: Vec<_> = (1..200).map(|n| (f64::from(n), 2.0 * f64::from(n).powf(0.4), 1.0)).collect();
        let curve = Curve::fit(&points, [0.0, 0.0, 0.0], 1, 0.01);
        assert!((curve.at(50.0) / (2.0 * 50.0_f64.powf(0.4)) - 1.0).abs() < 1e-3);
        let alone = Curve::fit(&[], [0.5, 0.2, 0.0], 2, 2.0);
        assert!((alone.at(7.0) - (0.5 + 0.2 * 7.0_f64.ln()).exp()).abs() < 1e-9);
    }
}
