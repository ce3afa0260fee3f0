//! What a scan names in this hospital: an item and where its lots lie, or a place by the code on its label.

use serde::Serialize;

use super::read::Scan;
use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::base::time::Day;
use crate::catalogue::item;
use crate::db::conn::Conn;
use crate::places;
use crate::stock::level::{self, PlacedLot};

/// AIs that name a person: the service has no use for them and keeps none.
const PERSONAL: [&str; 11] = ["8017", "8018", "8019", "7250", "7251", "7252", "7253", "7254", "7256", "7257", "7259"];

/// A scan and what it names.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Named {
    /// What the code says.
    #[serde(flatten)]
    pub scan: Scan,
    /// Code of the item; null: none in the catalogue has this GTIN.
    pub item: Option<String>,
    /// Its name.
    pub item_name: Option<String>,
    /// Code of the place whose label it is.
    pub place: Option<String>,
    /// Where the item lies, of the scanned lot if there is one; first to expire first.
    pub stock: Vec<PlacedLot>,
}

/// Joins a scan to catalogue and stock. A code that GS1 does not know may be that of a place or item on our own label.
///
/// # Errors
/// `invalid_input` at `/raw` with the exact reason when it can't be used; those of the database.
pub fn find(conn: &mut Conn, mut scan: Scan, only_site: Option<i64>, today: Day) -> Result<Named> {
    if let Some((ai, _)) = scan.ai.iter().find(|(ai, _)| PERSONAL.contains(&ai.as_str())) {
        return Err(Error::field("/raw", "personal", format!("({ai}) names a person; such codes are not taken here")));
    }
    let says_nothing = scan.ai.is_empty() && scan.error.as_ref().is_none_or(|fault| fault.code == "not_gs1");
    let (mut place, mut item) = (None, None);
    if says_nothing {
        let label = scan.text.clone().unwrap_or_else(|| scan.input.clone());
        place = known(places::find(conn, &label))?.filter(|place| only_site.is_none_or(|site| place.site_id == site));
        if place.is_none() {
            item = known(item::find(conn, &label))?.filter(|item| !item.archived);
        }
        if place.is_some() || item.is_some() {
            scan.error = None;
        } else if scan.error.is_none() {
            return Err(Error::field("/raw", "not_gs1", "the symbol holds text that is no code of GS1, of a place or of an item"));
        }
    }
    if let Some(fault) = &scan.error {
        let place = fault.position.map(|position| format!("at character {position}: ")).unwrap_or_default();
        return Err(Error::field("/raw", fault.code, format!("{place}{}", fault.detail)));
    }
    if let Some(gtin) = &scan.gtin {
        item = item::find_by_gtin(conn, gtin)?;
    }
    let stock = match &item {
        Some(item) => level::whereabouts(conn, only_site, item.id, scan.lot.as_deref(), today)?,
        None => Vec::new(),
    };
    let (item, item_name) = item.map(|item| (item.code, item.name)).unzip();
    Ok(Named { scan, item, item_name, place: place.map(|place| place.code), stock })
}

/// Not to be found is an answer here.
fn known<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Ok(thing) => Ok(Some(thing)),
        Err(error) if error.code == Code::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
