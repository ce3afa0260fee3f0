//! Lots: a code and an expiry of one item, at one site.

use std::collections::{BTreeSet, HashMap};

use super::store;
use crate::base::error::{Error, Result};
use crate::base::time::Day;
use crate::db::Tx;

/// A lot as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lot {
    /// Its id.
    pub id: i64,
    /// Its item.
    pub item_id: i64,
    /// Its code; empty: stock without a lot.
    pub code: String,
    /// None: does not expire.
    pub expiry: Option<Day>,
    /// On hold: not to be used.
    pub held: bool,
}

/// The lots of some items at a site, by id, and by name.
#[derive(Debug)]
pub struct Lots {
    site_id: i64,
    by_id: HashMap<i64, Lot>,
    by_name: HashMap<(i64, String, Option<Day>), i64>,
}

impl Lots {
    /// Loads the lots of these items.
    ///
    /// # Errors
    /// Those of the database.
    pub fn load(tx: &mut Tx<'_>, site_id: i64, item_ids: &BTreeSet<i64>) -> Result<Self> {
        let mut lots = Self { site_id, by_id: HashMap::new(), by_name: HashMap::new() };
        for lot in store::lots_of_items(tx.conn, site_id, item_ids)? {
            lots.keep(lot);
        }
        Ok(lots)
    }

    fn keep(&mut self, lot: Lot) {
        self.by_name.insert((lot.item_id, lot.code.clone(), lot.expiry), lot.id);
        self.by_id.insert(lot.id, lot);
    }

    /// The lot of an id.
    pub fn get(&self, id: i64) -> Option<&Lot> {
        self.by_id.get(&id)
    }

    /// The lot of a name; made when it is new.
    ///
    /// # Errors
    /// `invalid_input` for an expiry before 1970, which is a slip; those of the database.
    pub fn named(&mut self, tx: &mut Tx<'_>, item_id: i64, code: &str, expiry: Option<Day>) -> Result<i64> {
        if let Some(id) = self.by_name.get(&(item_id, code.to_owned(), expiry)) {
            return Ok(*id);
        }
        if let Some(day) = expiry.filter(|day| day.0 < 1) {
            return Err(Error::field("/expiry", "out_of_range", format!("{day} is no expiry of anything that is still there")));
        }
        let lot = Lot { id: tx.id(), item_id, code: code.to_owned(), expiry, held: false };
        store::insert_lot(tx, self.site_id, &lot)?;
        let id = lot.id;
        self.keep(lot);
        Ok(id)
    }
}
