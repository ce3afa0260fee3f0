//! The linear relaxation alone, for whoever measures it: the planner uses it for small instances.

use super::formulate::{self, Wanted};
use super::input::Instance;
use super::model::Model;
use super::price;
use super::program::Matrix;
use super::validate::{PlanError, validate};

const WANTED: Wanted = Wanted { steer: false, raise: None, whole: false, time_limit_s: 600.0, threads: 1 };

/// Optimum of the linear relaxation with mean demand, money: fractional packs, order and line costs by their least share.
/// `None`: not within ten minutes.
///
/// # Errors
/// [`PlanError::Invalid`] names field, value and rule; [`PlanError::Solver`] when `HiGHS` refuses the program.
pub fn relaxed_optimum(instance: &Instance) -> Result<Option<f64>, PlanError> {
    validate(instance)?;
    Ok(formulate::solve(&Model::new(instance, 1), WANTED)?.map(|solved| solved.optimum))
}

/// The same program in numbers.
///
/// # Errors
/// [`PlanError::Invalid`] names field, value and rule.
pub fn relaxed_matrix(instance: &Instance) -> Result<Matrix, PlanError> {
    validate(instance)?;
    Ok(formulate::matrix(&Model::new(instance, 1), WANTED).unwrap_or_default())
}

/// The bound of the price decomposition for the same instance, money. Its items are solved in whole packs with line and order
/// costs, so it is not the optimum of the linear program but a bound of the same plans, usually a higher one. Transfers and
/// substitutes are left out: with any of them it bounds the plans that don't use them only.
///
/// # Errors
/// [`PlanError::Invalid`] names field, value and rule.
pub fn priced_bound(instance: &Instance) -> Result<f64, PlanError> {
    validate(instance)?;
    Ok(price::bound_prices(&Model::new(instance, 1), 1.0).bound)
}
