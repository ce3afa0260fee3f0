//! The plan of an instance with links: flows from the relaxation, packs from the usual chain, both judged together.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, item or way of the same model")]

use super::super::describe::describe;
use super::super::improve::improve;
use super::super::input::Instance;
use super::super::model::Model;
use super::super::output::{Cost, Planned};
use super::super::packs::Draft;
use super::super::price::{Duals, bound_prices};
use super::super::proven::{Relaxations, has_risk, is_linear, safe_bound, takes_whole, whole_packs};
use super::super::repair::repair;
use super::super::solve::{Effort, Progress, cost_of, gap, settle};
use super::bound::at_prices;
use super::effective::{effective, effective_model, keeps_storage, unlinked};
use super::flows::{Flows, Wished};
use super::polish::Plan;
use super::text;

/// Share of the time limit the flow programs may take, each time they are solved.
const FLOWS_SHARE: f64 = 0.2;
/// Share of the walks that changes of single flows may take.
const POLISH_SHARE: u64 = 4;
/// Times packs and flows are improved in turn.
const TURNS: usize = 4;

/// Plans an instance with transfers or substitutes. The plan without them is one of the candidates, so no way makes
/// what steers dearer.
pub(crate) fn solve_linked(instance: &Instance, effort: Effort, mut progress: Progress<'_>) -> Planned {
    let linked = Model::new(instance, effort.threads());
    let alone = unlinked(instance);
    let base_model = Model::new(&alone, effort.threads());
    let mut work = Work { linked: &linked, effort, joint: Relaxations::default(), left_out: 0 };
    // What the items prove alone proves nothing here.
    progress.proves = false;
    let mut base_relaxed = Relaxations::default();
    base_relaxed.prepare(&base_model, effort, &mut progress);
    let wished = work.wished(&base_relaxed, &mut progress);
    let base = base_relaxed.plan(&base_model, effort, &mut progress);
    let guide = work.joint.steering.clone().or_else(|| base_relaxed.guide(&base_model));
    let mut best = Plan::new(&linked, base.packs.clone(), Flows::none(&linked));
    let untouched = best.clone();
    work.polish(&mut best, 0);
    if !progress.stopped {
        for other in work.with_flows(Flows::rounded(&linked, &wished), &best, &mut progress) {
            best = better(best, other);
        }
    }
    if takes_whole(&linked) && !progress.stopped {
        best = work.whole(best);
    }
    progress.proves = true;
    progress.report("links", Some(best.steering()), work.joint.optimum());
    // Today's lines follow each item's own levels; what they leave impossible is cut, later flows follow.
    let settled = work.settled(best);
    let fallback = work.settled(untouched);
    let plan = better(fallback, settled);
    work.describe(&plan, guide.as_ref(), progress)
}

/// What all steps of one solve share.
struct Work<'a> {
    linked: &'a Model<'a>,
    effort: Effort,
    /// Relaxations with the flows in them.
    joint: Relaxations,
    /// Components without flow program.
    left_out: usize,
}

impl<'a> Work<'a> {
    fn steers(&self) -> bool {
        self.linked.items.iter().any(has_risk)
    }

    /// Flows of the relaxation, and what it proves.
    fn wished(&mut self, base: &Relaxations, progress: &mut Progress<'_>) -> Wished {
        if is_linear(self.linked) {
            progress.proves = true;
            self.joint.solve(self.linked, self.effort, progress);
            progress.proves = false;
            if let Some(solved) = &self.joint.steering {
                return solved.flows.clone();
            }
        }
        let nothing = Duals { rows: vec![0.0; self.linked.periods * (1 + self.linked.classes.len())], shares: Vec::new() };
        let duals = base.priced.as_ref().map_or(nothing, |priced| priced.duals.clone());
        self.learn(&duals, self.steers())
    }

    /// The flow programs at given prices: takes in what they prove.
    fn learn(&mut self, duals: &Duals, steer: bool) -> Wished {
        let mut duals = duals.clone();
        duals.shares.resize(self.linked.offers.len() * self.linked.periods, 0.0);
        let found = at_prices(self.linked, &duals, steer, self.effort.seconds * FLOWS_SHARE);
        let slot = if steer { &mut self.joint.whole_bound } else { &mut self.joint.plain_bound };
        *slot = [*slot, Some(safe_bound(found.bound))].into_iter().flatten().reduce(f64::max);
        self.left_out = self.left_out.max(found.left_out);
        found.flows
    }

    fn polish(&self, plan: &mut Plan<'_>, first: usize) {
        let mut walks = self.effort.walks() / POLISH_SHARE;
        plan.polish(first, &mut walks);
    }

    /// Plans around these flows: packs from the chain, flows again for these packs, packs improved for those, and the
    /// components of either this plan or `other`.
    fn with_flows(&mut self, flows: Flows, other: &Plan<'a>, progress: &mut Progress<'_>) -> Vec<Plan<'a>> {
        let mut plans = Vec::new();
        if flows.is_none() {
            return plans;
        }
        let fixed = effective(self.linked, &flows);
        let model = effective_model(&fixed, self.linked, &flows);
        if !keeps_storage(&model) {
            return plans;
        }
        let mut relaxed = Relaxations::default();
        relaxed.prepare(&model, self.effort, progress);
        self.prove(&relaxed, &model);
        let draft = relaxed.plan(&model, self.effort, progress);
        let mut plan = Plan::new(self.linked, draft.packs, flows);
        self.polish(&mut plan, 0);
        plans.extend(self.improved(plan.packs.clone(), plan.flows.clone()));
        if self.linked.links.components.len() > 1 {
            let (packs, flows) = plan.mixed(other, |_, c| other.component_cost(c) < plan.component_cost(c));
            plans.extend(self.improved(packs, flows));
        }
        plans.push(plan);
        plans
    }

    /// Bounds at the prices of the plan's own relaxation.
    fn prove(&mut self, relaxed: &Relaxations, model: &Model<'_>) {
        if let Some(priced) = &relaxed.priced {
            self.learn(&priced.duals, self.steers());
        }
        if self.steers() {
            self.learn(&bound_prices(model, self.effort.share()).duals, false);
        }
    }

    /// These packs made better for these flows, and the flows for them, in turn: which lots move is known only when the
    /// orders are.
    fn improved(&self, packs: Vec<Vec<i64>>, flows: Flows) -> Option<Plan<'a>> {
        let mut best: Option<Plan<'a>> = None;
        let (mut packs, mut flows) = (packs, flows);
        for _ in 0..TURNS {
            let fixed = effective(self.linked, &flows);
            let model = effective_model(&fixed, self.linked, &flows);
            if !keeps_storage(&model) {
                break;
            }
            let mut draft = Draft::new(&model, packs, self.effort.walks());
            repair(&mut draft, &[]);
            improve(&mut draft, &mut |_| true);
            let mut plan = Plan::new(self.linked, draft.packs, flows);
            self.polish(&mut plan, 0);
            (packs, flows) = (plan.packs.clone(), plan.flows.clone());
            let gained = best.as_ref().is_none_or(|best| plan.steering() < best.steering() * (1.0 - 1e-9) - 1e-9);
            if !gained {
                break;
            }
            if plan.keeps_storage() {
                best = Some(plan);
            }
        }
        best
    }

    /// Small instances: packs, lines, orders and flows as one program.
    fn whole(&mut self, mut best: Plan<'a>) -> Plan<'a> {
        let steer = self.steers();
        for steered in if steer { vec![false, true] } else { vec![false] } {
            if steered == steer && self.joint.steering_optimum().is_some_and(|bound| gap(best.steering(), bound) <= self.effort.gap) {
                break;
            }
            let Some(found) = whole_packs(self.linked, steered, self.effort, &best.packs) else { continue };
            let slot = if steered { &mut self.joint.whole_bound } else { &mut self.joint.plain_bound };
            *slot = [*slot, Some(found.bound)].into_iter().flatten().reduce(f64::max);
            if steered == steer {
                let flows = Flows::rounded(self.linked, &found.flows);
                let mut plan = Plan::new(self.linked, found.packs.clone(), flows.clone());
                self.polish(&mut plan, 0);
                best = better(best, plan);
                if let Some(plan) = self.improved(found.packs, flows) {
                    best = better(best, plan);
                }
            }
        }
        best
    }

    /// Lines that can wait left for later, and what is due ordered.
    fn settled(&self, plan: Plan<'a>) -> Plan<'a> {
        let fixed = effective(self.linked, &plan.flows);
        let model = effective_model(&fixed, self.linked, &plan.flows);
        let mut draft = Draft::new(&model, plan.packs, self.effort.walks());
        settle(&mut draft);
        let nothing_moves = plan.flows.is_none();
        let mut settled = Plan::new(self.linked, draft.packs, plan.flows);
        if !nothing_moves {
            self.polish(&mut settled, 1);
        }
        settled
    }

    /// The answer on the wire.
    fn describe(mut self, plan: &Plan<'_>, guide: Option<&super::super::formulate::Relaxed>, progress: Progress<'_>) -> Planned {
        let fixed = effective(self.linked, &plan.flows);
        let model = effective_model(&fixed, self.linked, &plan.flows);
        let draft = Draft::new(&model, plan.packs.clone(), 0);
        let cost = true_cost(&draft, plan);
        let bound = self.joint.proven(cost.total());
        let mut planned = describe(&draft, bound, guide, self.joint.steering_optimum());
        let steering = plan.steering();
        (planned.cost, planned.objective) = (cost, cost.total());
        planned.gap = gap(planned.objective, bound);
        planned.risk.objective = steering;
        let proven = self.joint.steering_optimum().map_or(bound, safe_bound);
        planned.risk.bound = proven.max(bound).min(steering);
        planned.risk.gap = gap(steering, planned.risk.bound);
        project(plan, &mut planned);
        text::describe_flows(plan, &mut planned);
        if self.left_out > 0 {
            planned.notes.push(format!(
                "{} groups of linked items are too large for the time: nothing is moved by plan in them, and the bound counts them as free.",
                self.left_out
            ));
        }
        let late = self.joint.late || progress.stopped;
        self.joint.conclude(planned, (self.linked, guide), (self.effort, late), progress)
    }
}

/// The cheaper of two plans; one that breaks a storage limit is none.
fn better<'a>(a: Plan<'a>, b: Plan<'a>) -> Plan<'a> {
    if b.keeps_storage() && b.steering() < a.steering() { b } else { a }
}

/// Money by kind: items without links from the draft, the others from the walk of all together.
fn true_cost(draft: &Draft<'_>, plan: &Plan<'_>) -> Cost {
    let mut cost = cost_of(draft);
    for (component, walked) in plan.model.links.components.iter().zip(&plan.walked) {
        cost.transfer += walked.flows;
        for (&i, figures) in component.items.iter().zip(&walked.figures) {
            let before = &draft.costs[i];
            cost.holding += figures.cost.holding - before.holding;
            cost.shortage += figures.cost.shortage - before.shortage;
            cost.disposal += figures.cost.disposal - before.disposal;
        }
    }
    cost
}

/// Stock, unmet and disposed of linked items as the walk of all together finds them.
fn project(plan: &Plan<'_>, planned: &mut Planned) {
    let periods = plan.model.periods;
    for (component, walked) in plan.model.links.components.iter().zip(&plan.walked) {
        for (&i, figures) in component.items.iter().zip(&walked.figures) {
            for row in &mut planned.projection[i * periods..(i + 1) * periods] {
                let t = crate::convert::period_to_index(row.period);
                (row.stock, row.unmet, row.disposed) = (figures.stock[t], figures.unmet[t], figures.disposed[t]);
            }
        }
    }
}
