//! The special functions behind the distributions: log gamma, incomplete gamma and beta, the normal law.

#![expect(clippy::many_single_char_names, reason = "the names of the cited recurrences")]

/// Logarithm of the gamma function, for `x` above 0.
///
/// # Source
/// Lanczos approximation, g = 7, nine terms: Press et al., Numerical Recipes, 3rd ed., section 6.1 gives the method.
pub(crate) fn ln_gamma(x: f64) -> f64 {
    const TERMS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        // Reflection keeps the accuracy for small arguments.
        let pi = std::f64::consts::PI;
        return (pi / (pi * x).sin().abs().max(1e-300)).ln() - ln_gamma(1.0 - x);
    }
    let z = x - 1.0;
    let mut sum = 0.999_999_999_999_809_9;
    let mut at = z;
    for term in TERMS {
        at += 1.0;
        sum += term / at;
    }
    let t = z + 7.5;
    0.5 * (2.0 * std::f64::consts::PI).ln() + (z + 0.5) * t.ln() - t + sum.ln()
}

/// Regularised lower incomplete gamma `P(a, x)`: the gamma cdf with shape `a`, scale 1.
///
/// Series below `a + 1`, continued fraction above, Wilson-Hilferty for shapes above 1e4.
///
/// # Source
/// Press et al., Numerical Recipes, 3rd ed., section 6.2; Wilson, Hilferty, PNAS 17 (1931).
pub(crate) fn gamma_cdf(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if a <= 0.0 {
        return 1.0;
    }
    if a > 1e4 {
        let c = 1.0 / (9.0 * a);
        return normal_cdf(((x / a).cbrt() - 1.0 + c) / c.sqrt());
    }
    let front = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 {
        let mut term = 1.0 / a;
        let mut sum = term;
        let mut n = a;
        for _ in 0..5000 {
            n += 1.0;
            term *= x / n;
            sum += term;
            if term < sum * 1e-15 {
                break;
            }
        }
        return (sum * front).clamp(0.0, 1.0);
    }
    (1.0 - front * gamma_fraction(a, x)).clamp(0.0, 1.0)
}

/// The continued fraction of the upper incomplete gamma, by Lentz's method.
fn gamma_fraction(a: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut h = d;
    let mut i = 0.0;
    for _ in 0..5000 {
        i += 1.0;
        let an = -i * (i - a);
        b += 2.0;
        d = 1.0 / at_least_tiny(an * d + b, TINY);
        c = at_least_tiny(b + an / c, TINY);
        let step = d * c;
        h *= step;
        if (step - 1.0).abs() < 1e-15 {
            break;
        }
    }
    h
}

fn at_least_tiny(value: f64, tiny: f64) -> f64 {
    if value.abs() < tiny { tiny } else { value }
}

/// Regularised incomplete beta `I_x(a, b)`, with `y = 1 - x` given apart so that neither loses digits.
///
/// # Source
/// Press et al., Numerical Recipes, 3rd ed., section 6.4.
pub(crate) fn beta_cdf(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if y <= 0.0 {
        return 1.0;
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * y.ln()).exp();
    let value = if x < (a + 1.0) / (a + b + 2.0) { front * beta_fraction(a, b, x) / a } else { 1.0 - front * beta_fraction(b, a, y) / b };
    value.clamp(0.0, 1.0)
}

fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let mut c = 1.0;
    let mut d = 1.0 / at_least_tiny(1.0 - (a + b) * x / (a + 1.0), TINY);
    let mut h = d;
    let mut m = 0.0;
    for _ in 0..10_000 {
        m += 1.0;
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / at_least_tiny(1.0 + even * d, TINY);
        c = at_least_tiny(1.0 + even / c, TINY);
        h *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / at_least_tiny(1.0 + odd * d, TINY);
        c = at_least_tiny(1.0 + odd / c, TINY);
        let step = d * c;
        h *= step;
        if (step - 1.0).abs() < 1e-15 {
            break;
        }
    }
    h
}

/// The standard normal cdf.
pub(crate) fn normal_cdf(x: f64) -> f64 {
    let tail = 0.5 * (1.0 - gamma_cdf(0.5, 0.5 * x * x));
    if x >= 0.0 { 1.0 - tail } else { tail }
}

/// The standard normal density.
pub(crate) fn normal_density(x: f64) -> f64 {
    (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// The standard normal quantile, for `p` inside (0, 1); clamped to 1e-300 and 1 - 1e-16.
///
/// # Source
/// P. J. Acklam's rational approximation (relative error 1.15e-9).
pub(crate) fn normal_quantile(p: f64) -> f64 {
    const LOW: f64 = 0.02425;
    let p = p.clamp(1e-300, 1.0 - 1e-16);
    if p < LOW {
        return normal_tail((-2.0 * p.ln()).sqrt());
    }
    if p > 1.0 - LOW {
        return -normal_tail((-2.0 * (1.0 - p).ln()).sqrt());
    }
    let q = p - 0.5;
    let r = q * q;
    let top = [
        -39.696_830_286_653_76,
        220.946_098_424_520_5,
        -275.928_510_446_968_7,
        138.357_751_867_269,
        -30.664_798_066_147_16,
        2.506_628_277_459_239,
    ];
    let bottom =
        [-54.476_098_798_224_06, 161.585_836_858_040_9, -155.698_979_859_886_6, 66.801_311_887_719_72, -13.280_681_552_885_72, 1.0];
    polynomial(&top, r) * q / polynomial(&bottom, r)
}

fn normal_tail(q: f64) -> f64 {
    let top = [
        -0.007_784_894_002_430_293,
        -0.322_396_458_041_136_5,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    let bottom = [0.007_784_695_709_041_462, 0.322_467_129_070_039_8, 2.445_134_137_142_996, 3.754_408_661_907_416, 1.0];
    polynomial(&top, q) / polynomial(&bottom, q)
}

fn polynomial(terms: &[f64], x: f64) -> f64 {
    terms.iter().fold(0.0, |sum, term| sum * x + term)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(got: f64, want: f64) {
        assert!((got - want).abs() <= 1e-8 * want.abs().max(1.0), "got {got}, want {want}");
    }

    #[test]
    fn tabled_values() {
        // Abramowitz, Stegun: Handbook of Mathematical Functions, tables 6.1, 26.1 and 26.7.
        check(ln_gamma(0.5), std::f64::consts::PI.sqrt().ln());
        check(ln_gamma(10.0), 362_880.0_f64.ln());
        check(normal_cdf(1.0), 0.841_344_746_068_543);
        check(normal_cdf(-3.0), 0.001_349_898_031_630);
        check(normal_quantile(0.975), 1.959_963_984_540_054);
        check(normal_quantile(0.01), -2.326_347_874_040_841);
        check(gamma_cdf(1.0, 2.0), 1.0 - (-2.0_f64).exp());
        check(gamma_cdf(3.0, 10.0), 1.0 - (-10.0_f64).exp() * 61.0);
        // I_x(2, 3) = x^2 (6 - 8 x + 3 x^2).
        check(beta_cdf(2.0, 3.0, 0.3, 0.7), 0.09 * (6.0 - 2.4 + 0.27));
        check(beta_cdf(1e-9, 1.0, 0.5, 0.5), 0.5_f64.powf(1e-9));
    }
}
