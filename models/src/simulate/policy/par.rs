//! `par:DAYS` and `par-onhand:DAYS`: fill up to days of mean issues.

use super::Rule;
use crate::convert::{ceil_to_count, count_to_f64};
use crate::series::count;
use crate::simulate::book::{Page, latest};

/// Days of issues averaged.
const LOOK_BACK_DAYS: usize = 91;

/// A par level as cabinets have it: ceil(DAYS x mean daily issues of 91 days), re-set at each review.
///
/// An article with a par level of its own is filled up to that instead, whatever DAYS says.
///
/// # Source
/// `product.md` 5.6, own definition; netting what is on order makes it fair with suppliers that take days.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Par {
    /// DAYS of use to hold.
    pub days: f64,
    /// Whether what is on order counts as stock (`par`), or not (`par-onhand`).
    pub netted: bool,
}

impl Rule for Par {
    fn suggest(&self, page: &Page<'_>) -> i64 {
        let level = page.article.par_level.unwrap_or_else(|| {
            let issued = latest(page.issued, LOOK_BACK_DAYS);
            let mean = count_to_f64(issued.iter().sum()) / count(issued.len().max(1));
            ceil_to_count(self.days * mean)
        });
        let stock = if self.netted { page.position() } else { page.on_hand() };
        (level - stock).max(0)
    }
}
