//! Where stock is: site > store or ward > bin; stock points with their par levels; capacities.

pub mod capacity;
pub mod http;
pub mod import;
pub mod par;
pub mod place;
pub mod planning;
mod store;

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::base::error::{Error, Result};
use crate::db::Tx;
use crate::db::conn::Conn;

/// What a place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PlaceKind {
    /// A hospital or clinic with its own ledger.
    Site,
    /// A pharmacy store: orders are delivered here.
    Store,
    /// A ward.
    Ward,
    /// The smallest counted place.
    Bin,
}

impl PlaceKind {
    /// Its word in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::Store => "store",
            Self::Ward => "ward",
            Self::Bin => "bin",
        }
    }

    /// The kind of a word.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Site, Self::Store, Self::Ward, Self::Bin].into_iter().find(|kind| kind.word() == word)
    }
}

/// A place as other rooms use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceKey {
    /// Its site.
    pub site_id: i64,
    /// Its id; equal to the site's for a site.
    pub id: i64,
    /// Its code.
    pub code: String,
    /// What it is.
    pub kind: PlaceKind,
    /// The place that it is part of; none for a site.
    pub parent_id: Option<i64>,
}

/// Finds a place by code or id.
///
/// # Errors
/// `not_found`.
pub fn find(conn: &mut Conn, code_or_id: &str) -> Result<PlaceKey> {
    store::place_by_name(conn, code_or_id)?.ok_or_else(|| Error::not_found("place", code_or_id))
}

/// Finds a site by code or id.
///
/// # Errors
/// `not_found` when there is no such place, `invalid_input` when it is no site.
pub fn find_site(conn: &mut Conn, code_or_id: &str) -> Result<PlaceKey> {
    let place = find(conn, code_or_id)?;
    if place.kind == PlaceKind::Site {
        Ok(place)
    } else {
        Err(Error::field("site", "kind", format!("'{code_or_id}' is a {}, not a site", place.kind.word())))
    }
}

/// Finds many places by code; unknown codes are missing from the answer.
///
/// # Errors
/// Those of the database.
pub fn by_codes(conn: &mut Conn, codes: &BTreeSet<String>) -> Result<HashMap<String, PlaceKey>> {
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    let mut found = HashMap::with_capacity(codes.len());
    for chunk in codes.chunks(500) {
        found.extend(store::places_by_codes(conn, chunk)?.into_iter().map(|place| (place.code.clone(), place)));
    }
    Ok(found)
}

/// All places of a site that are not archived, by code.
///
/// # Errors
/// Those of the database.
pub fn of_site(conn: &mut Conn, site_id: i64) -> Result<Vec<PlaceKey>> {
    store::places_of_site(conn, site_id)
}

/// All sites, by code.
///
/// # Errors
/// Those of the database.
pub fn sites(conn: &mut Conn) -> Result<Vec<PlaceKey>> {
    store::sites(conn)
}

/// The stock point of an item at a place; made when it is not there yet.
///
/// # Errors
/// Those of the database.
pub fn stock_point(tx: &mut Tx<'_>, place: &PlaceKey, item_id: i64) -> Result<i64> {
    if let Some(id) = store::stock_point_of(tx.conn, place.site_id, place.id, item_id)? {
        return Ok(id);
    }
    let id = tx.id();
    store::insert_stock_point(tx, place.site_id, id, place.id, item_id)?;
    Ok(id)
}

/// The stock point of an item at a place, if there is one.
///
/// # Errors
/// Those of the database.
pub fn known_stock_point(conn: &mut Conn, place: &PlaceKey, item_id: i64) -> Result<Option<i64>> {
    store::stock_point_of(conn, place.site_id, place.id, item_id)
}

/// All stock points of a site: `(place_id, item_id) -> stock_point_id`.
///
/// # Errors
/// Those of the database.
pub fn stock_points_of_site(conn: &mut Conn, site_id: i64) -> Result<HashMap<(i64, i64), i64>> {
    store::stock_points_of_site(conn, site_id)
}

/// The stock points of many `(place_id, item_id)` of a site; those that are missing are made.
///
/// # Errors
/// Those of the database.
pub fn ensure_stock_points(tx: &mut Tx<'_>, site_id: i64, pairs: &[(i64, i64)]) -> Result<HashMap<(i64, i64), i64>> {
    let mut points = store::stock_points_of_site(tx.conn, site_id)?;
    for (place_id, item_id) in pairs {
        if let Entry::Vacant(free) = points.entry((*place_id, *item_id)) {
            let id = tx.id();
            store::insert_stock_point(tx, site_id, id, *place_id, *item_id)?;
            free.insert(id);
        }
    }
    Ok(points)
}
