//! Ordering policies: from the book of a review day to base units per article.

mod bhima;
mod name;
mod open_msupply;
mod openboxes;
mod openlmis;
mod par;
mod quantile;
mod rs;
mod rss;

pub use bhima::Bhima;
pub use name::{PolicyName, parse};
pub use open_msupply::OpenMsupply;
pub use openboxes::OpenBoxes;
pub use openlmis::OpenLmis;
pub use par::Par;
pub use rs::Rs;
pub use rss::Rss;

use super::SimulateError;
use super::book::{Book, Page};

/// Days of a month where a rule doesn't say otherwise.
pub(crate) const MONTH_DAYS: f64 = 30.4375;

/// What should be ordered this evening?
pub trait Policy {
    /// Base units to order, one entry per page of the book; the simulator rounds up to packs.
    ///
    /// # Errors
    /// Whatever keeps a policy from answering; a rule never fails.
    fn units(&mut self, book: &Book<'_>) -> Result<Vec<i64>, SimulateError>;

    /// Which lines are kept when money is short: the lower, the sooner; equal ones in the order of the pages.
    fn rank(&self, _page: &Page<'_>) -> f64 {
        0.0
    }
}

/// A rule that looks at one article at a time.
pub trait Rule {
    /// Base units to order of this article, at least 0.
    fn suggest(&self, page: &Page<'_>) -> i64;

    /// As [`Policy::rank`].
    fn urgency(&self, _page: &Page<'_>) -> f64 {
        0.0
    }
}

impl<R: Rule> Policy for R {
    fn units(&mut self, book: &Book<'_>) -> Result<Vec<i64>, SimulateError> {
        Ok(book.pages.iter().map(|page| self.suggest(page)).collect())
    }

    fn rank(&self, page: &Page<'_>) -> f64 {
        self.urgency(page)
    }
}
