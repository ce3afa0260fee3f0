//! The answer: wire form `wardstock.planned.v1`.

use serde::{Deserialize, Serialize};

/// How far the plan is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The gap is within the limit asked for.
    Optimal,
    /// Keeps every rule; the gap is published.
    Feasible,
    /// Keeps every rule; a limit of time or the caller stopped the search early.
    TimeLimit,
}

/// One order line: packs of an offer ordered at the start of a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Offer id.
    pub offer: String,
    /// Period of the order, 0 is the next one.
    pub period: u32,
    /// Whole packs, at least 1.
    pub packs: i64,
    /// Days after the start of the period on which the line is due; 0, and left out, when at once.
    #[serde(default, skip_serializing_if = "at_once")]
    pub day: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn at_once(day: &u32) -> bool {
    *day == 0
}

/// A movement of stock between places.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferOrder {
    /// Item id it leaves.
    pub from: String,
    /// Item id it reaches.
    pub to: String,
    /// Period at whose start it leaves.
    pub period: u32,
    /// Base units, at least 1.
    pub units: i64,
    /// Reason code: [`Reason::TransferInstead`].
    #[serde(default = "moved")]
    pub reason: Reason,
    /// One short paragraph for a pharmacist.
    #[serde(default)]
    pub text: String,
}

fn moved() -> Reason {
    Reason::TransferInstead
}

/// Demand of an item that its substitute meets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Substitution {
    /// Item id wanted.
    pub item: String,
    /// Item id given instead.
    pub substitute: String,
    /// Period of the demand.
    pub period: u32,
    /// Base units of the item replaced, at least 1.
    pub units: i64,
    /// Reason code: [`Reason::SubstituteAvailable`].
    #[serde(default = "replaced")]
    pub reason: Reason,
    /// One short paragraph for a pharmacist.
    #[serde(default)]
    pub text: String,
}

fn replaced() -> Reason {
    Reason::SubstituteAvailable
}

/// What the plan leads to for one item in one period, with mean demand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Projection {
    /// Item id.
    pub item: String,
    /// Period, 0 is the next one.
    pub period: u32,
    /// Base units at the end of the period.
    pub stock: f64,
    /// Base units of demand not met in the period.
    pub unmet: f64,
    /// Base units disposed of at the end of the period.
    pub disposed: f64,
}

/// Value per period of one more litre of a storage class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PricedClass {
    /// Storage class by its wire name.
    pub class: String,
    /// `litres[period]`: money avoided per litre more in that period, at least 0.
    pub litres: Vec<f64>,
}

/// Value per period of one unit of money less in a supplier's minimum order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PricedSupplier {
    /// Supplier id.
    pub supplier: String,
    /// `money[period]`: money avoided per money less asked for, at least 0.
    pub money: Vec<f64>,
}

/// What the limits cost at the margin: rates from the linear relaxation, not promises.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Prices {
    /// `budget[period]`: money avoided per money of budget more, at least 0.
    pub budget: Vec<f64>,
    /// One entry per storage limit.
    pub storage: Vec<PricedClass>,
    /// One entry per supplier with a minimum order.
    pub supplier_minimum: Vec<PricedSupplier>,
}

/// Money by kind, walked through the rules with mean demand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Packs times price.
    pub purchase: f64,
    /// Order cost per supplier and period with an order, and line cost per line.
    pub order: f64,
    /// Holding.
    pub holding: f64,
    /// Unmet demand.
    pub shortage: f64,
    /// Disposal.
    pub disposal: f64,
    /// Movements between places, and substitutions.
    pub transfer: f64,
}

impl Cost {
    /// Sum of all kinds, money.
    pub fn total(&self) -> f64 {
        self.purchase + self.order + self.holding + self.shortage + self.disposal + self.transfer
    }
}

/// Why a line stands in the plan, or why an item was held back: a closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Without it, stock falls short before the next order could arrive.
    ProjectedShortage,
    /// Ordered now because an order to this supplier is placed anyway.
    JoinsPaidOrder,
    /// More would expire.
    ExpiryCaps,
    /// The budget allows fewer packs than wanted.
    BudgetLimited,
    /// Storage allows fewer packs than wanted.
    StorageLimited,
    /// Ordered here because this supplier is cheaper.
    CheaperSupplier,
    /// The size is set by a minimum of the offer or the supplier.
    MoqOrMinValue,
    /// Stock of another place is moved instead of bought, or instead of running short.
    TransferInstead,
    /// Another item stands in.
    SubstituteAvailable,
}

/// The limit that keeps a line smaller than wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BindingLimit {
    /// `budget` or `storage:CLASS`.
    pub limit: String,
    /// Period in which it binds.
    pub period: u32,
    /// Money avoided per unit of the limit more (money or litre), a rate.
    pub price: f64,
}

/// A line changed by one pack, all else kept, evaluated again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WhatIf {
    /// Money: positive means dearer, shortage and risk included.
    pub cost_change: f64,
    /// Probability of a shortage from the arrival of the line until the next order could arrive.
    pub stockout_probability: f64,
}

/// The figures behind an explanation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drivers {
    /// Item id.
    pub item: String,
    /// Usable base units at hand now.
    pub on_hand: i64,
    /// Base units on their way that arrive before the next order could.
    pub on_order: i64,
    /// Base units of other orders of this plan that arrive before the next order could.
    pub planned_before: i64,
    /// Packs of this line; 0 for an item held back.
    pub packs: i64,
    /// Base units in a pack.
    pub units_per_pack: i64,
    /// Base units of this line.
    pub units: i64,
    /// Money of this line.
    pub purchase: f64,
    /// Period in which this line arrives.
    pub arrives_period: u32,
    /// Period in which the next order after this one could arrive.
    pub next_arrival_period: u32,
    /// Usable base units of the stock expected to expire unused before the next order could arrive.
    #[serde(default)]
    pub expires_before_next: i64,
    /// Last period in which the first of them can be used.
    #[serde(default)]
    pub expires_period: Option<u32>,
    /// `stockout_probability_without` if none of them expired.
    #[serde(default)]
    pub stockout_probability_if_kept: Option<f64>,
    /// Period in which the supplier's next order of this plan would arrive, if one does.
    #[serde(default)]
    pub next_planned_arrival_period: Option<u32>,
    /// Probability of a shortage without this line until then, or until the end of the horizon.
    #[serde(default)]
    pub stockout_probability_until_planned: f64,
    /// Mean demand in base units from now until the next order could arrive.
    pub forecast_until_next_arrival: f64,
    /// Probability of a shortage before this line arrives; no order of this period can change it.
    #[serde(default)]
    pub stockout_probability_before_arrival: f64,
    /// Probability of a shortage from the arrival of this line until the next order could arrive,
    /// without this line.
    pub stockout_probability_without: f64,
    /// The same with this line.
    pub stockout_probability_with: f64,
    /// Days of mean demand covered by the stock right after this line arrives.
    pub cover_days_after: f64,
    /// First period with a shortage in the projection without this line.
    #[serde(default)]
    pub shortage_period_without: Option<u32>,
    /// The limit that keeps the line small, if one does.
    #[serde(default)]
    pub binding_limit: Option<BindingLimit>,
    /// Packs the plan would order without that limit.
    #[serde(default)]
    pub asked_packs: Option<i64>,
    /// One pack more.
    #[serde(default)]
    pub one_pack_more: Option<WhatIf>,
    /// One pack less (no line at all where the minimum is this line).
    #[serde(default)]
    pub one_pack_less: Option<WhatIf>,
    /// Base units of this line expected to expire.
    pub expiry_risk_units: f64,
    /// Money saved per base unit against the next offer of this item, if another exists and is
    /// dearer.
    #[serde(default)]
    pub cheaper_by: Option<f64>,
}

impl Drivers {
    /// Whether stock that expires, and not use alone, is what makes it short.
    pub(crate) fn expiry_makes_it_short(&self) -> bool {
        let without = self.stockout_probability_without;
        self.expires_before_next > 0 && without >= 0.05 && self.stockout_probability_if_kept.is_some_and(|kept| kept < 0.5 * without)
    }
}

/// Why one line stands as it does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// Offer id.
    pub offer: String,
    /// Period of the order.
    pub period: u32,
    /// Reason code.
    pub reason: Reason,
    /// One short paragraph for a pharmacist.
    pub text: String,
    /// The figures behind it.
    pub drivers: Drivers,
}

/// What more of a limit would bring: a finite change by solving again, not a rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Advice {
    /// `budget` or `storage:CLASS`.
    pub limit: String,
    /// Period of the limit.
    pub period: u32,
    /// Money or litres more.
    pub raise_by: f64,
    /// Money avoided in the linear relaxation, shortage and risk included.
    pub would_avoid: f64,
}

/// Objective and bound after one stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageRecord {
    /// `bound`, `relaxation`, `prices`, `packs`, `improve`, `links`, `advice`.
    pub name: String,
    /// Best objective so far, money; absent before the first plan.
    #[serde(default)]
    pub objective: Option<f64>,
    /// Best bound so far, money.
    #[serde(default)]
    pub bound: Option<f64>,
}

/// Size of the linear program.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Columns of the steering relaxation.
    pub columns: u64,
    /// Its rows.
    pub rows: u64,
    /// Its nonzeros.
    pub nonzeros: u64,
    /// Milliseconds; 0 here, stamped by the caller: models have no clock.
    pub solve_ms: u64,
    /// Stages in order.
    pub stages: Vec<StageRecord>,
}

/// Which solver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SolverName {
    /// `HiGHS`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The plan judged by what steered it: cost with mean demand plus the risk term.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RiskFigures {
    /// `expected`, `mean` or `quantile`.
    pub form: super::Risk,
    /// Money: `objective` plus the risk term of this plan.
    pub objective: f64,
    /// Money: optimum of the relaxation with the risk term.
    pub bound: f64,
    /// `(objective - bound) / objective`.
    pub gap: f64,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Planned {
    /// `wardstock.planned.v1`.
    pub schema: String,
    /// How far it is proven.
    pub status: Status,
    /// Money: the plan walked through the rules with mean demand; equals `cost.total()`.
    pub objective: f64,
    /// Money: proven lower bound on the objective of every plan with whole packs and order costs.
    pub bound: f64,
    /// `(objective - bound) / objective`, 0 when the objective is 0.
    pub gap: f64,
    /// Order lines, by period, then offer.
    pub orders: Vec<Order>,
    /// Movements between places, by period.
    #[serde(default)]
    pub transfers: Vec<TransferOrder>,
    /// Demand met by substitutes, by period; left out when there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub substitutions: Vec<Substitution>,
    /// Every item and period.
    pub projection: Vec<Projection>,
    /// Marginal values of the limits.
    pub prices: Prices,
    /// Money by kind.
    pub cost: Cost,
    /// One per order line, and one per item held back by a limit.
    pub explanations: Vec<Explanation>,
    /// What more of a limit would bring.
    pub advice: Vec<Advice>,
    /// The plan judged by what steered it.
    pub risk: RiskFigures,
    /// Sentences about the start, such as stock above a capacity before any order.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Size of the problem.
    pub statistics: Statistics,
    /// Which solver.
    pub solver: SolverName,
}
