//! What a policy may look at on a review day: the book up to that evening, nothing of the future.

use super::purse::Purse;
use super::shelf::{Lot, OpenOrder};
use super::world::Article;

/// One article's page.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// The article and its offer.
    pub article: &'a Article,
    /// Today; the day is over.
    pub day: usize,
    /// Days from this review to the next, at least 1.
    pub review_days: usize,
    /// Usable lots, first to expire first.
    pub lots: &'a [Lot],
    /// Orders on their way.
    pub open: &'a [OpenOrder],
    /// `issued[day]`: base units handed out, up to today.
    pub issued: &'a [i64],
    /// `requested[day]`: base units asked for, up to today.
    pub requested: &'a [i64],
    /// `empty[day]`: nothing on the shelf the whole day, up to today.
    pub empty: &'a [bool],
}

impl Page<'_> {
    /// Usable base units on the shelf.
    pub fn on_hand(&self) -> i64 {
        self.lots.iter().map(|lot| lot.units).sum()
    }

    /// On hand and on order, base units.
    pub fn position(&self) -> i64 {
        self.on_hand() + self.open.iter().map(|order| order.units).sum::<i64>()
    }
}

/// The last `days` entries of a record, fewer when it is shorter.
pub(crate) fn latest<T>(record: &[T], days: usize) -> &[T] {
    record.get(record.len().saturating_sub(days)..).unwrap_or(record)
}

/// A delivery that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// Index of the article.
    pub item: usize,
    /// Day of the order.
    pub ordered_day: usize,
    /// Day of arrival.
    pub received_day: usize,
}

/// The whole book of a review day.
#[derive(Debug)]
pub struct Book<'a> {
    /// Today; the day is over.
    pub day: usize,
    /// Days from this review to the next, at least 1.
    pub review_days: usize,
    /// One page per article.
    pub pages: Vec<Page<'a>>,
    /// All deliveries so far, oldest first.
    pub receipts: &'a [Receipt],
    /// Money to order with; `None`: no limit.
    pub purse: Option<Purse>,
}
