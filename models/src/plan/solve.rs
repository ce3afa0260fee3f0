//! The chain from instance to plan: bound, relaxation, whole packs, improvement, reasons.

use super::describe::{describe, statistics};
use super::formulate::{self, Relaxed, Wanted};
use super::improve::improve;
use super::input::Instance;
use super::lots::leave_for_later;
use super::model::{ItemModel, Model};
use super::output::{Cost, Planned, StageRecord, Status};
use super::packs::Draft;
use super::price::{Priced, bound, prices};
use super::prices::advice;
use super::repair::{repair, rounded};
use super::today::order_what_is_due;
use super::validate::{PlanError, validate};
use crate::convert::{count_to_f64, floor_to_count, period_to_index};

/// Share of the time limit each of the two linear programs may take, and each solve for advice.
const LINEAR_SHARE: f64 = 0.3;
const ADVICE_SHARE: f64 = 0.1;
/// Walks of one item per second of time limit: the search has no clock, so it counts its work.
const WALKS_PER_SECOND: f64 = 1e6;
/// Starts that are improved, the cheapest ones, beside the plan that orders nothing.
const STARTS_MAX: usize = 3;
/// Item-periods up to which a second start is tried.
const SECOND_START_MAX: usize = 2_000;
/// Item-periods up to which the linear programs are solved too; the decomposition is used at every size.
const LINEAR_MAX: usize = 2_000;
/// Item-periods up to which all whole packs are searched for together, and nodes of that search.
const WHOLE_MAX: usize = 100;
const WHOLE_NODES: i32 = 400;
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

struct Progress<'a> {
    on_stage: &'a mut dyn FnMut(&Stage) -> bool,
    records: Vec<StageRecord>,
    stopped: bool,
}

impl Progress<'_> {
    fn report(&mut self, name: &'static str, objective: Option<f64>, bound: Option<f64>) -> bool {
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
    let seconds = if limits.time_limit_s.is_finite() { limits.time_limit_s.clamp(0.01, 1e6) } else { 1e6 };
    let model = Model::new(instance, period_to_index(limits.threads).max(1));
    let mut progress = Progress { on_stage, records: Vec::new(), stopped: false };
    let wanted = |steer, share| Wanted { steer, raise: None, whole: false, time_limit_s: seconds * share, threads: limits.threads };
    let can_order = model.offers.iter().any(|offer| offer.open.contains(&true));
    let mut relaxed = Relaxations::default();
    if can_order {
        if model.items.len() * model.periods <= LINEAR_MAX {
            relaxed.solve(&model, wanted, &mut progress);
        }
        let effort = (seconds / FULL_EFFORT_S).min(1.0);
        relaxed.price(&model, effort, &mut progress);
    }
    let walks = u64::try_from(floor_to_count(seconds * WALKS_PER_SECOND)).unwrap_or(0);
    let guide = relaxed.guide(&model);
    let mut draft = search(&model, &mut relaxed, (walks, limits.gap), &mut progress);
    // Where items know by the day whether they are due, today's lines follow that, and an exact outlook is worth little.
    let dated = instance.items.iter().any(|item| item.due.is_some());
    if can_order && !dated && model.items.len() * model.periods <= WHOLE_MAX && !progress.stopped {
        relaxed.whole(&mut draft, wanted, (walks, limits.gap));
        progress.report("improve", Some(cost_of(&draft).total()), relaxed.optimum());
    }
    leave_for_later(&mut draft);
    order_what_is_due(&mut draft);
    let cut_short = relaxed.late || progress.stopped || draft.walks_left == 0;
    let objective = cost_of(&draft).total();
    let proven = match relaxed.optimum() {
        _ if !can_order => objective,
        Some(optimum) => safe_bound(optimum),
        None => 0.0,
    };
    // A bound above a plan that keeps every rule is proof that the figures are beyond the solver's
    // precision: nothing is proven then.
    let trusted = proven <= objective + 1e-6 * objective.abs().max(1.0);
    if !trusted {
        relaxed.failed = Some("its optimum is above the cost of a plan".to_owned());
    }
    let bound = if trusted { proven.min(objective) } else { 0.0 };
    draft.settle();
    let mut planned = describe(&draft, bound, guide.as_ref(), relaxed.steering_optimum());
    if let Some(detail) = &relaxed.failed {
        planned.notes.push(format!(
            "The linear relaxation can't be trusted ({detail}); the plan keeps every rule, but how \
             far it is from the best is not proven."
        ));
    }
    if let (Some(steering), false) = (&relaxed.steering, progress.stopped || relaxed.late) {
        planned.advice = advice(&model, steering, wanted(true, ADVICE_SHARE));
        progress.report("advice", Some(objective), Some(bound));
    }
    planned.status = if planned.gap <= limits.gap.max(1e-9) {
        Status::Optimal
    } else if cut_short {
        Status::TimeLimit
    } else {
        Status::Feasible
    };
    planned.statistics = statistics(guide.as_ref(), progress.records);
    Ok(planned)
}

/// The two linear programs of a solve.
#[derive(Debug, Default)]
struct Relaxations {
    /// Without the risk term: the published bound.
    plain: Option<Relaxed>,
    /// With it: the start of the search and the prices.
    steering: Option<Relaxed>,
    /// Prices and packs of the decomposition for what steers.
    priced: Option<Priced>,
    /// Its bound without the risk term, or that of the search in whole packs.
    plain_bound: Option<f64>,
    /// Bound of the search in whole packs with the risk term.
    whole_bound: Option<f64>,
    /// A time limit or the caller kept one from its optimum.
    late: bool,
    /// Why one can't be trusted.
    failed: Option<String>,
}

impl Relaxations {
    /// The best bound without the risk term.
    fn optimum(&self) -> Option<f64> {
        let linear = self.plain.as_ref().map(|p| p.optimum);
        [linear, self.plain_bound].into_iter().flatten().reduce(f64::max)
    }

    /// The best bound of what steers.
    fn steering_optimum(&self) -> Option<f64> {
        let linear = self.steering.as_ref().map(|r| r.optimum);
        let priced = self.priced.as_ref().map(|p| p.bound);
        [linear, priced, self.whole_bound, self.optimum()].into_iter().flatten().reduce(f64::max)
    }

    /// Prices for texts and the wire: of the linear program where there is one.
    fn guide(&self, model: &Model<'_>) -> Option<Relaxed> {
        let priced = self.priced.as_ref().map(|p| p.relaxed(model));
        self.steering.clone().or(priced)
    }

    /// The decomposition: with the risk term for the plan, without it for the published bound.
    fn price(&mut self, model: &Model<'_>, effort: f64, progress: &mut Progress<'_>) {
        if progress.stopped {
            return;
        }
        let steer = model.items.iter().any(has_risk);
        if steer {
            self.plain_bound = Some(bound(model, effort));
        }
        let priced = prices(model, steer, effort);
        if !steer {
            self.plain_bound = Some(priced.bound);
        }
        self.priced = Some(priced);
        progress.report("prices", None, self.optimum());
    }

    fn solve(&mut self, model: &Model<'_>, wanted: impl Fn(bool, f64) -> Wanted, progress: &mut Progress<'_>) {
        self.plain = self.attempt(model, wanted(false, LINEAR_SHARE));
        progress.report("bound", None, self.optimum());
        if model.items.iter().any(has_risk) && !progress.stopped {
            self.steering = self.attempt(model, wanted(true, LINEAR_SHARE));
        }
        // The plan without the risk term is a far better start than none, and its optimum is a
        // bound on the one with it.
        if self.steering.is_none() {
            self.steering.clone_from(&self.plain);
        }
        progress.report("relaxation", None, self.optimum());
    }

    /// Small instances: a search of all whole packs together, from the draft; it proves more than the relaxations.
    fn whole(&mut self, draft: &mut Draft<'_>, wanted: impl Fn(bool, f64) -> Wanted, (walks, gap_wanted): (u64, f64)) {
        let model = draft.model;
        let steer = model.items.iter().any(has_risk);
        for steered in if steer { vec![false, true] } else { vec![false] } {
            if steered == steer && self.steering_optimum().is_some_and(|bound| gap(draft.steering(), bound) <= gap_wanted) {
                return;
            }
            let Ok(Some((packs, bound))) = formulate::search(model, wanted(steered, LINEAR_SHARE), &draft.packs, (WHOLE_NODES, gap_wanted))
            else {
                continue;
            };
            if steered {
                self.whole_bound = Some(bound);
            } else {
                self.plain_bound = [self.plain_bound, Some(bound)].into_iter().flatten().reduce(f64::max);
            }
            if steered == steer {
                let mut other = Draft::new(model, packs, walks);
                repair(&mut other, self.priced.as_ref().map_or(&[], Priced::budget_prices));
                improve(&mut other, &mut |_| true);
                if other.steering() < draft.steering() {
                    *draft = other;
                }
            }
        }
    }

    /// A failure of the solver is kept as a note: the search alone gives a plan too.
    fn attempt(&mut self, model: &Model<'_>, wanted: Wanted) -> Option<Relaxed> {
        match formulate::solve(model, wanted) {
            Ok(Some(solved)) => Some(solved),
            Ok(None) => {
                self.late = true;
                None
            }
            Err(error) => {
                self.failed = Some(error.to_string());
                None
            }
        }
    }
}

fn has_risk(item: &ItemModel) -> bool {
    item.risk.iter().any(|pieces| !pieces.is_empty())
}

/// The optimum less the solver's tolerance.
pub(crate) fn safe_bound(optimum: f64) -> f64 {
    (optimum - 1e-7 * optimum.abs() - 1e-9).max(0.0)
}

/// Whole packs from the prices; for small instances also from the relaxation and from nothing; the cheapest.
/// A start that is within `gap_wanted` of the bound is not improved.
fn search<'a>(model: &'a Model<'a>, relaxed: &mut Relaxations, (walks, gap_wanted): (u64, f64), progress: &mut Progress<'_>) -> Draft<'a> {
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
