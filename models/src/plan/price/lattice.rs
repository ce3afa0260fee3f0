//! One item with whole packs, line costs and minimum packs: exact by counting packs since the pool was last empty.
//!
//! New stock is `step * n - demand since the pool was last empty`, where `n` counts lattice steps bought since
//! then; so a state is (period of the last emptiness, `n`), and no grid is rounded. Unmet demand empties the pool
//! and starts a new count. From the last period backwards, with `Z_e` = least cost after the pool was empty at the
//! end of `e`:
//! `W_t(n) = holding and risk + V_(t+1)(n)` when stock is left, else `shortage + Z_t`;
//! `V_t(n) = min(V(n), min over packs j >= moq of line + j pack + V(n + j steps))` for one way after the other, from
//! `V = W_t`; `Z_e = V_(e+1)(0)`.
//!
//! Three things make that cheap. With `U_t(n) = V_t(n) + units P_t - Q_t`, `P` and `Q` being the sums of holding a unit and
//! of holding a unit of each period's demand until then, keeping stock changes nothing, so one table per chain is enough.
//! An order need not be placed while stock lasts until a later one of the same offer that is no dearer for any number of
//! packs, holding included ([`Buy::until`]): few counts buy in each period. And the inner minimum is a running one from the
//! top. Orders beyond all remaining demand and target stock plus one minimum are left out: one pack less is never dearer.
#![expect(clippy::indexing_slicing, reason = "tables have one row per emptiness and period, made in solve")]

use super::terms::{Reply, Terms};
use crate::convert::{ceil_to_index, length_to_f64};

/// Room for one item, used again and again. Stock, demand and costs by the unit are by the lattice step here.
#[derive(Debug, Default)]
pub(crate) struct LatticeRoom {
    /// `values[starts[chain] + n]`: `U_t(n)` since emptiness `chain` (before period `chain`), of the period in work.
    values: Vec<f64>,
    starts: Vec<usize>,
    /// Largest count of each chain.
    tops: Vec<usize>,
    /// What the step of each chain and period overwrote, `marks[chain * periods + t]`: the walk takes it back.
    journal: Vec<f64>,
    marks: Vec<Mark>,
    /// `Z` by period of emptiness.
    empty: Vec<f64>,
    /// Demand, holding of a step, and holding of each period's demand, all before each period.
    sums: Vec<f64>,
    carried: Vec<f64>,
    held: Vec<f64>,
    /// New stock beside known stock up to which low stock has a price, by period.
    margins: Vec<f64>,
    /// Ways of buying by period, and the largest [`Buy::until`] of each period.
    ways: Vec<Vec<Buy>>,
    untils: Vec<f64>,
    /// `n` as a number.
    counts: Vec<f64>,
    /// Values of the period in work, for the walk.
    waits: Vec<f64>,
    layers: Vec<Vec<f64>>,
}

/// Counts that a step overwrote and that are read again, and where their values are kept.
#[derive(Debug, Clone, Copy, Default)]
struct Mark {
    at: usize,
    low: usize,
    end: usize,
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
    /// Money per step, less what holding it from period 0 to the arrival costs.
    slope: f64,
    /// Demand from period 0 on, and margin, that stock has to cover for a later order to be as good.
    until: f64,
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
            room.empty[chain] = room.values[room.starts[chain]] + offset(room, chain, chain);
        }
    }
    reply.value = lost + room.empty[first];
    walk(terms, room, reply, first);
}

/// Sums by period, ways, and the size of the tables.
fn prepare(terms: &Terms<'_>, room: &mut LatticeRoom, first: usize) {
    let (periods, reduced) = (terms.model.periods, terms.reduced);
    let a_step = 1.0 / reduced.step;
    for sums in [&mut room.sums, &mut room.carried, &mut room.held] {
        sums.clear();
        sums.push(0.0);
    }
    room.margins.clear();
    for t in 0..periods {
        let holding = terms.holding(t) * reduced.step;
        room.sums.push(room.sums[t] + reduced.demand[t] * a_step);
        room.carried.push(room.carried[t] + holding);
        room.held.push(room.held[t] + holding * room.sums[t + 1]);
        room.margins.push(terms.margin(t) * a_step);
    }
    room.starts.clear();
    room.starts.resize(periods, 0);
    room.tops.clear();
    room.tops.resize(periods, 0);
    room.empty.clear();
    room.empty.resize(periods + 1, 0.0);
    room.marks.resize(periods * periods, Mark::default());
    room.journal.clear();
    let minimum = reduced.sources.iter().map(|s| s.steps * s.moq).max().unwrap_or(0);
    let mut length = 0;
    for chain in first..periods {
        room.tops[chain] = ceil_to_index(room.sums[periods] - room.sums[chain] + reduced.extra * a_step) + minimum;
        room.starts[chain] = length;
        length += room.tops[chain] + 1;
    }
    room.values.resize(length.max(room.values.len()), 0.0);
    let top = room.tops.iter().max().copied().unwrap_or(0);
    while room.counts.len() <= top {
        room.counts.push(length_to_f64(room.counts.len()));
    }
    let mut ways = std::mem::take(&mut room.ways);
    ways.resize(periods, Vec::new());
    room.untils.clear();
    for (t, into) in ways.iter_mut().enumerate() {
        buys(terms, room, t, into);
        room.untils.push(into.iter().map(|buy| buy.until).fold(0.0, f64::max));
    }
    room.ways = ways;
}

/// `Q_t - P_t * demand before the chain`: what `U_t` leaves out.
fn offset(room: &LatticeRoom, chain: usize, t: usize) -> f64 {
    room.held[t] - room.sums[chain] * room.carried[t]
}

fn solve_chain(terms: &Terms<'_>, room: &mut LatticeRoom, chain: usize) {
    let periods = terms.model.periods;
    let (top, start) = (room.tops[chain], room.starts[chain]);
    let mut values = std::mem::take(&mut room.values);
    let table = &mut values[start..=start + top];
    let before = room.sums[chain];
    let count = |units: f64| ceil_to_index(units - before).min(top + 1);
    let (carried, offset) = (room.carried[periods], offset(room, chain, periods));
    // Least count with stock left at the end of the period in work.
    let mut covered = count(room.sums[periods]);
    for (value, count) in table.iter_mut().zip(&room.counts).skip(covered) {
        *value = count * carried - offset;
    }
    for t in (chain..periods).rev() {
        let low = count(room.sums[t]);
        let risky = if room.margins[t] > 0.0 { count(room.sums[t + 1] + room.margins[t]) } else { covered };
        let ways = &room.ways[t];
        let until = if ways.is_empty() { 0 } else { count(room.untils[t]) };
        // The pool is empty at the start of a chain: the way that chooses first has one count to choose for.
        let until = if t == chain && ways.len() == 1 { 1 } else { until };
        let end = risky.max(until);
        if end > covered {
            room.marks[chain * periods + t] = Mark { at: room.journal.len(), low: covered, end };
            room.journal.extend_from_slice(&table[covered..end]);
        } else {
            room.marks[chain * periods + t] = Mark::default();
        }
        waiting(terms, room, (chain, t), (covered, risky), (table, low));
        for (n, buy) in ways.iter().enumerate() {
            let most = most(terms, (&room.sums, top), (chain, t), buy.steps * buy.moq);
            let until = if t == chain && n + 1 == ways.len() { 1 } else { until };
            cheapen(table, &room.counts, (low, until, most), buy);
        }
        covered = low;
    }
    room.values = values;
}

/// `W_t` in the place of `U_(t+1)` for the counts from `low` on: those below `covered` run out, those below `risky` are low.
fn waiting(
    terms: &Terms<'_>,
    room: &LatticeRoom,
    (chain, t): (usize, usize),
    (covered, risky): (usize, usize),
    (table, low): (&mut [f64], usize),
) {
    let step = terms.reduced.step;
    let needed = room.sums[t + 1] - room.sums[chain];
    if low < covered {
        // Counts below `covered` are short by no less than nothing, up to rounding.
        let shortage = terms.item.shortage * step;
        let short = shortage * needed + terms.risk(t, 0.0) + room.empty[t + 1] - offset(room, chain, t);
        let slope = room.carried[t] - shortage;
        for (value, count) in table[low..covered].iter_mut().zip(&room.counts[low..covered]) {
            *value = short + count * slope;
        }
    }
    let first = covered.max(low);
    if first < risky {
        for (value, count) in table[first..risky].iter_mut().zip(&room.counts[first..risky]) {
            *value += terms.risk(t, (count - needed).max(0.0) * step);
        }
    }
}

/// Largest count after an order that arrives at `t`: all of the chain; in a plan what can be used before it expires,
/// and less than one minimum more.
fn most(terms: &Terms<'_>, (sums, top): (&[f64], usize), (chain, t): (usize, usize), minimum: usize) -> usize {
    if !terms.strict || !terms.reduced.expires {
        return top;
    }
    top.min(ceil_to_index(sums[terms.reduced.keeps[t]] - sums[chain]) + minimum - 1)
}

/// Lowers the values of `low..until` by one way of buying up to the count `most`: a running minimum from the top, with
/// `slope n` added to every entry so that it needs one comparison a step. A value that is lowered already pays the line
/// twice if it is used again, which is never less than once.
fn cheapen(values: &mut [f64], counts: &[f64], (low, until, most): (usize, usize, usize), buy: &Buy) {
    let (stride, least) = (buy.steps, buy.steps * buy.moq);
    if least + low > most || low >= until {
        return;
    }
    let highest = (until - 1).min(most - least);
    let slope = buy.slope;
    if stride == 1 {
        let mut best = lowest(&values[highest + least..=most], &counts[highest + least..=most], slope);
        for n in (low..=highest).rev() {
            best = lesser(values[n + least] + slope * counts[n + least], best);
            values[n] = lesser(best + (buy.line - slope * counts[n]), values[n]);
        }
        return;
    }
    for first in (low..=highest).rev().take(stride) {
        let mut best = f64::INFINITY;
        let mut m = first + least;
        while m <= most {
            best = lesser(values[m] + slope * counts[m], best);
            m += stride;
        }
        for n in (low..=first).rev().step_by(stride) {
            best = lesser(values[n + least] + slope * counts[n + least], best);
            values[n] = lesser(best + (buy.line - slope * counts[n]), values[n]);
        }
    }
}

/// The least of `value + slope count`.
fn lowest(values: &[f64], counts: &[f64], slope: f64) -> f64 {
    // Four at a time, so that each doesn't wait for the one before.
    let mut least = [f64::INFINITY; 4];
    let (fours, numbers) = (values.chunks_exact(4), counts.chunks_exact(4));
    let mut rest = f64::INFINITY;
    for (value, count) in fours.remainder().iter().zip(numbers.remainder()) {
        rest = lesser(value + slope * count, rest);
    }
    for (four, counts) in fours.zip(numbers) {
        for ((least, value), count) in least.iter_mut().zip(four).zip(counts) {
            *least = lesser(value + slope * count, *least);
        }
    }
    least.into_iter().fold(rest, lesser)
}

/// The smaller of two numbers: one instruction, as what is no number needs no care here.
fn lesser(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

/// Ways of one period, without those that another one beats for every number of packs.
fn buys(terms: &Terms<'_>, room: &LatticeRoom, t: usize, into: &mut Vec<Buy>) {
    into.clear();
    for (number, source) in terms.reduced.arriving(t).iter().enumerate() {
        let (line, pack) = (terms.line(source), terms.pack(source));
        let slope = pack / length_to_f64(source.steps) - room.carried[t];
        into.push(Buy { number, steps: source.steps, moq: source.moq, line, pack, slope, until: f64::INFINITY });
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
    for buy in into {
        buy.until = until(terms, room, t, buy);
    }
}

/// Demand and margin, from period 0 on, that stock must cover for a later order of the same offer to be as good for any
/// number of packs: then nothing runs out or low meanwhile. Infinite where there is none.
fn until(terms: &Terms<'_>, room: &LatticeRoom, t: usize, buy: &Buy) -> f64 {
    let reduced = terms.reduced;
    let source = &reduced.arriving(t)[buy.number];
    let mut units = 0.0_f64;
    for s in t + 1..terms.model.periods {
        units = units.max(room.sums[s] + room.margins[s - 1]);
        let Some(later) = reduced.arriving(s).iter().find(|later| later.offer == source.offer) else {
            continue;
        };
        let saved = buy.pack - terms.pack(later) + length_to_f64(buy.steps) * (room.carried[s] - room.carried[t]);
        if saved >= 0.0 && length_to_f64(buy.moq) * saved >= terms.line(later) - buy.line {
            return units;
        }
    }
    f64::INFINITY
}

/// The plan, forwards: in every state the first choice that reaches its value.
fn walk(terms: &Terms<'_>, room: &mut LatticeRoom, reply: &mut Reply, first: usize) {
    let (periods, step) = (terms.model.periods, terms.reduced.step);
    let (mut chain, mut n) = (first, 0);
    let (mut waits, mut layers) = (std::mem::take(&mut room.waits), std::mem::take(&mut room.layers));
    let ways = std::mem::take(&mut room.ways);
    for (t, ways) in ways.iter().enumerate().take(periods).skip(first) {
        let Mark { at, low, end } = room.marks[chain * periods + t];
        let (top, start) = (room.tops[chain], room.starts[chain]);
        room.values[start + low..start + end].copy_from_slice(&room.journal[at..at + end - low]);
        let count = |units: f64| ceil_to_index(units - room.sums[chain]).min(top + 1);
        let covered = count(room.sums[t + 1]);
        if !ways.is_empty() && n < count(room.untils[t]) {
            waits.clear();
            waits.extend_from_slice(&room.values[start..=start + top]);
            let risky = if room.margins[t] > 0.0 { count(room.sums[t + 1] + room.margins[t]) } else { covered };
            waiting(terms, room, (chain, t), (covered, risky), (&mut waits, n));
            n = choose(terms, room, (ways, &waits), (chain, t, n), &mut layers, reply);
        }
        if n < covered {
            (chain, n) = (t + 1, 0);
        } else {
            reply.stock[t] = (room.counts[n] - (room.sums[t + 1] - room.sums[chain])).max(0.0) * step;
        }
    }
    room.waits = waits;
    room.layers = layers;
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
    for (m, buy) in ways.iter().enumerate().take(ways.len().saturating_sub(1)) {
        let (done, rest) = layers.split_at_mut(m);
        let before: &[f64] = done.last().map_or(waits, Vec::as_slice);
        rest[0].clear();
        rest[0].extend_from_slice(before);
        cheapen(&mut rest[0], &room.counts, (n, top + 1, most(buy)), buy);
    }
    let mut n = n;
    for (m, buy) in ways.iter().enumerate().rev() {
        let before: &[f64] = m.checked_sub(1).map_or(waits, |m| &layers[m]);
        let mut best = (before[n], 0);
        let mut packs = buy.moq;
        while n + packs * buy.steps <= most(buy) {
            let after = n + packs * buy.steps;
            let cost = buy.line + buy.slope * (room.counts[after] - room.counts[n]) + before[after];
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
