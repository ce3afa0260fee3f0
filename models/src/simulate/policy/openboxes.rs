//! `openboxes:MIN,MAX`: levels in months of requests, re-set at each review.

use super::Rule;
use crate::convert::{ceil_to_count, count_to_f64, floor_to_count};
use crate::series::count;
use crate::simulate::book::{Page, latest};

/// The reorder report of `OpenBoxes` with levels that follow demand.
///
/// Monthly demand = requests of the last 365 days / 12, rounded half up (a shorter record is scaled up to 365 days);
/// levels = ceil(MIN and MAX x that); at or below the lower one order up to the upper one. On order is not netted.
///
/// # Source
/// `OpenBoxes`, `DashboardService.groovy`, `ForecastingService.groovy`; `product.md` 5.4. There people set the levels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OpenBoxes {
    /// MIN, months.
    pub least: f64,
    /// MAX, months.
    pub most: f64,
}

impl Rule for OpenBoxes {
    fn suggest(&self, page: &Page<'_>) -> i64 {
        let year = latest(page.requested, 365);
        let yearly = count_to_f64(year.iter().sum()) * 365.0 / count(year.len().max(1));
        self.order(yearly, page.on_hand())
    }
}

impl OpenBoxes {
    fn order(&self, yearly: f64, stock: i64) -> i64 {
        let monthly = count_to_f64(floor_to_count(yearly / 12.0 + 0.5));
        let level = |months: f64| ceil_to_count(months * monthly);
        if stock <= level(self.least) { (level(self.most) - stock).max(0) } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_the_lower_level_it_fills_up_to_the_upper() {
        let rule = OpenBoxes { least: 1.0, most: 2.0 };
        // 1,206 a year are 100.5 a month, half up 101.
        assert_eq!([rule.order(1206.0, 101), rule.order(1206.0, 102), rule.order(1206.0, 0)], [101, 0, 202]);
        assert_eq!(rule.order(5.0, 0), 0, "less than half a unit a month rounds to none");
    }
}
