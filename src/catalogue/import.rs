//! The files `items.csv`, `suppliers.csv`, `offers.csv` and `substitutes.csv`.
//!
//! What is there is read once and compared with each row. A column that a file does not have leaves its
//! field as it is; an empty cell empties it. A row brings back what was archived. One audit entry per file.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::json;

use super::check::{LEAD_DAYS_MAX, MINOR_MAX};
use super::item::{self, ItemContent, SHELF_LIFE_DAYS_MAX};
use super::kept::Kept;
use super::offer::{self, MOQ_PACKS_MAX, OfferContent};
use super::predecessor::{self, Links};
use super::store;
use super::substitute::{self, SubstituteContent, SubstituteView};
use super::supplier::{self, SupplierContent};
use crate::access::audit;
use crate::base::error::{FieldError, Result};
use crate::base::money::Money;
use crate::base::quantity::UNITS_MAX;
use crate::base::table::{Outcome, Row, Sheet};
use crate::base::time::Day;
use crate::db::Tx;

/// Reads each row with `take`, which answers whether it changed something and writes nothing for a bad row.
pub(crate) fn each_row(sheet: &Sheet, mut take: impl FnMut(&mut Row<'_>) -> Result<bool>) -> Result<Outcome> {
    let mut outcome = Outcome::of(sheet);
    for mut row in sheet.rows() {
        let changed = take(&mut row)?;
        count(&mut outcome, &mut row, changed);
    }
    Ok(outcome)
}

/// Counts a row that was read.
pub(crate) fn count(outcome: &mut Outcome, row: &mut Row<'_>, changed: bool) {
    if !row.rejected.is_empty() {
        outcome.rejected.append(&mut row.rejected);
    } else if changed {
        outcome.written += 1;
    } else {
        outcome.unchanged += 1;
    }
}

/// Rejects the cells behind bad fields: `/price/minor` stands in `price_minor`, each currency in `currency`.
pub(crate) fn reject_fields(row: &mut Row<'_>, errors: Vec<FieldError>) {
    for error in errors {
        let pointer = error.pointer.trim_start_matches('/');
        let column = if pointer.ends_with("/currency") { "currency".to_owned() } else { pointer.replace('/', "_") };
        if row.rejected.iter().all(|bad| bad.column != column) {
            row.reject(&column, &error.code, error.detail);
        }
    }
}

/// Whether the file has a column.
pub(crate) fn has(sheet: &Sheet, column: &str) -> bool {
    sheet.header.iter().any(|name| name == column)
}

/// Rejects a key that an earlier row of the file has; bad keys are rejected for what they are.
pub(crate) fn reject_repeated<K: Eq + std::hash::Hash>(row: &mut Row<'_>, seen: &mut HashSet<K>, key: K, column: &str) {
    if row.rejected.is_empty() && !seen.insert(key) {
        row.reject(column, "duplicate", "an earlier row of this file has the same key");
    }
}

/// One audit entry for a file that changed something.
pub(crate) fn note(tx: &mut Tx<'_>, site_id: i64, actor: &str, action: &str, sheet: &Sheet, outcome: &Outcome) -> Result<()> {
    if outcome.written == 0 {
        return Ok(());
    }
    let detail =
        json!({"read": outcome.read, "written": outcome.written, "unchanged": outcome.unchanged, "rejected": outcome.rejected.len()});
    audit::record(tx, site_id, actor, action, &sheet.file, &detail)
}

/// Imports items.
///
/// # Errors
/// `invalid_input` for a missing column; those of the database. Bad rows stand in the outcome.
pub fn items(tx: &mut Tx<'_>, actor: &str, sheet: &Sheet) -> Result<Outcome> {
    sheet.require(&["code", "name", "base_unit", "ven"])?;
    let known = store::item::known(tx.conn)?;
    let mut links: Links = known.iter().map(|(code, kept)| (code.clone(), kept.content.predecessor.clone())).collect();
    let mut seen = HashSet::new();
    let outcome = each_row(sheet, |row| {
        let code = row.code("code");
        reject_repeated(row, &mut seen, code.clone(), "code");
        let before = known.get(&code);
        let (content, errors) = item_of(row, sheet, code, before.map(|kept| &kept.content)).checked();
        reject_fields(row, errors);
        reject_fields(row, predecessor::wrong(&links, &content).into_iter().collect());
        if let Some(before) = before
            && before.content.base_unit != content.base_unit
            && store::item::is_booked(tx.conn, before.id)?
        {
            row.reject("base_unit", "in_use", format!("stock is booked in '{}': make a new item", before.content.base_unit));
        }
        if !row.rejected.is_empty() {
            return Ok(false);
        }
        links.insert(content.code.clone(), content.predecessor.clone());
        let Some(before) = before else {
            let kept = Kept::fresh(tx.id(), tx.now, content);
            return store::item::insert(tx, &kept).map(|()| true);
        };
        let after = Kept { content, archived: false, ..before.clone() };
        if after == *before {
            return Ok(false);
        }
        item::save(tx, after).map(|_| true)
    })?;
    note(tx, 0, actor, "item.import", sheet, &outcome)?;
    Ok(outcome)
}

fn item_of(row: &mut Row<'_>, sheet: &Sheet, code: String, before: Option<&ItemContent>) -> ItemContent {
    let mut content = before.cloned().unwrap_or_else(|| ItemContent {
        code,
        name: String::new(),
        form: None,
        strength: None,
        base_unit: String::new(),
        gtin: None,
        atc: None,
        ven: String::new(),
        storage_class: item::ambient(),
        controlled: false,
        volume_ml: 0.0,
        shelf_life_days: None,
        group: None,
        predecessor: None,
    });
    content.name = row.needed("name");
    content.base_unit = row.needed("base_unit");
    content.ven = row.needed("ven");
    for (column, field) in [
        ("form", &mut content.form),
        ("strength", &mut content.strength),
        ("gtin", &mut content.gtin),
        ("atc", &mut content.atc),
        ("group", &mut content.group),
        ("predecessor", &mut content.predecessor),
    ] {
        if has(sheet, column) {
            *field = row.text(column);
        }
    }
    if has(sheet, "storage_class") {
        content.storage_class = row.text("storage_class").unwrap_or_else(item::ambient);
    }
    if has(sheet, "controlled") {
        content.controlled = row.boolean("controlled").unwrap_or(false);
    }
    if has(sheet, "volume_ml") {
        content.volume_ml = row.number("volume_ml", 0.0, 1e6).unwrap_or(0.0);
    }
    if has(sheet, "shelf_life_days") {
        content.shelf_life_days = row.integer("shelf_life_days", 1, SHELF_LIFE_DAYS_MAX);
    }
    content
}

/// Imports suppliers.
///
/// # Errors
/// As [`items`].
pub fn suppliers(tx: &mut Tx<'_>, actor: &str, sheet: &Sheet) -> Result<Outcome> {
    sheet.require(&["code", "lead_time_days", "currency"])?;
    let known = store::supplier::known(tx.conn)?;
    let currencies = store::offer::currencies(tx.conn)?;
    let mut seen = HashSet::new();
    let outcome = each_row(sheet, |row| {
        let code = row.code("code");
        reject_repeated(row, &mut seen, code.clone(), "code");
        let before = known.get(&code);
        let (content, errors) = supplier_of(row, sheet, code, before.map(|kept| &kept.content)).checked();
        reject_fields(row, errors);
        if let Some(other) = before.and_then(|kept| currencies.get(&kept.id)).filter(|other| **other != content.currency) {
            row.reject("currency", "in_use", format!("it has offers in {other}: archive them first"));
        }
        if !row.rejected.is_empty() {
            return Ok(false);
        }
        let Some(before) = before else {
            let kept = Kept::fresh(tx.id(), tx.now, content);
            return store::supplier::insert(tx, &kept).map(|()| true);
        };
        let after = Kept { content, archived: false, ..before.clone() };
        if after == *before {
            return Ok(false);
        }
        supplier::save(tx, after).map(|_| true)
    })?;
    note(tx, 0, actor, "supplier.import", sheet, &outcome)?;
    Ok(outcome)
}

fn supplier_of(row: &mut Row<'_>, sheet: &Sheet, code: String, before: Option<&SupplierContent>) -> SupplierContent {
    let mut content = before.cloned().unwrap_or_else(|| SupplierContent {
        name: code.clone(),
        code,
        gln: None,
        lead_time_days: 0,
        lead_time_sd_days: 0.0,
        currency: String::new(),
        order_cost: None,
        min_order: None,
        order_weekdays: Vec::new(),
    });
    if has(sheet, "name") {
        content.name = row.text("name").unwrap_or_else(|| content.code.clone());
    }
    if has(sheet, "gln") {
        content.gln = row.text("gln");
    }
    content.lead_time_days = row.needed_integer("lead_time_days", 0, LEAD_DAYS_MAX);
    if has(sheet, "lead_time_sd_days") {
        content.lead_time_sd_days = row.number("lead_time_sd_days", 0.0, 3_650.0).unwrap_or(0.0);
    }
    content.currency = row.currency("currency");
    for (column, money) in [("order_cost_minor", &mut content.order_cost), ("min_order_minor", &mut content.min_order)] {
        let kept = money.as_ref().map_or(0, |money| money.minor);
        let minor = if has(sheet, column) { row.integer(column, 0, MINOR_MAX).unwrap_or(0) } else { kept };
        *money = Some(Money::new(minor, content.currency.clone()));
    }
    if has(sheet, "order_weekdays") {
        content.order_weekdays = row
            .text("order_weekdays")
            .unwrap_or_default()
            .split([',', ';', ' ', '|'])
            .filter(|word| !word.is_empty())
            .map(str::to_ascii_lowercase)
            .collect();
    }
    content
}

/// What an offer's row may name: id and whether it is archived, by code.
type Ids = HashMap<String, (i64, bool)>;

/// The id of a code in a cell; rejects what is not there or archived.
fn id_of(row: &mut Row<'_>, ids: &Ids, noun: &str, column: &str) -> (String, i64) {
    let code = row.code(column);
    match ids.get(&code) {
        Some((id, false)) => (code, *id),
        found => {
            if row.rejected.iter().all(|bad| bad.column != column) {
                let (rule, hint) = offer::unusable(noun, &code, found.is_some());
                row.reject(column, rule, hint);
            }
            (code, 0)
        }
    }
}

/// Imports offers; a row with the same item, supplier, pack and first day as a known offer changes that offer.
///
/// # Errors
/// As [`items`].
pub fn offers(tx: &mut Tx<'_>, actor: &str, sheet: &Sheet) -> Result<Outcome> {
    sheet.require(&["item", "supplier", "units_per_pack", "price_minor", "currency"])?;
    let known = store::offer::known(tx.conn)?;
    let items: Ids = store::item::known(tx.conn)?.into_iter().map(|(code, kept)| (code, (kept.id, kept.archived))).collect();
    let suppliers = store::supplier::known(tx.conn)?;
    let currency_of: HashMap<String, String> = suppliers.iter().map(|(code, kept)| (code.clone(), kept.content.currency.clone())).collect();
    let suppliers: Ids = suppliers.into_iter().map(|(code, kept)| (code, (kept.id, kept.archived))).collect();
    let mut seen = HashSet::new();
    let outcome = each_row(sheet, |row| {
        let (item, item_id) = id_of(row, &items, "item", "item");
        let (supplier, supplier_id) = id_of(row, &suppliers, "supplier", "supplier");
        let units_per_pack = row.needed_integer("units_per_pack", 1, UNITS_MAX);
        let valid_from = row.day("valid_from").filter(|day| *day != Day(0));
        let key = (item, supplier, units_per_pack, valid_from);
        reject_repeated(row, &mut seen, key.clone(), "item");
        let before = known.get(&key);
        let (content, errors) = offer_of(row, sheet, key, before.map(|kept| &kept.content)).checked();
        reject_fields(row, errors);
        let other = currency_of.get(&content.supplier).and_then(|currency| offer::other_currency(&content.price, currency));
        reject_fields(row, other.into_iter().collect());
        if !row.rejected.is_empty() {
            return Ok(false);
        }
        let Some(before) = before else {
            let kept = Kept::fresh(tx.id(), tx.now, content);
            return store::offer::insert(tx, &kept, item_id, supplier_id).map(|()| true);
        };
        let after = Kept { content, archived: false, ..before.clone() };
        if after == *before {
            return Ok(false);
        }
        offer::save(tx, after).map(|_| true)
    })?;
    note(tx, 0, actor, "offer.import", sheet, &outcome)?;
    Ok(outcome)
}

fn offer_of(row: &mut Row<'_>, sheet: &Sheet, key: offer::Key, before: Option<&OfferContent>) -> OfferContent {
    let (item, supplier, units_per_pack, valid_from) = key;
    let price = Money::new(row.needed_integer("price_minor", 0, MINOR_MAX), row.currency("currency"));
    let kept = before.map_or((1, None, None), |before| (before.moq_packs, before.lead_time_days, before.valid_to));
    OfferContent {
        item,
        supplier,
        units_per_pack,
        price,
        moq_packs: if has(sheet, "moq_packs") { row.integer("moq_packs", 1, MOQ_PACKS_MAX).unwrap_or(1) } else { kept.0 },
        lead_time_days: if has(sheet, "lead_time_days") { row.integer("lead_time_days", 0, LEAD_DAYS_MAX) } else { kept.1 },
        valid_from,
        valid_to: if has(sheet, "valid_to") { row.day("valid_to") } else { kept.2 },
    }
}

/// Imports substitutes.
///
/// # Errors
/// As [`items`].
pub fn substitutes(tx: &mut Tx<'_>, actor: &str, sheet: &Sheet) -> Result<Outcome> {
    sheet.require(&["item", "substitute"])?;
    let items: Ids = store::item::known(tx.conn)?.into_iter().map(|(code, kept)| (code, (kept.id, kept.archived))).collect();
    let known: BTreeMap<(i64, i64), SubstituteView> = store::substitute::known(tx.conn)?.into_iter().map(|view| (view.key, view)).collect();
    let mut seen = HashSet::new();
    let outcome = each_row(sheet, |row| {
        let (item, item_id) = id_of(row, &items, "item", "item");
        let (other, other_id) = id_of(row, &items, "item", "substitute");
        let key = (item_id, other_id);
        reject_repeated(row, &mut seen, key, "item");
        let before = known.get(&key);
        let kept = before.map_or((substitute::same(), false), |view| (view.content.ratio, view.content.needs_approval));
        let (least, most) = substitute::RATIO_SPAN;
        let content = SubstituteContent {
            item,
            substitute: other,
            ratio: if has(sheet, "ratio") { row.number("ratio", least, most).unwrap_or_else(substitute::same) } else { kept.0 },
            needs_approval: if has(sheet, "needs_approval") { row.boolean("needs_approval").unwrap_or(false) } else { kept.1 },
        };
        reject_fields(row, content.wrongs());
        if !row.rejected.is_empty() {
            return Ok(false);
        }
        let Some(before) = before else { return substitute::insert(tx, content, key).map(|_| true) };
        if content == before.content {
            return Ok(false);
        }
        substitute::save(tx, SubstituteView { content, ..before.clone() }).map(|_| true)
    })?;
    note(tx, 0, actor, "substitute.import", sheet, &outcome)?;
    Ok(outcome)
}

#[cfg(test)]
mod tests;
