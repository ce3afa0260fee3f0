//! `bhima:INTERVAL[,MULTIPLIER,MIN_DELAY]`: refill at every review, no trigger.

use super::Rule;
use crate::convert::{count_to_f64, floor_to_count, round_to_count};
use crate::series::count;
use crate::simulate::book::{Page, latest};

/// Days of a month in BHIMA's procedures.
const MONTH_DAYS: f64 = 30.5;
/// Shipped look-back of 6 months.
const LOOK_BACK_DAYS: usize = 183;

/// BHIMA's inventory indicators, shipped algorithm `msh`.
///
/// C = units issued in 6 months / (months - stock-out days / 30.5), a zero divisor counts as 1, rounded to 2 decimals;
/// security = C x max(`MIN_DELAY`, lead in months); min = security x MULTIPLIER; max = C x INTERVAL + min; order
/// trunc(max - S) if positive. What is on order is not looked at.
///
/// # Source
/// BHIMA, `computeInventoryIndicators`, `03-procedures.sql`; `product.md` 5.2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bhima {
    /// INTERVAL, months.
    pub interval: f64,
    /// MULTIPLIER of the security stock.
    pub multiplier: f64,
    /// `MIN_DELAY`, months.
    pub min_delay: f64,
}

impl Rule for Bhima {
    fn suggest(&self, page: &Page<'_>) -> i64 {
        let issued = latest(page.issued, LOOK_BACK_DAYS);
        let empty = latest(page.empty, LOOK_BACK_DAYS).iter().filter(|day| **day).count();
        let months = (count(issued.len()) / MONTH_DAYS).min(6.0);
        let average = monthly(issued.iter().sum(), months, count(empty));
        self.order(average, count(page.article.lead_time_days) / MONTH_DAYS, page.on_hand())
    }
}

impl Bhima {
    fn order(&self, average: f64, lead_months: f64, stock: i64) -> i64 {
        let least = average * self.min_delay.max(lead_months) * self.multiplier;
        floor_to_count((average * self.interval + least - count_to_f64(stock)).max(0.0))
    }
}

/// `algo_msh`, rounded to 2 decimals.
fn monthly(consumed: i64, months: f64, stock_out_days: f64) -> f64 {
    let divisor = months - stock_out_days / MONTH_DAYS;
    let divisor = if divisor.abs() < 1e-12 { 1.0 } else { divisor };
    count_to_f64(round_to_count(count_to_f64(consumed) / divisor * 100.0)) / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_vectors() {
        assert!((monthly(610, 6.0, 30.5) - 122.0).abs() < 1e-9);
        assert!((monthly(7, 1.0, 30.5) - 7.0).abs() < 1e-9);
        let rule = |multiplier, min_delay| Bhima { interval: 1.0, multiplier, min_delay };
        assert_eq!(rule(1.0, 0.0).order(100.0, 0.5, 60), 90);
        assert_eq!(rule(2.0, 1.0).order(100.0, 0.5, 60), 240);
        assert_eq!(rule(1.0, 0.0).order(100.0, 0.5, 999), 0);
    }
}
