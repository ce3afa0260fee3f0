//! The judge of a plan: the contract's rules once more, sharing no code with the planner.

use std::collections::{BTreeMap, BTreeSet};

use super::input::{Instance, Item, Offer, StorageClass, Supplier};
use super::output::{Cost, Planned, Projection};
use super::validate::validate;
use crate::convert::{count_to_f64, index_to_period, period_to_index};

mod flows;
use flows::Flows;

/// One breach of a rule.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Problem {
    /// Which rule: `instance`, `order`, `moq`, `max_packs`, `order_period`, `minimum_order`,
    /// `budget`, `storage`, `projection`, `cost`, `objective`, `bound`, `gap`, `explanation`,
    /// `transfer`, `substitution`.
    pub row: &'static str,
    /// Item, offer, supplier or class it is about.
    pub item: Option<String>,
    /// Period it is about.
    pub period: Option<u32>,
    /// Found and allowed, with units.
    pub detail: String,
}

/// What the judge found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// Every breach; empty for a plan that may be shown.
    pub problems: Vec<Problem>,
}

impl Report {
    /// Whether the plan keeps every rule.
    pub fn is_accepted(&self) -> bool {
        self.problems.is_empty()
    }

    fn add(&mut self, row: &'static str, item: Option<&str>, period: Option<u32>, detail: impl Into<String>) {
        self.problems.push(Problem { row, item: item.map(str::to_owned), period, detail: detail.into() });
    }
}

/// One millionth, relative above 1.
fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1.0)
}

/// Money in millionths of a minor unit, so that sums are exact for prices on the wire.
fn fine_money(major: f64) -> f64 {
    (major * 1e8).round() / 1e8
}

/// Does this plan keep every rule, and are its figures true?
///
/// Rolls lots forward first expired first out with mean demand and compares: whole packs, minimum
/// and maximum packs, order periods, minimum orders, budget (to 1e-6 money), storage (orders may
/// not add to an excess that is there without them), transfers of units that are there and usable on arrival,
/// substitutions after the substitute's own demand, projection, cost by kind, objective (1e-6
/// relative), `bound <= objective`, gap, and one explanation per order.
///
/// - `instance`: the question.
/// - `planned`: the answer to judge, from any planner.
///
/// Returns every breach with the row it is about.
pub fn check(instance: &Instance, planned: &Planned) -> Report {
    let mut report = Report::default();
    if let Err(error) = validate(instance) {
        report.add("instance", None, None, error.to_string());
        return report;
    }
    let offers: BTreeMap<&str, &Offer> = instance.offers.iter().map(|o| (o.id.as_str(), o)).collect();
    let orders = check_orders(instance, planned, &offers, &mut report);
    let mut cost = check_money(instance, &orders, &offers, &mut report);
    let flows = Flows::read(instance, planned, &mut report);
    cost.transfer = flows.cost;
    check_stock((instance, planned), (&orders, &offers), &flows, &mut cost, &mut report);
    check_figures(planned, &cost, &mut report);
    check_explanations(planned, &orders, &mut report);
    report
}

type Orders<'a> = BTreeMap<(&'a str, u32), i64>;
type Offers<'a> = BTreeMap<&'a str, &'a Offer>;

fn check_orders<'a>(instance: &Instance, planned: &'a Planned, offers: &Offers<'_>, report: &mut Report) -> Orders<'a> {
    let mut orders = Orders::new();
    let suppliers = suppliers(instance);
    for order in &planned.orders {
        let (id, period) = (order.offer.as_str(), order.period);
        let mut say = |row, detail: String| report.add(row, Some(id), Some(period), detail);
        let Some(offer) = offers.get(id) else {
            say("order", "unknown offer".to_owned());
            continue;
        };
        if period >= instance.periods {
            say("order", format!("period must be below {}", instance.periods));
            continue;
        }
        if order.packs < 1 {
            say("order", format!("{} packs, at least 1", order.packs));
            continue;
        }
        if order.packs < offer.moq_packs {
            let least = offer.moq_packs;
            say("moq", format!("{} packs, at least {least}", order.packs));
        }
        if let Some(most) = offer.max_packs
            && order.packs > most
        {
            say("max_packs", format!("{} packs, at most {most}", order.packs));
        }
        let supplier = suppliers.get(offer.supplier.as_str());
        let allowed = supplier.and_then(|s| s.order_periods.as_ref());
        if allowed.is_some_and(|listed| !listed.contains(&period)) {
            say("order_period", "the supplier takes no order then".to_owned());
        }
        if orders.insert((id, period), order.packs).is_some() {
            say("order", "listed twice".to_owned());
        }
    }
    orders
}

fn suppliers(instance: &Instance) -> BTreeMap<&str, &Supplier> {
    instance.suppliers.iter().map(|supplier| (supplier.id.as_str(), supplier)).collect()
}

/// Budget, minimum orders; returns the cost of purchases, orders and their lines.
fn check_money(instance: &Instance, orders: &Orders<'_>, offers: &Offers<'_>, report: &mut Report) -> Cost {
    let mut cost = Cost::default();
    let mut spent: BTreeMap<u32, f64> = BTreeMap::new();
    let mut value: BTreeMap<(&str, u32), f64> = BTreeMap::new();
    let suppliers = suppliers(instance);
    for (&(id, period), &packs) in orders {
        if let Some(offer) = offers.get(id) {
            let money = count_to_f64(packs) * offer.price;
            cost.purchase += money;
            *spent.entry(period).or_default() += money;
            cost.order += suppliers.get(offer.supplier.as_str()).map_or(0.0, |s| s.line_cost);
            *value.entry((offer.supplier.as_str(), period)).or_default() += money;
        }
    }
    for supplier in &instance.suppliers {
        let id = supplier.id.as_str();
        for (&(_, period), &money) in value.range((id, 0)..=(id, u32::MAX)) {
            cost.order += supplier.order_cost;
            if fine_money(money) < supplier.min_order - 1e-6 * supplier.min_order.max(1.0) {
                let detail = format!("{money} ordered, at least {}", supplier.min_order);
                report.add("minimum_order", Some(&supplier.id), Some(period), detail);
            }
        }
    }
    for (&period, &money) in &spent {
        let limit = instance.budget.as_ref().and_then(|b| b.get(period_to_index(period)).copied().flatten());
        if let Some(limit) = limit
            && fine_money(money) > limit + 1e-6
        {
            let detail = format!("{money} spent, at most {limit}");
            report.add("budget", None, Some(period), detail);
        }
    }
    cost
}

/// One period of one item.
#[derive(Debug, Clone, Copy, Default)]
struct Day {
    stock: f64,
    unmet: f64,
    disposed: f64,
}

/// Units by last period of use; `None` sorts after all others.
fn roll_lots(item: &Item, mut arrivals: Vec<(u32, Option<u32>, f64)>) -> Vec<Day> {
    for lot in &item.on_hand {
        arrivals.push((0, lot.expires_period, count_to_f64(lot.units)));
    }
    for order in &item.on_order {
        let units = count_to_f64(order.units);
        arrivals.push((order.arrives_period, order.expires_period, units));
    }
    arrivals.sort_by_key(|a| a.0);
    let mut arrivals = arrivals.into_iter().peekable();
    let mut shelf: Vec<(Option<u32>, f64)> = Vec::new();
    let mut days = Vec::with_capacity(item.demand.len());
    for (period, demand) in item.demand.iter().enumerate() {
        let period = index_to_period(period);
        while let Some((_, expires, units)) = arrivals.next_if(|a| a.0 <= period) {
            shelf.push((expires, units));
        }
        shelf.sort_by_key(|lot| lot.0.map_or((1, 0), |last| (0, last)));
        let mut day = Day { unmet: demand.mean, ..Day::default() };
        for lot in &mut shelf {
            let taken = lot.1.min(day.unmet);
            lot.1 -= taken;
            day.unmet -= taken;
        }
        for (_, units) in shelf.iter().filter(|lot| lot.0 == Some(period)) {
            day.disposed += units;
        }
        shelf.retain(|lot| lot.0 != Some(period) && lot.1 > 0.0);
        day.stock = shelf.iter().map(|lot| lot.1).sum();
        days.push(day);
    }
    days
}

/// What the orders of one item bring: arrival, last period of use, units.
fn deliveries(item: &Item, orders: &Orders<'_>, offers: &[&Offer]) -> Vec<(u32, Option<u32>, f64)> {
    let mut found = Vec::new();
    for offer in offers {
        for (&(_, period), &packs) in orders.range((offer.id.as_str(), 0)..=(&offer.id, u32::MAX)) {
            let arrives = period.saturating_add(offer.lead_periods);
            let last = item.shelf_life_periods.map(|life| arrives.saturating_add(life - 1));
            let units = count_to_f64(packs) * count_to_f64(offer.units_per_pack);
            found.push((arrives, last, units));
        }
    }
    found
}

type Told<'a> = BTreeMap<(&'a str, u32), &'a Projection>;

fn told<'a>(instance: &Instance, planned: &'a Planned, report: &mut Report) -> Told<'a> {
    let mut told = Told::new();
    for row in &planned.projection {
        if told.insert((row.item.as_str(), row.period), row).is_some() {
            report.add("projection", Some(&row.item), Some(row.period), "listed twice");
        }
    }
    if told.len() != instance.items.len() * period_to_index(instance.periods) {
        report.add("projection", None, None, "not one row per item and period");
    }
    told
}

fn check_stock<'a>(
    (instance, planned): (&'a Instance, &Planned),
    (orders, offers): (&Orders<'_>, &Offers<'a>),
    flows: &Flows<'a>,
    cost: &mut Cost,
    report: &mut Report,
) {
    let told = told(instance, planned, report);
    let mut by_item: BTreeMap<&str, Vec<&Offer>> = BTreeMap::new();
    for offer in offers.values() {
        by_item.entry(offer.item.as_str()).or_default().push(offer);
    }
    let mut litres: BTreeMap<(StorageClass, u32), (f64, f64)> = BTreeMap::new();
    let delivered = |item: &Item| deliveries(item, orders, by_item.get(item.id.as_str()).map_or(&[][..], Vec::as_slice));
    let together = flows::roll(instance, flows, |item| flows::known(item).into_iter().chain(delivered(item)).collect(), report);
    for item in &instance.items {
        let alone = (!together.contains_key(item.id.as_str())).then(|| roll_lots(item, delivered(item)));
        let days = together.get(item.id.as_str()).or(alone.as_ref()).map_or(&[][..], Vec::as_slice);
        let without = roll_lots(item, Vec::new());
        for (period, (day, before)) in days.iter().zip(&without).enumerate() {
            let period = index_to_period(period);
            cost.holding += item.holding_cost * day.stock;
            cost.shortage += item.shortage_cost * day.unmet;
            cost.disposal += item.disposal_cost * day.disposed;
            let sums = litres.entry((item.storage_class, period)).or_default();
            sums.0 += item.volume_ml / 1000.0 * day.stock;
            sums.1 += item.volume_ml / 1000.0 * before.stock;
            let true_row = told
                .get(&(item.id.as_str(), period))
                .is_some_and(|row| close(row.stock, day.stock) && close(row.unmet, day.unmet) && close(row.disposed, day.disposed));
            if !true_row {
                let detail = format!("must be stock {}, unmet {}, disposed {}", day.stock, day.unmet, day.disposed);
                report.add("projection", Some(&item.id), Some(period), detail);
            }
        }
    }
    for limit in &instance.storage {
        for (period, given) in limit.litres.iter().enumerate() {
            let period = index_to_period(period);
            let Some(&(used, before)) = litres.get(&(limit.class, period)) else {
                continue;
            };
            let most = given.map_or(f64::INFINITY, |g| g.max(before));
            if used > most && !close(used, most) {
                let detail = format!("{used} litres, at most {most}");
                report.add("storage", Some(limit.class.as_str()), Some(period), detail);
            }
        }
    }
}

fn check_figures(planned: &Planned, cost: &Cost, report: &mut Report) {
    let kinds = [
        ("purchase", planned.cost.purchase, cost.purchase),
        ("order", planned.cost.order, cost.order),
        ("holding", planned.cost.holding, cost.holding),
        ("shortage", planned.cost.shortage, cost.shortage),
        ("disposal", planned.cost.disposal, cost.disposal),
        ("transfer", planned.cost.transfer, cost.transfer),
    ];
    for (kind, told, true_cost) in kinds {
        if !close(told, true_cost) {
            let detail = format!("{kind} is {told}, must be {true_cost}");
            report.add("cost", None, None, detail);
        }
    }
    let objective = cost.total();
    if !close(planned.objective, objective) {
        let detail = format!("is {}, must be {objective}", planned.objective);
        report.add("objective", None, None, detail);
    }
    let bound = planned.bound;
    if !bound.is_finite() || (bound > objective && !close(bound, objective)) {
        report.add("bound", None, None, format!("{bound} above {objective}"));
    }
    let gap = if objective > 0.0 { (objective - bound) / objective } else { 0.0 };
    if !close(planned.gap, gap.max(0.0)) {
        let detail = format!("is {}, must be {gap}", planned.gap);
        report.add("gap", None, None, detail);
    }
}

fn check_explanations(planned: &Planned, orders: &Orders<'_>, report: &mut Report) {
    let mut explained = BTreeSet::new();
    for row in &planned.explanations {
        let key = (row.offer.as_str(), row.period);
        let ordered = orders.get(&key).copied().unwrap_or(0);
        if row.drivers.packs != ordered {
            let detail = format!("tells {} packs, ordered {ordered}", row.drivers.packs);
            report.add("explanation", Some(&row.offer), Some(row.period), detail);
        }
        explained.insert(key);
    }
    for &(offer, period) in orders.keys() {
        if !explained.contains(&(offer, period)) {
            report.add("explanation", Some(offer), Some(period), "missing");
        }
    }
}
