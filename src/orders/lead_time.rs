//! What deliveries took, for learning lead times: imported ones and those received here.

use super::store;
use crate::base::error::Result;
use crate::base::time::Day;
use crate::db::conn::Conn;

/// One delivery, or one that is still awaited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRecord {
    /// From whom.
    pub supplier_id: i64,
    /// What; none: not stated.
    pub item_id: Option<i64>,
    /// When it was ordered.
    pub ordered_day: Day,
    /// When it was promised for; none: no promise.
    pub promised_day: Option<Day>,
    /// When it came in; none: still open, so its lead time is at least until today.
    pub received_day: Option<Day>,
}

/// All deliveries, by supplier and day of the order.
///
/// # Errors
/// Those of the database.
pub fn history(conn: &mut Conn) -> Result<Vec<DeliveryRecord>> {
    store::delivery::list(conn)
}
