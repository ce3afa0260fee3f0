//! `rss:Q,COST[,BUFFER[,CAP]]`: (R,s,S), the honest rival.

use super::Rule;
use super::quantile::window_quantile;
use crate::convert::{ceil_to_count, count_to_f64};
use crate::series::count;
use crate::simulate::book::{Page, latest};

/// Days of requests of which the lot is made.
const LOT_LOOK_BACK_DAYS: usize = 182;
/// Holding per year of a unit, as a share of its price, in the lot.
const HOLDING: f64 = 0.25;

/// At or below a quantile of requests, order a lot on top of it, on the position.
///
/// V = R + BUFFER; s = quantile Q of requests over L + V + 1 days; m = mean daily requests of 182 days; lot =
/// sqrt(2 COST m 365 / (.25 price)) within [m V, CAP m], then at most max(m V, m x shelf days / 2); S = max(s + lot -
/// m V, s); order S - position when the position is at most s.
///
/// # Source
/// `product.md` 5.5; Harris (1913) for the lot; Silver, Pyke, Thomas: (R,s,S).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rss {
    /// Q, 0..1.
    pub level: f64,
    /// COST of a line, money in major units.
    pub line_cost: f64,
    /// BUFFER, days on top of the review (4 unless said).
    pub buffer_days: usize,
    /// CAP of a lot, days of demand (90 unless said).
    pub cap_days: f64,
}

impl Rule for Rss {
    fn suggest(&self, page: &Page<'_>) -> i64 {
        let window = page.review_days + self.buffer_days;
        let trigger = self.trigger(page);
        let position = count_to_f64(page.position());
        if position > trigger {
            return 0;
        }
        let half_year = latest(page.requested, LOT_LOOK_BACK_DAYS);
        let daily = count_to_f64(half_year.iter().sum()) / count(half_year.len().max(1));
        let least = daily * count(window);
        let usable = page.article.shelf_life_days.map_or(f64::INFINITY, |days| daily * count(days) / 2.0);
        let lot = self.lot(daily, page.article.unit_price(), least).min(usable.max(least));
        ceil_to_count((trigger + lot - least).max(trigger) - position).max(0)
    }

    /// Position / reorder level: the emptiest first.
    fn urgency(&self, page: &Page<'_>) -> f64 {
        count_to_f64(page.position()) / self.trigger(page).max(1e-9)
    }
}

impl Rss {
    /// s.
    fn trigger(&self, page: &Page<'_>) -> f64 {
        window_quantile(page.requested, page.article.lead_time_days + page.review_days + self.buffer_days + 1, self.level)
    }

    fn lot(&self, daily: f64, price: f64, least: f64) -> f64 {
        let lot = (2.0 * self.line_cost * daily * 365.0 / (HOLDING * price).max(1e-9)).sqrt();
        lot.max(least).min((self.cap_days * daily).max(least))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lot_is_harris_within_its_bounds() {
        let rule = Rss { level: 0.98, line_cost: 8.0, buffer_days: 4, cap_days: 90.0 };
        // sqrt(2 x 8 x 10 x 365 / (.25 x 5)) = 216.15.
        assert!((rule.lot(10.0, 5.0, 110.0) - 216.148).abs() < 1e-3);
        assert!((rule.lot(10.0, 1e6, 110.0) - 110.0).abs() < 1e-12);
        assert!((rule.lot(10.0, 1e-6, 110.0) - 900.0).abs() < 1e-12);
        assert!(rule.lot(0.0, 5.0, 0.0).abs() < 1e-12);
    }
}
