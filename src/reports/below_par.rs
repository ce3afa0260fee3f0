//! Items of which a site holds less, over all its places, than their par levels add up to.

use serde::Serialize;

use super::store;
use crate::base::error::Result;
use crate::base::time::Micros;
use crate::db::conn::Conn;
use crate::web::render::Table;

/// The report.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct BelowPar {
    /// The moment of the report.
    pub as_of: Micros,
    /// Code of the site; null: all sites that the caller may see.
    pub site: Option<String>,
    /// By site and item.
    pub items: Vec<ItemBelowPar>,
}

/// An item of which a site holds too little.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct ItemBelowPar {
    /// Code of the site.
    pub site: String,
    /// Item code.
    pub item: String,
    /// Item name.
    pub name: String,
    /// What a base unit is.
    pub base_unit: String,
    /// V, E or N.
    pub ven: String,
    /// Base units at all places of the site, by the book; expired and held lots too.
    pub on_hand: i64,
    /// What the par levels of all places add up to.
    pub par_level: i64,
    /// Base units that are missing.
    pub missing: i64,
}

/// Reads one row an item: both sums are kept beside the levels they follow from.
///
/// # Errors
/// Those of the database.
pub fn build(conn: &mut Conn, site_id: Option<i64>, site: Option<String>, as_of: Micros) -> Result<BelowPar> {
    Ok(BelowPar { as_of, site, items: store::stock::below_par(conn, site_id)? })
}

/// The items as a flat table.
pub(super) fn table(report: &BelowPar) -> Table {
    Table {
        columns: vec!["site", "item", "name", "base_unit", "ven", "on_hand", "par_level", "missing"],
        rows: report
            .items
            .iter()
            .map(|row| {
                vec![
                    row.site.clone(),
                    row.item.clone(),
                    row.name.clone(),
                    row.base_unit.clone(),
                    row.ven.clone(),
                    row.on_hand.to_string(),
                    row.par_level.to_string(),
                    row.missing.to_string(),
                ]
            })
            .collect(),
    }
}
