//! From the book to a plan's instance, as the service makes it from the database.

use super::{Knobs, Learned, PERIOD_DAYS, horizon};
use crate::convert::{count_to_f64, index_to_period};
use crate::forecast::Forecast;
use crate::plan::standard::{DISPOSAL_SHARE, HOLDING_PER_YEAR, demand_of, shortage_cost};
use crate::plan::{Instance, Item, Lot, Offer, OpenOrder, Options, PeriodDemand, StorageClass, Supplier};
use crate::series::{PeriodDemand as Known, PeriodLength, Series, count};
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
            Series::new(page.article.id.clone(), None, PeriodLength::Week, i64::try_from(first).unwrap_or(0), periods)
                .map_err(|cause| SimulateError::Planner { what: cause.to_string() })
        })
        .collect()
}

/// The question of one review: every article is named by its position in `rows`.
pub(super) fn instance(rows: &[(&Page<'_>, &Forecast)], learned: &Learned, knobs: Knobs) -> Instance {
    let review_days = rows.first().map_or(PERIOD_DAYS, |(page, _)| page.review_days);
    // A plan may order in every week in which there is a review.
    let spacing = review_days.div_ceil(PERIOD_DAYS);
    let order_periods: Vec<u32> = (0..horizon(knobs.periods)).step_by(spacing).map(index_to_period).collect();
    let mut suppliers: Vec<&str> = rows.iter().map(|(page, _)| page.article.supplier.as_str()).collect();
    suppliers.sort_unstable();
    suppliers.dedup();
    Instance {
        schema: "wardstock.plan.v1".into(),
        periods: index_to_period(horizon(knobs.periods)),
        period_days: index_to_period(PERIOD_DAYS),
        start: String::new(),
        currency: String::new(),
        items: rows.iter().enumerate().map(|(at, (page, forecast))| item(at, page, forecast, knobs)).collect(),
        offers: rows.iter().enumerate().map(|(at, (page, _))| offer(at, page, learned)).collect(),
        suppliers: suppliers.into_iter().map(|id| supplier(id, knobs, &order_periods)).collect(),
        budget: None,
        storage: Vec::new(),
        transfers: Vec::new(),
        substitutes: Vec::new(),
        options: Options::default(),
    }
}

fn item(at: usize, page: &Page<'_>, forecast: &Forecast, knobs: Knobs) -> Item {
    let article = page.article;
    let price = article.unit_price();
    let life = article.shelf_life_days.map(|days| index_to_period(days / PERIOD_DAYS).max(1));
    Item {
        id: at.to_string(),
        name: None,
        base_unit: None,
        place: None,
        ven: article.ven,
        storage_class: StorageClass::default(),
        volume_ml: 0.0,
        shelf_life_periods: life,
        on_hand: page.lots.iter().filter_map(|lot| lot_of(lot.units, lot.expires_day, page)).collect(),
        on_order: page.open.iter().map(|order| open_order(order.units, order.promised_day, page, life)).collect(),
        // Quantiles of single periods are read only where there are none of the sums.
        demand: forecast.steps.iter().map(|step| PeriodDemand { mean: step.mean(), quantiles: Vec::new() }).collect(),
        cumulative_demand: Some(forecast.sums.iter().map(demand_of).collect()),
        holding_cost: HOLDING_PER_YEAR * price * count(PERIOD_DAYS) / 365.0,
        shortage_cost: knobs.shortage_factor * shortage_cost(article.ven, price, knobs.price_floor),
        disposal_cost: DISPOSAL_SHARE * price,
        safety_stock: None,
    }
}

/// A lot counts for a period only if it lasts through it, except the running one; one that is gone tomorrow not at all.
fn lot_of(units: i64, expires_day: Option<usize>, page: &Page<'_>) -> Option<Lot> {
    let tomorrow = page.day + 1;
    let Some(gone) = expires_day else { return Some(Lot { units, expires_period: None }) };
    let usable = gone.checked_sub(tomorrow).filter(|days| *days > 0)?;
    Some(Lot { units, expires_period: Some(index_to_period((usable / PERIOD_DAYS).saturating_sub(1))) })
}

/// An open order arrives in the period after its promised day; one that is overdue is hoped for in the next period.
fn open_order(units: i64, promised_day: usize, page: &Page<'_>, life: Option<u32>) -> OpenOrder {
    let tomorrow = page.day + 1;
    let days = promised_day.checked_sub(tomorrow).unwrap_or(PERIOD_DAYS);
    let arrives_period = index_to_period(days.div_ceil(PERIOD_DAYS));
    OpenOrder { units, arrives_period, expires_period: life.map(|life| arrives_period + life - 1) }
}

fn offer(at: usize, page: &Page<'_>, learned: &Learned) -> Offer {
    let article = page.article;
    // Counted from tomorrow morning, when an order of this evening is on its way.
    let lead = article.lead_time_days.saturating_sub(1).div_ceil(PERIOD_DAYS);
    Offer {
        id: at.to_string(),
        item: at.to_string(),
        supplier: article.supplier.clone(),
        units_per_pack: article.units_per_pack,
        price: count_to_f64(article.price_minor) / 100.0,
        moq_packs: article.moq_packs,
        lead_periods: index_to_period(lead),
        max_packs: None,
        lead_delay: learned.delay(&article.supplier, index_to_period(PERIOD_DAYS), lead),
    }
}

fn supplier(id: &str, knobs: Knobs, order_periods: &[u32]) -> Supplier {
    Supplier {
        id: id.to_owned(),
        name: None,
        order_cost: 0.0,
        line_cost: knobs.line_cost,
        min_order: 0.0,
        order_periods: Some(order_periods.to_vec()),
    }
}
