//! Items that can help each other: stock moved between places, items that stand in for others.
//!
//! Linked items form components. A component's flow program (`rows`) is part of the linear relaxation of small
//! instances and stands alone, at given prices, in the bound of large ones (`bound`). Its flows in whole units make an
//! instance of unlinked items (`effective`) which the usual chain plans; the exact walk of all items of a component
//! (`walk`) then says which lots move and what it costs, and `polish` changes single flows by that walk. `chain` is
//! the whole of it, `text` its words.

mod bound;
mod chain;
mod effective;
mod flows;
mod polish;
mod rows;
mod text;
mod walk;

use std::collections::{BTreeMap, HashMap};

use super::input::Instance;
use crate::convert::period_to_index;

pub(crate) use chain::solve_linked;
pub(crate) use flows::Wished;
pub(crate) use rows::FlowColumns;

/// A way to move stock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lane {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// Money per unit.
    pub(crate) cost: f64,
    pub(crate) lead: usize,
}

/// An item that stands in for another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StandIn {
    pub(crate) item: usize,
    pub(crate) substitute: usize,
    /// Units of the substitute for one of the item.
    pub(crate) ratio: f64,
    /// Money per unit of the item.
    pub(crate) cost: f64,
}

/// Items connected by ways.
#[derive(Debug, Clone, Default)]
pub(crate) struct Component {
    /// Every substitute before what it stands in for.
    pub(crate) items: Vec<usize>,
    pub(crate) lanes: Vec<usize>,
    pub(crate) stand_ins: Vec<usize>,
}

/// All ways by index.
#[derive(Debug, Clone, Default)]
pub(crate) struct Links {
    pub(crate) lanes: Vec<Lane>,
    pub(crate) stand_ins: Vec<StandIn>,
    pub(crate) components: Vec<Component>,
    /// By linked item: its component, and units from each period to the end that it could serve over all ways, one
    /// entry more than periods.
    of_item: BTreeMap<usize, (usize, Vec<f64>)>,
}

impl Links {
    /// From an accepted instance; `items`: number by id.
    pub(crate) fn new(instance: &Instance, items: &HashMap<&str, usize>) -> Self {
        let at = |id: &str| items.get(id).copied().unwrap_or(0);
        let lanes = instance.transfers.iter();
        let lanes = lanes.map(|t| Lane { from: at(&t.from), to: at(&t.to), cost: t.cost, lead: period_to_index(t.lead_periods) });
        let stand_ins = instance.substitutes.iter();
        let stand_ins = stand_ins.map(|s| StandIn { item: at(&s.item), substitute: at(&s.substitute), ratio: s.ratio, cost: s.cost });
        let mut made = Self { lanes: lanes.collect(), stand_ins: stand_ins.collect(), ..Self::default() };
        if made.lanes.is_empty() && made.stand_ins.is_empty() {
            return made;
        }
        made.components = made.connected();
        for (c, component) in made.components.iter().enumerate() {
            for &i in &component.items {
                made.of_item.insert(i, (c, made.served_by(component, i, instance)));
            }
        }
        made
    }

    /// Whether an item is linked to any other.
    pub(crate) fn touches(&self, item: usize) -> bool {
        self.of_item.contains_key(&item)
    }

    /// The component of an item. `None`: not linked.
    pub(crate) fn component_of(&self, item: usize) -> Option<&Component> {
        self.components.get(self.of_item.get(&item)?.0)
    }

    /// Units that what arrives in `arrives` and is used before `end` could serve, over all ways. `None`: not linked.
    pub(crate) fn useful(&self, item: usize, arrives: usize, end: usize) -> Option<f64> {
        let (_, row) = self.of_item.get(&item)?;
        Some(row.get(arrives)? - row.get(end)?)
    }

    /// Both ends of every way.
    fn pairs(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let lanes = self.lanes.iter().map(|lane| (lane.from, lane.to));
        lanes.chain(self.stand_ins.iter().map(|pair| (pair.substitute, pair.item)))
    }

    /// Components by their first item, found by joining the smaller numbers.
    fn connected(&self) -> Vec<Component> {
        let mut first: BTreeMap<usize, usize> = self.pairs().flat_map(|(a, b)| [(a, a), (b, b)]).collect();
        let root = |first: &BTreeMap<usize, usize>, mut i: usize| {
            while let Some(&up) = first.get(&i).filter(|&&up| up != i) {
                i = up;
            }
            i
        };
        for (a, b) in self.pairs() {
            let (a, b) = (root(&first, a), root(&first, b));
            first.insert(a.max(b), a.min(b));
        }
        let mut made: BTreeMap<usize, Component> = BTreeMap::new();
        for i in self.in_order(first.keys().copied().collect()) {
            made.entry(root(&first, i)).or_default().items.push(i);
        }
        for (l, lane) in self.lanes.iter().enumerate() {
            made.entry(root(&first, lane.from)).or_default().lanes.push(l);
        }
        for (s, pair) in self.stand_ins.iter().enumerate() {
            made.entry(root(&first, pair.item)).or_default().stand_ins.push(s);
        }
        made.into_values().collect()
    }

    /// Every substitute before what it stands in for; there are no circles.
    fn in_order(&self, items: Vec<usize>) -> Vec<usize> {
        let mut waits: BTreeMap<usize, usize> = items.into_iter().map(|i| (i, 0)).collect();
        let mut stands_for: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for pair in &self.stand_ins {
            *waits.entry(pair.item).or_insert(0) += 1;
            stands_for.entry(pair.substitute).or_default().push(pair.item);
        }
        let mut order: Vec<usize> = waits.iter().filter(|w| *w.1 == 0).map(|w| *w.0).collect();
        let mut next = 0;
        while let Some(&i) = order.get(next) {
            next += 1;
            for item in stands_for.get(&i).into_iter().flatten() {
                if let Some(left) = waits.get_mut(item) {
                    *left -= 1;
                    if *left == 0 {
                        order.push(*item);
                    }
                }
            }
        }
        order
    }

    /// Demand from each period on of all places it can be moved to, and of all that these can stand in for.
    fn served_by(&self, component: &Component, item: usize, instance: &Instance) -> Vec<f64> {
        let mut reached = vec![item];
        let mut next = 0;
        let lanes = || component.lanes.iter().filter_map(|&l| self.lanes.get(l));
        while let Some(&i) = reached.get(next) {
            next += 1;
            for lane in lanes().filter(|lane| lane.from == i) {
                if !reached.contains(&lane.to) {
                    reached.push(lane.to);
                }
            }
        }
        let mut a_period = vec![0.0; period_to_index(instance.periods) + 1];
        let mut add = |i: usize, ratio: f64| {
            let demand = instance.items.get(i).map_or(&[][..], |item| item.demand.as_slice());
            a_period.iter_mut().zip(demand).for_each(|(sum, demand)| *sum += ratio * demand.mean);
        };
        for &i in &reached {
            add(i, 1.0);
        }
        for pair in component.stand_ins.iter().filter_map(|&s| self.stand_ins.get(s)) {
            if reached.contains(&pair.substitute) {
                add(pair.item, pair.ratio);
            }
        }
        let mut sum = 0.0;
        for units in a_period.iter_mut().rev() {
            sum += *units;
            *units = sum;
        }
        a_period
    }
}
