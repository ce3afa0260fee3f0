//! Lots on hand by expiry: what to use first, and what it is worth.

use serde::Serialize;

use super::store;
use super::worth::{Worth, sums};
use crate::base::error::Result;
use crate::base::money::Money;
use crate::base::time::{Day, Micros};
use crate::db::conn::Conn;
use crate::web::render::Table;

/// The report.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Expiry {
    /// The moment of the report.
    pub as_of: Micros,
    /// Last expiry in it.
    pub until: Day,
    /// Code of the site; null: all sites that the caller may see.
    pub site: Option<String>,
    /// Lots, the first to expire first.
    pub lots: Vec<ExpiringLot>,
    /// Value of the lots that are expired, by currency.
    pub expired_value: Vec<Money>,
    /// Value of the others, by currency.
    pub expiring_value: Vec<Money>,
}

/// A lot on hand.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct ExpiringLot {
    /// Item code.
    pub item: String,
    /// Item name.
    pub name: String,
    /// Place code.
    pub place: String,
    /// Lot code; empty: stock without a lot.
    pub lot: String,
    /// Last day of use.
    pub expiry: Day,
    /// Days from today to the last day of use; negative: expired.
    pub days_left: i64,
    /// `open`, `held` or `expired`.
    pub state: &'static str,
    /// Base units.
    pub quantity: i64,
    /// By the cheapest offer that is valid today; null: nobody offers it today.
    pub value: Option<Money>,
}

/// The lots that are expired or expire within some days.
///
/// # Errors
/// Those of the database.
pub fn build(conn: &mut Conn, site_id: Option<i64>, site: Option<String>, as_of: Micros, days: i64) -> Result<Expiry> {
    let today = as_of.day();
    let until = today.plus(days);
    let worth = Worth::load(conn, today)?;
    let lots: Vec<ExpiringLot> = store::stock::lots_on_hand(conn, site_id, Some(until))?
        .into_iter()
        .map(|row| {
            let expiry = Day(row.expiry_day);
            let state = if expiry < today {
                "expired"
            } else if row.state == "held" {
                "held"
            } else {
                "open"
            };
            ExpiringLot {
                expiry,
                days_left: expiry.0 - today.0,
                state,
                quantity: row.quantity,
                value: worth.of_units(row.item_id, row.quantity),
                item: row.item,
                name: row.name,
                place: row.place,
                lot: row.lot,
            }
        })
        .collect();
    let value = |expired: bool| sums(lots.iter().filter(|lot| (lot.days_left < 0) == expired).filter_map(|lot| lot.value.as_ref()));
    Ok(Expiry { as_of, until, site, expired_value: value(true), expiring_value: value(false), lots })
}

/// The lots as a flat table.
pub(super) fn table(report: &Expiry) -> Table {
    Table {
        columns: vec!["place", "item", "name", "lot", "expiry", "days_left", "state", "quantity", "value_minor", "currency"],
        rows: report
            .lots
            .iter()
            .map(|lot| {
                let value = lot.value.as_ref();
                vec![
                    lot.place.clone(),
                    lot.item.clone(),
                    lot.name.clone(),
                    lot.lot.clone(),
                    lot.expiry.to_text(),
                    lot.days_left.to_string(),
                    lot.state.to_owned(),
                    lot.quantity.to_string(),
                    value.map(|value| value.minor.to_string()).unwrap_or_default(),
                    value.map(|value| value.currency.clone()).unwrap_or_default(),
                ]
            })
            .collect(),
    }
}
