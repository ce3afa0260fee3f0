//! Running a plan: read, solve on a worker thread, check without the solver, store in one fenced write.

use std::time::Instant;

use wardstock_models::plan::{self, Planned, SolveLimits};

use super::PlanRequest;
use super::gather::{self, Gathered};
use super::instance::{self, Question};
use super::links;
use super::store::{self, LineRow};
use crate::base::error::{Error, Result};
use crate::base::time::Day;
use crate::db::Db;
use crate::db::hot::JobRow;
use crate::db::outbox::{self, Topic};
use crate::db::queue::{self, Heartbeat};
use crate::demand::run::{self, StoredRun};
use crate::places;

/// The queue that solver workers claim from.
pub const QUEUE: &str = "solve";
const TIME_LIMIT_S_DEFAULT: f64 = 20.0;
/// The search stops when it is proven to be this close to the best plan.
const GAP: f64 = 0.005;

/// Solves the plan of a claimed job and stores it. Runs for seconds: never on the event loop.
///
/// # Errors
/// Those of the database. A plan that fails its check, or that the planner refuses, is stored as failed.
pub fn run(db: &Db, job: &JobRow) -> Result<()> {
    let site_id = job.site_id;
    let plan_id: i64 = job.payload.parse().map_err(|cause| Error::internal("a plan job names no plan").because(cause))?;
    let today = db.clock().now().day();
    let wish = db.read_now(|conn| store::request_of(conn, site_id, plan_id))?;
    let held = job.clone();
    // The solver may take longer than a lease; a worker that took over meanwhile would solve the same plan.
    let alive = Heartbeat::start(db, job)?;
    db.write_now(move |tx| {
        if !queue::hold(tx, &held, queue::LEASE_SECONDS)? {
            return Err(lost());
        }
        store::set_state(tx, site_id, plan_id, "running")?;
        outbox::push(tx, site_id, Topic::Plan, &serde_json::json!({"plan": plan_id.to_string(), "state": "running"}))
    })?;
    let facts = db.read_now(|conn| gather::gather(conn, site_id, today, &wish))?;
    let gathered = facts.forecast()?;
    let outcome = solve(&gathered, &wish);
    let job = job.clone();
    drop(alive);
    db.write_now(move |tx| {
        // First of all: whoever finds the lease lost has written nothing, and who has it keeps others waiting.
        if !queue::finish(tx, &job)? {
            return Err(lost());
        }
        match &outcome {
            Ok(solved) => store::save(tx, site_id, plan_id, solved)?,
            Err(error) => {
                tracing::error!(plan.id = plan_id, cause = ?error.cause, "a plan failed: {}", error.detail);
                store::fail(tx, site_id, plan_id, &error.detail)?;
            }
        }
        if let Ok(solved) = &outcome {
            run::keep(tx, site_id, &solved.forecasts)?;
        }
        let state = if outcome.is_ok() { "done" } else { "failed" };
        outbox::push(tx, site_id, Topic::Plan, &serde_json::json!({"plan": plan_id.to_string(), "state": state}))
    })
}

fn lost() -> Error {
    Error::internal("the lease of a plan was lost; another worker has it")
}

fn time_limit_s(wish: &PlanRequest) -> f64 {
    wish.options.time_limit_s.unwrap_or(TIME_LIMIT_S_DEFAULT)
}

/// A plan ready to be stored.
#[derive(Debug)]
pub(super) struct Solved {
    pub(super) instance: String,
    pub(super) input_sha256: String,
    pub(super) answer: String,
    pub(super) lines: Vec<LineRow>,
    pub(super) forecasts: StoredRun,
}

fn solve(gathered: &Gathered, wish: &PlanRequest) -> Result<Solved> {
    let question = instance::question(gathered, wish);
    let limits = SolveLimits { time_limit_s: time_limit_s(wish), gap: GAP, ..SolveLimits::default() };
    let started = Instant::now();
    let mut planned = plan::solve(&question.instance, &limits, &mut |stage| {
        tracing::debug!(stage = stage.name, objective = stage.objective, bound = stage.bound, "planning");
        true
    })
    .map_err(|cause| Error::new(crate::base::code::Code::Internal, format!("the planner refused its input: {cause}")).because(cause))?;
    planned.statistics.solve_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let verdict = plan::check(&question.instance, &planned);
    if !verdict.is_accepted() {
        return Err(Error::new(crate::base::code::Code::Internal, "the plan did not pass its check and is not shown")
            .because(format!("{:?}", verdict.problems)));
    }
    links::name_for_approval(&mut planned, gathered);
    tracing::info!(
        items = question.instance.items.len(),
        orders = planned.orders.len(),
        objective = planned.objective,
        bound = planned.bound,
        solve_ms = planned.statistics.solve_ms,
        "planned {} items in {} ms: {} order lines",
        question.instance.items.len(),
        planned.statistics.solve_ms,
        planned.orders.len()
    );
    let no_json = |cause: serde_json::Error| Error::internal("a plan is no JSON").because(cause);
    let instance = serde_json::to_string(&question.instance).map_err(no_json)?;
    let forecasts = run::to_store(&gathered.made, &gathered.targets())?;
    Ok(Solved {
        input_sha256: gather::fingerprint(&instance),
        instance,
        answer: serde_json::to_string(&planned).map_err(no_json)?,
        lines: lines(gathered, wish, &question, &planned)?,
        forecasts,
    })
}

fn lines(gathered: &Gathered, wish: &PlanRequest, question: &Question, planned: &Planned) -> Result<Vec<LineRow>> {
    let unknown = || Error::internal("the plan orders an offer that was not in its input");
    let mut lines = Vec::with_capacity(planned.orders.len());
    for order in &planned.orders {
        let (row_at, offer_at) = question.lines.get(&order.offer).ok_or_else(unknown)?;
        let (row, offer) = gathered.rows.get(*row_at).zip(gathered.offers.get(*offer_at)).ok_or_else(unknown)?;
        let why = planned
            .explanations
            .iter()
            .find(|why| why.offer == order.offer && why.period == order.period)
            .ok_or_else(|| Error::internal("the plan orders without a reason"))?;
        let weekdays = gathered.suppliers.get(&offer.supplier_id).map_or(0, |supplier| supplier.order_weekdays);
        let order_day = order_day(gathered.today.plus(i64::from(order.period) * wish.period_days() + i64::from(order.day)), weekdays);
        lines.push(LineRow {
            place: row.place.clone(),
            item_id: row.item.id,
            offer_id: offer.id,
            packs: order.packs,
            units_per_pack: offer.units_per_pack,
            price_minor: offer.price_minor,
            currency: question.currency.clone(),
            order_day: order_day.0,
            arrival_day: order_day.plus(instance::lead_days(offer, gathered)).0,
            reason: word(why.reason)?,
            explanation: why.text.clone(),
            drivers: serde_json::to_string(&why.drivers).map_err(|cause| Error::internal("drivers are no JSON").because(cause))?,
        });
    }
    lines.sort_by(|a, b| (a.order_day, &a.place.code, a.item_id).cmp(&(b.order_day, &b.place.code, b.item_id)));
    Ok(lines)
}

/// The first day from `earliest` on which the supplier takes orders; mask 0: any day.
pub(super) fn order_day(earliest: Day, weekdays: u8) -> Day {
    (0..7).map(|ahead| earliest.plus(ahead)).find(|day| weekdays == 0 || weekdays & (1 << day.weekday()) != 0).unwrap_or(earliest)
}

fn word(reason: plan::Reason) -> Result<String> {
    match serde_json::to_value(reason) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        _ => Err(Error::internal("a reason is no word")),
    }
}

/// The stock point that a line's order arrives at; made when only wards kept the item so far.
pub(super) fn arrival_point(tx: &mut crate::db::Tx<'_>, line: &LineRow) -> Result<i64> {
    places::stock_point(tx, &line.place, line.item_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_wait_for_the_suppliers_weekday() {
        let sunday = Day::parse("2026-11-22").unwrap();
        assert_eq!(order_day(sunday, 0), sunday);
        assert_eq!(order_day(sunday, 0b000_0001).to_text(), "2026-11-23");
        assert_eq!(order_day(sunday, 0b000_1000).to_text(), "2026-11-26");
    }
}
