//! Reports: one question each, read from the ledger, the orders and the newest plans; nothing is stored.
//!
//! Money is never added over currencies, and every figure can be found again in the ledger or in an order.

pub mod below_par;
pub mod expiry;
pub mod http;
pub mod plan;
pub mod procurement;
pub mod soundness;
pub mod stock_out;
pub mod stock_value;
mod store;
mod table;
pub mod worth;

use crate::base::time::{Micros, Period};

/// What a report is about.
#[derive(Debug, Clone)]
pub struct Scope {
    /// Only this site; none: every site.
    pub site_id: Option<i64>,
    /// Its code.
    pub site: Option<String>,
    /// Days, both ends included.
    pub period: Period,
    /// The moment of the report.
    pub as_of: Micros,
}

#[cfg(test)]
mod tests;
