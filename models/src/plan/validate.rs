//! The rules an instance keeps before anything is computed: field, value and rule of the first breach.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use thiserror::Error;

use super::input::{Instance, Item, Offer, PeriodDemand, Supplier};
use crate::convert::{count_to_f64, length_to_f64, period_to_index};

mod links;

/// Largest number of units, packs or money in one field.
const LARGEST: f64 = 1e12;
/// Largest number of periods.
const PERIODS_MAX: u32 = 520;

/// Why an instance can't be planned. Infeasible or time-limited is never an error.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum PlanError {
    /// A value breaks a rule.
    #[error("{field} is {value}: {rule}")]
    Invalid {
        /// Path of the field, such as `items[3].demand[0].mean`.
        field: String,
        /// The value found.
        value: String,
        /// The rule it breaks.
        rule: &'static str,
    },
    /// The solver refused a program that keeps every rule: a defect of ours.
    #[error("the solver failed: {detail}")]
    Solver {
        /// What the solver said.
        detail: String,
    },
}

fn invalid<T>(field: String, value: impl std::fmt::Display, rule: &'static str) -> Result<T, PlanError> {
    Err(PlanError::Invalid { field, value: value.to_string(), rule })
}

fn amount(value: f64, field: impl FnOnce() -> String) -> Result<(), PlanError> {
    if value.is_finite() && (0.0..=LARGEST).contains(&value) {
        return Ok(());
    }
    invalid(field(), value, "must be a number from 0 to 1e12")
}

fn units(value: i64, field: impl FnOnce() -> String) -> Result<(), PlanError> {
    if (0.0..=LARGEST).contains(&count_to_f64(value)) {
        return Ok(());
    }
    invalid(field(), value, "must be from 0 to 1e12 base units")
}

fn length(found: usize, periods: usize, field: impl FnOnce() -> String) -> Result<(), PlanError> {
    if found == periods {
        return Ok(());
    }
    invalid(field(), format!("{found} entries"), "must have one entry per period")
}

/// Whether an instance can be planned.
///
/// - `instance`: as read from the wire.
///
/// Returns nothing when every rule is kept: 1 to 520 periods, arrays with one entry per period,
/// unique ids, offers of known items and suppliers, amounts from 0 to 1e12, quantiles rising, transfers and substitutes
/// between known items, substitutes in no circle.
///
/// # Errors
/// [`PlanError::Invalid`] names field, value and rule of the first breach.
pub fn validate(instance: &Instance) -> Result<(), PlanError> {
    if instance.schema != "wardstock.plan.v1" {
        return invalid("schema".to_owned(), &instance.schema, "must be wardstock.plan.v1");
    }
    if !(1..=PERIODS_MAX).contains(&instance.periods) {
        return invalid("periods".to_owned(), instance.periods, "must be from 1 to 520");
    }
    if !(1..=366).contains(&instance.period_days) {
        return invalid("period_days".to_owned(), instance.period_days, "must be from 1 to 366");
    }
    let mut items = HashSet::new();
    for (index, item) in instance.items.iter().enumerate() {
        if !items.insert(item.id.as_str()) {
            return invalid(format!("items[{index}].id"), &item.id, "must be unique");
        }
        check_item(item, index, period_to_index(instance.periods))?;
    }
    let mut suppliers = HashSet::new();
    for (index, supplier) in instance.suppliers.iter().enumerate() {
        if !suppliers.insert(supplier.id.as_str()) {
            let field = format!("suppliers[{index}].id");
            return invalid(field, &supplier.id, "must be unique");
        }
        check_supplier(supplier, index, instance.periods)?;
    }
    let mut offers = HashSet::new();
    for (index, offer) in instance.offers.iter().enumerate() {
        if !offers.insert(offer.id.as_str()) {
            return invalid(format!("offers[{index}].id"), &offer.id, "must be unique");
        }
        if !items.contains(offer.item.as_str()) {
            let field = format!("offers[{index}].item");
            return invalid(field, &offer.item, "must be the id of an item");
        }
        if !suppliers.contains(offer.supplier.as_str()) {
            let field = format!("offers[{index}].supplier");
            return invalid(field, &offer.supplier, "must be the id of a supplier");
        }
        check_offer(offer, index)?;
    }
    check_due(instance)?;
    links::check(instance)?;
    check_limits(instance)?;
    check_options(instance)
}

fn check_item(item: &Item, index: usize, periods: usize) -> Result<(), PlanError> {
    let at = |field: &str| format!("items[{index}].{field}");
    amount(item.volume_ml, || at("volume_ml"))?;
    amount(item.holding_cost, || at("holding_cost"))?;
    amount(item.shortage_cost, || at("shortage_cost"))?;
    amount(item.disposal_cost, || at("disposal_cost"))?;
    if item.shelf_life_periods == Some(0) {
        return invalid(at("shelf_life_periods"), 0, "must be at least 1, or null");
    }
    for (row, lot) in item.on_hand.iter().enumerate() {
        units(lot.units, || at(&format!("on_hand[{row}].units")))?;
    }
    for (row, order) in item.on_order.iter().enumerate() {
        units(order.units, || at(&format!("on_order[{row}].units")))?;
        if let Some(last) = order.expires_period
            && last < order.arrives_period
        {
            let field = at(&format!("on_order[{row}].expires_period"));
            return invalid(field, last, "must not be before arrives_period");
        }
    }
    check_demand(&item.demand, periods, || at("demand"))?;
    if let Some(cumulative) = &item.cumulative_demand {
        check_demand(cumulative, periods, || at("cumulative_demand"))?;
    }
    if let Some(safety) = &item.safety_stock {
        length(safety.len(), periods, || at("safety_stock"))?;
        for (period, &value) in safety.iter().enumerate() {
            amount(value, || at(&format!("safety_stock[{period}]")))?;
        }
    }
    Ok(())
}

fn check_demand(demand: &[PeriodDemand], periods: usize, field: impl Fn() -> String) -> Result<(), PlanError> {
    length(demand.len(), periods, &field)?;
    for (period, entry) in demand.iter().enumerate() {
        amount(entry.mean, || format!("{}[{period}].mean", field()))?;
        let mut before = (0.0, 0.0);
        for (row, &(probability, value)) in entry.quantiles.iter().enumerate() {
            let here = || format!("{}[{period}].quantiles[{row}]", field());
            if !(probability > before.0 && probability < 1.0) {
                let rule = "probabilities must rise strictly between 0 and 1";
                return invalid(here(), probability, rule);
            }
            amount(value, here)?;
            if value < before.1 {
                return invalid(here(), value, "quantiles must not fall");
            }
            before = (probability, value);
        }
    }
    Ok(())
}

fn check_supplier(supplier: &Supplier, index: usize, periods: u32) -> Result<(), PlanError> {
    let at = |field: &str| format!("suppliers[{index}].{field}");
    amount(supplier.order_cost, || at("order_cost"))?;
    amount(supplier.line_cost, || at("line_cost"))?;
    amount(supplier.min_order, || at("min_order"))?;
    for (row, &period) in supplier.order_periods.iter().flatten().enumerate() {
        if period >= periods {
            let field = at(&format!("order_periods[{row}]"));
            return invalid(field, period, "must be below periods");
        }
    }
    Ok(())
}

fn check_offer(offer: &Offer, index: usize) -> Result<(), PlanError> {
    let at = |field: &str| format!("offers[{index}].{field}");
    amount(offer.price, || at("price"))?;
    units(offer.units_per_pack, || at("units_per_pack"))?;
    units(offer.moq_packs, || at("moq_packs"))?;
    if offer.units_per_pack < 1 {
        return invalid(at("units_per_pack"), offer.units_per_pack, "must be at least 1");
    }
    if let Some(most) = offer.max_packs {
        units(most, || at("max_packs"))?;
    }
    let mut sum = 0.0;
    for (row, &(_, probability)) in offer.lead_delay.iter().enumerate() {
        if !(0.0..=1.0).contains(&probability) {
            let field = at(&format!("lead_delay[{row}]"));
            return invalid(field, probability, "probability must be from 0 to 1");
        }
        sum += probability;
    }
    if !offer.lead_delay.is_empty() && (sum - 1.0_f64).abs() > 1e-3 {
        return invalid(at("lead_delay"), sum, "probabilities must add up to 1");
    }
    Ok(())
}

/// Levels belong to an offer of their item, and their figures are finite.
fn check_due(instance: &Instance) -> Result<(), PlanError> {
    if instance.items.iter().all(|item| item.due.is_none()) {
        return Ok(());
    }
    let offered: HashSet<(&str, &str)> = instance.offers.iter().map(|offer| (offer.id.as_str(), offer.item.as_str())).collect();
    for (index, item) in instance.items.iter().enumerate() {
        let Some(due) = &item.due else { continue };
        let at = |field: &str| format!("items[{index}].due.{field}");
        if !offered.contains(&(due.offer.as_str(), item.id.as_str())) {
            return invalid(at("offer"), &due.offer, "must be the id of an offer of this item");
        }
        units(due.position, || at("position"))?;
        units(due.packs, || at("packs"))?;
        units(due.previous_packs.unwrap_or(0), || at("previous_packs"))?;
        amount(due.up_to_level, || at("up_to_level"))?;
        amount(due.reorder_level.unwrap_or(0.0), || at("reorder_level"))?;
        amount(due.short_before_delivery, || at("short_before_delivery"))?;
        amount(due.days_to_reorder.unwrap_or(0.0), || at("days_to_reorder"))?;
        for (field, change) in [("one_pack_more", due.one_pack_more), ("one_pack_less", due.one_pack_less)] {
            if change.is_some_and(|money| !money.is_finite() || money.abs() > LARGEST) {
                return invalid(at(field), change.unwrap_or(0.0), "must be a number from -1e12 to 1e12");
            }
        }
        if !(1..=366).contains(&due.review_days) {
            return invalid(at("review_days"), due.review_days, "must be from 1 to 366");
        }
    }
    Ok(())
}

fn check_limits(instance: &Instance) -> Result<(), PlanError> {
    let periods = period_to_index(instance.periods);
    if let Some(budget) = &instance.budget {
        length(budget.len(), periods, || "budget".to_owned())?;
        for (period, value) in budget.iter().enumerate() {
            if let Some(money) = *value {
                amount(money, || format!("budget[{period}]"))?;
            }
        }
    }
    let mut classes = BTreeSet::new();
    for (index, limit) in instance.storage.iter().enumerate() {
        if !classes.insert(limit.class) {
            let field = format!("storage[{index}].class");
            return invalid(field, limit.class.as_str(), "must be unique");
        }
        length(limit.litres.len(), periods, || format!("storage[{index}].litres"))?;
        for (period, value) in limit.litres.iter().enumerate() {
            if let Some(litres) = *value {
                amount(litres, || format!("storage[{index}].litres[{period}]"))?;
            }
        }
    }
    Ok(())
}

fn check_options(instance: &Instance) -> Result<(), PlanError> {
    let levels: &BTreeMap<_, f64> = &instance.options.service_quantile;
    for (ven, &level) in levels {
        if !(0.5..1.0).contains(&level) {
            let field = format!("options.service_quantile[{ven:?}]");
            return invalid(field, level, "must be from 0.5 to below 1");
        }
    }
    let size = length_to_f64(instance.items.len()) * f64::from(instance.periods);
    if size > 5e6 {
        return invalid("items".to_owned(), size, "at most 5,000,000 item-periods");
    }
    Ok(())
}
