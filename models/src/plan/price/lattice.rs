//! One item with whole packs, line costs and minimum packs: exact by counting packs since the pool was last empty.
//!
//! New stock is `step * n - demand since the pool was last empty`, where `n` counts lattice steps bought since
//! then; so a state is (period of the last emptiness, `n`), and no grid is rounded. Unmet demand empties the pool
//! and starts a new count. From the last period backwards, with `Z_e` = least cost after the pool was empty at the
//! end of `e`:
//! `W_t(n) = holding and risk + V_(t+1)(n)` when stock is left, else `shortage + Z_t`;
//! `V_t(n) = min(V(n), min over packs j >= moq of line + j pack + V(n + j steps))` for one way after the other, from
//! `V = W_t`; `Z_e = V_(e+1)(0)`.
//! The inner minimum is a running one from the top, so a state costs one step per way. Orders beyond all
//! remaining demand and target stock plus one minimum are left out: one pack less is never dearer.
#![expect(clippy::indexing_slicing, reason = "tables have one row per emptiness and period, made in solve")]

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
    /// Ways of buying by period.
    ways: Vec<Vec<Buy>>,
    /// Units of `n` steps.
    units: Vec<f64>,
    /// `n` as a number.
    counts: Vec<f64>,
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
    let mut ways = std::mem::take(&mut room.ways);
    ways.resize(periods, Vec::new());
    for (t, into) in ways.iter_mut().enumerate() {
        buys(terms, t, into);
    }
    for chain in (first..periods).rev() {
        // A pool is only emptied by demand.
        if chain == first || reduced.demand[chain - 1] > 0.0 {
            solve_chain(terms, room, &ways, chain);
            room.empty[chain] = room.values[room.offsets[chain * periods + chain]];
        }
    }
    room.ways = ways;
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
    let top = room.tops.iter().max().copied().unwrap_or(0);
    while room.counts.len() <= top {
        room.counts.push(length_to_f64(room.counts.len()));
    }
    room.units.clear();
    room.units.extend(room.counts[..=top].iter().map(|n| n * reduced.step));
}

/// Least count with stock left before period `t` of a chain.
fn lowest(room: &LatticeRoom, step: f64, chain: usize, t: usize) -> usize {
    usize::try_from(ceil_to_count((room.sums[t] - room.sums[chain]) / step)).unwrap_or(0)
}

fn solve_chain(terms: &Terms<'_>, room: &mut LatticeRoom, offered: &[Vec<Buy>], chain: usize) {
    let (periods, reduced) = (terms.model.periods, terms.reduced);
    let top = room.tops[chain];
    for t in (chain..periods).rev() {
        let low = lowest(room, reduced.step, chain, t);
        let mut waits = std::mem::take(&mut room.waits);
        fill_waits(terms, room, &mut waits, (chain, t, low));
        let at = room.offsets[chain * periods + t];
        let values = &mut room.values[at..=at + top];
        values[low..].copy_from_slice(&waits[low..=top]);
        for (number, buy) in offered[t].iter().enumerate() {
            // Packs of several ways may arrive in one period: each adds to what the ones before it did.
            if number > 0 {
                waits[low..=top].copy_from_slice(&values[low..]);
            }
            let most = most(terms, (&room.sums, top), (chain, t), buy.steps * buy.moq);
            cheapen(values, &waits, &room.counts, (low, most), buy);
        }
        room.waits = waits;
    }
}

/// Largest count after an order that arrives at `t`: all of the chain; in a plan what can be used before it expires,
/// and less than one minimum more.
fn most(terms: &Terms<'_>, (sums, top): (&[f64], usize), (chain, t): (usize, usize), minimum: usize) -> usize {
    if !terms.strict || !terms.reduced.expires {
        return top;
    }
    let usable = sums[terms.reduced.keeps[t]] - sums[chain];
    top.min(usize::try_from(ceil_to_count(usable / terms.reduced.step)).unwrap_or(top) + minimum - 1)
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
    let covered = covered.max(low);
    for (wait, units) in waits[low..covered].iter_mut().zip(&room.units[low..covered]) {
        *wait = terms.item.shortage * (needed - units).max(0.0) + short;
    }
    let stocks = waits[covered..=top].iter_mut().zip(&room.units[covered..=top]);
    match next {
        Some(at) => {
            for ((wait, units), later) in stocks.zip(&room.values[at + covered..=at + top]) {
                *wait = holding * (units - needed).max(0.0) + later;
            }
        }
        None => stocks.for_each(|(wait, units)| *wait = holding * (units - needed).max(0.0)),
    }
    if !plain {
        for (wait, units) in waits[covered..=top].iter_mut().zip(&room.units[covered..=top]) {
            *wait += terms.risk(t, (units - needed).max(0.0));
        }
    }
}

/// Lowers `values` by one way of buying: a running minimum from the top, with `pack n` added to every entry so
/// that it needs one comparison a step.
fn cheapen(values: &mut [f64], waits: &[f64], counts: &[f64], (low, top): (usize, usize), buy: &Buy) {
    let (stride, least) = (buy.steps, buy.steps * buy.moq);
    if least + low > top {
        return;
    }
    let slope = buy.pack / length_to_f64(stride);
    let first = length_to_f64(buy.moq) * buy.pack + buy.line;
    let highest = top - least;
    if stride == 1 {
        let mut best = f64::INFINITY;
        let rows = values[low..=highest].iter_mut().zip(&waits[low + least..=top]).zip(&counts[low..=highest]);
        for ((value, wait), count) in rows.rev() {
            let tilt = slope * count;
            best = lesser(wait + tilt, best);
            *value = lesser(best + (first - tilt), *value);
        }
        return;
    }
    for residue in 0..stride.min(highest - low + 1) {
        let mut best = f64::INFINITY;
        for n in (low..=highest - residue).rev().step_by(stride) {
            let tilt = slope * counts[n];
            best = lesser(waits[n + least] + tilt, best);
            values[n] = lesser(best + (first - tilt), values[n]);
        }
    }
}

/// The smaller of two numbers: one instruction, as what is no number needs no care here.
fn lesser(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

/// A way of buying at the prices.
#[derive(Debug, Clone, Copy)]
struct Buy {
    /// Place among the ways of its period.
    number: usize,
    steps: usize,
    moq: usize,
    line: f64,
    pack: f64,
}

/// Ways of one period, without those that another one beats for every number of packs.
fn buys(terms: &Terms<'_>, t: usize, into: &mut Vec<Buy>) {
    into.clear();
    for (number, source) in terms.reduced.arriving(t).iter().enumerate() {
        into.push(Buy { number, steps: source.steps, moq: source.moq, line: terms.line(source), pack: terms.pack(source) });
    }
    let mut n = 0;
    while n < into.len() {
        let one = into[n];
        let beaten = into.iter().enumerate().any(|(m, other)| {
            let better = other.steps == one.steps && other.moq <= one.moq && other.line <= one.line && other.pack <= one.pack;
            m != n && better
        });
        if beaten {
            into.remove(n);
        } else {
            n += 1;
        }
    }
}

/// The plan, forwards: in every state the first choice that reaches its value.
fn walk(terms: &Terms<'_>, room: &mut LatticeRoom, reply: &mut Reply, first: usize) {
    let reduced = terms.reduced;
    let (mut chain, mut n) = (first, 0);
    let mut waits = std::mem::take(&mut room.waits);
    let mut layers: Vec<Vec<f64>> = Vec::new();
    let ways = std::mem::take(&mut room.ways);
    for (t, offered) in ways.iter().enumerate().skip(first) {
        if !offered.is_empty() {
            fill_waits(terms, room, &mut waits, (chain, t, n));
            n = choose(terms, room, (offered, &waits), (chain, t, n), &mut layers, reply);
        }
        if n < lowest(room, reduced.step, chain, t + 1) {
            (chain, n) = (t + 1, 0);
        } else {
            let needed = room.sums[t + 1] - room.sums[chain];
            reply.stock[t] = (reduced.step * length_to_f64(n) - needed).max(0.0);
        }
    }
    room.waits = waits;
    room.ways = ways;
}

/// What is bought in `t` from count `n` on; returns the count after it. `layers[m]`: least cost by count when only the
/// first `m` ways are left to choose from.
fn choose(
    terms: &Terms<'_>,
    room: &LatticeRoom,
    (ways, waits): (&[Buy], &[f64]),
    (chain, t, n): (usize, usize, usize),
    layers: &mut Vec<Vec<f64>>,
    reply: &mut Reply,
) -> usize {
    let top = room.tops[chain];
    let most = |buy: &Buy| most(terms, (&room.sums, top), (chain, t), buy.steps * buy.moq);
    layers.resize_with(layers.len().max(ways.len()), Vec::new);
    for (m, buy) in ways.iter().enumerate() {
        let (done, rest) = layers.split_at_mut(m);
        let before: &[f64] = done.last().map_or(waits, Vec::as_slice);
        rest[0].clear();
        rest[0].extend_from_slice(&before[..=top]);
        cheapen(&mut rest[0], before, &room.counts, (n, most(buy)), buy);
    }
    let mut n = n;
    for (m, buy) in ways.iter().enumerate().rev() {
        let before: &[f64] = m.checked_sub(1).map_or(waits, |m| &layers[m]);
        let mut best = (before[n], 0);
        let mut packs = buy.moq;
        while n + packs * buy.steps <= most(buy) {
            let cost = buy.line + length_to_f64(packs) * buy.pack + before[n + packs * buy.steps];
            if cost < best.0 - 1e-9 {
                best = (cost, packs);
            }
            packs += 1;
        }
        if best.1 > 0 {
            reply.bought.push((terms.reduced.starts[t] + buy.number, length_to_f64(best.1)));
            n += best.1 * buy.steps;
        }
    }
    n
}
