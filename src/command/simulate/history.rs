//! A hospital's record from its import files: which articles, what was asked for on which day, who delivers how late.

mod demand;
mod trade;

use std::path::Path;

use wardstock::base::error::{Error, Result};
use wardstock::base::table::{Rejected, Sheet};
use wardstock_models::lead_time::LeadTime;
use wardstock_models::simulate::{Article, SimulateError, Timeline, World, replay};

/// Shortest record: enough to learn from, to settle, and to measure.
const DAYS_MIN: usize = 56;
/// Days between the first review and the first measured day, at most.
const SETTLE_DAYS: usize = 91;

/// What the files say.
#[derive(Debug)]
pub(super) struct History {
    articles: Vec<Article>,
    /// `requests[article][day]`.
    requests: Vec<Vec<i64>>,
    laws: Vec<LeadTime>,
    /// What was left out, for the person at the terminal.
    pub(super) notes: Vec<String>,
}

impl History {
    /// The world of one seed; the last `weeks` weeks are measured, half of the record when not said.
    pub(super) fn world(&self, seed: u64, weeks: Option<usize>) -> std::result::Result<World, SimulateError> {
        let days = self.requests.first().map_or(0, Vec::len);
        let weeks = weeks.unwrap_or(days / 14);
        let measured = days.saturating_sub(7 * weeks);
        if days < DAYS_MIN || measured < DAYS_MIN / 2 {
            let what = format!("the record has {days} days: at least {DAYS_MIN}, and {} before the {weeks} weeks measured", DAYS_MIN / 2);
            return Err(SimulateError::World { what });
        }
        let timeline = Timeline { history: measured - SETTLE_DAYS.min(measured / 3), measured, days };
        replay(seed, self.articles.clone(), self.requests.clone(), &self.laws, timeline)
    }
}

/// Reads a folder.
pub(super) fn read(folder: &Path) -> Result<History> {
    let trade = trade::read(folder)?;
    let asked = demand::read(&needed(folder, "demand.csv")?)?;
    let mut history = History { articles: Vec::new(), requests: Vec::new(), laws: Vec::new(), notes: Vec::new() };
    let mut left_out = 0;
    for (item, requests) in asked {
        match trade.get(&item) {
            Some((article, law)) => {
                history.articles.push(article.clone());
                history.requests.push(requests);
                history.laws.push(law.clone());
            }
            None => left_out += 1,
        }
    }
    if left_out > 0 {
        history.notes.push(format!("{left_out} items with demand are left out: they are not in items.csv, or nobody offers them"));
    }
    if history.articles.is_empty() {
        let folder = folder.display().to_string();
        return Err(Error::field(&folder, "empty", format!("{folder}: no item has both demand and an offer")));
    }
    Ok(history)
}

/// A file that must be there.
fn needed(folder: &Path, name: &str) -> Result<Sheet> {
    optional(folder, name)?.ok_or_else(|| Error::field(name, "needed", format!("{}: the file is not there", folder.join(name).display())))
}

/// A file that may be there.
fn optional(folder: &Path, name: &str) -> Result<Option<Sheet>> {
    let path = folder.join(name);
    match std::fs::read(&path) {
        Ok(bytes) => Sheet::parse(&path.display().to_string(), &bytes).map(Some),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(Error::field(name, "unreadable", format!("{}: {cause}", path.display()))),
    }
}

/// The first bad cell, if there is one.
fn accept(rejected: &[Rejected]) -> Result<()> {
    let Some(bad) = rejected.first() else { return Ok(()) };
    let more = rejected.len() - 1;
    let detail = format!(
        "{}: line {}: column {}: '{}': {} ({}); {more} more bad cells",
        bad.file, bad.line, bad.column, bad.value, bad.hint, bad.rule
    );
    Err(Error::field(&bad.file, &bad.rule, detail))
}
