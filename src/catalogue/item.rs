//! Formulary items: what is kept and ordered; not a brand, not a lot.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::check::{self, Checks, NAME_CHARS_MAX};
use super::kept::Kept;
use super::patch::patch;
use super::{predecessor, search, store};
use crate::access::audit;
use crate::base::code::Code;
use crate::base::error::{Error, FieldError, Result};
use crate::base::gtin;
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::web::precondition::clash;

/// How much harm its absence does.
pub const VEN: [&str; 3] = ["V", "E", "N"];
/// Where an item can be kept.
pub const STORAGE_CLASSES: [&str; 4] = ["ambient", "refrigerated", "frozen", "controlled"];
/// Millilitres of one base unit at most: a cubic metre.
const VOLUME_ML_MAX: f64 = 1e6;
/// Days of shelf life at most: a hundred years.
pub(super) const SHELF_LIFE_DAYS_MAX: i64 = 36_500;

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
    /// The item whose place it takes.
    pub predecessor_id: Option<i64>,
    /// Hidden from lists and from planning.
    pub archived: bool,
}

/// What people say about an item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Item")]
pub struct ItemContent {
    /// Its code; never changes.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Tablet, ampoule, cream; null: not stated.
    pub form: Option<String>,
    /// As `500 mg`; null: not stated.
    pub strength: Option<String>,
    /// The unit in which all its quantities are counted.
    pub base_unit: String,
    /// GTIN, kept with 14 digits; null: none known.
    pub gtin: Option<String>,
    /// ATC code; null: not stated.
    pub atc: Option<String>,
    /// V (vital), E (essential) or N (not essential).
    pub ven: String,
    /// `ambient`, `refrigerated`, `frozen` or `controlled`.
    #[serde(default = "ambient")]
    pub storage_class: String,
    /// Controlled drugs need a witness and are never moved by a sensor.
    #[serde(default)]
    pub controlled: bool,
    /// Volume of one base unit; 0: takes no room worth counting.
    #[serde(default)]
    pub volume_ml: f64,
    /// Days on arrival; null: does not expire.
    pub shelf_life_days: Option<i64>,
    /// With which items it is forecast; null: with all others.
    pub group: Option<String>,
    /// Code of the item whose place it takes (new brand or strength), so that its demand counts; null: of none.
    pub predecessor: Option<String>,
}

pub(super) fn ambient() -> String {
    "ambient".to_owned()
}

impl ItemContent {
    /// Brings it into the kept form and says what is wrong with it.
    pub(super) fn checked(mut self) -> (Self, Vec<FieldError>) {
        let mut checks = Checks::default();
        checks.code("/code", &self.code);
        checks.text("/name", &self.name, NAME_CHARS_MAX);
        checks.text("/base_unit", &self.base_unit, 40);
        for (pointer, text) in
            [("/form", &mut self.form), ("/strength", &mut self.strength), ("/group", &mut self.group), ("/atc", &mut self.atc)]
        {
            *text = check::filled(text.take());
            checks.maybe_text(pointer, text.as_deref(), NAME_CHARS_MAX);
        }
        if self.atc.as_deref().is_some_and(|atc| atc.len() > 7 || !atc.bytes().all(|b| b.is_ascii_alphanumeric())) {
            checks.refuse("/atc", "atc", "1 to 7 letters and digits, as in N02BE01");
        }
        self.predecessor = check::filled(self.predecessor.take());
        if let Some(text) = check::filled(self.gtin.take()) {
            self.gtin = Some(gtin::canonical(&text).unwrap_or_else(|detail| {
                checks.refuse("/gtin", "gtin", detail);
                text
            }));
        }
        checks.one_of("/ven", &self.ven, &VEN);
        checks.one_of("/storage_class", &self.storage_class, &STORAGE_CLASSES);
        checks.number("/volume_ml", self.volume_ml, 0.0, VOLUME_ML_MAX);
        if let Some(days) = self.shelf_life_days {
            checks.whole("/shelf_life_days", days, 1, SHELF_LIFE_DAYS_MAX);
        }
        (self, checks.errors())
    }
}

patch! {
    /// A change of an item; only the named fields change, null empties a field that may be empty.
    ItemPatch of ItemContent {
        /// Its name.
        name: String,
        /// Tablet, ampoule, cream.
        form: Option<String>,
        /// As `500 mg`.
        strength: Option<String>,
        /// The unit in which all its quantities are counted.
        base_unit: String,
        /// GTIN.
        gtin: Option<String>,
        /// ATC code.
        atc: Option<String>,
        /// V, E or N.
        ven: String,
        /// Where it is kept.
        storage_class: String,
        /// Whether it is a controlled drug.
        controlled: bool,
        /// Volume of one base unit.
        volume_ml: f64,
        /// Days on arrival.
        shelf_life_days: Option<i64>,
        /// With which items it is forecast.
        group: Option<String>,
        /// Code of the item whose place it takes.
        predecessor: Option<String>,
    }
}

/// Finds an item by code or id.
///
/// # Errors
/// `not_found`.
pub fn find(conn: &mut Conn, code_or_id: &str) -> Result<Item> {
    store::item::by_name(conn, code_or_id)?.ok_or_else(|| Error::not_found("item", code_or_id))
}

/// Finds an item by GTIN (8, 12, 13 or 14 digits), one that is not archived; the oldest, if several have it.
///
/// # Errors
/// Those of the database.
pub fn find_by_gtin(conn: &mut Conn, text: &str) -> Result<Option<Item>> {
    gtin::canonical(text).map_or(Ok(None), |gtin| store::item::by_gtin(conn, &gtin))
}

/// Finds many items by code; unknown codes are missing from the answer.
///
/// # Errors
/// Those of the database.
pub fn by_codes(conn: &mut Conn, codes: &BTreeSet<String>) -> Result<HashMap<String, Item>> {
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    let mut found = HashMap::with_capacity(codes.len());
    for chunk in codes.chunks(500) {
        found.extend(store::item::by_codes(conn, chunk)?.into_iter().map(|item| (item.code.clone(), item)));
    }
    Ok(found)
}

/// All items that are not archived, by code.
///
/// # Errors
/// Those of the database.
pub fn all(conn: &mut Conn) -> Result<Vec<Item>> {
    store::item::all(conn)
}

/// All items that forecasts look at, by code: those of [`all`], and archived ones whose place another takes.
///
/// # Errors
/// Those of the database.
pub fn forecast(conn: &mut Conn) -> Result<Vec<Item>> {
    store::item::forecast(conn)
}

/// An item with all its fields, by code or id; archived ones too.
///
/// # Errors
/// `not_found`.
pub fn view(conn: &mut Conn, code_or_id: &str) -> Result<Kept<ItemContent>> {
    store::item::view(conn, code_or_id)?.ok_or_else(|| Error::not_found("item", code_or_id))
}

/// The items that are not archived and hold `q` in code, name or GTIN: by code, after a code.
///
/// # Errors
/// `invalid_input` for a search word that is too long.
pub fn list(conn: &mut Conn, q: Option<&str>, after: &str, limit: i64) -> Result<Vec<Kept<ItemContent>>> {
    store::item::list(conn, &search::pattern(q)?, after, limit)
}

/// Makes an item.
///
/// # Errors
/// `invalid_input` naming each bad field, `already_exists`.
pub fn create(tx: &mut Tx<'_>, actor: &str, wish: ItemContent) -> Result<Kept<ItemContent>> {
    let (content, errors) = wish.checked();
    check::none(errors)?;
    if let Some(there) = store::item::by_code(tx.conn, &content.code)? {
        return Err(store::taken("item", &there.content.code, there.archived));
    }
    predecessor::require_sound(tx.conn, &content)?;
    let kept = Kept::fresh(tx.id(), tx.now, content);
    store::item::insert(tx, &kept)?;
    audit::record(tx, 0, actor, "item.create", &kept.content.code, &json!({"after": kept.content}))?;
    Ok(kept)
}

/// Changes the named fields of an item.
///
/// # Errors
/// `not_found`, `precondition_failed`, `invalid_input`.
pub fn change(tx: &mut Tx<'_>, actor: &str, code_or_id: &str, seen: i64, wish: ItemPatch) -> Result<Kept<ItemContent>> {
    let before = view(tx.conn, code_or_id)?;
    before.require_version("item", seen)?;
    let mut kept = before.clone();
    wish.apply(&mut kept.content, &mut kept.archived);
    let (content, errors) = kept.content.checked();
    check::none(errors)?;
    kept.content = content;
    require_same_unit(tx.conn, &before, &kept.content)?;
    if kept.content.predecessor != before.content.predecessor {
        predecessor::require_sound(tx.conn, &kept.content)?;
    }
    if kept == before {
        return Ok(before);
    }
    let kept = save(tx, kept)?;
    audit::record(tx, 0, actor, "item.change", &kept.content.code, &json!({"before": before, "after": kept}))?;
    Ok(kept)
}

/// Quantities are counted in the base unit: it can't change once something was booked.
fn require_same_unit(conn: &mut Conn, before: &Kept<ItemContent>, after: &ItemContent) -> Result<()> {
    if before.content.base_unit != after.base_unit && store::item::is_booked(conn, before.id)? {
        return Err(Error::new(
            Code::WrongState,
            format!("'{}' has stock booked in '{}': make a new item for another base unit", after.code, before.content.base_unit),
        ));
    }
    Ok(())
}

/// Writes the next version of an item.
pub(super) fn save(tx: &mut Tx<'_>, mut kept: Kept<ItemContent>) -> Result<Kept<ItemContent>> {
    let seen = kept.version;
    kept.version += 1;
    kept.updated_at = tx.now;
    if store::item::update(tx, &kept, seen)? { Ok(kept) } else { Err(clash("item", seen, seen + 1)) }
}

/// Archives an item: hidden from lists and planning; what was booked stays.
///
/// # Errors
/// `not_found`, `precondition_failed`.
pub fn archive(tx: &mut Tx<'_>, actor: &str, code_or_id: &str, seen: i64) -> Result<()> {
    change(tx, actor, code_or_id, seen, ItemPatch { archived: Some(true), ..ItemPatch::default() }).map(drop)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::catalogue) fn sample() -> ItemContent {
        serde_json::from_value(json!({"code": "P1", "name": "Paracetamol", "base_unit": "tablet", "ven": "E"})).unwrap()
    }

    #[test]
    fn the_gtin_is_kept_with_14_digits() {
        let (content, errors) = ItemContent { gtin: Some("4006381333931".into()), ..sample() }.checked();
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(content.gtin.as_deref(), Some("04006381333931"));
        assert_eq!(content.storage_class, "ambient");
    }

    #[test]
    fn each_bad_field_is_named() {
        let wish = ItemContent {
            name: String::new(),
            gtin: Some("4006381333930".into()),
            ven: "X".into(),
            storage_class: "warm".into(),
            volume_ml: 2e6,
            shelf_life_days: Some(0),
            ..sample()
        };
        let pointers: Vec<_> = wish.checked().1.into_iter().map(|error| error.pointer).collect();
        assert_eq!(pointers, ["/name", "/gtin", "/ven", "/storage_class", "/volume_ml", "/shelf_life_days"]);
    }

    #[test]
    fn a_patch_changes_what_it_names() {
        let mut content = ItemContent { form: Some("tablet".into()), strength: Some("500 mg".into()), ..sample() };
        let mut archived = false;
        let wish: ItemPatch = serde_json::from_value(json!({"form": null, "ven": "V"})).unwrap();
        wish.apply(&mut content, &mut archived);
        assert_eq!((content.form, content.strength.as_deref(), content.ven.as_str()), (None, Some("500 mg"), "V"));
        assert!(serde_json::from_value::<ItemPatch>(json!({"name": null})).is_err());
        assert!(serde_json::from_value::<ItemPatch>(json!({"code": "P2"})).is_err());
    }
}
