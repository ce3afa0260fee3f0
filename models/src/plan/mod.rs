//! The replenishment plan: what to order, when and from whom, with a proof of quality and reasons.
//!
//! [`solve`] answers an [`Instance`] (`wardstock.plan.v1`) with a [`Planned`]
//! (`wardstock.planned.v1`); [`check`] judges any answer without using a line of the planner.
//!
//! The chain is: prices of budget, storage and orders with whole-pack answers of every item (`price`) → whole packs
//! → repair of every rule → local search on the exact cost of section "order of events" below. Small instances
//! are also solved as linear programs (`HiGHS`): a second start, duals and advice.
//! Last, lines of period 0 of suppliers with a `line_cost` that the stock doesn't need yet are left
//! to a later order where that costs no more than a quarter of their line costs: the next run
//! decides about them with newer figures.
//!
//! **Order of events in a period** (the contract): orders are placed; what was ordered
//! `lead_periods` ago arrives and is usable; demand (its mean, fractions allowed) is met first
//! expired first out and what is not met is lost; stock whose last period this is is disposed of;
//! holding is paid on what remains.
//!
//! **Risk forms.** `objective`, `cost` and `projection` always follow these rules with mean
//! demand. `options.risk` only changes what steers the choice of packs:
//! - `mean`: nothing else.
//! - `quantile`: a soft target stock per item and period (quantile of the demand over lead time and
//!   review at the item's service level, less its mean).
//! - `expected` (the default): the expected shortage of demand around its mean over lead time and
//!   review (with random delay), convex and piecewise linear in the stock at the end of a period.
//!
//! An item with `safety_stock` uses that as its soft target in every form.
//!
//! **Bound.** `bound` is the better of the decomposition's and the linear relaxation's optimum *without* any
//! steering term: a lower bound on the contract's cost of every plan with whole packs and order costs. In the forms
//! with risk the plan buys stock that this cost does not reward, so `gap` then also holds the price of safety;
//! `risk.bound` is the same kind of bound of the very sum that is minimised, and `risk.gap` how far the plan is
//! from it. `docs/optimiser.md` has the mathematics.

mod balance;
mod check;
mod describe;
mod exchange;
mod explain;
mod figures;
mod formulate;
mod generate;
mod improve;
mod input;
mod links;
mod lot_sizing;
mod lots;
mod model;
mod outlook;
mod output;
mod packs;
mod parallel;
mod price;
mod prices;
mod program;
mod proven;
mod queue;
mod relaxation;
mod relief;
mod repair;
mod risk;
mod rows;
mod solve;
pub mod standard;
mod text;
mod today;
mod validate;
mod verdict;
mod walk;

pub use check::{Problem, Report, check};
pub use generate::{HospitalSize, made_up_hospital};
pub use input::{
    Due, Instance, Item, Lot, Offer, OpenOrder, Options, PeriodDemand, Risk, StorageClass, StorageLimit, Substitute, Supplier, Transfer,
    Ven,
};
pub use output::{
    Advice, BindingLimit, Cost, Drivers, Explanation, Order, Planned, PricedClass, PricedSupplier, Prices, Projection, Reason, RiskFigures,
    SolverName, StageRecord, Statistics, Status, Substitution, TransferOrder, WhatIf,
};
pub use program::Matrix;
pub use relaxation::{priced_bound, relaxed_matrix, relaxed_optimum};
pub use solve::{SolveLimits, Stage, solve};
pub use validate::{PlanError, validate};
