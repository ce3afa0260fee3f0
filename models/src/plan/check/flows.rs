//! Stock with transfers and substitutions: all items together, period by period, lot by lot.
//!
//! Written from the rules of the contract alone; shares nothing with the planner.

use std::collections::{BTreeMap, BTreeSet};

use super::{Day, Report};
use crate::convert::{count_to_f64, index_to_period};
use crate::plan::input::{Instance, Item, Substitute, Transfer};
use crate::plan::output::Planned;

/// Units of rounding error that are no breach.
const SLACK: f64 = 1e-6;

/// What arrives: period, last period of use, units.
type Arrivals = Vec<(u32, Option<u32>, f64)>;

/// The movements of a plan that name a known way, each with it.
#[derive(Debug, Default)]
pub(super) struct Flows<'a> {
    moves: BTreeMap<u32, Vec<(&'a Transfer, i64)>>,
    given: BTreeMap<u32, Vec<(&'a Substitute, i64)>>,
    /// Money.
    pub(super) cost: f64,
}

impl<'a> Flows<'a> {
    /// Known ways, periods in the horizon, whole units, each listed once. Movements of one period are made in the
    /// order of `instance.transfers`.
    pub(super) fn read(instance: &'a Instance, planned: &Planned, report: &mut Report) -> Self {
        let mut flows = Self::default();
        let mut seen = BTreeSet::new();
        for row in &planned.transfers {
            let found = instance.transfers.iter().position(|way| way.from == row.from && way.to == row.to);
            let way = found.and_then(|at| instance.transfers.get(at).map(|way| (at, way)));
            let mut say = |detail: String| report.add("transfer", Some(&row.from), Some(row.period), detail);
            match way {
                None => say(format!("no way to {}", row.to)),
                Some((_, way)) if row.period.saturating_add(way.lead_periods) >= instance.periods => {
                    say(format!("to {} arrives after the horizon", row.to));
                }
                Some(_) if row.units < 1 => say(format!("{} units, at least 1", row.units)),
                Some((at, _)) if !seen.insert((row.period, at)) => say(format!("to {} listed twice", row.to)),
                Some((_, way)) => {
                    flows.cost += way.cost * count_to_f64(row.units);
                    flows.moves.entry(row.period).or_default().push((way, row.units));
                }
            }
        }
        let rank = |way: &Transfer| instance.transfers.iter().position(|known| std::ptr::eq(known, way));
        for moves in flows.moves.values_mut() {
            moves.sort_by_key(|(way, _)| rank(way));
        }
        let mut seen = BTreeSet::new();
        for row in &planned.substitutions {
            let pair = instance.substitutes.iter().find(|pair| pair.item == row.item && pair.substitute == row.substitute);
            let mut say = |detail: String| report.add("substitution", Some(&row.item), Some(row.period), detail);
            match pair {
                None => say(format!("{} is no substitute", row.substitute)),
                Some(_) if row.period >= instance.periods => say(format!("period must be below {}", instance.periods)),
                Some(_) if row.units < 1 => say(format!("{} units, at least 1", row.units)),
                Some(_) if !seen.insert((row.period, &row.item, &row.substitute)) => say(format!("by {} listed twice", row.substitute)),
                Some(pair) => {
                    flows.cost += pair.cost * count_to_f64(row.units);
                    flows.given.entry(row.period).or_default().push((pair, row.units));
                }
            }
        }
        flows
    }

    fn touched(&self) -> BTreeSet<&'a str> {
        let moves = self.moves.values().flatten().flat_map(|(way, _)| [way.from.as_str(), way.to.as_str()]);
        let given = self.given.values().flatten().flat_map(|(pair, _)| [pair.item.as_str(), pair.substitute.as_str()]);
        moves.chain(given).collect()
    }
}

/// One item's shelf on its way through the horizon.
struct Shelf<'a> {
    item: &'a Item,
    arrivals: Arrivals,
    /// Units by last period of use.
    lots: Vec<(Option<u32>, f64)>,
    days: Vec<Day>,
}

impl Shelf<'_> {
    /// First expired first, only what can be used in `from` still; returns what was taken.
    fn take(&mut self, units: f64, from: u32) -> Vec<(Option<u32>, f64)> {
        self.lots.sort_by_key(|lot| lot.0.unwrap_or(u32::MAX));
        let mut missing = units;
        let mut taken = Vec::new();
        for lot in self.lots.iter_mut().filter(|lot| lot.0.is_none_or(|last| last >= from)) {
            let part = lot.1.min(missing);
            lot.1 -= part;
            missing -= part;
            if part > 0.0 {
                taken.push((lot.0, part));
            }
        }
        taken
    }

    fn receive(&mut self, period: u32) {
        let here = self.arrivals.iter().filter(|arrival| arrival.0 == period);
        self.lots.extend(here.map(|&(_, last, units)| (last, units)));
    }

    fn end(&mut self, period: u32, unmet: f64) {
        let disposed = self.lots.iter().filter(|lot| lot.0 == Some(period)).map(|lot| lot.1).sum();
        self.lots.retain(|lot| lot.0 != Some(period) && lot.1 > 0.0);
        self.days.push(Day { stock: self.lots.iter().map(|lot| lot.1).sum(), unmet, disposed });
    }
}

fn sum(lots: &[(Option<u32>, f64)]) -> f64 {
    lots.iter().map(|lot| lot.1).sum()
}

/// Every period of every item that a movement or substitution touches; names what is not possible.
///
/// - `arrivals`: stock at hand, open orders and deliveries of an item.
pub(super) fn roll<'a>(
    instance: &'a Instance,
    flows: &Flows<'a>,
    arrivals: impl Fn(&'a Item) -> Arrivals,
    report: &mut Report,
) -> BTreeMap<&'a str, Vec<Day>> {
    let touched = flows.touched();
    let items = instance.items.iter().filter(|item| touched.contains(item.id.as_str()));
    let mut shelves: BTreeMap<&str, Shelf<'a>> =
        items.map(|item| (item.id.as_str(), Shelf { item, arrivals: arrivals(item), lots: Vec::new(), days: Vec::new() })).collect();
    for period in 0..instance.periods {
        for shelf in shelves.values_mut() {
            shelf.receive(period);
        }
        move_stock(flows, period, &mut shelves, report);
        meet_demand(flows, period, &mut shelves, report);
    }
    shelves.into_iter().map(|(id, shelf)| (id, shelf.days)).collect()
}

/// What is there leaves before anything that is moved in the same period arrives.
fn move_stock<'a>(flows: &Flows<'a>, period: u32, shelves: &mut BTreeMap<&'a str, Shelf<'a>>, report: &mut Report) {
    let mut moved = Vec::new();
    for &(way, units) in flows.moves.get(&period).into_iter().flatten() {
        let arrives = period + way.lead_periods;
        let Some(from) = shelves.get_mut(way.from.as_str()) else { continue };
        let taken = from.take(count_to_f64(units), arrives);
        let there = sum(&taken);
        if there < count_to_f64(units) - SLACK {
            let detail = format!("{units} units to {}, {there} are there and usable on arrival", way.to);
            report.add("transfer", Some(&way.from), Some(period), detail);
        }
        moved.push((way.to.as_str(), arrives, taken));
    }
    for (to, arrives, taken) in moved {
        if let Some(shelf) = shelves.get_mut(to) {
            if arrives == period {
                shelf.lots.extend(taken);
            } else {
                shelf.arrivals.extend(taken.into_iter().map(|(last, units)| (arrives, last, units)));
            }
        }
    }
}

/// Own demand that is not replaced first, then what is given for other items.
fn meet_demand<'a>(flows: &Flows<'a>, period: u32, shelves: &mut BTreeMap<&'a str, Shelf<'a>>, report: &mut Report) {
    let given = flows.given.get(&period).map_or(&[][..], Vec::as_slice);
    let mut wanted: BTreeMap<&str, f64> = BTreeMap::new();
    for (id, shelf) in shelves.iter() {
        let demand = shelf.item.demand.iter().zip(0..).find(|(_, at)| *at == period).map_or(0.0, |(demand, _)| demand.mean);
        let replaced: i64 = given.iter().filter(|(pair, _)| pair.item == **id).map(|(_, units)| units).sum();
        if count_to_f64(replaced) > demand + SLACK {
            report.add("substitution", Some(id), Some(period), format!("{replaced} units replaced, {demand} are wanted"));
        }
        wanted.insert(id, (demand - count_to_f64(replaced)).max(0.0));
    }
    let mut unmet: BTreeMap<&str, f64> = BTreeMap::new();
    for (id, shelf) in shelves.iter_mut() {
        let own = wanted.get(id).copied().unwrap_or(0.0);
        unmet.insert(id, (own - sum(&shelf.take(own, period))).max(0.0));
    }
    for (pair, units) in given {
        let wanted = pair.ratio * count_to_f64(*units);
        let Some(shelf) = shelves.get_mut(pair.substitute.as_str()) else { continue };
        let there = sum(&shelf.take(wanted, period));
        if there < wanted - SLACK * wanted.max(1.0) {
            let detail = format!("{wanted} units of {} for it, {there} are left of its own demand", pair.substitute);
            report.add("substitution", Some(&pair.item), Some(period), detail);
        }
    }
    for (id, shelf) in shelves.iter_mut() {
        shelf.end(period, unmet.get(id).copied().unwrap_or(0.0));
    }
}

/// Stock at hand and open orders, as arrivals.
pub(super) fn known(item: &Item) -> Arrivals {
    let lots = item.on_hand.iter().map(|lot| (0, lot.expires_period, count_to_f64(lot.units)));
    let orders = item.on_order.iter().map(|order| (order.arrives_period, order.expires_period, count_to_f64(order.units)));
    lots.chain(orders).filter(|arrival| arrival.0 < index_to_period(item.demand.len())).collect()
}
