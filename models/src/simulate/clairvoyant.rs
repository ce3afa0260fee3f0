//! What nobody can beat: demand and lead times known, fractions of packs, nothing expires.
#![expect(clippy::indexing_slicing, reason = "days below the timeline's end, shapes checked by World::new")]

use std::collections::BTreeMap;

use super::cost::shortage;
use super::world::{Article, World};
use crate::convert::count_to_f64;
use crate::plan::standard::{HOLDING_PER_YEAR, LINE_COST};
use crate::series::count;

/// What does the measured time cost at least per year, whatever the policy?
///
/// Article by article, by dynamic programming over arrival days. Let `h` = .2 price / 365, `b` the shortage cost, `K`
/// the line cost. Take any policy's run and give each unit handed out on day u the arrival a <= u it came with, arrivals
/// before the first measured day counting as that day. It stood on the shelf on the evenings a..u-1, so holding is at
/// least `sum h (u - a)`; each unit not handed out costs b; each arrival day used costs K unless an order from before the
/// measured days (whose line is not counted) could arrive on it. Orders are placed on review days only, and one of day d
/// arrives on `d + lead(d)`. So the run's cost is at least
/// `min over sets of arrival days of sum K + sum over days u of requests(u) min(b, h (u - latest arrival <= u))`,
/// since the latest arrival is the cheapest source. What is left out (whole packs, shelf life, minimum orders, the value
/// expired, orders that come too late) only adds cost or forbids choices: it is a lower bound. The minimum over sets is
/// `f(a) = K(a) + min over a' > a of (cost of days a..a'-1 from a) + f(a')`.
///
/// - `review_days`: as in [`super::run`]; at least 1 (0 counts as 1).
///
/// Returns money per year in major units, at least 0.
///
/// # Source
/// Wagner, Whitin: Dynamic version of the economic lot size model, Management Science 5 (1958), with lost sales.
pub fn clairvoyant(world: &World, review_days: usize) -> f64 {
    let total: f64 = (0..world.articles().len()).map(|item| of_item(world, item, review_days.max(1))).sum();
    total / world.years()
}

/// Cost of one article over the measured days.
fn of_item(world: &World, item: usize, review_days: usize) -> f64 {
    let timeline = world.timeline();
    let article = &world.articles()[item];
    let requests = &world.requests()[item][..timeline.days];
    let fees = arrivals(world, item, review_days);
    let days: Vec<(usize, f64)> = fees.into_iter().collect();
    // best[n]: cost from the n-th arrival day on when it is used; nothing after the last.
    let mut best = vec![0.0; days.len() + 1];
    let rates = Rates::of(article);
    for (n, (from, fee)) in days.iter().enumerate().rev() {
        let mut served = 0.0;
        let mut least = f64::INFINITY;
        for next in n + 1..=days.len() {
            let (begin, end) = (days[next - 1].0, days.get(next).map_or(timeline.days, |day| day.0));
            served += (begin..end).map(|day| count_to_f64(requests[day]) * rates.unit(day - from)).sum::<f64>();
            least = least.min(served + best[next]);
            // Farther arrivals only add to what is served from here; stop when a line each would be cheaper for sure.
            if served >= least {
                break;
            }
        }
        best[n] = fee + least;
    }
    // The first arrival day is the first measured day itself, which costs nothing.
    best[0]
}

/// Holding and shortage of a unit.
struct Rates {
    holding: f64,
    shortage: f64,
}

impl Rates {
    fn of(article: &Article) -> Self {
        Self { holding: HOLDING_PER_YEAR / 365.0 * article.unit_price(), shortage: shortage(article) }
    }

    fn unit(&self, evenings: usize) -> f64 {
        self.shortage.min(self.holding * count(evenings))
    }
}

/// Arrival day within the measured days -> what its line costs.
fn arrivals(world: &World, item: usize, review_days: usize) -> BTreeMap<usize, f64> {
    let timeline = world.timeline();
    let mut fees = BTreeMap::from([(timeline.measured, 0.0)]);
    for day in (timeline.history - 1..timeline.days).step_by(review_days) {
        let arrives = day + world.lead_days()[item][day];
        if (timeline.measured..timeline.days).contains(&arrives) {
            let fee: f64 = if day < timeline.measured { 0.0 } else { LINE_COST };
            fees.entry(arrives).and_modify(|known: &mut f64| *known = known.min(fee)).or_insert(fee);
        }
    }
    fees
}
