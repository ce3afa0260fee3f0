//! A world from a hospital's own record: its demand as it was, its suppliers as they deliver.

use super::SimulateError;
use super::chance::{Purpose, stream};
use super::hospital::opening;
use super::world::{Article, Timeline, World};
use crate::convert::round_to_count;
use crate::lead_time::LeadTime;

/// The world of a record.
///
/// Requests are what the record says, so seeds differ in their lead times only: each order's is drawn from its
/// supplier's law, at least a day. All policies start from 45 days of the history's demand, in whole packs.
///
/// - `requests[item][day]`: base units asked for, one per day of the timeline.
/// - `laws[item]`: lead times of the article's supplier, days.
///
/// # Errors
/// [`SimulateError::World`] for wrong shapes or values.
pub(super) fn replay(
    seed: u64,
    articles: Vec<Article>,
    requests: Vec<Vec<i64>>,
    laws: &[LeadTime],
    timeline: Timeline,
) -> Result<World, SimulateError> {
    let took = |item: usize, law: &LeadTime, day: usize| {
        let days = law.quantile(stream(seed, item, day, Purpose::Lead).uniform());
        usize::try_from(round_to_count(days)).unwrap_or(0).max(1)
    };
    let lead_days = laws.iter().enumerate().map(|(item, law)| (0..timeline.days).map(|day| took(item, law, day)).collect()).collect();
    let opening = articles.iter().zip(&requests).map(|(article, asked)| opening(article, asked, timeline.history)).collect();
    World::new(articles, timeline, requests, lead_days, opening)
}
