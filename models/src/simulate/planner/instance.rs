//! From the book to a plan's instance, as the service makes it from the database; needed where money is short, and to
//! compare the risk forms.

use std::collections::BTreeMap;

use super::{Knobs, PERIOD_DAYS, PERIODS};
use crate::convert::{count_to_f64, index_to_period, length_to_f64};
use crate::forecast::Forecast;
use crate::levels::OrderAdvice;
use crate::plan::standard::{DISPOSAL_SHARE, HOLDING_PER_YEAR, demand_of, shortage_cost};
use crate::plan::{Due, Instance, Item, Lot, Offer, OpenOrder, Options, PeriodDemand, StorageClass, Supplier};
use crate::simulate::book::Page;
use crate::simulate::purse::Purse;

/// What is known of one article on a review.
#[derive(Debug)]
pub(super) struct Known<'a> {
    pub(super) page: &'a Page<'a>,
    pub(super) forecast: &'a Forecast,
    /// Its own levels, as if money were no matter.
    pub(super) advice: OrderAdvice,
    /// As in [`crate::levels::Question::lead_days`].
    pub(super) lead_days: &'a [(usize, f64)],
}

/// The question of one review: every article is named by its position in `rows`.
pub(super) fn instance(rows: &[Known<'_>], purse: Option<Purse>, review_days: usize, knobs: Knobs) -> Instance {
    // A plan may order in every week in which there is a review.
    let spacing = review_days.div_ceil(PERIOD_DAYS).max(1);
    let order_periods: Vec<u32> = (0..PERIODS).step_by(spacing).map(index_to_period).collect();
    let reviews = length_to_f64(spacing * PERIOD_DAYS) / length_to_f64(review_days.max(1));
    let money = |purse: Purse, period: usize| {
        Some(if period == 0 { count_to_f64(purse.left) / 100.0 } else { count_to_f64(purse.per_review) / 100.0 * reviews })
    };
    let mut suppliers: Vec<&str> = rows.iter().map(|row| row.page.article.supplier.as_str()).collect();
    suppliers.sort_unstable();
    suppliers.dedup();
    Instance {
        schema: "wardstock.plan.v1".into(),
        periods: index_to_period(PERIODS),
        period_days: index_to_period(PERIOD_DAYS),
        start: String::new(),
        currency: String::new(),
        items: rows.iter().enumerate().map(|(at, row)| item(at, row, knobs)).collect(),
        offers: rows.iter().enumerate().map(|(at, row)| offer(at, row)).collect(),
        suppliers: suppliers.into_iter().map(|id| supplier(id, knobs, &order_periods)).collect(),
        budget: purse.map(|purse| (0..PERIODS).map(|period| money(purse, period)).collect()),
        storage: Vec::new(),
        transfers: Vec::new(),
        substitutes: Vec::new(),
        options: Options { risk: knobs.form.unwrap_or_default(), ..Options::default() },
    }
}

fn item(at: usize, row: &Known<'_>, knobs: Knobs) -> Item {
    let (page, article) = (row.page, row.page.article);
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
        demand: row.forecast.steps.iter().map(|step| PeriodDemand { mean: step.mean(), quantiles: Vec::new() }).collect(),
        cumulative_demand: Some(row.forecast.sums.iter().map(demand_of).collect()),
        holding_cost: HOLDING_PER_YEAR * price * length_to_f64(PERIOD_DAYS) / 365.0,
        shortage_cost: knobs.shortage_factor * shortage_cost(article.ven, price, knobs.price_floor),
        disposal_cost: DISPOSAL_SHARE * price,
        safety_stock: None,
        due: knobs.form.is_none().then(|| due(at, row)),
    }
}

fn due(at: usize, row: &Known<'_>) -> Due {
    let advice = row.advice;
    let days = advice.days_to_reorder;
    Due {
        offer: at.to_string(),
        position: advice.position,
        reorder_level: advice.reorder_level,
        up_to_level: advice.up_to_level,
        packs: advice.units / row.page.article.units_per_pack.max(1),
        previous_packs: None,
        short_before_delivery: advice.short_before_delivery,
        one_pack_more: advice.one_pack_more,
        one_pack_less: advice.one_pack_less,
        days_to_reorder: days.is_finite().then_some(days),
        review_days: index_to_period(row.page.review_days),
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

/// Lead times in whole periods; what takes longer than the supplier states is a delay with its chance.
fn offer(at: usize, row: &Known<'_>) -> Offer {
    let article = row.page.article;
    let lead = article.lead_time_days.saturating_sub(1).div_ceil(PERIOD_DAYS);
    let mut delays: BTreeMap<usize, f64> = BTreeMap::new();
    for &(days, chance) in row.lead_days {
        *delays.entry(days.div_ceil(PERIOD_DAYS).saturating_sub(lead)).or_default() += chance;
    }
    Offer {
        id: at.to_string(),
        item: at.to_string(),
        supplier: article.supplier.clone(),
        units_per_pack: article.units_per_pack,
        price: count_to_f64(article.price_minor) / 100.0,
        moq_packs: article.moq_packs,
        lead_periods: index_to_period(lead),
        max_packs: None,
        lead_delay: delays.into_iter().map(|(late, chance)| (index_to_period(late), chance.min(1.0))).collect(),
    }
}

fn supplier(id: &str, knobs: Knobs, order_periods: &[u32]) -> Supplier {
    Supplier {
        id: id.to_owned(),
        name: None,
        order_cost: 0.0,
        line_cost: knobs.line_cost,
        min_order: 0.0,
        rush_cost: None,
        order_periods: Some(order_periods.to_vec()),
    }
}
