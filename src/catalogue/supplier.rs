//! Suppliers: from whom it can be bought, how long they take, on which days they take orders.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::check::{self, Checks, LEAD_DAYS_MAX, NAME_CHARS_MAX};
use super::kept::Kept;
use super::patch::patch;
use super::{search, store};
use crate::access::audit;
use crate::base::code::Code;
use crate::base::error::{Error, FieldError, Result};
use crate::base::gtin;
use crate::base::money::Money;
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::web::precondition::clash;

/// The words of the weekdays, Monday first: bit 0 of the mask is Monday.
pub const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A supplier as other rooms use it.
#[derive(Debug, Clone, PartialEq)]
pub struct Supplier {
    /// Its id.
    pub id: i64,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Days from order to delivery.
    pub lead_time_days: i64,
    /// Standard deviation of these days.
    pub lead_time_sd_days: f64,
    /// What one order costs, whatever is in it.
    pub order_cost_minor: i64,
    /// The least worth of one order.
    pub min_order_minor: i64,
    /// Of its prices and costs.
    pub currency: String,
    /// On which days it takes orders: bit 0 = Monday; 0: any day.
    pub order_weekdays: u8,
}

impl Supplier {
    /// Whether it takes orders on a weekday (Monday = 0).
    pub fn takes_orders_on(&self, weekday: u32) -> bool {
        self.order_weekdays == 0 || 1_u8.checked_shl(weekday).is_some_and(|bit| self.order_weekdays & bit != 0)
    }
}

/// What people say about a supplier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Supplier")]
pub struct SupplierContent {
    /// Its code; never changes.
    pub code: String,
    /// Its name.
    pub name: String,
    /// GLN, 13 digits; null: none known.
    pub gln: Option<String>,
    /// Days from order to delivery.
    pub lead_time_days: i64,
    /// Standard deviation of these days.
    #[serde(default)]
    pub lead_time_sd_days: f64,
    /// Of its prices and costs: ISO 4217.
    pub currency: String,
    /// What one order costs, whatever is in it; left out: nothing.
    pub order_cost: Option<Money>,
    /// The least worth of one order; left out: none.
    pub min_order: Option<Money>,
    /// `mon` .. `sun` on which it takes orders; empty: any day.
    #[serde(default)]
    pub order_weekdays: Vec<String>,
}

impl SupplierContent {
    /// Brings it into the kept form and says what is wrong with it.
    pub(super) fn checked(mut self) -> (Self, Vec<FieldError>) {
        let mut checks = Checks::default();
        checks.code("/code", &self.code);
        checks.text("/name", &self.name, NAME_CHARS_MAX);
        self.gln = check::filled(self.gln);
        if let Some(gln) = &self.gln
            && (gln.len() != 13 || gtin::canonical(gln).is_err())
        {
            checks.refuse("/gln", "gln", format!("'{gln}' is no GLN: 13 digits, the last one a check digit"));
        }
        checks.whole("/lead_time_days", self.lead_time_days, 0, LEAD_DAYS_MAX);
        checks.number("/lead_time_sd_days", self.lead_time_sd_days, 0.0, 3_650.0);
        checks.currency("/currency", &self.currency);
        for (pointer, money) in [("/order_cost", &mut self.order_cost), ("/min_order", &mut self.min_order)] {
            let money = money.get_or_insert_with(|| Money::new(0, self.currency.clone()));
            checks.money(pointer, money);
            if money.currency != self.currency {
                checks.refuse(&format!("{pointer}/currency"), "currency", format!("must be the supplier's, {}", self.currency));
            }
        }
        match mask_of(&self.order_weekdays) {
            Ok(mask) => self.order_weekdays = words_of(mask),
            Err(detail) => checks.refuse("/order_weekdays", "weekday", detail),
        }
        (self, checks.errors())
    }
}

/// The bit mask of some weekdays.
pub(super) fn mask_of(words: &[String]) -> Result<u8, String> {
    words.iter().try_fold(0, |mask, word| {
        let bit =
            WEEKDAYS.iter().position(|day| *day == word).and_then(|day| u32::try_from(day).ok()).and_then(|day| 1_u8.checked_shl(day));
        bit.map(|bit| mask | bit).ok_or_else(|| format!("'{word}' is none of {}", WEEKDAYS.join(", ")))
    })
}

/// The weekdays of a bit mask, Monday first.
pub(super) fn words_of(mask: u8) -> Vec<String> {
    WEEKDAYS.iter().enumerate().filter(|(day, _)| mask >> day & 1 == 1).map(|(_, word)| (*word).to_owned()).collect()
}

patch! {
    /// A change of a supplier; only the named fields change, null empties a field that may be empty.
    SupplierPatch of SupplierContent {
        /// Its name.
        name: String,
        /// GLN.
        gln: Option<String>,
        /// Days from order to delivery.
        lead_time_days: i64,
        /// Standard deviation of these days.
        lead_time_sd_days: f64,
        /// Of its prices and costs; costs in another currency must be named anew.
        currency: String,
        /// What one order costs; null: nothing.
        order_cost: Option<Money>,
        /// The least worth of one order; null: none.
        min_order: Option<Money>,
        /// On which days it takes orders.
        order_weekdays: Vec<String>,
    }
}

/// Finds a supplier by code or id.
///
/// # Errors
/// `not_found`.
pub fn find(conn: &mut Conn, code_or_id: &str) -> Result<Supplier> {
    store::supplier::by_name(conn, code_or_id)?.ok_or_else(|| Error::not_found("supplier", code_or_id))
}

/// Finds many suppliers by code; unknown codes are missing from the answer.
///
/// # Errors
/// Those of the database.
pub fn by_codes(conn: &mut Conn, codes: &BTreeSet<String>) -> Result<HashMap<String, Supplier>> {
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    let mut found = HashMap::with_capacity(codes.len());
    for chunk in codes.chunks(500) {
        found.extend(store::supplier::by_codes(conn, chunk)?.into_iter().map(|supplier| (supplier.code.clone(), supplier)));
    }
    Ok(found)
}

/// All suppliers that are not archived, by code.
///
/// # Errors
/// Those of the database.
pub fn all(conn: &mut Conn) -> Result<Vec<Supplier>> {
    store::supplier::all(conn)
}

/// A supplier with all its fields, by code or id; archived ones too.
///
/// # Errors
/// `not_found`.
pub fn view(conn: &mut Conn, code_or_id: &str) -> Result<Kept<SupplierContent>> {
    store::supplier::view(conn, code_or_id)?.ok_or_else(|| Error::not_found("supplier", code_or_id))
}

/// The suppliers that are not archived and hold `q` in code, name or GLN: by code, after a code.
///
/// # Errors
/// `invalid_input` for a search word that is too long.
pub fn list(conn: &mut Conn, q: Option<&str>, after: &str, limit: i64) -> Result<Vec<Kept<SupplierContent>>> {
    store::supplier::list(conn, &search::pattern(q)?, after, limit)
}

/// Makes a supplier.
///
/// # Errors
/// `invalid_input` naming each bad field, `already_exists`.
pub fn create(tx: &mut Tx<'_>, actor: &str, wish: SupplierContent) -> Result<Kept<SupplierContent>> {
    let (content, errors) = wish.checked();
    check::none(errors)?;
    if let Some(there) = store::supplier::by_code(tx.conn, &content.code)? {
        return Err(store::taken("supplier", &there.content.code, there.archived));
    }
    let kept = Kept::fresh(tx.id(), tx.now, content);
    store::supplier::insert(tx, &kept)?;
    audit::record(tx, 0, actor, "supplier.create", &kept.content.code, &json!({"after": kept.content}))?;
    Ok(kept)
}

/// Changes the named fields of a supplier.
///
/// # Errors
/// `not_found`, `precondition_failed`, `invalid_input`; `wrong_state` for another currency while it has offers.
pub fn change(tx: &mut Tx<'_>, actor: &str, code_or_id: &str, seen: i64, wish: SupplierPatch) -> Result<Kept<SupplierContent>> {
    let before = view(tx.conn, code_or_id)?;
    before.require_version("supplier", seen)?;
    let mut kept = before.clone();
    wish.apply(&mut kept.content, &mut kept.archived);
    let (content, errors) = kept.content.checked();
    check::none(errors)?;
    kept.content = content;
    if kept == before {
        return Ok(before);
    }
    if kept.content.currency != before.content.currency && store::offer::currencies(tx.conn)?.contains_key(&kept.id) {
        return Err(Error::new(
            Code::WrongState,
            format!("'{}' has offers in {}: archive them, then change the currency", kept.content.code, before.content.currency),
        ));
    }
    let kept = save(tx, kept)?;
    audit::record(tx, 0, actor, "supplier.change", &kept.content.code, &json!({"before": before, "after": kept}))?;
    Ok(kept)
}

/// Writes the next version of a supplier.
pub(super) fn save(tx: &mut Tx<'_>, mut kept: Kept<SupplierContent>) -> Result<Kept<SupplierContent>> {
    let seen = kept.version;
    kept.version += 1;
    kept.updated_at = tx.now;
    if store::supplier::update(tx, &kept, seen)? { Ok(kept) } else { Err(clash("supplier", seen, seen + 1)) }
}

/// Archives a supplier: its offers are no longer planned with.
///
/// # Errors
/// `not_found`, `precondition_failed`.
pub fn archive(tx: &mut Tx<'_>, actor: &str, code_or_id: &str, seen: i64) -> Result<()> {
    change(tx, actor, code_or_id, seen, SupplierPatch { archived: Some(true), ..SupplierPatch::default() }).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> SupplierContent {
        serde_json::from_value(json!({"code": "S1", "name": "Central", "lead_time_days": 3, "currency": "EUR"})).unwrap()
    }

    #[test]
    fn weekdays_and_their_mask() {
        let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(mask_of(&words(&["thu", "mon"])), Ok(0b1001));
        assert_eq!(words_of(0b100_1001), words(&["mon", "thu", "sun"]));
        assert!(mask_of(&words(&["monday"])).is_err());
        let (content, errors) = SupplierContent { order_weekdays: words(&["thu", "mon", "mon"]), ..sample() }.checked();
        assert!(errors.is_empty());
        assert_eq!(content.order_weekdays, words(&["mon", "thu"]));
    }

    #[test]
    fn costs_are_in_its_currency() {
        let (content, errors) = sample().checked();
        assert!(errors.is_empty());
        assert_eq!(content.order_cost, Some(Money::new(0, "EUR")));
        let wish = SupplierContent { min_order: Some(Money::new(100, "USD")), gln: Some("123".into()), lead_time_days: -1, ..sample() };
        let pointers: Vec<_> = wish.checked().1.into_iter().map(|error| error.pointer).collect();
        assert_eq!(pointers, ["/gln", "/lead_time_days", "/min_order/currency"]);
    }
}
