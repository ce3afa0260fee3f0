//! What all policies of a comparison meet alike: articles, requests, lead times, opening stock.

use serde::Serialize;

use super::SimulateError;
use super::truth::Truth;
use crate::convert::count_to_f64;
use crate::plan::Ven;

/// Largest number of base units on one day or in one order.
pub const UNITS_MAX: i64 = 1_000_000_000;

/// One kept item with its single offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Article {
    /// Opaque and unique.
    pub id: String,
    /// Clinical importance.
    pub ven: Ven,
    /// Who delivers it.
    pub supplier: String,
    /// Base units in a pack, at least 1.
    pub units_per_pack: i64,
    /// Money per pack in minor units, at least 0.
    pub price_minor: i64,
    /// Packs an order holds at least, at least 1.
    pub moq_packs: i64,
    /// Days from order to arrival as the supplier states them, at least 1.
    pub lead_time_days: usize,
    /// Days of use from the day of receipt on. `None`: does not expire.
    pub shelf_life_days: Option<usize>,
    /// What people fill this article up to, base units; `None`: nobody has said. Only `par` looks at it.
    pub par_level: Option<i64>,
}

impl Article {
    /// Money per base unit in major units: what a unit on the shelf is worth.
    pub fn unit_price(&self) -> f64 {
        count_to_f64(self.price_minor) / 100.0 / count_to_f64(self.units_per_pack.max(1))
    }
}

/// Days of a run: `0..history` only fills the book, then policies order, and from `measured` on it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Timeline {
    /// Days of history before the first review, at least 1; all requests are met in them.
    pub history: usize,
    /// First day that counts, after `history`.
    pub measured: usize,
    /// Number of days, above `measured`.
    pub days: usize,
}

/// What all policies meet alike.
#[derive(Debug, Clone, PartialEq)]
pub struct World {
    articles: Vec<Article>,
    timeline: Timeline,
    requests: Vec<Vec<i64>>,
    lead_days: Vec<Vec<usize>>,
    opening: Vec<i64>,
    truths: Option<Vec<Truth>>,
}

impl World {
    /// Is this a world that can be walked?
    ///
    /// - `articles`: at least one.
    /// - `requests[item][day]`: base units asked for, 0 to [`UNITS_MAX`], one per day of the timeline.
    /// - `lead_days[item][day]`: days an order of this day takes, at least 1.
    /// - `opening[item]`: base units on the shelf after the history, as one fresh lot.
    ///
    /// # Errors
    /// [`SimulateError::World`] names what has the wrong shape or value.
    pub fn new(
        articles: Vec<Article>,
        timeline: Timeline,
        requests: Vec<Vec<i64>>,
        lead_days: Vec<Vec<usize>>,
        opening: Vec<i64>,
    ) -> Result<Self, SimulateError> {
        let Timeline { history, measured, days } = timeline;
        let refuse = |what: String| Err(SimulateError::World { what });
        if !(1 <= history && history <= measured && measured < days) {
            return refuse(format!("history {history}, measured {measured}, days {days} must rise from 1"));
        }
        if articles.is_empty() || [requests.len(), lead_days.len(), opening.len()] != [articles.len(); 3] {
            return refuse(format!("{} articles need as many rows of requests, lead times and opening stock", articles.len()));
        }
        let units = |value: &i64| (0..=UNITS_MAX).contains(value);
        for (((article, asked), leads), stock) in articles.iter().zip(&requests).zip(&lead_days).zip(&opening) {
            if asked.len() != days || leads.len() != days {
                return refuse(format!("{}: one request and one lead time for each of {days} days", article.id));
            }
            if !asked.iter().all(units) || !units(stock) || leads.contains(&0) {
                return refuse(format!("{}: requests and stock from 0 to {UNITS_MAX}, lead times of at least a day", article.id));
            }
            if article.units_per_pack < 1 || article.moq_packs < 1 || !(0..=UNITS_MAX).contains(&article.price_minor) {
                return refuse(format!("{}: packs hold a unit or more and cost from 0 to {UNITS_MAX}", article.id));
            }
        }
        Ok(Self { articles, timeline, requests, lead_days, opening, truths: None })
    }

    /// The same world with the laws it was drawn from, one per article; others are dropped.
    #[must_use]
    pub fn with_truths(self, truths: Vec<Truth>) -> Self {
        let truths = (truths.len() == self.articles.len()).then_some(truths);
        Self { truths, ..self }
    }

    /// The laws it was drawn from, one per article; `None` where nobody knows them.
    pub fn truths(&self) -> Option<&[Truth]> {
        self.truths.as_deref()
    }

    /// The articles, in the order of every other list.
    pub fn articles(&self) -> &[Article] {
        &self.articles
    }

    /// The days.
    pub fn timeline(&self) -> Timeline {
        self.timeline
    }

    /// `requests()[item][day]`, base units.
    pub fn requests(&self) -> &[Vec<i64>] {
        &self.requests
    }

    /// `lead_days()[item][day]`: days an order of this day takes.
    pub fn lead_days(&self) -> &[Vec<usize>] {
        &self.lead_days
    }

    /// `opening()[item]`: base units on the shelf after the history.
    pub fn opening(&self) -> &[i64] {
        &self.opening
    }

    /// Times that a policy is asked, from the last day of the history on; `review_days` 0 counts as 1.
    pub fn reviews(&self, review_days: usize) -> usize {
        (self.timeline.days - self.timeline.history).div_ceil(review_days.max(1))
    }

    /// Years that are measured; 365 days each.
    pub fn years(&self) -> f64 {
        crate::series::count(self.timeline.days - self.timeline.measured) / 365.0
    }
}
