use super::*;
use special::ln_gamma;

/// Logarithm of the probability of `k` units.
fn ln_pmf(mean: f64, variance: f64, k: f64) -> f64 {
    let r = mean * mean / (variance - mean);
    let p = mean / variance;
    ln_gamma(k + r) - ln_gamma(r) - ln_gamma(k + 1.0) + r * p.ln() + k * (1.0 - p).ln()
}

#[track_caller]
fn check(got: f64, want: f64, within: f64) {
    assert!((got - want).abs() <= within, "got {got}, want {want}");
}

#[test]
fn negative_binomial_by_hand() {
    // r = 2, p = 1/2 (mean 2, variance 4): P(k) = (k + 1) / 2^(k + 2): 1/4, 1/4, 3/16, 1/8, 5/64, ...
    let law = Distribution::negative_binomial(2.0, 4.0).unwrap();
    for (k, want) in [(0.0, 0.25), (1.0, 0.5), (2.0, 0.6875), (3.0, 0.8125), (4.0, 0.890_625)] {
        check(law.cdf(k), want, 1e-12);
    }
    for (p, want) in [(0.25, 0.0), (0.26, 1.0), (0.5, 1.0), (0.51, 2.0), (0.8, 3.0), (0.89, 4.0)] {
        check(law.quantile(p), want, 0.0);
    }
    check(law.survival(4.0), 1.0 - 0.890_625, 1e-12);
    // r = 1/2, p = 1/2 (mean 1/2, variance 1): P(0) = sqrt(1/2), P(1) = P(0) / 4, P(2) = P(0) 3 / 32.
    let law = Distribution::negative_binomial(0.5, 1.0).unwrap();
    let first = 0.5_f64.sqrt();
    check(law.cdf(2.0), first * (1.0 + 0.25 + 3.0 / 32.0), 1e-12);
}

#[test]
fn cdf_is_the_sum_of_probabilities() {
    for (mean, variance) in [(0.3, 0.9), (7.0, 7.5), (40.0, 400.0), (900.0, 5000.0), (9000.0, 9100.0)] {
        let law = Distribution::negative_binomial(mean, variance).unwrap();
        let mut sum = 0.0;
        let mut k = 0.0;
        while k < 2.0 * mean {
            sum += ln_pmf(mean, variance, k).exp();
            if k % 7.0 < 0.5 {
                check(law.cdf(k), sum, 1e-8);
            }
            k += 1.0;
        }
    }
}

#[test]
fn robust_over_fifteen_orders_of_magnitude() {
    let mut mean = 1e-6;
    while mean < 2e9 {
        for ratio in [0.5, 1.0, 1.000_1, 1.1, 2.0, 10.0, 1e3, 1e6] {
            let law = Distribution::negative_binomial(mean, mean * ratio).unwrap();
            let mut last = 0.0;
            for p in [0.0, 1e-9, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0 - 1e-9, 1.0] {
                let x = law.quantile(p);
                assert!(x.is_finite() && x >= last, "mean {mean} ratio {ratio} p {p}: {x} after {last}");
                assert!(law.cdf(x) >= p.min(1.0 - 1e-12), "mean {mean} ratio {ratio} p {p}: cdf({x}) = {}", law.cdf(x));
                last = x;
            }
        }
        mean *= 7.3;
    }
}

#[test]
fn approximation_meets_the_exact_law() {
    for ratio in [1.0, 3.0, 50.0, 2000.0] {
        let below = Distribution::negative_binomial(9_999.0, 9_999.0 * ratio).unwrap();
        let above = Distribution::negative_binomial(10_001.0, 10_001.0 * ratio).unwrap();
        for p in [0.05, 0.5, 0.95, 0.99] {
            check(above.quantile(p) / below.quantile(p), 1.0, 2e-3);
        }
    }
}

#[test]
fn larger_size_and_odds_never_lower_a_quantile() {
    let law = |size: f64, odds: f64| Distribution::lattice(size * odds, size * odds * (1.0 + odds), 1.0);
    for size in [0.01, 0.5, 3.0, 40.0] {
        for odds in [0.001, 0.3, 2.0, 30.0] {
            for p in [0.01, 0.3, 0.5, 0.9, 0.99] {
                assert!(law(size * 1.1, odds).quantile(p) >= law(size, odds).quantile(p));
                assert!(law(size, odds * 1.1).quantile(p) >= law(size, odds).quantile(p));
            }
        }
    }
}

#[test]
fn demand_over_a_random_lead() {
    let sums = [Distribution::point(10.0).unwrap(), Distribution::point(20.0).unwrap()];
    let law = Distribution::of_random_lead(&sums, &[(1, 0.75), (2, 0.25)]).unwrap();
    check(law.mean(), 12.5, 1e-12);
    check(law.variance(), 0.75 * 100.0 + 0.25 * 400.0 - 12.5 * 12.5, 1e-9);
    check(law.quantile(0.75), 10.0, 1e-6);
    check(law.quantile(0.76), 20.0, 1e-6);
    check(law.cdf(15.0), 0.75, 1e-12);
    let one = Distribution::poisson(3.0).unwrap();
    let sums = [one.clone(), one.summed(2)];
    let law = Distribution::of_random_lead(&sums, &[(0, 1.0), (1, 2.0), (2, 1.0)]).unwrap();
    check(law.mean(), 3.0, 1e-12);
    check(law.variance(), 3.0 + 4.5, 1e-9);
    let median = law.quantile(0.5);
    check(median, median.round(), 0.0);
    assert!(law.cdf(median) >= 0.5 && law.cdf(median - 1.0) < 0.5);
    let error = Distribution::of_random_lead(&sums, &[(3, 1.0)]).unwrap_err();
    assert_eq!(error, DistributionError::LeadBeyondHorizon { lead: 3, horizon: 2 });
    assert!(Distribution::of_random_lead(&sums, &[]).is_err());
}

#[test]
fn empirical_law_and_scaling() {
    let quantiles = SCORES.iter().map(|score| 100.0 + 10.0 * score).collect();
    let law = Distribution::empirical(100.0, 100.0, quantiles, 1.0);
    check(law.quantile(0.95), 116.4485, 1e-3);
    check(law.cdf(116.4485), 0.95, 1e-4);
    check(law.scaled(2.0).unwrap().quantile(0.5), 200.0, 1e-6);
    let tenths = Distribution::lattice(20.0, 40.0, 0.1);
    check(tenths.mean(), 2.0, 1e-12);
    check(tenths.variance(), 0.4, 1e-12);
    check(tenths.quantile(0.9), 0.1 * Distribution::lattice(20.0, 40.0, 1.0).quantile(0.9), 1e-9);
    check(tenths.cdf(tenths.quantile(0.9)), 0.9, 0.05);
    assert!(law.scaled(-1.0).is_err());
}

#[test]
fn mean_of_a_censored_demand() {
    // Poisson mean 2, at least 2: 2 P(D >= 1) / P(D >= 2) = 2 (1 - e^-2) / (1 - 3 e^-2).
    let e = (-2.0_f64).exp();
    check(Distribution::mean_at_least(2.0, 2.0, 2.0), 2.0 * (1.0 - e) / (1.0 - 3.0 * e), 1e-9);
    // Geometric (r = 1) has no memory: at least y means y + mean.
    check(Distribution::mean_at_least(3.0, 12.0, 5.0), 8.0, 1e-9);
    check(Distribution::mean_at_least(3.0, 12.0, 5000.0), 5003.0, 1e-6);
}
