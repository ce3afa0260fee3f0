//! Ordering policies tried on a site's own record before one is switched on: asked for, gathered, walked by a worker, read.

pub mod abandoned;
mod compare;
mod gather;
pub mod http;
mod notes;
mod request;
mod run;
mod store;

use serde::Serialize;
use wardstock_models::simulate::{Comparison, SimulateError};

use crate::base::error::Error;
use crate::base::time::Day;

pub use compare::Course;
pub use gather::{Gathered, gather};
pub use request::{BacktestRequest, USUAL, request};
pub use run::{QUEUE, run};

/// Items compared at most, those whose demand is worth most. Our planner takes about a second of one core for 100 items
/// and a review; the rules take none worth counting.
pub const ITEMS_MAX: usize = 500;

/// What policies would have come to on a site's own record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Backtest {
    /// Code of the site.
    pub site: String,
    /// First day of the record.
    pub from: Day,
    /// Last day of the record, and of what is measured.
    pub to: Day,
    /// What the figures stand on, for people.
    pub notes: Vec<String>,
    /// As `simulate` has it.
    #[serde(flatten)]
    pub comparison: Comparison,
}

/// A refusal of the models as an error of the service: what the caller can mend names `pointer`.
pub fn refused(pointer: &str, cause: &SimulateError) -> Error {
    match cause {
        SimulateError::World { .. } | SimulateError::Policy { .. } | SimulateError::TooLarge => {
            Error::field(pointer, "simulate", cause.to_string())
        }
        _ => Error::internal("a simulation failed").because(cause.to_string()),
    }
}
