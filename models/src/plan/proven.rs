//! The relaxations of a solve: linear programs of small instances, prices at every size, and what they prove.

use super::describe::statistics;
use super::formulate::{self, Found, Relaxed, Wanted};
use super::improve::improve;
use super::model::{ItemModel, Model};
use super::output::{Planned, Status};
use super::packs::Draft;
use super::price::{Priced, plain_bound, prices};
use super::prices::advice;
use super::repair::repair;
use super::solve::{Effort, Progress, cost_of, gap, search};

/// Share of the time limit each of the two linear programs may take, and each solve for advice.
const LINEAR_SHARE: f64 = 0.3;
const ADVICE_SHARE: f64 = 0.1;
/// Item-periods up to which the linear programs are solved too; the decomposition is used at every size.
const LINEAR_MAX: usize = 2_000;
/// Item-periods up to which all whole packs are searched for together, and nodes of that search.
const WHOLE_MAX: usize = 100;
const WHOLE_NODES: i32 = 400;

/// The two linear programs of a solve.
#[derive(Debug, Default)]
pub(crate) struct Relaxations {
    /// Without the risk term: the published bound.
    plain: Option<Relaxed>,
    /// With it: the start of the search and the prices.
    pub(crate) steering: Option<Relaxed>,
    /// Prices and packs of the decomposition for what steers.
    pub(crate) priced: Option<Priced>,
    /// Its bound without the risk term, or that of the search in whole packs.
    pub(crate) plain_bound: Option<f64>,
    /// Bound of the search in whole packs with the risk term.
    pub(crate) whole_bound: Option<f64>,
    /// A time limit or the caller kept one from its optimum.
    pub(crate) late: bool,
    /// Why one can't be trusted.
    pub(crate) failed: Option<String>,
}

impl Relaxations {
    /// Linear programs of small instances, and prices.
    pub(crate) fn prepare(&mut self, model: &Model<'_>, effort: Effort, progress: &mut Progress<'_>) {
        if can_order(model) {
            if is_linear(model) {
                self.solve(model, effort, progress);
            }
            self.price(model, effort.share(), progress);
        }
    }

    /// Whole packs of what was prepared.
    pub(crate) fn plan<'a>(&mut self, model: &'a Model<'a>, effort: Effort, progress: &mut Progress<'_>) -> Draft<'a> {
        let mut draft = search(model, self, (effort.walks(), effort.gap), progress);
        // Where items know by the day whether they are due, today's lines follow that, and an exact outlook is worth little.
        if can_order(model) && takes_whole(model) && !progress.stopped {
            self.whole(&mut draft, effort);
            progress.report("improve", Some(cost_of(&draft).total()), self.optimum());
        }
        draft
    }

    /// The published bound of a plan that costs `objective`.
    ///
    /// A bound above a plan that keeps every rule is proof that the figures are beyond the solver's precision: nothing
    /// is proven then.
    pub(crate) fn proven(&mut self, objective: f64) -> f64 {
        let proven = self.optimum().map_or(0.0, safe_bound);
        if proven <= objective + 1e-6 * objective.abs().max(1.0) {
            return proven.min(objective);
        }
        self.failed = Some("its optimum is above the cost of a plan".to_owned());
        0.0
    }

    /// Notes, advice, status and statistics.
    pub(crate) fn conclude(
        &self,
        mut planned: Planned,
        (model, guide): (&Model<'_>, Option<&Relaxed>),
        (effort, cut_short): (Effort, bool),
        mut progress: Progress<'_>,
    ) -> Planned {
        if let Some(detail) = &self.failed {
            planned.notes.push(format!(
                "The linear relaxation can't be trusted ({detail}); the plan keeps every rule, but how \
                 far it is from the best is not proven."
            ));
        }
        if let (Some(steering), false) = (&self.steering, progress.stopped || self.late) {
            planned.advice = advice(model, steering, effort.wanted(true, ADVICE_SHARE));
            progress.report("advice", Some(planned.objective), Some(planned.bound));
        }
        planned.status = if planned.gap <= effort.gap.max(1e-9) {
            Status::Optimal
        } else if cut_short {
            Status::TimeLimit
        } else {
            Status::Feasible
        };
        planned.statistics = statistics(guide, progress.records);
        planned
    }

    /// The best bound without the risk term.
    pub(crate) fn optimum(&self) -> Option<f64> {
        let linear = self.plain.as_ref().map(|p| p.optimum);
        [linear, self.plain_bound].into_iter().flatten().reduce(f64::max)
    }

    /// The best bound of what steers.
    pub(crate) fn steering_optimum(&self) -> Option<f64> {
        let linear = self.steering.as_ref().map(|r| r.optimum);
        let priced = self.priced.as_ref().map(|p| p.bound);
        [linear, priced, self.whole_bound, self.optimum()].into_iter().flatten().reduce(f64::max)
    }

    /// Prices for texts and the wire: of the linear program where there is one.
    pub(crate) fn guide(&self, model: &Model<'_>) -> Option<Relaxed> {
        let priced = self.priced.as_ref().map(|p| p.relaxed(model));
        self.steering.clone().or(priced)
    }

    /// The decomposition: with the risk term for the plan, without it for the published bound.
    fn price(&mut self, model: &Model<'_>, effort: f64, progress: &mut Progress<'_>) {
        if progress.stopped {
            return;
        }
        let steer = model.items.iter().any(has_risk);
        let priced = prices(model, steer, effort);
        self.plain_bound = Some(if steer { plain_bound(model, effort) } else { priced.bound });
        self.priced = Some(priced);
        progress.report("prices", None, self.optimum());
    }

    pub(crate) fn solve(&mut self, model: &Model<'_>, effort: Effort, progress: &mut Progress<'_>) {
        self.plain = self.attempt(model, effort.wanted(false, LINEAR_SHARE));
        progress.report("bound", None, self.optimum());
        if model.items.iter().any(has_risk) && !progress.stopped {
            self.steering = self.attempt(model, effort.wanted(true, LINEAR_SHARE));
        }
        // The plan without the risk term is a far better start than none, and its optimum is a
        // bound on the one with it.
        if self.steering.is_none() {
            self.steering.clone_from(&self.plain);
        }
        progress.report("relaxation", None, self.optimum());
    }

    /// Small instances: a search of all whole packs together, from the draft; it proves more than the relaxations.
    fn whole(&mut self, draft: &mut Draft<'_>, effort: Effort) {
        let model = draft.model;
        let steer = model.items.iter().any(has_risk);
        for steered in if steer { vec![false, true] } else { vec![false] } {
            if steered == steer && self.steering_optimum().is_some_and(|bound| gap(draft.steering(), bound) <= effort.gap) {
                return;
            }
            let Some(Found { packs, bound, .. }) = whole_packs(model, steered, effort, &draft.packs) else {
                continue;
            };
            if steered {
                self.whole_bound = Some(bound);
            } else {
                self.plain_bound = [self.plain_bound, Some(bound)].into_iter().flatten().reduce(f64::max);
            }
            if steered == steer {
                let mut other = Draft::new(model, packs, effort.walks());
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

/// Small instances whose lines no levels by the day decide: all whole packs are searched for together.
pub(crate) fn takes_whole(model: &Model<'_>) -> bool {
    model.items.len() * model.periods <= WHOLE_MAX && model.instance.items.iter().all(|item| item.due.is_none())
}

/// That search, from packs that keep every rule.
pub(crate) fn whole_packs(model: &Model<'_>, steer: bool, effort: Effort, start: &[Vec<i64>]) -> Option<Found> {
    formulate::search(model, effort.wanted(steer, LINEAR_SHARE), start, (WHOLE_NODES, effort.gap)).ok().flatten()
}

pub(crate) fn has_risk(item: &ItemModel) -> bool {
    item.risk.iter().any(|pieces| !pieces.is_empty())
}

/// The optimum less the solver's tolerance.
pub(crate) fn safe_bound(optimum: f64) -> f64 {
    (optimum - 1e-7 * optimum.abs() - 1e-9).max(0.0)
}

pub(crate) fn can_order(model: &Model<'_>) -> bool {
    model.offers.iter().any(|offer| offer.open.contains(&true))
}

/// Whether the linear programs are solved too.
pub(crate) fn is_linear(model: &Model<'_>) -> bool {
    model.items.len() * model.periods <= LINEAR_MAX
}
