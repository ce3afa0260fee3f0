//! How long goods can be used from the day they come in, as the lots that came in say.

use std::collections::BTreeMap;

use super::store;
use crate::base::error::Result;
use crate::base::time::Day;
use crate::db::conn::Conn;

/// Median days from receipt to expiry, by item: of the lots received since a day, those without an expiry apart.
///
/// # Errors
/// Those of the database.
pub fn as_received(conn: &mut Conn, site_id: i64, since: Day) -> Result<BTreeMap<i64, i64>> {
    let mut by_item: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for (item_id, days) in store::days_to_expiry(conn, site_id, since)? {
        by_item.entry(item_id).or_default().push(days);
    }
    Ok(by_item.into_iter().filter_map(|(item_id, mut days)| Some((item_id, median(&mut days)?))).collect())
}

/// The middle one; of two the shorter.
fn median(days: &mut [i64]) -> Option<i64> {
    days.sort_unstable();
    days.get(days.len().saturating_sub(1) / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_lots() {
        assert_eq!(median(&mut [300, 20, 400]), Some(300));
        assert_eq!(median(&mut [400, 300]), Some(300));
        assert_eq!(median(&mut []), None);
    }
}
