//! Ways between the rows of a plan: stock that can be moved, items that can stand in. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write;

use wardstock_models::convert::length_to_f64;
use wardstock_models::plan::standard::LINE_COST;
use wardstock_models::plan::{Explanation, Instance, Item, Planned, Substitute, Transfer};

use super::PlanRequest;
use super::gather::{Gathered, Row};
use crate::base::money::to_major;

/// Share of its shortage cost that a substitution costs: dearer than to buy in time, cheaper than to run short.
const STAND_IN_SHARE: f64 = 0.5;
/// What moving a period's demand costs, as a share of an order line.
const MOVE_SHARE: f64 = 0.5;
/// Chance of running out from which a substitute that needs approval is named.
const CHANCE_MIN: f64 = 0.05;

/// Fills `transfers` and `substitutes` of an instance whose items are the rows of `gathered`, in their order.
pub(super) fn fill(instance: &mut Instance, gathered: &Gathered, wish: &PlanRequest) {
    if wish.options.transfers == Some(false) {
        return;
    }
    instance.transfers = transfers(instance, gathered, wish);
    instance.substitutes = substitutes(instance, gathered);
}

fn is_controlled(row: &Row) -> bool {
    row.item.controlled || row.item.storage_class == "controlled"
}

/// Between all planned places of the site that keep an item, never for controlled ones.
fn transfers(instance: &Instance, gathered: &Gathered, wish: &PlanRequest) -> Vec<Transfer> {
    let a_move = wish.options.move_cost_minor.map_or(MOVE_SHARE * LINE_COST, to_major);
    let mut by_item: BTreeMap<i64, Vec<&Item>> = BTreeMap::new();
    for (row, item) in gathered.rows.iter().zip(&instance.items).filter(|(row, _)| !is_controlled(row)) {
        by_item.entry(row.item.id).or_default().push(item);
    }
    let mut made = Vec::new();
    for places in by_item.values().filter(|places| places.len() > 1) {
        for from in places {
            for to in places.iter().filter(|to| to.id != from.id) {
                let cost = a_move / a_period(to).max(a_period(from)).max(1.0);
                made.push(Transfer { from: from.id.clone(), to: to.id.clone(), cost, lead_periods: 0 });
            }
        }
    }
    made
}

/// Mean demand of a period, base units.
fn a_period(item: &Item) -> f64 {
    item.demand.iter().map(|demand| demand.mean).sum::<f64>() / length_to_f64(item.demand.len().max(1))
}

/// Rows by place and item.
fn rows_by_key(gathered: &Gathered) -> HashMap<(i64, i64), usize> {
    gathered.rows.iter().enumerate().map(|(at, row)| ((row.place.id, row.item.id), at)).collect()
}

/// At the same place, without approval; of two that stand in for each other, that for the more important one.
fn substitutes(instance: &Instance, gathered: &Gathered) -> Vec<Substitute> {
    let rows = rows_by_key(gathered);
    let mut pairs: Vec<(&Item, &Item, f64)> = Vec::new();
    for (row, item) in gathered.rows.iter().zip(&instance.items).filter(|(row, _)| !is_controlled(row)) {
        for known in gathered.substitutes.iter().filter(|known| known.item_id == row.item.id && !known.needs_approval) {
            let other =
                rows.get(&(row.place.id, known.substitute_item_id)).and_then(|at| gathered.rows.get(*at).zip(instance.items.get(*at)));
            if let Some((_, other)) = other.filter(|(other, _)| !is_controlled(other)) {
                pairs.push((item, other, known.ratio));
            }
        }
    }
    pairs.sort_by(|a, b| (a.0.ven, &a.0.id, &a.1.id).cmp(&(b.0.ven, &b.0.id, &b.1.id)));
    let mut replaced: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut made = Vec::new();
    for (item, other, ratio) in pairs {
        if !leads_to(&replaced, &other.id, &item.id) {
            replaced.entry(&item.id).or_default().push(&other.id);
            let cost = STAND_IN_SHARE * item.shortage_cost;
            made.push(Substitute { item: item.id.clone(), substitute: other.id.clone(), ratio, cost });
        }
    }
    made
}

/// Whether `from` is replaced by `to`, directly or over others: the planner takes no circles.
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

/// Says where an item that may run out has a substitute that a pharmacist would have to approve; the plan never uses it.
pub(super) fn name_for_approval(planned: &mut Planned, gathered: &Gathered) {
    if gathered.substitutes.iter().all(|known| !known.needs_approval) {
        return;
    }
    let rows: HashMap<String, &Row> = gathered.rows.iter().map(|row| (row.id(), row)).collect();
    let names: HashMap<i64, &str> = gathered.rows.iter().map(|row| (row.item.id, row.item.name.as_str())).collect();
    for why in planned.explanations.iter_mut().filter(|why| may_run_out(why)) {
        let Some(row) = rows.get(&why.drivers.item) else { continue };
        for known in gathered.substitutes.iter().filter(|known| known.item_id == row.item.id && known.needs_approval) {
            if let Some(name) = names.get(&known.substitute_item_id) {
                // Writing into a string can't fail.
                write!(why.text, " {name} could stand in; it needs a pharmacist's approval.").unwrap_or_default();
            }
        }
    }
}

fn may_run_out(why: &Explanation) -> bool {
    let drivers = &why.drivers;
    let left = if drivers.packs > 0 { drivers.stockout_probability_with } else { drivers.stockout_probability_without };
    drivers.stockout_probability_before_arrival.max(left) >= CHANCE_MIN
}
