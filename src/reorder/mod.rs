//! What to order, how much, when and from whom: plans are asked for, solved by a worker, checked, read, accepted.

pub mod abandoned;
mod accept;
mod due;
mod gather;
pub mod http;
mod instance;
mod links;
mod run;
mod store;

use serde::{Deserialize, Serialize};

use crate::base::code::Code;
use crate::base::error::{Error, FieldError, Result};
use crate::base::money::{Money, is_currency};
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::db::outbox::{self, Topic};
use crate::db::queue;
use crate::places;

pub use run::{QUEUE, run};

/// Days planned when nobody says otherwise: a quarter.
const HORIZON_DAYS_DEFAULT: i64 = 91;
/// Periods planned at most.
const PERIODS_MAX: i64 = 60;
/// Most that a move may be said to cost, minor units.
const MOVE_COST_MAX: i64 = 100_000_000;

/// A wish for a plan.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    /// Code of the site.
    pub site: String,
    /// Days to plan; default 91.
    pub horizon_days: Option<i64>,
    /// Days per period: 7 (default), or 30 where history comes by month.
    pub period_days: Option<i64>,
    /// Money that may be ordered in each period; without: no limit.
    pub budget: Option<Money>,
    /// How to plan.
    #[serde(default)]
    pub options: PlanOptions,
}

/// How to plan.
#[derive(Debug, Clone, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanOptions {
    /// `expected` (default), `quantile` or `mean`: how uncertainty enters.
    pub risk: Option<String>,
    /// Seconds for the solver; default 20.
    pub time_limit_s: Option<f64>,
    /// Days until the next plan is made: what can wait until then is not ordered now. Default: one period.
    pub review_days: Option<i64>,
    /// Whether stock may be moved between planned places of the site, and substitutes that need no approval may stand
    /// in; default true.
    pub transfers: Option<bool>,
    /// What it costs to move a period's demand of an item to another place, in minor units of the plan's currency;
    /// default 400, half an order line.
    pub move_cost_minor: Option<i64>,
}

impl PlanRequest {
    /// Days per period.
    pub(crate) fn period_days(&self) -> i64 {
        self.period_days.unwrap_or(7)
    }

    /// Days until the next plan.
    pub(crate) fn review_days(&self) -> i64 {
        self.options.review_days.unwrap_or(self.period_days())
    }

    /// Periods planned.
    pub(crate) fn periods(&self) -> i64 {
        let days = self.horizon_days.unwrap_or(HORIZON_DAYS_DEFAULT.max(6 * self.period_days()));
        days.saturating_add(self.period_days() - 1) / self.period_days()
    }

    fn errors(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut say = |pointer: &str, detail: String| errors.push(FieldError::new(pointer, "out_of_range", detail));
        if !matches!(self.period_days(), 7 | 30) {
            say("/period_days", format!("{} is neither 7 nor 30", self.period_days()));
        } else if !(1..=PERIODS_MAX).contains(&self.periods()) {
            say("/horizon_days", format!("must give 1 to {PERIODS_MAX} periods of {} days", self.period_days()));
        }
        if self.budget.as_ref().is_some_and(|budget| budget.minor < 0 || !is_currency(&budget.currency)) {
            say("/budget", "must be 0 or more minor units with a currency of three capital letters".into());
        }
        if self.options.risk.as_deref().is_some_and(|risk| !["expected", "quantile", "mean"].contains(&risk)) {
            say("/options/risk", "must be expected, quantile or mean".into());
        }
        if !(1..=self.period_days()).contains(&self.review_days()) {
            say("/options/review_days", format!("must be 1 to {}, the days of a period", self.period_days()));
        }
        if self.options.time_limit_s.is_some_and(|seconds| !(0.05..=600.0).contains(&seconds)) {
            say("/options/time_limit_s", "must be 0.05 to 600 seconds".into());
        }
        if self.options.move_cost_minor.is_some_and(|cost| !(0..=MOVE_COST_MAX).contains(&cost)) {
            say("/options/move_cost_minor", format!("must be 0 to {MOVE_COST_MAX} minor units"));
        }
        errors
    }
}

/// Asks for a plan: it waits in the queue until a worker has solved it. Answers its id and its site.
///
/// # Errors
/// `invalid_input` naming the field, `not_found` for an unknown site.
pub fn request(tx: &mut Tx<'_>, actor: &str, only_site: Option<i64>, wish: &PlanRequest) -> Result<(i64, i64)> {
    let errors = wish.errors();
    if !errors.is_empty() {
        return Err(Error::invalid(errors));
    }
    let site = places::find_site(tx.conn, &wish.site)?;
    if only_site.is_some_and(|own| own != site.site_id) {
        return Err(Error::new(Code::Forbidden, "your token is for another site"));
    }
    let plan_id = tx.id();
    let options = serde_json::to_string(wish).map_err(|cause| Error::internal("a plan request is no JSON").because(cause))?;
    store::insert_plan(tx, site.site_id, plan_id, actor, &options)?;
    queue::enqueue(tx, site.site_id, QUEUE, "plan", &plan_id.to_string(), &format!("plan/{plan_id}"))?;
    outbox::push(tx, site.site_id, Topic::Plan, &serde_json::json!({"plan": plan_id.to_string(), "state": "queued"}))?;
    Ok((plan_id, site.site_id))
}

/// The planner's answer (`wardstock.planned.v1`) of a plan that is done.
///
/// # Errors
/// `wrong_state` while it is not, with the reason when it failed.
pub fn answer(conn: &mut Conn, site_id: i64, plan_id: i64) -> Result<String> {
    if let Some(answer) = store::answer_of(conn, site_id, plan_id)? {
        return Ok(answer);
    }
    let head = store::plan_head(conn, plan_id)?.ok_or_else(|| Error::not_found("plan", plan_id))?;
    Err(Error::new(Code::WrongState, format!("the plan is {}: {}", head.state, head.failure.unwrap_or_default())))
}
