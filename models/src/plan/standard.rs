//! What stock, shortage and handling cost unless somebody says otherwise, and how a plan sees demand. The service and the
//! simulator both build their instances with these, so that what is judged is what is served.

use super::input::{PeriodDemand, Ven};
use crate::distribution::Distribution;

/// Levels at which the planner sees demand.
const LEVELS: [f64; 11] = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999];

/// Cost of keeping stock, per year, as a share of its price: money, space, handling.
pub const HOLDING_PER_YEAR: f64 = 0.20;

/// Getting rid of an expired unit, as a share of its price.
pub const DISPOSAL_SHARE: f64 = 0.1;

/// A cheap unit that is missing still costs somebody's time: its price counts as at least this, in major units.
pub const SHORTAGE_PRICE_MIN: f64 = 2.0;

/// Handling one order line - pick it at the shelf, receive, book - in major units, as people count it.
pub const LINE_COST: f64 = 8.0;

/// What does a missing unit cost? 20, 6 or 2.5 times its price (V, E, N).
///
/// - `unit_price`, `price_min`: major units, at least 0; the price counts as at least `price_min`.
///
/// # Source
/// `optimiser.md`, sections 5 and 14.
pub fn shortage_cost(ven: Ven, unit_price: f64, price_min: f64) -> f64 {
    let times = match ven {
        Ven::Vital => 20.0,
        Ven::Essential => 6.0,
        Ven::NonEssential => 2.5,
    };
    times * unit_price.max(price_min)
}

/// Demand as a plan takes it: the mean, and quantiles at eleven levels from .05 to .999; base units.
pub fn demand_of(law: &Distribution) -> PeriodDemand {
    PeriodDemand { mean: law.mean(), quantiles: LEVELS.iter().map(|level| (*level, law.quantile(*level))).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortage_by_hand() {
        let near = |got: f64, want: f64| assert!((got - want).abs() < 1e-12, "{got} {want}");
        near(shortage_cost(Ven::Vital, 3.0, SHORTAGE_PRICE_MIN), 60.0);
        near(shortage_cost(Ven::NonEssential, 0.1, SHORTAGE_PRICE_MIN), 5.0);
    }
}
