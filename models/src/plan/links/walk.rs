//! The contract's rules for all items of a component together: which lots move, and what it costs.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, offer, item or way of the same model")]

use std::collections::BTreeMap;

use super::super::model::Model;
use super::super::walk::{ItemCost, missing};
use super::Component;
use super::flows::{Flows, Lots};
use crate::convert::{count_to_f64, floor_to_count};

/// One item's figures by period.
#[derive(Debug, Clone, Default)]
pub(super) struct Figures {
    pub(super) cost: ItemCost,
    pub(super) stock: Vec<f64>,
    pub(super) unmet: Vec<f64>,
    pub(super) disposed: Vec<f64>,
}

/// What a component comes to.
#[derive(Debug, Clone, Default)]
pub(super) struct Walked {
    /// In the order of the component's items.
    pub(super) figures: Vec<Figures>,
    /// Money for moves and substitutions.
    pub(super) flows: f64,
}

impl Walked {
    /// What steers, without the costs per order.
    pub(super) fn steering(&self) -> f64 {
        self.flows + self.figures.iter().map(|figures| figures.cost.steering()).sum::<f64>()
    }
}

/// One item on its way.
struct Shelf {
    /// Units by last period of use; the last bucket outlives the horizon.
    buckets: Vec<f64>,
    /// Moved here, not yet arrived: `coming[period]`.
    coming: Vec<Lots>,
    figures: Figures,
}

impl Shelf {
    /// Units usable from `from` on.
    fn usable(&self, from: usize) -> f64 {
        self.buckets[from..].iter().sum()
    }

    /// First expired first, of what is usable from `from` on.
    fn take(&mut self, units: f64, from: usize) -> Lots {
        let mut missing = units;
        let mut taken = Lots::new();
        for (last, bucket) in self.buckets.iter_mut().enumerate().skip(from) {
            let part = if *bucket < missing { *bucket } else { missing };
            if part > 0.0 {
                *bucket -= part;
                missing -= part;
                taken.push((last, part));
            }
        }
        taken
    }
}

/// Walks a component with these packs. Flows that aren't possible are cut to what is, and their lots set.
pub(super) fn walk(model: &Model<'_>, component: &Component, packs: &[Vec<i64>], flows: &mut Flows) -> Walked {
    let periods = model.periods;
    let place: BTreeMap<usize, usize> = component.items.iter().enumerate().map(|(n, &i)| (i, n)).collect();
    let start = || Shelf { buckets: vec![0.0; periods + 1], coming: vec![Lots::new(); periods], figures: Figures::default() };
    let mut shelves: Vec<Shelf> = component.items.iter().map(|_| start()).collect();
    let mut cost = 0.0;
    for t in 0..periods {
        for (&i, shelf) in component.items.iter().zip(&mut shelves) {
            receive(model, (i, t), packs, shelf);
        }
        cost += move_stock(model, (component, &place), t, &mut shelves, flows);
        cost += meet_demand(model, (component, &place), t, &mut shelves, flows);
    }
    Walked { figures: shelves.into_iter().map(|shelf| shelf.figures).collect(), flows: cost }
}

fn receive(model: &Model<'_>, (i, t): (usize, usize), packs: &[Vec<i64>], shelf: &mut Shelf) {
    let item = &model.items[i];
    for receipt in &item.receipts[t] {
        shelf.buckets[receipt.last] += receipt.units;
    }
    for (last, units) in std::mem::take(&mut shelf.coming[t]) {
        shelf.buckets[last] += units;
    }
    for &k in &item.offers {
        let offer = &model.offers[k];
        let ordered = t.checked_sub(offer.lead).map_or(0, |ordered| packs[k][ordered]);
        if ordered > 0 {
            let ordered = count_to_f64(ordered);
            shelf.buckets[item.last_use(t)] += ordered * offer.units;
            shelf.figures.cost.purchase += ordered * offer.price;
            shelf.figures.cost.lines += offer.line_cost;
        }
    }
}

type Placed<'a> = (&'a Component, &'a BTreeMap<usize, usize>);

/// Moves of one period, way by way; what arrives in it is put down after all have left. Returns their cost.
fn move_stock(model: &Model<'_>, (component, place): Placed<'_>, t: usize, shelves: &mut [Shelf], flows: &mut Flows) -> f64 {
    let mut cost = 0.0;
    let mut moved: Vec<(usize, usize)> = Vec::new();
    for &l in &component.lanes {
        let units = &mut flows.moves[l][t];
        if *units == 0 {
            continue;
        }
        let lane = &model.links.lanes[l];
        let arrives = t + lane.lead;
        let from = &mut shelves[place[&lane.from]];
        let there = if arrives < model.periods { floor_to_count(from.usable(arrives) + 1e-9) } else { 0 };
        *units = (*units).min(there).max(0);
        flows.lots[l][t] = if *units > 0 { from.take(count_to_f64(*units), arrives) } else { Lots::new() };
        cost += lane.cost * count_to_f64(*units);
        moved.push((l, arrives));
    }
    for (l, arrives) in moved {
        let to = &mut shelves[place[&model.links.lanes[l].to]];
        for &(last, units) in &flows.lots[l][t] {
            if arrives == t {
                to.buckets[last] += units;
            } else {
                to.coming[arrives].push((last, units));
            }
        }
    }
    cost
}

/// Own demand of every item that is not replaced, then what it gives for others; substitutes come first in the
/// component's order. Returns the cost of substitutions.
fn meet_demand(model: &Model<'_>, (component, place): Placed<'_>, t: usize, shelves: &mut [Shelf], flows: &mut Flows) -> f64 {
    let mut cost = 0.0;
    let mut wanted: Vec<f64> = component.items.iter().map(|&i| model.items[i].demand[t]).collect();
    for (n, &i) in component.items.iter().enumerate() {
        let item = &model.items[i];
        let shelf = &mut shelves[n];
        let used: f64 = shelf.take(wanted[n], t).iter().map(|lot| lot.1).sum();
        let unmet = (wanted[n] - used).max(0.0);
        for &s in &component.stand_ins {
            let pair = &model.links.stand_ins[s];
            let units = &mut flows.given[s][t];
            if pair.substitute != i || *units == 0 {
                continue;
            }
            let open = &mut wanted[place[&pair.item]];
            let most = floor_to_count((shelf.usable(t) / pair.ratio).min(*open) + 1e-9);
            *units = (*units).min(most).max(0);
            shelf.take(pair.ratio * count_to_f64(*units), t);
            *open = (*open - count_to_f64(*units)).max(0.0);
            cost += pair.cost * count_to_f64(*units);
        }
        let gone = std::mem::take(&mut shelf.buckets[t]);
        let left: f64 = shelf.buckets[t + 1..].iter().sum();
        let left = if left < 1e-9 { 0.0 } else { left };
        let figures = &mut shelf.figures;
        figures.stock.push(left);
        figures.unmet.push(unmet);
        figures.disposed.push(gone);
        figures.cost.holding += item.holding * left;
        figures.cost.shortage += item.shortage * unmet;
        figures.cost.disposal += item.disposal * gone;
        figures.cost.risk += missing(&item.risk[t], left);
    }
    cost
}
