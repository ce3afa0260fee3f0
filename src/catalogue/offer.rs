//! Offers: one item from one supplier, in one pack, at one price, for some days.
//!
//! An offer is known by its id. Item, supplier, pack and first day never change: another pack is another offer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::check::{self, Checks, LEAD_DAYS_MAX};
use super::kept::Kept;
use super::patch::patch;
use super::{item, search, store, supplier};
use crate::access::audit;
use crate::base::code::Code;
use crate::base::error::{Error, FieldError, Result};
use crate::base::money::Money;
use crate::base::quantity::UNITS_MAX;
use crate::base::time::Day;
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::web::precondition::clash;

/// Packs of one minimum order at most.
pub(super) const MOQ_PACKS_MAX: i64 = 1_000_000_000;

/// An offer as other rooms use it.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// Its id.
    pub id: i64,
    /// What it offers.
    pub item_id: i64,
    /// Who offers it.
    pub supplier_id: i64,
    /// Base units in one pack.
    pub units_per_pack: i64,
    /// Price of one pack.
    pub price_minor: i64,
    /// Of the price.
    pub currency: String,
    /// The least packs of one order.
    pub moq_packs: i64,
    /// Days to delivery; none: as the supplier's.
    pub lead_time_days: Option<i64>,
    /// First day; none: from the beginning.
    pub valid_from: Option<Day>,
    /// Last day; none: open end.
    pub valid_to: Option<Day>,
}

/// What people say about an offer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Offer")]
pub struct OfferContent {
    /// Code of the item; never changes.
    pub item: String,
    /// Code of the supplier; never changes.
    pub supplier: String,
    /// Base units in one pack; never changes.
    pub units_per_pack: i64,
    /// Price of one pack, in the supplier's currency.
    pub price: Money,
    /// The least packs of one order.
    #[serde(default = "one")]
    pub moq_packs: i64,
    /// Days to delivery; null: as the supplier's.
    pub lead_time_days: Option<i64>,
    /// First day; null: from the beginning; never changes.
    pub valid_from: Option<Day>,
    /// Last day; null: open end.
    pub valid_to: Option<Day>,
}

fn one() -> i64 {
    1
}

impl OfferContent {
    /// Brings it into the kept form and says what is wrong with it.
    pub(super) fn checked(mut self) -> (Self, Vec<FieldError>) {
        let mut checks = Checks::default();
        checks.whole("/units_per_pack", self.units_per_pack, 1, UNITS_MAX);
        checks.money("/price", &self.price);
        checks.whole("/moq_packs", self.moq_packs, 1, MOQ_PACKS_MAX);
        if let Some(days) = self.lead_time_days {
            checks.whole("/lead_time_days", days, 0, LEAD_DAYS_MAX);
        }
        if self.valid_from.is_some_and(|day| day < Day(0)) {
            checks.refuse("/valid_from", "out_of_range", "must not be before 1970-01-01");
        }
        self.valid_from = self.valid_from.filter(|day| *day != Day(0));
        if let Some(last) = self.valid_to
            && last < self.valid_from.unwrap_or_default()
        {
            checks.refuse("/valid_to", "out_of_range", "must not be before valid_from");
        }
        (self, checks.errors())
    }

    /// What makes it this offer and no other.
    pub(super) fn key(&self) -> Key {
        (self.item.clone(), self.supplier.clone(), self.units_per_pack, self.valid_from)
    }
}

/// Codes of item and supplier, units per pack, first day.
pub(super) type Key = (String, String, i64, Option<Day>);

patch! {
    /// A change of an offer; only the named fields change, null empties a field that may be empty.
    OfferPatch of OfferContent {
        /// Price of one pack.
        price: Money,
        /// The least packs of one order.
        moq_packs: i64,
        /// Days to delivery; null: as the supplier's.
        lead_time_days: Option<i64>,
        /// Last day; null: open end.
        valid_to: Option<Day>,
    }
}

/// The offers that hold on a day, of items and suppliers that are not archived: by item, supplier and id.
///
/// Two offers of one item, supplier and pack with other first days can both hold: both are given.
///
/// # Errors
/// Those of the database.
pub fn valid_on(conn: &mut Conn, day: Day) -> Result<Vec<Offer>> {
    store::offer::valid_on(conn, day)
}

/// As [`valid_on`]; of offers that differ only in their first day the newest: a price rise replaces the price before it.
///
/// # Errors
/// Those of the database.
pub fn newest_on(conn: &mut Conn, day: Day) -> Result<Vec<Offer>> {
    let mut by_key: BTreeMap<(i64, i64, i64), Offer> = BTreeMap::new();
    for offer in valid_on(conn, day)? {
        let key = (offer.item_id, offer.supplier_id, offer.units_per_pack);
        if by_key.get(&key).is_none_or(|known| known.valid_from < offer.valid_from) {
            by_key.insert(key, offer);
        }
    }
    Ok(by_key.into_values().collect())
}

/// The currency in which most of these offers are made; none: there are none. Currencies are never summed.
pub fn main_currency(offers: &[Offer]) -> Option<&str> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for offer in offers {
        *counts.entry(offer.currency.as_str()).or_insert(0) += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(currency, _)| currency)
}

/// An offer with all its fields, by id; archived ones too.
///
/// # Errors
/// `not_found`.
pub fn view(conn: &mut Conn, id: &str) -> Result<Kept<OfferContent>> {
    let found = id.parse().ok().map(|id| store::offer::view(conn, id)).transpose()?.flatten();
    found.ok_or_else(|| Error::not_found("offer", id))
}

/// Which offers a list shows.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// A word in code or name of item or supplier, or in the GTIN.
    pub q: Option<String>,
    /// Code of the item.
    pub item: Option<String>,
    /// Code of the supplier.
    pub supplier: Option<String>,
}

/// The offers that are not archived, by id, after an id.
///
/// # Errors
/// `invalid_input` for a search word that is too long.
pub fn list(conn: &mut Conn, wanted: &Wanted, after: i64, limit: i64) -> Result<Vec<Kept<OfferContent>>> {
    let pattern = search::pattern(wanted.q.as_deref())?;
    store::offer::list(conn, &pattern, wanted, after, limit)
}

/// Makes an offer.
///
/// # Errors
/// `invalid_input` naming each bad field, `already_exists` for the same item, supplier, pack and first day.
pub fn create(tx: &mut Tx<'_>, actor: &str, wish: OfferContent) -> Result<Kept<OfferContent>> {
    let (mut content, mut errors) = wish.checked();
    let item_id = match store::item::view(tx.conn, &content.item)? {
        Some(item) if !item.archived => {
            content.item = item.content.code;
            item.id
        }
        found => {
            errors.push(no_such("item", &content.item, found.is_some()));
            0
        }
    };
    let supplier_id = match store::supplier::view(tx.conn, &content.supplier)? {
        Some(supplier) if !supplier.archived => {
            errors.extend(other_currency(&content.price, &supplier.content.currency));
            content.supplier = supplier.content.code;
            supplier.id
        }
        found => {
            errors.push(no_such("supplier", &content.supplier, found.is_some()));
            0
        }
    };
    check::none(errors)?;
    if let Some((id, archived)) = store::offer::by_key(tx.conn, item_id, supplier_id, &content)? {
        return Err(store::taken("offer", &id.to_string(), archived));
    }
    let kept = Kept::fresh(tx.id(), tx.now, content);
    store::offer::insert(tx, &kept, item_id, supplier_id)?;
    audit::record(tx, 0, actor, "offer.create", &kept.id.to_string(), &json!({"after": kept.content}))?;
    Ok(kept)
}

fn no_such(noun: &str, code: &str, archived: bool) -> FieldError {
    let (rule, detail) = unusable(noun, code, archived);
    FieldError::new(format!("/{noun}"), rule, detail)
}

/// Rule and hint for a code that is not there, or that is archived.
pub(super) fn unusable(noun: &str, code: &str, archived: bool) -> (&'static str, String) {
    if archived { ("archived", format!("the {noun} '{code}' is archived")) } else { ("unknown", format!("there is no {noun} '{code}'")) }
}

/// The refusal of a price in another currency than its supplier's.
pub(super) fn other_currency(price: &Money, currency: &str) -> Option<FieldError> {
    (price.currency != currency).then(|| FieldError::new("/price/currency", "currency", format!("must be the supplier's, {currency}")))
}

/// Changes the named fields of an offer.
///
/// # Errors
/// `not_found`, `precondition_failed`, `invalid_input`; `wrong_state` when it should come back but its item or supplier is archived.
pub fn change(tx: &mut Tx<'_>, actor: &str, id: &str, seen: i64, wish: OfferPatch) -> Result<Kept<OfferContent>> {
    let before = view(tx.conn, id)?;
    before.require_version("offer", seen)?;
    let mut kept = before.clone();
    wish.apply(&mut kept.content, &mut kept.archived);
    let (content, mut errors) = kept.content.checked();
    kept.content = content;
    let supplier = supplier::view(tx.conn, &kept.content.supplier)?;
    if !kept.archived {
        errors.extend(other_currency(&kept.content.price, &supplier.content.currency));
    }
    check::none(errors)?;
    if kept == before {
        return Ok(before);
    }
    if before.archived && !kept.archived && (supplier.archived || item::view(tx.conn, &kept.content.item)?.archived) {
        return Err(Error::new(Code::WrongState, "its item or supplier is archived: bring that back first"));
    }
    let kept = save(tx, kept)?;
    audit::record(tx, 0, actor, "offer.change", id, &json!({"before": before, "after": kept}))?;
    Ok(kept)
}

/// Writes the next version of an offer.
pub(super) fn save(tx: &mut Tx<'_>, mut kept: Kept<OfferContent>) -> Result<Kept<OfferContent>> {
    let seen = kept.version;
    kept.version += 1;
    kept.updated_at = tx.now;
    if store::offer::update(tx, &kept, seen)? { Ok(kept) } else { Err(clash("offer", seen, seen + 1)) }
}

/// Archives an offer: it is no longer planned with.
///
/// # Errors
/// `not_found`, `precondition_failed`.
pub fn archive(tx: &mut Tx<'_>, actor: &str, id: &str, seen: i64) -> Result<()> {
    change(tx, actor, id, seen, OfferPatch { archived: Some(true), ..OfferPatch::default() }).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(change: &serde_json::Value, want: &[&str]) {
        let mut wish = json!({"item": "P1", "supplier": "S1", "units_per_pack": 10, "price": {"minor": 1250, "currency": "EUR"}});
        wish.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let wish: OfferContent = serde_json::from_value(wish).unwrap();
        let pointers: Vec<_> = wish.checked().1.into_iter().map(|error| error.pointer).collect();
        assert_eq!(pointers, want);
    }

    #[test]
    fn rules_of_an_offer() {
        check(&json!({}), &[]);
        check(&json!({"units_per_pack": 0}), &["/units_per_pack"]);
        check(&json!({"price": {"minor": -1, "currency": "Eu"}}), &["/price/minor", "/price/currency"]);
        check(&json!({"moq_packs": 0, "lead_time_days": -1}), &["/moq_packs", "/lead_time_days"]);
        check(&json!({"valid_from": "2026-02-01", "valid_to": "2026-01-31"}), &["/valid_to"]);
        check(&json!({"valid_from": "2026-02-01", "valid_to": "2026-02-01"}), &[]);
    }

    #[test]
    fn the_currency_is_the_suppliers() {
        assert!(other_currency(&Money::new(1, "EUR"), "EUR").is_none());
        assert!(other_currency(&Money::new(1, "USD"), "EUR").is_some());
    }
}
