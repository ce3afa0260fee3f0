//! From the book to the questions about each article, as the service makes them from the database.

use super::{Knobs, PERIOD_DAYS};
use crate::convert::count_to_f64;
use crate::forecast::Forecast;
use crate::levels::{Demand, DemandPool, DemandRecord, Lot, OpenOrder, Question, Terms};
use crate::plan::standard::{DISPOSAL_SHARE, HOLDING_PER_YEAR, shortage_cost};
use crate::series::{PeriodDemand as Known, PeriodLength, Series};
use crate::simulate::SimulateError;
use crate::simulate::book::{Book, Page};

/// Days of history that a forecast looks at.
const HISTORY_DAYS: usize = 3 * 364;

/// Requests per week, the last week ending today.
pub(super) fn series(book: &Book<'_>) -> Result<Vec<Series>, SimulateError> {
    book.pages
        .iter()
        .map(|page| {
            let whole = page.requested.len().min(HISTORY_DAYS) / PERIOD_DAYS * PERIOD_DAYS;
            let first = page.requested.len() - whole;
            let recent = page.requested.get(first..).unwrap_or_default();
            let periods = recent.chunks(PERIOD_DAYS).map(|period| Known::known(count_to_f64(period.iter().sum()))).collect();
            Series::new(page.article.id.clone(), None, PeriodLength::Week, number(first), periods)
                .map_err(|cause| SimulateError::Planner { what: cause.to_string() })
        })
        .collect()
}

/// Adds the days since the last review to the records.
pub(super) fn remember(records: &mut Vec<DemandRecord>, book: &Book<'_>) {
    let from = if records.is_empty() { 0 } else { (book.day + 1).saturating_sub(book.review_days) };
    records.resize(book.pages.len(), DemandRecord::default());
    for (record, page) in records.iter_mut().zip(&book.pages) {
        let days = page.requested.iter().enumerate().skip(from);
        days.for_each(|(day, units)| record.add(number(day), *units));
    }
}

/// Demand of one article from tomorrow on.
pub(super) fn demand(page: &Page<'_>, forecast: &Forecast, record: &DemandRecord, pool: &DemandPool) -> Demand {
    Demand::new(record, pool, &forecast.sums, PERIOD_DAYS, number(page.day + 1))
}

/// Puts the question about one article to `ask`.
pub(super) fn of<A>(page: &Page<'_>, demand: &Demand, lead_days: &[(usize, f64)], knobs: Knobs, ask: impl Fn(&Question<'_>) -> A) -> A {
    let open: Vec<OpenOrder> =
        page.open.iter().map(|order| OpenOrder { age_days: page.day - order.ordered_day.min(page.day), units: order.units }).collect();
    // A lot can last be used on the day before it is gone.
    let left = |gone: usize| gone.saturating_sub(page.day + 1);
    let lots: Vec<Lot> = page.lots.iter().map(|lot| Lot { units: lot.units, days_left: lot.expires_day.map(left) }).collect();
    ask(&Question { demand, lead_days, review_days: page.review_days, terms: terms(page, knobs), lots: &lots, open: &open })
}

pub(super) fn terms(page: &Page<'_>, knobs: Knobs) -> Terms {
    let article = page.article;
    let price = article.unit_price();
    Terms {
        holding_per_day: HOLDING_PER_YEAR * price / 365.0,
        shortage: knobs.shortage_factor * shortage_cost(article.ven, price, knobs.price_floor),
        line: knobs.line_cost,
        expired: (1.0 + DISPOSAL_SHARE) * price,
        shelf_life_days: article.shelf_life_days,
        units_per_pack: article.units_per_pack,
        moq_packs: article.moq_packs,
    }
}

fn number(day: usize) -> i64 {
    i64::try_from(day).unwrap_or(i64::MAX)
}
