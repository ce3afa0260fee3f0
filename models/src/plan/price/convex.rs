//! One item with fractional packs: exact by convex functions of the stock, backwards in time.
//!
//! `V_t(I)` = least cost from the start of period `t` with `I` new units. Every step keeps it convex and piecewise
//! linear: adding holding and the price of low stock adds slopes; demand `d` shifts it right and puts slope `-b`
//! before it; leaving demand unmet cuts slopes below `-b`; buying at `c` a unit cuts slopes below `-c`. Line costs are charged per pack as the
//! least share of a line: no sensible line holds more than `most` packs.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period of the same model")]

use super::terms::{Reply, Terms};

/// A straight piece: width in units, slope in money per unit; slopes rise.
type Piece = (f64, f64);

/// Room for one item, used again and again.
#[derive(Debug, Default)]
pub(crate) struct ConvexRoom {
    pieces: Vec<Piece>,
    other: Vec<Piece>,
    /// Stock to order up to by period, and the way.
    upto: Vec<(f64, usize)>,
}

/// Least cost of the item at the prices with fractional packs, and a plan that reaches it.
pub(crate) fn solve(terms: &Terms<'_>, room: &mut ConvexRoom, reply: &mut Reply) {
    let periods = terms.model.periods;
    let (item, reduced) = (terms.item, terms.reduced);
    reply.clear(periods);
    room.upto.clear();
    room.upto.resize(periods, (0.0, usize::MAX));
    room.pieces.clear();
    room.pieces.push((f64::INFINITY, 0.0));
    let mut base = 0.0;
    for t in (0..periods).rev() {
        let holding = terms.holding(t);
        base += terms.risk(t, 0.0);
        add_credits(terms, t, &mut room.pieces, &mut room.other);
        for piece in &mut room.pieces {
            piece.1 += holding;
        }
        let (gain, width) = cut_below(&mut room.pieces, -item.shortage);
        debug_assert!(width >= 0.0);
        base += gain + item.shortage * reduced.demand[t];
        if reduced.demand[t] > 0.0 {
            room.pieces.insert(0, (reduced.demand[t], -item.shortage));
        }
        let mut best = (f64::INFINITY, usize::MAX);
        for (n, source) in reduced.arriving(t).iter().enumerate() {
            let unit = (terms.pack(source) + terms.line(source) / source.most) / source.units;
            if unit < best.0 {
                best = (unit, reduced.starts[t] + n);
            }
        }
        if best.0.is_finite() {
            let (gain, upto) = cut_below(&mut room.pieces, -best.0);
            base += gain;
            room.upto[t] = (upto, best.1);
        }
    }
    reply.value = base + reduced.fixed;
    walk(terms, room, reply);
}

/// The plan: order up to the level of each period.
fn walk(terms: &Terms<'_>, room: &ConvexRoom, reply: &mut Reply) {
    let mut stock = 0.0;
    for t in 0..terms.model.periods {
        let (upto, way) = room.upto[t];
        if upto > stock + 1e-9 {
            reply.bought.push((way, (upto - stock) / terms.reduced.sources[way].units));
            stock = upto;
        }
        stock = (stock - terms.reduced.demand[t]).max(0.0);
        reply.stock[t] = stock;
    }
}

/// Adds the slopes of the price of low stock above the known stock.
fn add_credits(terms: &Terms<'_>, t: usize, pieces: &mut Vec<Piece>, other: &mut Vec<Piece>) {
    if !terms.steer || terms.item.risk[t].is_empty() {
        return;
    }
    other.clear();
    let mut known = terms.reduced.known[t];
    let mut old = 0;
    let mut left = pieces[0].0;
    for credit in &terms.item.risk[t] {
        let mut width = (credit.width - known).max(0.0);
        known = (known - credit.width).max(0.0);
        while width > 0.0 {
            let part = width.min(left);
            other.push((part, pieces[old].1 - credit.credit));
            width -= part;
            left -= part;
            if left <= 0.0 {
                old += 1;
                left = pieces[old].0;
            }
        }
    }
    other.push((left, pieces[old].1));
    other.extend_from_slice(&pieces[old + 1..]);
    std::mem::swap(pieces, other);
}

/// Replaces slopes below `slope` by it; returns the change at 0 (at most 0) and the width replaced.
fn cut_below(pieces: &mut Vec<Piece>, slope: f64) -> (f64, f64) {
    let count = pieces.iter().take_while(|p| p.1 < slope).count();
    let (mut gain, mut width) = (0.0, 0.0);
    // The last piece is endless and its slope at least 0 before the credits of earlier periods end.
    for piece in &pieces[..count.min(pieces.len() - 1)] {
        gain += piece.0 * (piece.1 - slope);
        width += piece.0;
    }
    if width > 0.0 {
        let count = count.min(pieces.len() - 1);
        pieces.drain(1..count);
        pieces[0] = (width, slope);
    }
    (gain, width)
}
