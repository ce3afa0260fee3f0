//! What is learned now and then: spread of forecast errors, laws of lead times.

use std::collections::BTreeMap;

use super::PERIODS;
use crate::forecast::{Circumstances, Experience, Forecast};
use crate::lead_time::{Delivery, LeadTime};
use crate::series::{Series, count};
use crate::simulate::SimulateError;
use crate::simulate::book::Book;

/// Received deliveries below which a supplier's word counts: as in the service.
const DELIVERIES_MIN: usize = 5;
/// Deliveries older than this are left out, days; they hardly weigh.
const LOOK_BACK_DAYS: usize = 730;

/// What was learned on a day.
#[derive(Debug)]
pub(super) struct Learned {
    /// The day.
    pub(super) day: usize,
    experience: Experience,
    /// Supplier -> its law.
    laws: BTreeMap<String, Vec<(usize, f64)>>,
}

impl Learned {
    pub(super) fn from(book: &Book<'_>, series: &[Series]) -> Result<Self, SimulateError> {
        let experience = Experience::learn(series, &Circumstances::default(), PERIODS).map_err(|cause| failed(&cause))?;
        Ok(Self { day: book.day, experience, laws: laws(book)? })
    }

    pub(super) fn forecast(&self, series: &[Series]) -> Result<Vec<Forecast>, SimulateError> {
        self.experience.forecast(series, &Circumstances::default(), PERIODS).map_err(|cause| failed(&cause))
    }

    /// `(days, probability)` from tomorrow morning to the arrival of an order placed this evening.
    pub(super) fn lead_days(&self, supplier: &str) -> &[(usize, f64)] {
        self.laws.get(supplier).map_or(&[], Vec::as_slice)
    }
}

fn failed(cause: &dyn std::fmt::Display) -> SimulateError {
    SimulateError::Planner { what: cause.to_string() }
}

/// Laws of the days from the morning after the review to arrival: a review in the evening is an order next morning.
fn laws(book: &Book<'_>) -> Result<BTreeMap<String, Vec<(usize, f64)>>, SimulateError> {
    let day = |day: usize| i64::try_from(day).unwrap_or(i64::MAX);
    let mut deliveries = Vec::new();
    let mut received: BTreeMap<&str, usize> = BTreeMap::new();
    for one in book.receipts.iter().filter(|one| one.ordered_day + LOOK_BACK_DAYS >= book.day) {
        let Some(page) = book.pages.get(one.item) else { continue };
        *received.entry(&page.article.supplier).or_default() += 1;
        deliveries.push(Delivery {
            supplier: page.article.supplier.clone(),
            ordered_day: day(one.ordered_day + 1),
            promised_day: None,
            received_day: Some(day(one.received_day)),
        });
    }
    for page in &book.pages {
        deliveries.extend(page.open.iter().map(|order| Delivery {
            supplier: page.article.supplier.clone(),
            ordered_day: day(order.ordered_day + 1),
            promised_day: Some(day(order.promised_day)),
            received_day: None,
        }));
    }
    let mut laws = BTreeMap::new();
    for page in &book.pages {
        let supplier = &page.article.supplier;
        if laws.contains_key(supplier) {
            continue;
        }
        let stated = || LeadTime::from_promise(count(page.article.lead_time_days.saturating_sub(1)), 0.0);
        let law = if received.get(supplier.as_str()).copied().unwrap_or(0) >= DELIVERIES_MIN {
            LeadTime::from_deliveries(&deliveries, supplier, day(book.day)).or_else(|_| stated())
        } else {
            stated()
        };
        laws.insert(supplier.clone(), law.map_err(|cause| failed(&cause))?.by_days());
    }
    Ok(laws)
}
