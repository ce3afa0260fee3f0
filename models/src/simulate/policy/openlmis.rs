//! `openlmis:MAX`: periods of stock on the adjusted consumption of three periods.

use super::Rule;
use crate::convert::{count_to_f64, floor_to_count};
use crate::simulate::book::Page;

/// Days of a period.
const PERIOD_DAYS: usize = 30;
/// Periods averaged.
const PERIODS: usize = 3;

/// The requisition lines of `OpenLMIS`, periods being rolling windows of 30 days.
///
/// adjusted = ceil(C x 30 / (30 - X)) with X stock-out days (C itself when X = 30), average = ceil(mean of 3), max =
/// average x MAX rounded half up, order max - stock on hand if positive.
///
/// # Source
/// `OpenLMIS`, `LineItemFieldsCalculator.java`; `product.md` 5.3.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OpenLmis {
    /// MAX, periods.
    pub most: f64,
}

impl Rule for OpenLmis {
    fn suggest(&self, page: &Page<'_>) -> i64 {
        let periods = page.issued.rchunks_exact(PERIOD_DAYS).zip(page.empty.rchunks_exact(PERIOD_DAYS)).take(PERIODS);
        let consumed: Vec<i64> = periods
            .map(|(issued, empty)| {
                let days = empty.iter().filter(|day| **day).count();
                adjusted(issued.iter().sum(), i64::try_from(days).unwrap_or(0), 1)
            })
            .collect();
        order(average(&consumed), self.most, page.on_hand())
    }
}

fn adjusted(consumed: i64, stock_out_days: i64, months: i64) -> i64 {
    let days = 30 * months;
    let stocked = days - stock_out_days.min(days);
    if consumed == 0 || stocked == 0 { consumed } else { div_ceil(consumed * days, stocked) }
}

fn average(consumed: &[i64]) -> i64 {
    i64::try_from(consumed.len()).map_or(0, |periods| if periods == 0 { 0 } else { div_ceil(consumed.iter().sum(), periods) })
}

fn order(average: i64, most: f64, stock: i64) -> i64 {
    let level = floor_to_count(count_to_f64(average) * most + 0.5);
    (level - stock).max(0)
}

/// Quotient of numbers of at least 0, rounded up.
fn div_ceil(over: i64, under: i64) -> i64 {
    over.div_euclid(under) + i64::from(over % under > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_vectors() {
        assert_eq!([adjusted(20, 5, 3), adjusted(20, 90, 3), adjusted(20, 99, 3), adjusted(0, 5, 3)], [22, 20, 20, 0]);
        assert_eq!([average(&[5]), average(&[5, 10]), average(&[5, 10, 15]), average(&[])], [5, 8, 10, 0]);
        assert_eq!(order(2, 7.25, 0), 15);
        assert_eq!(order(10, 1.0, 5), 5);
        assert_eq!(order(2, 7.0, 4), 10);
    }
}
