//! Rules of transfers and substitutes.

use std::collections::{BTreeMap, BTreeSet};

use super::{PlanError, amount, invalid};
use crate::plan::input::{Instance, Item};

/// Largest number of units of a substitute for one of the item.
const RATIO_MAX: f64 = 1e6;

/// Known items, each pair once, no way to itself, same storage class, substitutes in no circle.
pub(super) fn check(instance: &Instance) -> Result<(), PlanError> {
    if instance.transfers.is_empty() && instance.substitutes.is_empty() {
        return Ok(());
    }
    let items: BTreeMap<&str, &Item> = instance.items.iter().map(|item| (item.id.as_str(), item)).collect();
    check_transfers(instance, &items)?;
    check_substitutes(instance, &items)
}

fn check_transfers(instance: &Instance, items: &BTreeMap<&str, &Item>) -> Result<(), PlanError> {
    let mut seen = BTreeSet::new();
    for (index, way) in instance.transfers.iter().enumerate() {
        let at = |field: &str| format!("transfers[{index}].{field}");
        let Some(from) = items.get(way.from.as_str()) else {
            return invalid(at("from"), &way.from, "must be the id of an item");
        };
        let Some(to) = items.get(way.to.as_str()) else {
            return invalid(at("to"), &way.to, "must be the id of an item");
        };
        if way.from == way.to {
            return invalid(at("to"), &way.to, "must be another item than from");
        }
        if !seen.insert((way.from.as_str(), way.to.as_str())) {
            return invalid(at("to"), &way.to, "must be listed once for the same from");
        }
        if from.storage_class != to.storage_class {
            return invalid(at("to"), to.storage_class.as_str(), "must have the storage class of from");
        }
        amount(way.cost, || at("cost"))?;
        if way.lead_periods >= instance.periods {
            return invalid(at("lead_periods"), way.lead_periods, "must be below periods");
        }
    }
    Ok(())
}

fn check_substitutes(instance: &Instance, items: &BTreeMap<&str, &Item>) -> Result<(), PlanError> {
    let mut replaced: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (index, pair) in instance.substitutes.iter().enumerate() {
        let at = |field: &str| format!("substitutes[{index}].{field}");
        if !items.contains_key(pair.item.as_str()) {
            return invalid(at("item"), &pair.item, "must be the id of an item");
        }
        if !items.contains_key(pair.substitute.as_str()) {
            return invalid(at("substitute"), &pair.substitute, "must be the id of an item");
        }
        if pair.item == pair.substitute {
            return invalid(at("substitute"), &pair.substitute, "must be another item");
        }
        if !(pair.ratio.is_finite() && pair.ratio > 0.0 && pair.ratio <= RATIO_MAX) {
            return invalid(at("ratio"), pair.ratio, "must be a number above 0, up to 1e6");
        }
        amount(pair.cost, || at("cost"))?;
        let known = replaced.entry(pair.item.as_str()).or_default();
        if known.contains(&pair.substitute.as_str()) {
            return invalid(at("substitute"), &pair.substitute, "must be listed once for the same item");
        }
        known.push(&pair.substitute);
        if leads_to(&replaced, &pair.substitute, &pair.item) {
            return invalid(at("substitute"), &pair.substitute, "must not be replaced by its item, directly or over others");
        }
    }
    Ok(())
}

/// Whether `from` is replaced by `to`, directly or over others.
fn leads_to<'a>(replaced: &BTreeMap<&'a str, Vec<&'a str>>, from: &'a str, to: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(item) = open.pop() {
        if item == to {
            return true;
        }
        if seen.insert(item) {
            open.extend(replaced.get(item).into_iter().flatten());
        }
    }
    false
}
