//! A plan in the shape of the wire: orders, projection, notes, figures.

use super::explain::explanations;
use super::formulate::Relaxed;
use super::model::Model;
use super::output::{Order, Planned, Prices, Projection, RiskFigures, SolverName, StageRecord, Statistics, Status};
use super::packs::Draft;
use super::parallel::in_chunks;
use super::prices::published;
use super::proven::safe_bound;
use super::solve::{cost_of, gap};
use super::today::due_days;
use super::walk::{Scratch, roll};
use crate::convert::index_to_period;

/// Version of `HiGHS` that `highs-sys` 1.15 builds.
const HIGHS_VERSION: &str = "1.15";

/// The answer on the wire, without what only the chain knows: status, advice and statistics.
pub(crate) fn describe(draft: &Draft<'_>, bound: f64, relaxed: Option<&Relaxed>, steering_bound: Option<f64>) -> Planned {
    let model = draft.model;
    let cost = cost_of(draft);
    let objective = cost.total();
    let steering = draft.steering();
    let steering_bound = steering_bound.map_or(bound, safe_bound).min(steering);
    let projection = projection(draft);
    Planned {
        schema: "wardstock.planned.v1".to_owned(),
        status: Status::Feasible,
        objective,
        bound,
        gap: gap(objective, bound),
        orders: orders(draft),
        transfers: Vec::new(),
        substitutions: Vec::new(),
        prices: relaxed.map_or_else(Prices::default, |r| published(model, r)),
        cost,
        explanations: explanations(draft, relaxed, &projection),
        projection,
        advice: Vec::new(),
        risk: RiskFigures {
            form: model.instance.options.risk,
            objective: steering,
            bound: steering_bound,
            gap: gap(steering, steering_bound),
        },
        notes: notes(model),
        statistics: Statistics::default(),
        solver: SolverName { name: "HiGHS".to_owned(), version: HIGHS_VERSION.to_owned() },
    }
}

fn orders(draft: &Draft<'_>) -> Vec<Order> {
    let days = due_days(draft);
    let parts = in_chunks(draft.model.periods, draft.model.threads, |t| {
        let mut orders = Vec::new();
        for ((offer, packs), due) in draft.model.instance.offers.iter().zip(&draft.packs).zip(&days) {
            if let Some(&packs) = packs.get(t).filter(|&&p| p > 0) {
                let day = if t == 0 { *due } else { 0 };
                orders.push(Order { offer: offer.id.clone(), period: index_to_period(t), packs, day });
            }
        }
        orders
    });
    parts.into_iter().flatten().collect()
}

fn projection(draft: &Draft<'_>) -> Vec<Projection> {
    let (model, each) = (draft.model, 512);
    let parts = in_chunks(model.items.len().div_ceil(each), draft.model.threads, |n| {
        let mut room = Scratch::new(model.periods);
        let items = model.items.iter().zip(&model.instance.items).skip(n * each).take(each);
        let mut rows = Vec::with_capacity(each * model.periods);
        for (item, given) in items {
            roll(item, &model.offers, &draft.packs, &mut room);
            let figures = room.stock.iter().zip(&room.unmet).zip(&room.disposed);
            rows.extend(figures.enumerate().map(|(t, ((&stock, &unmet), &disposed))| Projection {
                item: given.id.clone(),
                period: index_to_period(t),
                stock,
                unmet,
                disposed,
            }));
        }
        rows
    });
    let mut rows = Vec::with_capacity(model.items.len() * model.periods);
    for part in parts {
        rows.extend(part);
    }
    rows
}

/// What is already beyond a limit before any order.
fn notes(model: &Model<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    for class in &model.classes {
        for (t, (&before, &given)) in class.before.iter().zip(&class.given).enumerate() {
            if before > given + 1e-9 {
                notes.push(format!(
                    "Stock at hand and on order alone takes {before:.1} litres of {} storage at \
                     the end of period {t}, {:.1} more than there are; no order adds to it.",
                    class.name,
                    before - given
                ));
            }
        }
    }
    let instance = model.instance;
    for (item, given) in model.items.iter().zip(&instance.items) {
        if item.offers.is_empty() && item.demand.iter().any(|&d| d > 0.0) {
            notes.push(format!("Nobody offers {}.", given.id));
        }
    }
    notes
}

/// Size of the relaxation and the stages.
pub(crate) fn statistics(relaxed: Option<&Relaxed>, stages: Vec<StageRecord>) -> Statistics {
    let count = |n: fn(&Relaxed) -> usize| relaxed.map_or(0, |r| u64::try_from(n(r)).unwrap_or(u64::MAX));
    Statistics { columns: count(|r| r.columns), rows: count(|r| r.rows), nonzeros: count(|r| r.nonzeros), solve_ms: 0, stages }
}
