//! Counts that tolerate movements: the difference is counted minus the book *at the time of the count*.

use super::movement::{Entry, Kind, LotChoice, Source};
use super::{record, store};
use crate::base::error::Result;
use crate::base::time::Micros;
use crate::db::Tx;

/// One counted lot, or a whole shelf by FEFO.
#[derive(Debug, Clone)]
pub struct Count {
    /// Where and what.
    pub stock_point_id: i64,
    /// What.
    pub item_id: i64,
    /// Which lot; by FEFO: all lots together.
    pub lot: LotChoice,
    /// What was there.
    pub counted_units: i64,
    /// When.
    pub counted_at: Micros,
    /// Where the count comes from.
    pub source: Source,
    /// Unique within its source.
    pub source_key: String,
    /// Who.
    pub actor: String,
}

/// Books the difference; answers it (0: the book was right). Later movements stand.
///
/// # Errors
/// `insufficient_stock` when what was counted less than the book has been taken out since.
pub fn apply(tx: &mut Tx<'_>, site_id: i64, count: &Count) -> Result<i64> {
    // Locked before it is read: another service may book here at this moment.
    tx.conn.hot().lock_levels(site_id, &[count.stock_point_id])?;
    let book = store::book_at(tx.conn, site_id, count.stock_point_id, &count.lot, count.counted_at)?;
    let difference = count.counted_units - book;
    if difference != 0 {
        let entry = Entry {
            stock_point_id: count.stock_point_id,
            item_id: count.item_id,
            lot: count.lot.clone(),
            kind: Kind::Adjustment,
            quantity_delta: difference,
            requested_units: None,
            source: count.source,
            source_key: count.source_key.clone(),
            event_at: count.counted_at,
            reason: Some("count".into()),
            actor: count.actor.clone(),
            reversal_of: None,
        };
        record(tx, site_id, &[entry])?;
    }
    Ok(difference)
}
