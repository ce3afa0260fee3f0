//! What the stock is worth, by place and currency.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::store;
use super::worth::{Worth, sums};
use crate::base::error::Result;
use crate::base::money::Money;
use crate::base::time::Micros;
use crate::db::conn::Conn;
use crate::web::render::Table;

/// The report.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct StockValue {
    /// The moment of the report.
    pub as_of: Micros,
    /// Code of the site; null: all sites that the caller may see.
    pub site: Option<String>,
    /// By place and currency.
    pub places: Vec<PlaceValue>,
    /// Value of all, by currency.
    pub total: Vec<Money>,
}

/// The stock of a place that is priced in one currency.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct PlaceValue {
    /// Place code.
    pub place: String,
    /// Items on hand.
    pub items: i64,
    /// Lots on hand.
    pub lots: i64,
    /// By the cheapest offers that are valid today; null: the items that nobody offers today.
    pub value: Option<Money>,
}

/// What is added up for one place and currency.
#[derive(Default)]
struct Group {
    items: BTreeSet<i64>,
    lots: i64,
    minor: i64,
}

/// Values what is on hand.
///
/// # Errors
/// Those of the database.
pub fn build(conn: &mut Conn, site_id: Option<i64>, site: Option<String>, as_of: Micros) -> Result<StockValue> {
    let worth = Worth::load(conn, as_of.day())?;
    let mut groups: BTreeMap<(String, Option<String>), Group> = BTreeMap::new();
    for row in store::stock::lots_on_hand(conn, site_id, None)? {
        let value = worth.of_units(row.item_id, row.quantity);
        let key = (row.place, value.as_ref().map(|value| value.currency.clone()));
        let group = groups.entry(key).or_default();
        group.items.insert(row.item_id);
        group.lots += 1;
        group.minor = group.minor.saturating_add(value.map_or(0, |value| value.minor));
    }
    let places: Vec<PlaceValue> = groups
        .into_iter()
        .map(|((place, currency), group)| PlaceValue {
            place,
            items: i64::try_from(group.items.len()).unwrap_or(i64::MAX),
            lots: group.lots,
            value: currency.map(|currency| Money::new(group.minor, currency)),
        })
        .collect();
    let total = sums(places.iter().filter_map(|place| place.value.as_ref()));
    Ok(StockValue { as_of, site, places, total })
}

/// The places as a flat table.
pub(super) fn table(report: &StockValue) -> Table {
    Table {
        columns: vec!["place", "items", "lots", "value_minor", "currency"],
        rows: report
            .places
            .iter()
            .map(|row| {
                let value = row.value.as_ref();
                vec![
                    row.place.clone(),
                    row.items.to_string(),
                    row.lots.to_string(),
                    value.map(|value| value.minor.to_string()).unwrap_or_default(),
                    value.map(|value| value.currency.clone()).unwrap_or_default(),
                ]
            })
            .collect(),
    }
}
