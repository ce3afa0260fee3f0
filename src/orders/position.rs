//! What is ordered and not yet in: planning twice must order nothing the second time.

use std::collections::HashMap;

use super::store;
use crate::base::error::Result;
use crate::base::time::Day;
use crate::db::conn::Conn;

/// Base units still to come on one order line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenLine {
    /// Where and what.
    pub stock_point_id: i64,
    /// Base units that are missing.
    pub units: i64,
    /// When they were ordered, or are to be.
    pub ordered_day: Day,
    /// When they are expected; may lie in the past when the supplier is late.
    pub expected_day: Day,
}

/// The open lines of a site, drafts included, by stock point and day.
///
/// Drafts count because a draft waits only for a signature: a plan that ignored it would order the same again.
///
/// # Errors
/// Those of the database.
pub fn open_lines(conn: &mut Conn, site_id: i64) -> Result<Vec<OpenLine>> {
    store::open_lines(conn, site_id)
}

/// What is on its way to a stock point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OnOrder {
    /// Base units approved, sent or acknowledged, and not in.
    pub on_order: i64,
    /// Base units in drafts that nobody has approved yet.
    pub in_draft: i64,
}

/// What is on its way to each stock point of a site; stock points that wait for nothing are missing.
///
/// # Errors
/// Those of the database.
pub fn on_order(conn: &mut Conn, site_id: i64) -> Result<HashMap<i64, OnOrder>> {
    Ok(store::on_order(conn, site_id)?.into_iter().collect())
}
