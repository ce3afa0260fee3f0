//! One pass over all items at given prices: the Lagrangian value, what is used, and what is bought.
//!
//! Items are worked in chunks of fixed size and the sums are made chunk by chunk in order, so the figures are
//! bit-equal for any number of threads.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, offer, item or limit of the same model")]

use super::super::model::Model;
use super::super::parallel::in_chunks;
use super::batches::{self, BatchRoom};
use super::convex::{self, ConvexRoom};
use super::lattice::{self, LatticeRoom};
use super::reduce::Reduced;
use super::terms::{Duals, Reply, Terms};

/// Items in a chunk.
const CHUNK: usize = 128;

/// Lattice steps over the horizon up to which packs are counted one by one, and in the last pass and answers.
const STEPS_MAX: f64 = 80.0;
const WHOLE_STEPS_MAX: f64 = 400.0;

/// How exactly items answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kernel {
    /// Fractional packs.
    Convex,
    /// Whole packs where they are few, line costs everywhere they can be.
    Exact,
    /// The same, with packs counted for almost every item: the tightest lower bound, at several times the work.
    Counted,
    /// The same, with deliveries that are used no longer than they keep: no bound, but a plan that can be carried out.
    Plan,
    /// The same for the last answers: packs are counted for almost every item.
    Whole,
}

/// What a pass goes over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) model: &'a Model<'a>,
    /// `(item, its reduction)`.
    pub(crate) items: &'a [(usize, Reduced)],
    /// By row: money or litres orders may use; infinite where there is no limit.
    pub(crate) limits: &'a [f64],
    pub(crate) steer: bool,
    /// Answer of each item that is asked: `(number by item, the one asked for)`; the others are left out.
    pub(crate) only: Option<(&'a [usize], usize)>,
}

/// Packs bought by one line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bought {
    pub(crate) offer: usize,
    pub(crate) period: usize,
    pub(crate) packs: f64,
}

/// The answer of all items.
#[derive(Debug, Clone, Default)]
pub(crate) struct Total {
    /// Money: the Lagrangian value, a lower bound on the cost of every plan.
    pub(crate) value: f64,
    /// By row: used less limit; 0 where there is no limit.
    pub(crate) excess: Vec<f64>,
    pub(crate) bought: Vec<Bought>,
}

#[derive(Debug, Default)]
struct Rooms {
    convex: ConvexRoom,
    lattice: LatticeRoom,
    batches: BatchRoom,
    reply: Reply,
}

/// One pass. The value is a proven lower bound at any prices, as every kernel's is.
pub(crate) fn pass(scope: &Scope<'_>, duals: &Duals, kernel: Kernel) -> Total {
    let chunks: Vec<&[(usize, Reduced)]> = scope.items.chunks(CHUNK).collect();
    let parts = in_chunks(chunks.len(), scope.model.threads, |n| chunk(scope, duals, kernel, chunks[n]));
    let mut total = Total { value: 0.0, excess: vec![0.0; scope.limits.len()], bought: Vec::new() };
    for part in parts {
        total.value += part.value;
        for (sum, used) in total.excess.iter_mut().zip(part.excess) {
            *sum += used;
        }
        total.bought.extend(part.bought);
    }
    for ((excess, &limit), price) in total.excess.iter_mut().zip(scope.limits).zip(&duals.rows) {
        *excess = if limit.is_finite() { *excess - limit } else { 0.0 };
        if limit.is_finite() {
            total.value -= price * limit;
        }
    }
    total
}

fn chunk(scope: &Scope<'_>, duals: &Duals, kernel: Kernel, items: &[(usize, Reduced)]) -> Total {
    let (model, periods) = (scope.model, scope.model.periods);
    let mut rooms = Rooms::default();
    let mut total = Total { value: 0.0, excess: vec![0.0; scope.limits.len()], bought: Vec::new() };
    for (i, reduced) in items {
        if scope.only.is_some_and(|(numbers, wanted)| numbers[*i] != wanted) {
            continue;
        }
        let item = &model.items[*i];
        let mut terms = Terms::new(model, item, reduced, duals, scope.steer);
        answer(&mut terms, kernel, &mut rooms);
        let weight = reduced.weight;
        total.value += weight * rooms.reply.value;
        for &(way, packs) in &rooms.reply.bought {
            let source = &reduced.sources[way];
            total.excess[source.ordered] += weight * packs * source.price;
            total.bought.push(Bought { offer: source.offer, period: source.ordered, packs });
        }
        if let Some(c) = item.class {
            for (t, stock) in rooms.reply.stock.iter().enumerate() {
                total.excess[periods * (c + 1) + t] += weight * item.volume * stock;
            }
        }
    }
    total
}

fn answer(terms: &mut Terms<'_>, kernel: Kernel, rooms: &mut Rooms) {
    let priced = terms.steer && terms.item.risk.iter().any(|pieces| !pieces.is_empty());
    let few = terms.reduced.steps <= if matches!(kernel, Kernel::Counted | Kernel::Whole) { WHOLE_STEPS_MAX } else { STEPS_MAX };
    terms.strict = matches!(kernel, Kernel::Plan | Kernel::Whole);
    if kernel == Kernel::Convex || (priced && !few) {
        convex::solve(terms, &mut rooms.convex, &mut rooms.reply);
    } else if few {
        lattice::solve(terms, &mut rooms.lattice, &mut rooms.reply);
    } else {
        batches::solve(terms, &mut rooms.batches, &mut rooms.reply);
    }
}
