//! The named conversions between counts and real numbers: the only place where `as` is allowed.
#![expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "every function here states its domain and clamps to it"
)]

/// Largest count that converts to `f64` and back without loss: 2^53.
pub const EXACT_COUNT_MAX: i64 = 1 << 53;

/// Real number of a count of units or packs.
///
/// - `count`: units or packs, any; exact up to 2^53.
pub fn count_to_f64(count: i64) -> f64 {
    count as f64
}

/// Real number of a length or an index.
///
/// - `length`: a count of things in memory; exact up to 2^53.
pub fn length_to_f64(length: usize) -> f64 {
    length as f64
}

/// Whole count below a real number: `floor(value)`, with a tolerance of 1e-9 for sums of fractions.
///
/// - `value`: units or packs; not a number gives 0, values outside ±2^53 are clamped.
pub fn floor_to_count(value: f64) -> i64 {
    let value = value + 1e-9;
    // Without a call of the library's `floor`: whole numbers of this size are exact.
    let whole = clamp_to_count(value);
    if count_to_f64(whole) > value { whole.max(1 - EXACT_COUNT_MAX) - 1 } else { whole }
}

/// Whole count above a real number: `ceil(value)`, with a tolerance of 1e-9 for sums of fractions.
///
/// - `value`: units or packs; not a number gives 0, values outside ±2^53 are clamped.
pub fn ceil_to_count(value: f64) -> i64 {
    let value = value - 1e-9;
    let whole = clamp_to_count(value);
    if count_to_f64(whole) < value { whole.min(EXACT_COUNT_MAX - 1) + 1 } else { whole }
}

/// Index above a real number: `ceil(value)` with a tolerance of 1e-9, for loops that do little else.
///
/// - `value`: a count, below 2^32; below 0 and not a number give 0.
pub fn ceil_to_index(value: f64) -> usize {
    let value = value - 1e-9;
    let whole = value as u32;
    whole as usize + usize::from(f64::from(whole) < value)
}

/// Whole count nearest to a real number, halves away from zero.
///
/// - `value`: units or packs; not a number gives 0, values outside ±2^53 are clamped.
pub fn round_to_count(value: f64) -> i64 {
    clamp_to_count(value.round())
}

fn clamp_to_count(value: f64) -> i64 {
    if value.is_nan() {
        return 0;
    }
    value.clamp(-count_to_f64(EXACT_COUNT_MAX), count_to_f64(EXACT_COUNT_MAX)) as i64
}

/// Index of a period number of the wire form.
///
/// - `period`: 0 is the next period to come.
pub fn period_to_index(period: u32) -> usize {
    usize::try_from(period).unwrap_or(usize::MAX)
}

/// Period number of an index, for the wire form.
///
/// - `index`: position in an array with one entry per period; above `u32::MAX` it is clamped.
pub fn index_to_period(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_survive_the_way_there_and_back() {
        for count in [0, 1, 7, 1_000_000_000, EXACT_COUNT_MAX] {
            assert_eq!(round_to_count(count_to_f64(count)), count);
        }
        assert_eq!(floor_to_count(2.999_999_999_9), 3);
        assert_eq!(ceil_to_count(3.000_000_000_1), 3);
        assert_eq!(round_to_count(f64::NAN), 0);
        assert_eq!(floor_to_count(f64::INFINITY), EXACT_COUNT_MAX);
    }
}
