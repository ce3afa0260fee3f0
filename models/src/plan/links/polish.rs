//! A plan of packs and flows judged by the exact walk, and single flows changed where that is cheaper.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, item or way of the same model")]

use super::super::model::Model;
use super::super::packs::{Draft, within};
use super::Component;
use super::flows::Flows;
use super::walk::{Figures, Walked, walk};
use crate::convert::ceil_to_count;

/// Rounds over all flows.
const ROUNDS: usize = 4;
/// Money by which a change must be cheaper, and by which leaving a flow out may be dearer.
const GAIN: f64 = 1e-7;
const EVEN: f64 = 1e-9;

/// Packs and flows with what they come to.
#[derive(Debug, Clone)]
pub(super) struct Plan<'a> {
    pub(super) model: &'a Model<'a>,
    pub(super) packs: Vec<Vec<i64>>,
    pub(super) flows: Flows,
    /// By component.
    pub(super) walked: Vec<Walked>,
    /// Money of orders and of items without links.
    pub(super) others: f64,
    /// `litres[class][period]`.
    litres: Vec<Vec<f64>>,
}

impl<'a> Plan<'a> {
    /// Cuts flows that aren't possible.
    pub(super) fn new(model: &'a Model<'a>, packs: Vec<Vec<i64>>, mut flows: Flows) -> Self {
        let draft = Draft::new(model, packs, 0);
        let mut litres = draft.litres.clone();
        let linked = |i: &usize| model.links.touches(*i);
        let alone: f64 = (0..model.items.len()).filter(|i| !linked(i)).map(|i| draft.costs[i].steering()).sum();
        let mut walked = Vec::with_capacity(model.links.components.len());
        for component in &model.links.components {
            let one = walk(model, component, &draft.packs, &mut flows);
            for (&i, figures) in component.items.iter().zip(&one.figures) {
                add_litres(model, i, &mut litres, &draft.stock[i], &figures.stock);
            }
            walked.push(one);
        }
        Self { model, others: draft.fees() + alone, packs: draft.packs, flows, walked, litres }
    }

    /// What steers: the contract's cost plus the risk term, money.
    pub(super) fn steering(&self) -> f64 {
        self.others + self.walked.iter().map(Walked::steering).sum::<f64>()
    }

    /// Whether it keeps every storage limit.
    pub(super) fn keeps_storage(&self) -> bool {
        let classes = self.litres.iter().zip(&self.model.classes);
        classes.flat_map(|(litres, class)| litres.iter().zip(&class.limit)).all(|(&used, &limit)| within(used, limit))
    }

    /// Changes single flows from period `first` on where that is cheaper; leaves out what brings nothing.
    pub(super) fn polish(&mut self, first: usize, walks_left: &mut u64) {
        for c in 0..self.model.links.components.len() {
            for _ in 0..ROUNDS {
                if !self.polish_once(c, first, walks_left) {
                    break;
                }
            }
        }
    }

    fn polish_once(&mut self, c: usize, first: usize, walks_left: &mut u64) -> bool {
        let model = self.model;
        let component = &model.links.components[c];
        let work = u64::try_from(component.items.len()).unwrap_or(u64::MAX);
        let mut changed = false;
        for t in first..model.periods {
            for &l in &component.lanes {
                let lane = &model.links.lanes[l];
                if t + lane.lead >= model.periods {
                    continue;
                }
                let (from, to) = (self.figures(c, lane.from), self.figures(c, lane.to));
                let short = wanted(&to.unmet[t + lane.lead..]);
                let spare = wanted(&from.disposed[t..]);
                let now = self.flows.moves[l][t];
                for units in tried(now, &[short.0, short.1, spare.1.min(short.1.max(spare.1))]) {
                    if *walks_left < work {
                        return changed;
                    }
                    *walks_left -= work;
                    changed |= self.attempt(c, units < now, |flows| flows.moves[l][t] = units);
                }
            }
            for &s in &component.stand_ins {
                let short = wanted(&self.figures(c, model.links.stand_ins[s].item).unmet[t..=t]);
                let now = self.flows.given[s][t];
                for units in tried(now, &[short.0]) {
                    if *walks_left < work {
                        return changed;
                    }
                    *walks_left -= work;
                    changed |= self.attempt(c, units < now, |flows| flows.given[s][t] = units);
                }
            }
        }
        changed
    }

    fn figures(&self, c: usize, item: usize) -> &Figures {
        let place = self.model.links.components[c].items.iter().position(|&i| i == item).unwrap_or(0);
        &self.walked[c].figures[place]
    }

    /// Makes a change of one component's flows if it is cheaper (`less`: or as cheap) and keeps storage.
    fn attempt(&mut self, c: usize, less: bool, change: impl Fn(&mut Flows)) -> bool {
        let model = self.model;
        let component = &model.links.components[c];
        let mut flows = self.flows.clone();
        change(&mut flows);
        let walked = walk(model, component, &self.packs, &mut flows);
        let delta = walked.steering() - self.walked[c].steering();
        if delta >= -GAIN && !(less && delta <= EVEN) {
            return false;
        }
        let mut litres = self.litres.clone();
        for (n, &i) in component.items.iter().enumerate() {
            add_litres(model, i, &mut litres, &self.walked[c].figures[n].stock, &walked.figures[n].stock);
        }
        if !self.allowed(&litres) {
            return false;
        }
        (self.flows, self.litres) = (flows, litres);
        self.walked[c] = walked;
        true
    }

    /// Whether litres grow nowhere beyond a limit.
    fn allowed(&self, litres: &[Vec<f64>]) -> bool {
        let classes = litres.iter().zip(&self.litres).zip(&self.model.classes);
        classes
            .flat_map(|((after, before), class)| after.iter().zip(before).zip(&class.limit))
            .all(|((&after, &before), &limit)| after <= before + 1e-12 || within(after, limit))
    }

    /// The component's money, with what its lines cost.
    pub(super) fn component_cost(&self, c: usize) -> f64 {
        self.walked[c].steering()
    }

    /// This plan with the packs and flows of some components from another.
    pub(super) fn mixed(&self, other: &Self, from_other: impl Fn(&Component, usize) -> bool) -> (Vec<Vec<i64>>, Flows) {
        let (mut packs, mut flows) = (self.packs.clone(), self.flows.clone());
        for (c, component) in self.model.links.components.iter().enumerate() {
            if from_other(component, c) {
                flows.take(component, &other.flows);
                for &k in component.items.iter().flat_map(|&i| &self.model.items[i].offers) {
                    packs[k].clone_from(&other.packs[k]);
                }
            }
        }
        (packs, flows)
    }
}

fn add_litres(model: &Model<'_>, i: usize, litres: &mut [Vec<f64>], before: &[f64], after: &[f64]) {
    let item = &model.items[i];
    if let Some(c) = item.class.filter(|_| item.volume > 0.0) {
        for ((sum, before), after) in litres[c].iter_mut().zip(before).zip(after) {
            *sum += item.volume * (after - before);
        }
    }
}

/// Whole units for the first gap, and for all of them.
fn wanted(gaps: &[f64]) -> (i64, i64) {
    let first = gaps.iter().copied().find(|&gap| gap > 1e-9).unwrap_or(0.0);
    (ceil_to_count(first - 1e-9), ceil_to_count(gaps.iter().sum::<f64>() - 1e-9))
}

/// Other sizes of a flow: none, half, one less, and more by what would help.
fn tried(now: i64, more: &[i64]) -> Vec<i64> {
    let mut sizes = Vec::new();
    if now > 0 {
        sizes.extend([0, now / 2, now - 1]);
    }
    for &units in more {
        if units > 0 {
            sizes.extend([now + 1, now + units]);
        }
    }
    sizes.retain(|&units| units != now);
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}
