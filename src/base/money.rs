//! Money: minor units and a currency; amounts of different currencies are never summed.

use serde::{Deserialize, Serialize};

use super::error::{Error, Result};
use super::quantity::to_f64;

/// An amount on the wire: `{"minor": 1234, "currency": "EUR"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Money {
    /// Minor units (cents).
    pub minor: i64,
    /// ISO 4217, three capital letters.
    pub currency: String,
}

impl Money {
    /// An amount.
    pub fn new(minor: i64, currency: impl Into<String>) -> Self {
        Self { minor, currency: currency.into() }
    }
}

/// Minor units in one major unit. All currencies in use here have two decimals; the wire keeps minor units.
pub const MINOR_PER_MAJOR: f64 = 100.0;

/// Minor units as major units, for the planner's arithmetic.
pub fn to_major(minor: i64) -> f64 {
    to_f64(minor) / MINOR_PER_MAJOR
}

/// Price times packs, checked.
///
/// # Errors
/// `invalid_input` on overflow.
pub fn cost_minor(packs: i64, price_minor: i64) -> Result<i64> {
    packs.checked_mul(price_minor).ok_or_else(|| {
        Error::field("packs", "out_of_range", format!("{packs} packs at {price_minor} minor units is more money than can be counted"))
    })
}

/// Whether a text is a currency code: three capital letters.
pub fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase())
}
