//! The chain from instance to plan: bound, relaxation, whole packs, improvement, reasons.

use super::describe::describe;
use super::formulate::Wanted;
use super::improve::improve;
use super::input::Instance;
use super::links::solve_linked;
use super::lots::leave_for_later;
use super::model::Model;
use super::output::{Cost, Planned, StageRecord};
use super::packs::Draft;
use super::proven::{Relaxations, can_order};
use super::repair::{repair, rounded};
use super::today::order_what_is_due;
use super::validate::{PlanError, validate};
use crate::convert::{count_to_f64, floor_to_count, period_to_index};

/// Walks of one item per second of time limit: the search has no clock, so it counts its work.
const WALKS_PER_SECOND: f64 = 1e6;
/// Starts that are improved, the cheapest ones, beside the plan that orders nothing.
const STARTS_MAX: usize = 3;
/// Item-periods up to which a second start is tried.
const SECOND_START_MAX: usize = 2_000;
/// Seconds of time limit from which the decomposition works in full.
const FULL_EFFORT_S: f64 = 2.0;

/// How long and how well to search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SolveLimits {
    /// Seconds, above 0: the linear programs take shares of it and the search, which has no clock,
    /// does work in proportion.
    pub time_limit_s: f64,
    /// Relative gap at which a plan counts as optimal, 0 or more.
    pub gap: f64,
    /// Threads; 1 is usual, 0 leaves it to `HiGHS` and is 1 elsewhere. The same in one process. The plan doesn't
    /// depend on it.
    pub threads: u32,
}

impl Default for SolveLimits {
    fn default() -> Self {
        Self { time_limit_s: 30.0, gap: 1e-4, threads: 1 }
    }
}

/// Progress: a stage has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// `bound`, `relaxation`, `prices`, `packs`, `improve` or `advice`.
    pub name: &'static str,
    /// Best cost so far with mean demand, money; `None` before the first plan.
    pub objective: Option<f64>,
    /// Best bound so far, money.
    pub bound: Option<f64>,
}

/// What the caller is told, and whether it wants to go on.
pub(crate) struct Progress<'a> {
    on_stage: &'a mut dyn FnMut(&Stage) -> bool,
    pub(crate) records: Vec<StageRecord>,
    pub(crate) stopped: bool,
    /// Whether bounds of the stages are bounds of the instance.
    pub(crate) proves: bool,
}

impl Progress<'_> {
    pub(crate) fn report(&mut self, name: &'static str, objective: Option<f64>, bound: Option<f64>) -> bool {
        let bound = bound.filter(|_| self.proves);
        self.records.push(StageRecord { name: name.to_owned(), objective, bound });
        let stage = Stage { name, objective, bound };
        if !(self.on_stage)(&stage) {
            self.stopped = true;
        }
        !self.stopped
    }
}

/// What should be ordered, when and from whom, at the least cost within budget and storage?
///
/// Minimises packs × price + order and line costs + holding + shortage + disposal with mean demand, plus the
/// risk term of `options.risk` (see [`super`]), over whole packs that keep budget, storage, minimum
/// and maximum packs, minimum orders and order periods.
///
/// - `instance`: `wardstock.plan.v1`; money in major units, stock in base units.
/// - `limits`: time, gap and threads.
/// - `on_stage`: called after every stage; false stops with the best plan so far.
///
/// Returns a plan that keeps every rule; ordering nothing always does, so there is always one.
/// `bound` is at most `objective`. The same instance gives the same plan unless a time limit cut a
/// linear program short. More of a limit never raises `risk.bound`.
///
/// # Errors
/// [`PlanError::Invalid`] names field, value and rule. A time limit or a solver that fails is not
/// an error: the plan then comes from the search alone, with a note and a bound of 0.
///
/// # Source
/// Pochet, Wolsey: Production Planning by Mixed Integer Programming, 2006 (lot-sizing relaxations);
/// the rounding chain is our own.
pub fn solve(instance: &Instance, limits: &SolveLimits, on_stage: &mut dyn FnMut(&Stage) -> bool) -> Result<Planned, PlanError> {
    validate(instance)?;
    let progress = Progress { on_stage, records: Vec::new(), stopped: false, proves: true };
    if !instance.transfers.is_empty() || !instance.substitutes.is_empty() {
        return Ok(solve_linked(instance, Effort::new(limits), progress));
    }
    Ok(solve_alone(instance, Effort::new(limits), progress))
}

/// How much work may be done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    pub(crate) seconds: f64,
    pub(crate) gap: f64,
    threads: u32,
}

impl Effort {
    fn new(limits: &SolveLimits) -> Self {
        let seconds = if limits.time_limit_s.is_finite() { limits.time_limit_s.clamp(0.01, 1e6) } else { 1e6 };
        Self { seconds, gap: limits.gap, threads: limits.threads }
    }

    /// Walks of the search.
    pub(crate) fn walks(self) -> u64 {
        u64::try_from(floor_to_count(self.seconds * WALKS_PER_SECOND)).unwrap_or(0)
    }

    /// Threads that may share work, at least 1.
    pub(crate) fn threads(self) -> usize {
        period_to_index(self.threads).max(1)
    }

    /// Share of the full effort of the decomposition, 0 to 1.
    pub(crate) fn share(self) -> f64 {
        (self.seconds / FULL_EFFORT_S).min(1.0)
    }

    pub(crate) fn wanted(self, steer: bool, share: f64) -> Wanted {
        Wanted { steer, raise: None, whole: false, time_limit_s: self.seconds * share, threads: self.threads }
    }
}

/// Items without links.
fn solve_alone(instance: &Instance, effort: Effort, mut progress: Progress<'_>) -> Planned {
    let model = Model::new(instance, effort.threads());
    let mut relaxed = Relaxations::default();
    relaxed.prepare(&model, effort, &mut progress);
    let guide = relaxed.guide(&model);
    let mut draft = relaxed.plan(&model, effort, &mut progress);
    settle(&mut draft);
    let objective = cost_of(&draft).total();
    draft.settle();
    let (bound, late) = if can_order(&model) {
        (relaxed.proven(objective), relaxed.late || progress.stopped || draft.walks_left == 0)
    } else {
        (objective, progress.stopped || draft.walks_left == 0)
    };
    let planned = describe(&draft, bound, guide.as_ref(), relaxed.steering_optimum());
    relaxed.conclude(planned, (&model, guide.as_ref()), (effort, late), progress)
}

/// What is ordered today: what can wait, waits; what is due, is ordered.
pub(crate) fn settle(draft: &mut Draft<'_>) {
    leave_for_later(draft);
    order_what_is_due(draft);
}

/// Whole packs from the prices; for small instances also from the relaxation and from nothing; the cheapest.
/// A start that is within `gap_wanted` of the bound is not improved.
pub(crate) fn search<'a>(
    model: &'a Model<'a>,
    relaxed: &mut Relaxations,
    (walks, gap_wanted): (u64, f64),
    progress: &mut Progress<'_>,
) -> Draft<'a> {
    let bound = relaxed.optimum();
    let steering = relaxed.steering_optimum();
    let close = |draft: &Draft<'_>| steering.is_some_and(|bound| gap(draft.steering(), bound) <= gap_wanted);
    // Only the figure is kept: a draft of a large instance is large.
    let nothing = Draft::empty(model, walks).steering();
    let mut best: Option<Draft<'_>> = None;
    let mut starts = Vec::new();
    if let Some(priced) = &mut relaxed.priced {
        for packs in priced.take_plans() {
            let mut draft = Draft::new(model, packs, walks);
            repair(&mut draft, priced.budget_prices());
            progress.report("packs", Some(cost_of(&draft).total()), bound);
            starts.push(draft);
        }
    }
    if let Some(relaxed) = &relaxed.steering {
        let mut draft = Draft::new(model, rounded(model, &relaxed.packs), walks);
        repair(&mut draft, &relaxed.budget_price);
        progress.report("packs", Some(cost_of(&draft).total()), bound);
        starts.push(draft);
    }
    starts.sort_by(|a, b| a.steering().total_cmp(&b.steering()));
    starts.truncate(STARTS_MAX);
    if starts.is_empty() || model.items.len() * model.periods <= SECOND_START_MAX {
        starts.push(Draft::empty(model, walks));
    }
    for mut draft in starts {
        if !progress.stopped && !close(&draft) {
            let mut go_on = |d: &Draft<'_>| progress.report("improve", Some(cost_of(d).total()), bound);
            improve(&mut draft, &mut go_on);
        }
        if best.as_ref().is_none_or(|best| draft.steering() < best.steering()) {
            best = Some(draft);
        }
    }
    best.filter(|best| best.steering() < nothing).unwrap_or_else(|| Draft::empty(model, walks))
}

/// Money by kind with mean demand.
pub(crate) fn cost_of(draft: &Draft<'_>) -> Cost {
    let mut cost = Cost { order: draft.fees(), ..Cost::default() };
    for item in &draft.costs {
        cost.purchase += item.purchase;
        cost.order += item.lines;
        cost.holding += item.holding;
        cost.shortage += item.shortage;
        cost.disposal += item.disposal;
    }
    // Packs that arrive after the horizon are never ordered, so the walk has seen them all.
    cost
}

pub(crate) fn gap(objective: f64, bound: f64) -> f64 {
    if objective > 0.0 { ((objective - bound) / objective).max(0.0) } else { 0.0 }
}

/// Money of packs, for texts and drivers.
pub(crate) fn money_of(packs: i64, price: f64) -> f64 {
    count_to_f64(packs) * price
}
