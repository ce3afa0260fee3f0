//! `rs:Q`: (R,S), up to a quantile at every review.

use super::Rule;
use super::quantile::window_quantile;
use crate::convert::{ceil_to_count, count_to_f64};
use crate::simulate::book::Page;

/// Order up to the quantile Q of requests over L + R + 1 days, on the position.
///
/// # Source
/// `product.md` 5.5; Silver, Pyke, Thomas: Inventory and Production Management, (R,S).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rs {
    /// Q, 0..1.
    pub level: f64,
}

impl Rule for Rs {
    fn suggest(&self, page: &Page<'_>) -> i64 {
        let days = page.article.lead_time_days + page.review_days + 1;
        let upper = window_quantile(page.requested, days, self.level);
        ceil_to_count(upper - count_to_f64(page.position())).max(0)
    }
}
