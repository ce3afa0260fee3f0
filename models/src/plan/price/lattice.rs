//! One item with whole packs, line costs and minimum packs: exact by counting packs since the pool was last empty.
//!
//! New stock is `step * n - demand since the pool was last empty`, where `n` counts lattice steps bought since
//! then; so a state is (period of the last emptiness, `n`), and no grid is rounded. Unmet demand empties the pool
//! and starts a new count. From the last period backwards, with `Z_e` = least cost after the pool was empty at the
//! end of `e`:
//! `W_t(n) = holding and risk + V_(t+1)(n)` when stock is left, else `shortage + Z_t`;
//! `V_t(n) = min(W_t(n), min over ways and packs j >= moq of line + j pack + W_t(n + j steps))`; `Z_e = V_(e+1)(0)`.
//! The inner minimum is a running one from the top, so a state costs one step per way. Orders beyond all
//! remaining demand and target stock plus one minimum are left out: one pack less is never dearer.
#![expect(clippy::indexing_slicing, reason = "tables have one row per emptiness and period, made in solve")]

use super::reduce::Source;
use super::terms::{Reply, Terms};
use crate::convert::{ceil_to_count, length_to_f64};

/// Room for one item, used again and again.
#[derive(Debug, Default)]
pub(crate) struct LatticeRoom {
    /// `values[offsets[chain * periods + t] + n]`: `V_t(n)` since emptiness `chain` (before period `chain`).
    values: Vec<f64>,
    offsets: Vec<usize>,
    /// Largest count of each chain.
    tops: Vec<usize>,
    /// `Z` by period of emptiness.
    empty: Vec<f64>,
    /// `W_t` of the period in work.
    waits: Vec<f64>,
    sums: Vec<f64>,
}

/// Least cost of the item at the prices with whole packs, and a plan that reaches it.
pub(crate) fn solve(terms: &Terms<'_>, room: &mut LatticeRoom, reply: &mut Reply) {
    let periods = terms.model.periods;
    let reduced = terms.reduced;
    reply.clear(periods);
    let first = (0..periods).find(|&t| !reduced.arriving(t).is_empty()).unwrap_or(periods);
    let mut lost = reduced.fixed;
    for t in 0..first {
        lost += terms.item.shortage * reduced.demand[t] + terms.risk(t, 0.0);
    }
    prepare(terms, room, first);
    for chain in (first..periods).rev() {
        // A pool is only emptied by demand.
        if chain == first || reduced.demand[chain - 1] > 0.0 {
            solve_chain(terms, room, chain);
            room.empty[chain] = room.values[room.offsets[chain * periods + chain]];
        }
    }
    reply.value = lost + room.empty[first];
    walk(terms, room, reply, first);
}

fn prepare(terms: &Terms<'_>, room: &mut LatticeRoom, first: usize) {
    let (periods, reduced) = (terms.model.periods, terms.reduced);
    let minimum = reduced.sources.iter().map(|s| s.steps * s.moq).max().unwrap_or(0);
    room.sums.clear();
    room.sums.push(0.0);
    for t in 0..periods {
        room.sums.push(room.sums[t] + reduced.demand[t]);
    }
    room.offsets.clear();
    room.offsets.resize(periods * periods, usize::MAX);
    room.tops.clear();
    room.tops.resize(periods, 0);
    room.empty.clear();
    room.empty.resize(periods + 1, 0.0);
    let mut length = 0;
    for chain in first..periods {
        let open = room.sums[periods] - room.sums[chain];
        let needed = ceil_to_count((open + reduced.extra) / reduced.step);
        room.tops[chain] = usize::try_from(needed).unwrap_or(0) + minimum;
        for t in chain..periods {
            room.offsets[chain * periods + t] = length;
            length += room.tops[chain] + 1;
        }
    }
    room.values.resize(length.max(room.values.len()), 0.0);
}

/// Least count with stock left before period `t` of a chain.
fn lowest(room: &LatticeRoom, step: f64, chain: usize, t: usize) -> usize {
    usize::try_from(ceil_to_count((room.sums[t] - room.sums[chain]) / step)).unwrap_or(0)
}

fn solve_chain(terms: &Terms<'_>, room: &mut LatticeRoom, chain: usize) {
    let (periods, reduced) = (terms.model.periods, terms.reduced);
    let top = room.tops[chain];
    for t in (chain..periods).rev() {
        let low = lowest(room, reduced.step, chain, t);
        let mut waits = std::mem::take(&mut room.waits);
        fill_waits(terms, room, &mut waits, (chain, t, low));
        let at = room.offsets[chain * periods + t];
        let values = &mut room.values[at..=at + top];
        values[low..].copy_from_slice(&waits[low..=top]);
        for source in reduced.arriving(t) {
            cheapen(values, &waits, (low, top), source, (terms.line(source), terms.pack(source)));
        }
        room.waits = waits;
    }
}

/// `W_t(n)` for all counts of a chain from `low` on.
fn fill_waits(terms: &Terms<'_>, room: &LatticeRoom, waits: &mut Vec<f64>, (chain, t, low): (usize, usize, usize)) {
    let (periods, step) = (terms.model.periods, terms.reduced.step);
    let top = room.tops[chain];
    let needed = room.sums[t + 1] - room.sums[chain];
    let holding = terms.holding(t);
    let short = terms.risk(t, 0.0) + room.empty.get(t + 1).copied().unwrap_or(0.0);
    let plain = !terms.steer || terms.item.risk[t].is_empty();
    let next = (t + 1 < periods).then(|| room.offsets[chain * periods + t + 1]);
    waits.resize(waits.len().max(top + 1), 0.0);
    let covered = lowest(room, step, chain, t + 1).min(top + 1);
    for n in low..covered.max(low) {
        waits[n] = terms.item.shortage * (needed - step * length_to_f64(n)).max(0.0) + short;
    }
    for n in covered.max(low)..=top {
        let stock = (step * length_to_f64(n) - needed).max(0.0);
        let later = next.map_or(0.0, |at| room.values[at + n]);
        waits[n] = holding * stock + later;
        if !plain {
            waits[n] += terms.risk(t, stock);
        }
    }
}

/// Lowers `values` by one way of buying; a running minimum from the top.
fn cheapen(values: &mut [f64], waits: &[f64], (low, top): (usize, usize), source: &Source, (line, pack): (f64, f64)) {
    let (stride, least) = (source.steps, source.steps * source.moq);
    let first = length_to_f64(source.moq) * pack + line;
    if least > top {
        return;
    }
    if stride == 1 {
        let mut best = f64::INFINITY;
        for n in (low..=top - least).rev() {
            best = (best + pack).min(waits[n + least] + first);
            values[n] = values[n].min(best);
        }
        return;
    }
    for residue in 0..stride {
        let Some(last) = (top - least).checked_sub(residue) else {
            break;
        };
        let mut n = last;
        let mut best = f64::INFINITY;
        while n >= low {
            best = (best + pack).min(waits[n + least] + first);
            values[n] = values[n].min(best);
            let Some(next) = n.checked_sub(stride) else {
                break;
            };
            n = next;
        }
    }
}

/// The plan, forwards: in every state the first choice that reaches its value.
fn walk(terms: &Terms<'_>, room: &mut LatticeRoom, reply: &mut Reply, first: usize) {
    let (periods, reduced) = (terms.model.periods, terms.reduced);
    let (mut chain, mut n) = (first, 0);
    let mut waits = std::mem::take(&mut room.waits);
    for t in first..periods {
        if !reduced.arriving(t).is_empty() {
            fill_waits(terms, room, &mut waits, (chain, t, n));
            let mut best = (waits[n], None);
            for (number, source) in reduced.arriving(t).iter().enumerate() {
                let (line, pack) = (terms.line(source), terms.pack(source));
                let mut packs = source.moq;
                while n + packs * source.steps <= room.tops[chain] {
                    let cost = line + length_to_f64(packs) * pack + waits[n + packs * source.steps];
                    if cost < best.0 - 1e-9 {
                        best = (cost, Some((number, packs)));
                    }
                    packs += 1;
                }
            }
            if let Some((number, packs)) = best.1 {
                reply.bought.push((reduced.starts[t] + number, length_to_f64(packs)));
                n += packs * reduced.arriving(t)[number].steps;
            }
        }
        if n < lowest(room, reduced.step, chain, t + 1) {
            (chain, n) = (t + 1, 0);
        } else {
            let needed = room.sums[t + 1] - room.sums[chain];
            reply.stock[t] = (reduced.step * length_to_f64(n) - needed).max(0.0);
        }
    }
    room.waits = waits;
}
