//! Formulary items: what is kept and ordered; not a brand, not a lot.

use std::collections::{BTreeSet, HashMap};

use super::store;
use crate::base::error::{Error, Result};
use crate::db::conn::Conn;

/// An item as other rooms use it.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Its id.
    pub id: i64,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The unit in which all its quantities are counted.
    pub base_unit: String,
    /// V, E or N.
    pub ven: String,
    /// Where it is kept.
    pub storage_class: String,
    /// Controlled drugs need a witness and are never moved by a sensor.
    pub controlled: bool,
    /// Volume of one base unit.
    pub volume_ml: f64,
    /// On arrival; none: does not expire.
    pub shelf_life_days: Option<i64>,
    /// With which items it is forecast.
    pub forecast_group: Option<String>,
}

/// Finds an item by code or id.
///
/// # Errors
/// `not_found`.
pub fn find(conn: &mut Conn, code_or_id: &str) -> Result<Item> {
    store::item_by_name(conn, code_or_id)?.ok_or_else(|| Error::not_found("item", code_or_id))
}

/// Finds many items by code; unknown codes are missing from the answer.
///
/// # Errors
/// Those of the database.
pub fn by_codes(conn: &mut Conn, codes: &BTreeSet<String>) -> Result<HashMap<String, Item>> {
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    let mut found = HashMap::with_capacity(codes.len());
    for chunk in codes.chunks(500) {
        found.extend(store::items_by_codes(conn, chunk)?.into_iter().map(|item| (item.code.clone(), item)));
    }
    Ok(found)
}

/// All items that are not archived, by code.
///
/// # Errors
/// Those of the database.
pub fn all(conn: &mut Conn) -> Result<Vec<Item>> {
    store::all_items(conn)
}
