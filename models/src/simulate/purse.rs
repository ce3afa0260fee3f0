//! Money to order with: so much at every review, and an order list that never costs more.

use super::SimulateError;
use super::world::Article;

/// Money at hand on a review, minor units.
///
/// Each review brings the same amount. What is not spent carries over without limit: orders of whole lots come in
/// lumps, and a hospital whose money lapsed at the end of each week would have to split them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purse {
    /// Money that each review brings, at least 0.
    pub per_review: i64,
    /// Money at hand now, this review's included.
    pub left: i64,
}

/// A line as it is placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) item: usize,
    pub(super) packs: i64,
}

impl Purse {
    pub(super) fn new(per_review: i64) -> Self {
        Self { per_review: per_review.max(0), left: 0 }
    }

    /// The money of another review.
    pub(super) fn refill(&mut self) -> Result<(), SimulateError> {
        self.left = self.left.checked_add(self.per_review).ok_or(SimulateError::TooLarge)?;
        Ok(())
    }

    /// The lines that money is there for, in the order given: as many packs of each as can be paid, none below the
    /// article's smallest order.
    pub(super) fn affordable(&self, lines: Vec<Line>, articles: &[Article]) -> Vec<Line> {
        let mut left = self.left;
        let mut kept = Vec::with_capacity(lines.len());
        for line in lines {
            let Some(article) = articles.get(line.item) else { continue };
            let paid = left.checked_div(article.price_minor).unwrap_or(line.packs);
            let packs = line.packs.min(paid);
            if packs >= article.moq_packs && packs > 0 {
                left -= packs * article.price_minor;
                kept.push(Line { packs, ..line });
            }
        }
        kept
    }

    /// Takes what the lines cost.
    ///
    /// # Errors
    /// [`SimulateError::OverBudget`] when that is more than there is: the budget is never exceeded.
    pub(super) fn pay(&mut self, cost: i64) -> Result<(), SimulateError> {
        if cost > self.left {
            return Err(SimulateError::OverBudget);
        }
        self.left -= cost;
        Ok(())
    }
}
