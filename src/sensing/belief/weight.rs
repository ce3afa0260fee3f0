//! Scales: units by weight. Real scales err by about 1 % of their load (position, creep), whatever their electronics.

use super::{Confidence, Estimate};

/// What a scale may be off, in thousandths of its load.
const LOAD_ERROR_PERMILLE: i64 = 10;
/// A remainder up to this many thousandths of a unit is noise; beyond it something foreign lies there.
const RESIDUAL_MAX: i64 = 250;

/// A load in thousandths of a unit: `net / unit_weight * 1000`, rounded to nearest.
///
/// - `net_mg`: milligrams without any tare; may be a little below 0.
/// - `unit_weight_mg`: milligrams of one base unit, more than 0.
pub fn milliunits(net_mg: i64, unit_weight_mg: i64) -> i64 {
    let unit = unit_weight_mg.max(1);
    (net_mg.saturating_mul(1_000) + unit / 2).div_euclid(unit)
}

/// Thousandths of a unit to whole units, rounded to nearest, halves away from 0.
pub fn to_units(milliunits: i64) -> i64 {
    (milliunits.abs() + 500) / 1_000 * milliunits.signum()
}

/// Whether a load lies near enough to a whole number of units for its steps to be counted.
pub fn is_clear(milliunits: i64) -> bool {
    let units = to_units(milliunits).max(0);
    (milliunits - units * 1_000).abs() <= RESIDUAL_MAX + units * LOAD_ERROR_PERMILLE
}

/// The estimate from a load.
///
/// The interval is the nearest whole number ± (remainder + 1 % of the load), rounded to whole units.
/// `high` confidence: within half a unit; `medium`: within two; else `low`, as is a remainder that no
/// noise explains.
pub fn judge(net_mg: i64, unit_weight_mg: i64) -> Estimate {
    let load = milliunits(net_mg, unit_weight_mg);
    let units = to_units(load).max(0);
    let residual = (load - units * 1_000).abs();
    let doubt = residual + units * LOAD_ERROR_PERMILLE;
    let margin = to_units(doubt);
    let mut reasons = vec![format!("{units} units by weight, {} g off", residual.saturating_mul(unit_weight_mg) / 1_000_000)];
    let mut confidence = match doubt {
        ..=499 => Confidence::High,
        500..=2_000 => Confidence::Medium,
        _ => Confidence::Low,
    };
    if margin > 0 {
        reasons.push(format!("a scale errs by about 1 % of its load, here {margin} units"));
    }
    if !is_clear(load) {
        confidence = Confidence::Low;
        reasons.push("the weight is no whole number of units: something else may lie there, or the tare or unit weight is wrong".into());
    }
    Estimate { units, low: (units - margin).max(0), high: units + margin, confidence, reasons }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(net_mg: i64, unit_weight_mg: i64, want: (i64, i64, i64, Confidence)) {
        let got = judge(net_mg, unit_weight_mg);
        assert_eq!((got.units, got.low, got.high, got.confidence), want);
    }

    #[test]
    fn weights_become_units() {
        check(0, 5_000, (0, 0, 0, Confidence::High));
        check(200_000, 5_000, (40, 40, 40, Confidence::High));
        check(200_550, 5_000, (40, 39, 41, Confidence::Medium));
        check(500_000, 5_000, (100, 99, 101, Confidence::Medium));
        check(1_500_000, 5_000, (300, 297, 303, Confidence::Low));
        check(12_500, 5_000, (3, 2, 4, Confidence::Low));
        check(-3_000, 5_000, (0, 0, 1, Confidence::Low));
        check(-300, 5_000, (0, 0, 0, Confidence::High));
    }

    #[test]
    fn halves_round_away_from_nothing() {
        assert_eq!((to_units(499), to_units(500), to_units(-500), to_units(-499)), (0, 1, -1, 0));
        assert_eq!((milliunits(-5_000, 5_000), milliunits(2_500, 5_000)), (-1_000, 500));
    }
}
