//! Flows and a proven bound at given prices, component by component.
//!
//! At any prices a component's items cost at least the optimum of their flow program, as every plan keeps its rows: so
//! the Lagrangian value with that optimum in place of the items' own answers is a lower bound too.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per way of the same model")]

use super::super::formulate::{Wanted, priced};
use super::super::model::Model;
use super::super::parallel::in_chunks;
use super::super::price::{Duals, value_without};
use super::super::proven::safe_bound;
use super::Component;
use super::flows::Wished;
use crate::convert::length_to_f64;

/// Entries of all flow programs together that are built per second of time limit, and of one program at most.
const ENTRIES_PER_SECOND: f64 = 60_000.0;
const ENTRIES_MAX: f64 = 400_000.0;

/// What the prices prove, and the flows they lead to.
#[derive(Debug)]
pub(super) struct AtPrices {
    /// Money: no plan costs less.
    pub(super) bound: f64,
    pub(super) flows: Wished,
    /// Components that were left out: nothing moves in them, and they count as free in the bound.
    pub(super) left_out: usize,
}

/// The flow programs of all components at these prices, the first ones first while there is work left.
///
/// - `seconds`: of the time limit.
pub(super) fn at_prices(model: &Model<'_>, duals: &Duals, steer: bool, seconds: f64) -> AtPrices {
    let links = &model.links;
    let mut entries_left = seconds * ENTRIES_PER_SECOND;
    let chosen: Vec<bool> = links
        .components
        .iter()
        .map(|component| {
            let entries = entries(model, component);
            let chosen = entries <= ENTRIES_MAX.min(entries_left);
            entries_left -= if chosen { entries } else { 0.0 };
            chosen
        })
        .collect();
    let wanted = Wanted { steer, raise: None, whole: false, time_limit_s: seconds, threads: 1 };
    let each = 16;
    let parts = in_chunks(links.components.len().div_ceil(each), model.threads, |n| {
        let numbers = n * each..((n + 1) * each).min(links.components.len());
        let solved = numbers.map(|c| (c, chosen[c].then(|| priced(model, &links.components[c], duals, wanted).ok().flatten()).flatten()));
        solved.map(|(c, found)| (c, found.map(|found| (found.optimum, own(&found.flows, &links.components[c]))))).collect::<Vec<_>>()
    });
    let mut bound = value_without(model, duals, steer, |i| links.touches(i));
    let mut flows = Wished::none(links, model.periods);
    let mut left_out = 0;
    for (c, found) in parts.into_iter().flatten() {
        let Some((value, own)) = found else {
            left_out += 1;
            continue;
        };
        bound += safe_bound(value);
        put(&mut flows, own, &links.components[c]);
    }
    AtPrices { bound, flows, left_out }
}

/// About so many entries has a component's flow program.
fn entries(model: &Model<'_>, component: &Component) -> f64 {
    let periods = length_to_f64(model.periods);
    let lots = if component.items.iter().any(|&i| model.items[i].life.is_some_and(|life| life < model.periods)) {
        0.5 * periods
    } else {
        let known = |&i: &usize| model.items[i].receipts.iter().flatten().filter(|r| r.last < model.periods).count();
        1.0 + length_to_f64(component.items.iter().map(known).sum::<usize>())
    };
    let lots = lots.min(0.5 * periods);
    periods * (length_to_f64(component.items.len()) * (4.0 + 2.0 * lots) + length_to_f64(component.lanes.len()) * 3.0 * lots)
}

/// The flows of one component alone, in its own order.
fn own(flows: &Wished, component: &Component) -> Wished {
    Wished {
        moves: component.lanes.iter().map(|&l| flows.moves[l].clone()).collect(),
        given: component.stand_ins.iter().map(|&s| flows.given[s].clone()).collect(),
    }
}

fn put(flows: &mut Wished, own: Wished, component: &Component) {
    for (&l, moves) in component.lanes.iter().zip(own.moves) {
        flows.moves[l] = moves;
    }
    for (&s, given) in component.stand_ins.iter().zip(own.given) {
        flows.given[s] = given;
    }
}
