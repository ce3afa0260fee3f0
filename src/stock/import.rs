//! `stock.csv` (counted stock and par levels) and `movements.csv` (a ledger from elsewhere).

mod counts;

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::movement::{Entry, Kind, LotChoice, Source};
use super::{record, store};
use crate::base::error::Result;
use crate::base::quantity::UNITS_MAX;
use crate::base::table::{Outcome, Row, Sheet};
use crate::base::time::Micros;
use crate::catalogue::item::{self, Item};
use crate::db::Tx;
use crate::places::{self, PlaceKey, PlaceKind};
use crate::web::body::hex;

pub use counts::stock;

/// What rows of a file refer to, loaded once.
struct Names {
    places: std::collections::HashMap<String, PlaceKey>,
    items: std::collections::HashMap<String, Item>,
    only_site: Option<i64>,
}

impl Names {
    fn load(tx: &mut Tx<'_>, sheet: &Sheet, only_site: Option<i64>) -> Result<Self> {
        let column = |name: &str| sheet.rows().filter_map(|row| row.text(name)).collect::<BTreeSet<_>>();
        Ok(Self { places: places::by_codes(tx.conn, &column("place"))?, items: item::by_codes(tx.conn, &column("item"))?, only_site })
    }

    fn of(&self, row: &mut Row<'_>) -> Option<(PlaceKey, Item)> {
        let (place_code, item_code) = (row.code("place"), row.code("item"));
        let place = self.places.get(&place_code).filter(|place| self.only_site.is_none_or(|site| site == place.site_id)).cloned();
        let item = self.items.get(&item_code).cloned();
        if place.is_none() && !place_code.is_empty() {
            row.reject("place", "unknown", "import places.csv first, or mend the code");
        }
        if item.is_none() && !item_code.is_empty() {
            row.reject("item", "unknown", "import items.csv first, or mend the code");
        }
        if place.as_ref().is_some_and(|place| place.kind == PlaceKind::Site && place_code != place.code) {
            row.reject("place", "kind", "stock is kept at a store, ward or bin");
        }
        place.zip(item)
    }
}

fn key_of(parts: &[&str]) -> String {
    hex(&Sha256::digest(parts.join("\u{1f}").as_bytes()))
}

/// Imports `movements.csv`: a ledger kept elsewhere, in the order of the file.
///
/// Columns: `place*`, `item*`, `kind*`, `quantity*` (signed only for adjustment), `at*`, `reference*` (unique: a row
/// with a known reference changes nothing), `lot`, `expiry`, `reason`, `requested`.
///
/// # Errors
/// `invalid_input` when a column is missing, `insufficient_stock` when the ledger would go below zero.
pub fn movements(tx: &mut Tx<'_>, actor: &str, only_site: Option<i64>, sheet: &Sheet) -> Result<Outcome> {
    sheet.require(&["place", "item", "kind", "quantity", "at", "reference"])?;
    let names = Names::load(tx, sheet, only_site)?;
    let mut outcome = Outcome::of(sheet);
    let mut seen = BTreeSet::new();
    let mut by_site: BTreeMap<i64, Vec<(PlaceKey, Entry)>> = BTreeMap::new();
    for mut row in sheet.rows() {
        let entry = read_movement(&mut row, &names, tx.now, actor);
        if !seen.insert(row.text("reference")) {
            row.reject("reference", "duplicate", "stands in this file already");
        }
        match entry {
            Some((place, entry)) if row.rejected.is_empty() => by_site.entry(place.site_id).or_default().push((place, entry)),
            _ => outcome.rejected.extend(row.rejected),
        }
    }
    for (site_id, rows) in by_site {
        let keys: Vec<String> = rows.iter().map(|(_, entry)| entry.source_key.clone()).collect();
        let known = store::known_import_keys(tx, site_id, &keys)?;
        let pairs: Vec<(i64, i64)> = rows.iter().map(|(place, entry)| (place.id, entry.item_id)).collect();
        let points = places::ensure_stock_points(tx, site_id, &pairs)?;
        let mut entries = Vec::with_capacity(rows.len());
        for (place, mut entry) in rows {
            if known.contains(&entry.source_key) {
                outcome.unchanged += 1;
            } else {
                entry.stock_point_id = points.get(&(place.id, entry.item_id)).copied().unwrap_or_default();
                entries.push(entry);
            }
        }
        outcome.written += u64::try_from(entries.len()).unwrap_or(u64::MAX);
        record(tx, site_id, &entries)?;
    }
    Ok(outcome)
}

fn read_movement(row: &mut Row<'_>, names: &Names, now: Micros, actor: &str) -> Option<(PlaceKey, Entry)> {
    let found = names.of(row);
    let kind = row.one_of("kind", &["receipt", "issue", "adjustment", "waste", "return"]).and_then(|word| Kind::of(&word));
    if kind.is_none() && row.text("kind").is_none() {
        row.reject("kind", "needed", "this cell must not be empty");
    }
    let least = if kind == Some(Kind::Adjustment) { -UNITS_MAX } else { 1 };
    let quantity = row.needed_integer("quantity", least, UNITS_MAX);
    if quantity == 0 && row.text("quantity").is_some() {
        row.reject("quantity", "out_of_range", "0 moves nothing: leave the row out");
    }
    let at = row.moment("at");
    if at.is_none() {
        row.reject("at", "needed", "when did it happen?");
    }
    if at.is_some_and(|at| at > now) {
        row.reject("at", "future", "a movement can't lie in the future");
    }
    let reference = row.needed("reference");
    let expiry = row.day("expiry");
    let requested_units = row.integer("requested", 0, UNITS_MAX);
    if requested_units.is_some_and(|requested| requested < quantity || kind != Some(Kind::Issue)) {
        row.reject("requested", "out_of_range", "only for an issue, and not less than quantity");
    }
    let (place, item) = found?;
    let kind = kind?;
    let lot = match (row.text("lot"), kind) {
        (None, Kind::Issue | Kind::Waste) => LotChoice::Fefo,
        (None, Kind::Adjustment) if quantity < 0 => LotChoice::Fefo,
        (code, _) => LotChoice::Named { code: code.unwrap_or_default(), expiry },
    };
    let entry = Entry {
        stock_point_id: 0,
        item_id: item.id,
        lot,
        kind,
        quantity_delta: if matches!(kind, Kind::Issue | Kind::Waste) { -quantity } else { quantity },
        requested_units,
        source: Source::Import,
        source_key: key_of(&["movement", &reference]),
        event_at: at?,
        reason: row.text("reason"),
        actor: actor.to_owned(),
        reversal_of: None,
    };
    Some((place, entry))
}
