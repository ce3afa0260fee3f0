//! Level sensors count: what they say is what there is.

use super::{Confidence, Estimate};

/// The estimate from a count: exact, so its interval is the count itself.
///
/// - `count`: base units, at least 0.
pub fn judge(count: i64) -> Estimate {
    Estimate { units: count, low: count, high: count, confidence: Confidence::High, reasons: vec![format!("the sensor counts {count}")] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(count: i64, want: (i64, i64, i64)) {
        let got = judge(count);
        assert_eq!((got.units, got.low, got.high), want);
    }

    #[test]
    fn a_count_is_exact() {
        check(0, (0, 0, 0));
        check(40, (40, 40, 40));
    }
}
