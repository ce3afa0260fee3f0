//! Policies by name, as on the command line.

use super::{Bhima, OpenBoxes, OpenLmis, OpenMsupply, Par, Policy, Rs, Rss};
use crate::simulate::planner::{Knobs, Knowing, Wardstock};
use crate::simulate::{SimulateError, World};

/// What may be written.
const FORMS: &str = "one of wardstock[:LINE_COST,PRICE_FLOOR[,SHORTAGE_FACTOR]], wardstock-true (generated hospitals only), open-msupply:MAX,MIN[,position], bhima:INTERVAL[,MULTIPLIER,MIN_DELAY], \
                     openlmis:MAX, openboxes:MIN,MAX, par:DAYS, par-onhand:DAYS, rs:Q, rss:Q,COST[,BUFFER[,CAP]], clairvoyant";

/// A policy by its name.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum PolicyName {
    /// Our planner.
    Wardstock(Knobs),
    /// Our planner told the true laws; walks only worlds that know them.
    WardstockTrue(Knobs),
    /// The lower bound; walks no world.
    Clairvoyant,
    /// Months of stock.
    OpenMsupply(OpenMsupply),
    /// Refill at every review.
    Bhima(Bhima),
    /// Periods of stock.
    OpenLmis(OpenLmis),
    /// Two levels.
    OpenBoxes(OpenBoxes),
    /// One level.
    Par(Par),
    /// (R,S).
    Rs(Rs),
    /// (R,s,S).
    Rss(Rss),
}

impl PolicyName {
    /// A policy to walk any world with; `None` for the bound, which walks none, and for the planner that is told a
    /// world's truth: see [`PolicyName::policy_in`].
    pub fn policy(self) -> Option<Box<dyn Policy>> {
        Some(match self {
            Self::Wardstock(knobs) => Box::new(Wardstock::new(knobs)),
            Self::WardstockTrue(_) | Self::Clairvoyant => return None,
            Self::OpenMsupply(rule) => Box::new(rule),
            Self::Bhima(rule) => Box::new(rule),
            Self::OpenLmis(rule) => Box::new(rule),
            Self::OpenBoxes(rule) => Box::new(rule),
            Self::Par(rule) => Box::new(rule),
            Self::Rs(rule) => Box::new(rule),
            Self::Rss(rule) => Box::new(rule),
        })
    }

    /// A policy to walk this world with; `None` for the bound.
    ///
    /// # Errors
    /// [`SimulateError::Policy`] for `wardstock-true` in a world whose laws nobody knows.
    pub fn policy_in(self, world: &World) -> Result<Option<Box<dyn Policy>>, SimulateError> {
        let Self::WardstockTrue(knobs) = self else { return Ok(self.policy()) };
        let rule = "only a generated hospital knows its true demand".to_owned();
        let truths = world.truths().ok_or(SimulateError::Policy { name: "wardstock-true".to_owned(), rule })?;
        Ok(Some(Box::new(Knowing::new(knobs, truths.to_vec()))))
    }
}

/// Which policy is meant? `name` or `name:NUMBER,NUMBER…`, see the list in the error.
///
/// # Errors
/// [`SimulateError::Policy`] with the name and what is expected.
///
/// # Example
/// ```
/// use wardstock_models::simulate::policy::{PolicyName, Rs, parse};
/// assert_eq!(parse("rs:0.98")?, PolicyName::Rs(Rs { level: 0.98 }));
/// assert!(parse("rs:2").is_err());
/// # Ok::<(), wardstock_models::simulate::SimulateError>(())
/// ```
pub fn parse(name: &str) -> Result<PolicyName, SimulateError> {
    let refuse = |rule: &str| SimulateError::Policy { name: name.to_owned(), rule: rule.to_owned() };
    let (family, rest) = name.split_once(':').unwrap_or((name, ""));
    let words: Vec<&str> = if rest.is_empty() { Vec::new() } else { rest.split(',').map(str::trim).collect() };
    let (position, words) = match words.split_last() {
        Some((&"position", before)) if family == "open-msupply" => (true, before),
        _ => (false, words.as_slice()),
    };
    let numbers: Option<Vec<f64>> = words.iter().map(|word| word.parse().ok().filter(|number| (0.0..=1e6).contains(number))).collect();
    let numbers = numbers.ok_or_else(|| refuse("numbers from 0 to 1000000, parted by commas"))?;
    let level = |q: f64| if q <= 1.0 { Ok(q) } else { Err(refuse("a quantile lies between 0 and 1")) };
    let rss = |q: f64, line_cost: f64, buffer: f64, cap_days: f64| {
        let buffer_days = usize::try_from(crate::convert::round_to_count(buffer)).unwrap_or(0);
        Ok(PolicyName::Rss(Rss { level: level(q)?, line_cost, buffer_days, cap_days }))
    };
    match (family, numbers.as_slice()) {
        ("wardstock", []) => Ok(PolicyName::Wardstock(Knobs::default())),
        ("wardstock", &[line_cost, price_floor]) => Ok(PolicyName::Wardstock(Knobs { line_cost, price_floor, ..Knobs::default() })),
        ("wardstock", &[line_cost, price_floor, shortage_factor]) => {
            Ok(PolicyName::Wardstock(Knobs { line_cost, price_floor, shortage_factor, ..Knobs::default() }))
        }
        ("wardstock-true", []) => Ok(PolicyName::WardstockTrue(Knobs::default())),
        ("clairvoyant", []) => Ok(PolicyName::Clairvoyant),
        ("open-msupply", &[most, least]) => Ok(PolicyName::OpenMsupply(OpenMsupply { most, least, position })),
        ("bhima", &[interval]) => Ok(PolicyName::Bhima(Bhima { interval, multiplier: 1.0, min_delay: 0.0 })),
        ("bhima", &[interval, multiplier, min_delay]) => Ok(PolicyName::Bhima(Bhima { interval, multiplier, min_delay })),
        ("openlmis", &[most]) => Ok(PolicyName::OpenLmis(OpenLmis { most })),
        ("openboxes", &[least, most]) => Ok(PolicyName::OpenBoxes(OpenBoxes { least, most })),
        ("par", &[days]) => Ok(PolicyName::Par(Par { days, netted: true })),
        ("par-onhand", &[days]) => Ok(PolicyName::Par(Par { days, netted: false })),
        ("rs", &[q]) => Ok(PolicyName::Rs(Rs { level: level(q)? })),
        ("rss", &[q, cost]) => rss(q, cost, 4.0, 90.0),
        ("rss", &[q, cost, buffer]) => rss(q, cost, buffer, 90.0),
        ("rss", &[q, cost, buffer, cap]) => rss(q, cost, buffer, cap),
        _ => Err(refuse(FORMS)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_refused() {
        let want = OpenMsupply { most: 2.0, least: 1.0, position: true };
        assert_eq!(parse("open-msupply:2,1,position"), Ok(PolicyName::OpenMsupply(want)));
        let want = Rss { level: 1.0, line_cost: 16.0, buffer_days: 6, cap_days: 365.0 };
        assert_eq!(parse("rss:1,16,6,365"), Ok(PolicyName::Rss(want)));
        for bad in ["", "rs", "rs:1.5", "rs:-1", "rss:x,8", "par:1,2", "hmis:3", "rs:0.9,position", "par:NaN"] {
            let error = parse(bad).unwrap_err().to_string();
            assert!(error.contains(bad), "{error}");
        }
    }
}
