//! `open-msupply:MAX,MIN[,position]`: months of stock on the consumption of three months.

use super::{MONTH_DAYS, Rule};
use crate::convert::{ceil_to_count, count_to_f64};
use crate::simulate::book::{Page, latest};

/// Months of look-back.
const LOOK_BACK: f64 = 3.0;

/// The suggestion of open mSupply's internal orders.
///
/// A = units issued in the last trunc(3 x 30.4375) = 91 days, today included, / 3; S = units on the shelf; nothing when
/// A = 0, MAX = 0 or S / A > MIN (MIN = 0 stands for MAX); otherwise ceil((MAX - S / A) x A), at least 0.
///
/// # Source
/// open-msupply, `generate.rs` and `item_stats.rs`; `product.md` 5.1. The form with `position` counts orders on their
/// way as stock and is ours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OpenMsupply {
    /// MAX, months.
    pub most: f64,
    /// MIN, months.
    pub least: f64,
    /// Whether orders on their way count as stock.
    pub position: bool,
}

impl Rule for OpenMsupply {
    fn suggest(&self, page: &Page<'_>) -> i64 {
        let stock = if self.position { page.position() } else { page.on_hand() };
        suggested(monthly(page.issued, LOOK_BACK), count_to_f64(stock), self.most, self.least)
    }
}

/// Average monthly consumption: issues of the last trunc(months x 30.4375) days / months.
fn monthly(issued: &[i64], months: f64) -> f64 {
    let days = usize::try_from(crate::convert::floor_to_count(months * MONTH_DAYS)).unwrap_or(0);
    count_to_f64(latest(issued, days).iter().sum()) / months
}

/// In this order and in f64, because ceil(MAX x A - S) differs by a unit now and then.
fn suggested(average: f64, stock: f64, most: f64, least: f64) -> i64 {
    if average <= 0.0 || most <= 0.0 {
        return 0;
    }
    let least = if least <= 0.0 { most } else { least };
    let months = stock / average;
    if months > least {
        return 0;
    }
    exact_ceil((most - months) * average).max(0)
}

/// `ceil` without a tolerance: the tiny excess of 0.6000000000000001 x 5 over 3 counts, as in the source.
fn exact_ceil(value: f64) -> i64 {
    let whole = ceil_to_count(value);
    whole + i64::from(count_to_f64(whole) < value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(average: f64, stock: f64, (most, least): (f64, f64), want: i64) {
        assert_eq!(suggested(average, stock, most, least), want);
    }

    #[test]
    fn published_vectors() {
        check(1.0, 1.0, (20.0, 5.0), 19);
        check(0.0, 1.0, (20.0, 5.0), 0);
        check(1.0, 6.0, (20.0, 5.0), 0);
        check(1.0, 20.0, (20.0, 5.0), 0);
        check(5.0, 12.0, (3.0, 3.0), 4);
        check(1.0, 5.0, (20.0, 5.0), 15);
        check(1.0, 25.0, (20.0, 0.0), 0);
        check(2.0, 30.0, (1.0, 20.0), 0);
    }

    #[test]
    fn consumption_looks_back_by_days() {
        let mut issued = vec![0; 100];
        issued[96] = 15;
        issued[67] = 1000;
        assert!((monthly(&issued, 3.0) - 338.333_333).abs() < 1e-5);
        assert!((monthly(&issued, 1.0) - 15.0).abs() < 1e-12);
        let mut edge = vec![0; 100];
        edge[9] = 7;
        edge[8] = 1000;
        assert!((monthly(&edge, 3.0) - 7.0 / 3.0).abs() < 1e-12, "91 days, today included");
    }
}
