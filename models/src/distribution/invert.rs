//! From a cdf to its quantiles, and back for a law kept as quantiles.

use super::special::{normal_cdf, normal_quantile};
use super::{Distribution, SCORES};

/// Smallest whole k with cdf >= p: doubling from a normal guess, then bisection of whole numbers.
pub(super) fn lattice_quantile(cdf: impl Fn(f64) -> f64, p: f64, mean: f64, sd: f64) -> f64 {
    if cdf(0.0) >= p {
        return 0.0;
    }
    let mut low = 0.0;
    let mut high = (mean + sd * normal_quantile(p).max(0.0)).ceil().max(1.0);
    let mut tries = 0;
    while cdf(high) < p && tries < 200 {
        low = high;
        high += (0.25 * sd).max(1.0).ceil() * f64::from(2_u32.saturating_pow(tries.min(30)));
        tries += 1;
    }
    while high - low > 1.0 {
        let middle = (low + 0.5 * (high - low)).floor();
        if middle <= low || middle >= high {
            break; // beyond 2^53 neighbouring whole numbers cannot be told apart
        }
        if cdf(middle) >= p {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

/// Smallest x with cdf >= p, by bisection between the smallest and the largest quantile of the parts.
pub(super) fn mixture_quantile(cdf: impl Fn(f64) -> f64, parts: &[(f64, Distribution)], p: f64) -> f64 {
    let ends: Vec<f64> = parts.iter().map(|(_, part)| part.quantile(p)).collect();
    let mut low = ends.iter().copied().fold(f64::INFINITY, f64::min);
    let mut high = ends.iter().copied().fold(0.0, f64::max);
    if !low.is_finite() || cdf(low) >= p {
        return if low.is_finite() { low } else { 0.0 };
    }
    for _ in 0..200 {
        let middle = low + 0.5 * (high - low);
        if middle <= low || middle >= high {
            break;
        }
        if cdf(middle) >= p {
            high = middle;
        } else {
            low = middle;
        }
    }
    // The cdf forgives 1e-9 below a lattice point; give the point itself.
    let nearest = high.round();
    if (high - nearest).abs() < 1e-6 { nearest } else { high }
}

pub(super) fn empirical_quantile(quantiles: &[f64], p: f64) -> f64 {
    let score = normal_quantile(p).clamp(-5.0, 5.0);
    interpolate(&SCORES, quantiles, score)
}

pub(super) fn empirical_cdf(quantiles: &[f64], x: f64) -> f64 {
    if quantiles.last().is_none_or(|last| x >= *last) {
        return 1.0;
    }
    if quantiles.first().is_some_and(|first| x < *first) {
        return 0.0;
    }
    // Equal quantiles (several floored at 0) are an atom: the cdf jumps to the last of them.
    normal_cdf(interpolate(quantiles, &SCORES, x))
}

/// Piecewise linear through (`from`, `to`); `from` never falls; at a jump the upper end counts.
fn interpolate(from: &[f64], to: &[f64], x: f64) -> f64 {
    let above = from.partition_point(|knot| *knot <= x);
    let before = above.saturating_sub(1);
    match (from.get(before), from.get(above), to.get(before), to.get(above)) {
        (Some(a), Some(b), Some(left), Some(right)) if b > a => left + (right - left) * (x - a) / (b - a),
        (_, _, Some(left), _) => *left,
        _ => 0.0,
    }
}
