//! Stock in base units, orders in packs: integers, checked, never mixed.

use super::error::{Error, Result};

/// The largest quantity one record may name: far above any shelf, far below overflow when summed.
pub const UNITS_MAX: i64 = 1_000_000_000_000;

/// Base units in `packs` packs of `units_per_pack`.
///
/// # Errors
/// `invalid_input` when the product passes [`UNITS_MAX`].
pub fn units_of_packs(packs: i64, units_per_pack: i64) -> Result<i64> {
    packs.checked_mul(units_per_pack).filter(|units| units.abs() <= UNITS_MAX).ok_or_else(|| {
        Error::field("packs", "out_of_range", format!("{packs} packs of {units_per_pack} units is more than {UNITS_MAX} units"))
    })
}

/// Adds two quantities.
///
/// # Errors
/// `invalid_input` when the sum leaves ±[`UNITS_MAX`].
pub fn add(a: i64, b: i64) -> Result<i64> {
    a.checked_add(b)
        .filter(|sum| sum.abs() <= UNITS_MAX)
        .ok_or_else(|| Error::field("quantity", "out_of_range", format!("{a} + {b} is more than {UNITS_MAX} units")))
}

/// The nearest `f64` of a quantity; exact below 2^53, which [`UNITS_MAX`] keeps us under.
#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "quantities stay below 2^53")]
pub fn to_f64(units: i64) -> f64 {
    units as f64
}

/// A rate or forecast as whole units, rounded to nearest, held within ±[`UNITS_MAX`].
#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "clamped before the cast")]
pub fn from_f64(value: f64) -> i64 {
    if value.is_nan() { 0 } else { value.round().clamp(-to_f64(UNITS_MAX), to_f64(UNITS_MAX)) as i64 }
}
