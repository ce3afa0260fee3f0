//! One item with fractional packs and line costs at mean demand: orders when the pool is empty.
//!
//! Costs are concave, so some cheapest plan orders only into an empty pool (Wagner, Whitin 1958), and a period's
//! demand is served whole or lost whole: `F_t = min(b d_t + F_(t+1), min over ways and e of line + sum over t..e of
//! min(b, unit + holding from t to s) d_s + F_(e+1))`. Minimum packs are left out, so this is a lower bound.
//!
//! Where deliveries expire, a delivery that arrives at `a` may also begin to serve at a later `t`, and serves only up
//! to [`Reduced::reach`]. That is enough: among the deliveries still alive the cheapest serves, the order of their
//! costs is the same in every period, and the cheapest in a window that moves on serves periods in a row.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period of the same model, or one more")]

use super::terms::{Reply, Terms};

/// Choice of one period: `None` loses its demand; else the way and the period after the last one served.
type Choice = Option<(usize, usize)>;

/// Room for one item, used again and again.
#[derive(Debug, Default)]
pub(crate) struct BatchRoom {
    least: Vec<f64>,
    choices: Vec<Choice>,
    /// Holding of one unit from period 0 to the start of each period.
    carried: Vec<f64>,
}

/// Least cost of the item at the prices, and a plan that reaches it.
pub(crate) fn solve(terms: &Terms<'_>, room: &mut BatchRoom, reply: &mut Reply) {
    let periods = terms.model.periods;
    let (reduced, lost) = (terms.reduced, terms.item.shortage);
    reply.clear(periods);
    room.carried.clear();
    room.carried.push(0.0);
    for t in 0..periods {
        room.carried.push(room.carried[t] + terms.holding(t));
    }
    room.least.clear();
    room.least.resize(periods + 1, 0.0);
    room.choices.clear();
    room.choices.resize(periods, None);
    for t in (0..periods).rev() {
        let mut best = (lost * reduced.demand[t] + room.least[t + 1], None);
        // Also where nothing is needed: the next chance to order may come too late.
        let earliest = if reduced.expires { 0 } else { t };
        for a in (earliest..=t).rev() {
            let end = reach(terms, a);
            if end <= t {
                break;
            }
            for (n, source) in reduced.arriving(a).iter().enumerate() {
                let unit = terms.pack(source) / source.units - room.carried[a];
                let mut cost = terms.line(source);
                for s in t..end {
                    cost += lost.min(unit + room.carried[s]) * reduced.demand[s];
                    if cost + room.least[s + 1] < best.0 {
                        best = (cost + room.least[s + 1], Some((reduced.starts[a] + n, s + 1)));
                    }
                }
            }
        }
        (room.least[t], room.choices[t]) = best;
    }
    reply.value = reduced.fixed + room.least[0];
    walk(terms, room, reply);
}

/// The period after the last one that a delivery arriving at `a` can serve.
fn reach(terms: &Terms<'_>, a: usize) -> usize {
    let reach = if terms.strict { &terms.reduced.keeps } else { &terms.reduced.reach };
    reach[a]
}

fn walk(terms: &Terms<'_>, room: &BatchRoom, reply: &mut Reply) {
    let reduced = terms.reduced;
    let mut t = 0;
    while t < terms.model.periods {
        let Some((way, end)) = room.choices[t] else {
            t += 1;
            continue;
        };
        let source = &reduced.sources[way];
        let arrives = source.ordered + terms.model.offers[source.offer].lead;
        let unit = terms.pack(source) / source.units - room.carried[arrives];
        let served = |s: usize| if unit + room.carried[s] <= terms.item.shortage { reduced.demand[s] } else { 0.0 };
        let mut stock: f64 = (t..end).map(served).sum();
        reply.bought.push((way, stock / source.units));
        for s in arrives..end {
            if s >= t {
                stock = (stock - served(s)).max(0.0);
            }
            reply.stock[s] += stock;
        }
        t = end;
    }
}
