//! From what was gathered to an instance of the planner: days to periods, minor to major money. Pure.

use std::collections::HashMap;

use wardstock_models::forecast::Forecast;
use wardstock_models::plan::standard::{DISPOSAL_SHARE, HOLDING_PER_YEAR, LINE_COST, SHORTAGE_PRICE_MIN, demand_of, shortage_cost};
use wardstock_models::plan::{Instance, Item, Lot, Offer, OpenOrder, Options, Risk, StorageClass, StorageLimit, Supplier, Ven};

use super::gather::{Gathered, Row};
use super::{PlanRequest, due, links};
use crate::base::money::to_major;
use crate::base::quantity::to_f64;
use crate::base::time::Day;
use crate::catalogue;

/// An instance, and what its offer ids stand for.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) instance: Instance,
    /// Offer id in the instance -> (row, offer).
    pub(super) lines: HashMap<String, (usize, usize)>,
    pub(super) currency: String,
}

/// Writes the instance.
pub(super) fn question(gathered: &Gathered, wish: &PlanRequest) -> Question {
    let currency = currency_of(gathered, wish);
    let mut by_item: HashMap<i64, Vec<usize>> = HashMap::new();
    for (at, offer) in gathered.offers.iter().enumerate().filter(|(_, offer)| offer.currency == currency) {
        by_item.entry(offer.item_id).or_default().push(at);
    }
    let mut lines = HashMap::new();
    let mut offers = Vec::new();
    let mut items = Vec::with_capacity(gathered.rows.len());
    for (row_at, (row, forecast)) in gathered.rows.iter().zip(gathered.forecasts()).enumerate() {
        let own: &[usize] = by_item.get(&row.item.id).map_or(&[], Vec::as_slice);
        let own_offers = || own.iter().filter_map(|at| gathered.offers.get(*at));
        let unit_price = own_offers().map(|offer| to_major(offer.price_minor) / to_f64(offer.units_per_pack)).fold(f64::INFINITY, f64::min);
        items.push(item(row, forecast, if unit_price.is_finite() { unit_price } else { 0.0 }, gathered.today, wish.period_days()));
        for (offer_at, offer) in own.iter().filter_map(|at| gathered.offers.get(*at).map(|offer| (*at, offer))) {
            let id = format!("{}@{}", offer.id, row.place.code);
            offers.push(planner_offer(id.clone(), row, offer, gathered, wish.period_days()));
            lines.insert(id, (row_at, offer_at));
        }
    }
    let instance = Instance {
        schema: "wardstock.plan.v1".into(),
        periods: u32::try_from(wish.periods()).unwrap_or(1),
        period_days: u32::try_from(wish.period_days()).unwrap_or(7),
        start: gathered.today.to_text(),
        currency: currency.clone(),
        suppliers: suppliers(gathered, &offers),
        items,
        offers,
        budget: wish.budget.as_ref().map(|budget| (0..wish.periods()).map(|_| Some(to_major(budget.minor))).collect()),
        storage: storage(gathered, wish),
        transfers: Vec::new(),
        substitutes: Vec::new(),
        options: Options { risk: risk(wish), ..Options::default() },
    };
    let mut question = Question { instance, lines, currency };
    due::fill(&mut question, gathered, wish);
    links::fill(&mut question.instance, gathered, wish);
    question
}

/// The budget's currency, else the one in which most offers are made: a plan never sums currencies.
fn currency_of(gathered: &Gathered, wish: &PlanRequest) -> String {
    if let Some(budget) = &wish.budget {
        return budget.currency.clone();
    }
    catalogue::offer::main_currency(&gathered.offers).unwrap_or("EUR").to_owned()
}

fn risk(wish: &PlanRequest) -> Risk {
    match wish.options.risk.as_deref() {
        Some("mean") => Risk::Mean,
        Some("quantile") => Risk::Quantile,
        _ => Risk::Expected,
    }
}

fn item(row: &Row, forecast: &Forecast, unit_price: f64, today: Day, period_days: i64) -> Item {
    let ven = match row.item.ven.as_str() {
        "V" => Ven::Vital,
        "N" => Ven::NonEssential,
        _ => Ven::Essential,
    };
    let shelf_life_periods = row.item.shelf_life_days.map(|days| periods(days / period_days).max(1));
    Item {
        id: row.id(),
        name: Some(row.item.name.clone()),
        base_unit: Some(row.item.base_unit.clone()),
        place: Some(row.place.code.clone()),
        ven,
        storage_class: match row.item.storage_class.as_str() {
            "refrigerated" => StorageClass::Refrigerated,
            "frozen" => StorageClass::Frozen,
            "controlled" => StorageClass::Controlled,
            _ => StorageClass::Ambient,
        },
        volume_ml: row.item.volume_ml,
        shelf_life_periods,
        on_hand: lots(row, today, period_days),
        on_order: open_orders(row, today, period_days, shelf_life_periods),
        demand: forecast.steps.iter().map(demand_of).collect(),
        cumulative_demand: Some(forecast.sums.iter().map(demand_of).collect()),
        holding_cost: HOLDING_PER_YEAR * unit_price * to_f64(period_days) / 365.0,
        shortage_cost: shortage_cost(ven, unit_price, SHORTAGE_PRICE_MIN),
        disposal_cost: DISPOSAL_SHARE * unit_price,
        safety_stock: None,
        due: None,
    }
}

/// A lot counts for a period only if it lasts through it, except the running one.
fn lots(row: &Row, today: Day, period_days: i64) -> Vec<Lot> {
    let mut by_expiry: std::collections::BTreeMap<Option<u32>, i64> = std::collections::BTreeMap::new();
    for (expiry, units) in &row.lots {
        let period = expiry.map(|day| periods((day.0 + 1 - today.0) / period_days - 1));
        *by_expiry.entry(period).or_insert(0) += units;
    }
    by_expiry.into_iter().map(|(expires_period, units)| Lot { units, expires_period }).collect()
}

/// An open order arrives in the period after its day; one that is overdue is hoped for in the next period.
fn open_orders(row: &Row, today: Day, period_days: i64, shelf_life_periods: Option<u32>) -> Vec<OpenOrder> {
    row.open
        .iter()
        .map(|open| {
            let days = if open.expected < today { period_days } else { open.expected.0 - today.0 };
            let arrives_period = periods((days + period_days - 1) / period_days);
            let expires_period = shelf_life_periods.map(|life| arrives_period + life - 1);
            OpenOrder { units: open.units, arrives_period, expires_period }
        })
        .collect()
}

fn planner_offer(id: String, row: &Row, offer: &catalogue::offer::Offer, gathered: &Gathered, period_days: i64) -> Offer {
    let lead_days = lead_days(offer, gathered);
    let lead_periods = periods((lead_days + period_days - 1) / period_days);
    let law = gathered.lead_times.get(&offer.supplier_id);
    let lead_delay = law.map(|law| law.extra_periods(u32::try_from(period_days).unwrap_or(7), usize::try_from(lead_periods).unwrap_or(0)));
    Offer {
        id,
        item: row.id(),
        supplier: gathered.suppliers.get(&offer.supplier_id).map(|supplier| supplier.code.clone()).unwrap_or_default(),
        units_per_pack: offer.units_per_pack,
        price: to_major(offer.price_minor),
        moq_packs: offer.moq_packs,
        lead_periods,
        max_packs: None,
        lead_delay: lead_delay
            .unwrap_or_default()
            .into_iter()
            .map(|(extra, probability)| (u32::try_from(extra).unwrap_or(u32::MAX), probability))
            .collect(),
    }
}

/// Days from order to arrival of an offer, as stated.
pub(super) fn lead_days(offer: &catalogue::offer::Offer, gathered: &Gathered) -> i64 {
    offer.lead_time_days.or_else(|| gathered.suppliers.get(&offer.supplier_id).map(|supplier| supplier.lead_time_days)).unwrap_or(0)
}

fn suppliers(gathered: &Gathered, offers: &[Offer]) -> Vec<Supplier> {
    let named: std::collections::BTreeSet<&str> = offers.iter().map(|offer| offer.supplier.as_str()).collect();
    let mut suppliers: Vec<Supplier> = gathered
        .suppliers
        .values()
        .filter(|supplier| named.contains(supplier.code.as_str()))
        .map(|supplier| Supplier {
            id: supplier.code.clone(),
            name: Some(supplier.name.clone()),
            order_cost: to_major(supplier.order_cost_minor),
            line_cost: LINE_COST,
            min_order: to_major(supplier.min_order_minor),
            rush_cost: None,
            order_periods: None,
        })
        .collect();
    suppliers.sort_by(|a, b| a.id.cmp(&b.id));
    suppliers
}

fn storage(gathered: &Gathered, wish: &PlanRequest) -> Vec<StorageLimit> {
    [
        ("ambient", StorageClass::Ambient),
        ("refrigerated", StorageClass::Refrigerated),
        ("frozen", StorageClass::Frozen),
        ("controlled", StorageClass::Controlled),
    ]
    .into_iter()
    .filter_map(|(word, class)| {
        let litres = gathered.litres.get(word).copied().flatten()?;
        Some(StorageLimit { class, litres: (0..wish.periods()).map(|_| Some(litres)).collect() })
    })
    .collect()
}

fn periods(count: i64) -> u32 {
    u32::try_from(count.max(0)).unwrap_or(u32::MAX)
}
