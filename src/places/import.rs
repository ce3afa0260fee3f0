//! The file `places.csv`, its rows in any order: a parent may come later in the file.
//!
//! A column that the file does not have leaves its field as it is; an empty cell empties it. A row brings
//! back what was archived. One audit entry per file.

use std::collections::HashSet;

use super::PlaceKind;
use super::place::{self, Known, LITRES_MAX, PlaceContent, PlaceView};
use super::store;
use crate::base::error::{FieldError, Result};
use crate::base::table::{Outcome, Row, Sheet};
use crate::catalogue::import::{count, has, note, reject_fields, reject_repeated};
use crate::db::Tx;

const KINDS: [&str; 4] = ["site", "store", "ward", "bin"];

/// Imports places; a caller bound to `only_site` can change that site only.
///
/// # Errors
/// `invalid_input` for a missing column; those of the database. Bad rows stand in the outcome.
pub fn places(tx: &mut Tx<'_>, actor: &str, only_site: Option<i64>, sheet: &Sheet) -> Result<Outcome> {
    sheet.require(&["code", "kind"])?;
    let mut known = store::whole::known(tx.conn)?;
    let mut outcome = Outcome::of(sheet);
    let mut waiting = Vec::new();
    let mut seen = HashSet::new();
    for mut row in sheet.rows() {
        match read(&mut row, sheet, &mut seen, &known) {
            Some(content) => waiting.push((row, content)),
            None => count(&mut outcome, &mut row, false),
        }
    }
    // Each pass seats the rows whose parent is there by now; the last one, which seats none, says what is wrong.
    loop {
        let before = waiting.len();
        let mut later = Vec::new();
        let mut wrongs = Vec::new();
        for (mut row, content) in waiting {
            match settle(tx, &mut known, only_site, &content)? {
                Ok(changed) => count(&mut outcome, &mut row, changed),
                Err(wrong) => {
                    later.push((row, content));
                    wrongs.push(wrong);
                }
            }
        }
        if later.len() == before {
            for ((mut row, _), wrong) in later.into_iter().zip(wrongs) {
                reject_fields(&mut row, vec![wrong]);
                count(&mut outcome, &mut row, false);
            }
            break;
        }
        waiting = later;
    }
    outcome.rejected.sort_by_key(|bad| bad.line);
    note(tx, only_site.unwrap_or(0), actor, "place.import", sheet, &outcome)?;
    Ok(outcome)
}

/// Writes a place if it can be seated now; answers whether it changed something, or the rule that it breaks.
fn settle(tx: &mut Tx<'_>, known: &mut Known, only_site: Option<i64>, content: &PlaceContent) -> Result<Result<bool, FieldError>> {
    let seat = match place::seat(known, content) {
        Ok(seat) if seat.is_within(only_site) => seat,
        Ok(_) => return Ok(Err(FieldError::new("/code", "forbidden", "your token is for one site: this place is outside it"))),
        Err(wrong) => return Ok(Err(wrong)),
    };
    let kept = match known.get(&content.code) {
        None => place::insert(tx, content.clone(), seat)?,
        Some(before) => {
            let after = PlaceView { content: content.clone(), archived: false, parent_id: seat.parent_id, ..before.clone() };
            if after == *before {
                return Ok(Ok(false));
            }
            place::save(tx, after)?
        }
    };
    known.insert(content.code.clone(), kept);
    Ok(Ok(true))
}

/// The content of a row; none when the row is bad.
fn read(row: &mut Row<'_>, sheet: &Sheet, seen: &mut HashSet<String>, known: &Known) -> Option<PlaceContent> {
    let code = row.code("code");
    reject_repeated(row, seen, code.clone(), "code");
    row.needed("kind");
    let kind = row.one_of("kind", &KINDS).and_then(|word| PlaceKind::of(&word));
    let before = known.get(&code).map(|place| &place.content);
    let mut content = before.cloned().unwrap_or_else(|| PlaceContent {
        code,
        name: String::new(),
        kind: PlaceKind::Site,
        parent: None,
        timezone: None,
        capacity_ambient_litres: None,
        capacity_refrigerated_litres: None,
        capacity_frozen_litres: None,
        capacity_controlled_litres: None,
    });
    content.kind = kind?;
    if has(sheet, "name") {
        content.name = row.text("name").unwrap_or_default();
    }
    for (column, field) in [("parent", &mut content.parent), ("timezone", &mut content.timezone)] {
        if has(sheet, column) {
            *field = row.text(column);
        }
    }
    for (column, field) in [
        ("capacity_ambient_litres", &mut content.capacity_ambient_litres),
        ("capacity_refrigerated_litres", &mut content.capacity_refrigerated_litres),
        ("capacity_frozen_litres", &mut content.capacity_frozen_litres),
        ("capacity_controlled_litres", &mut content.capacity_controlled_litres),
    ] {
        if has(sheet, column) {
            *field = row.number(column, 0.0, LITRES_MAX);
        }
    }
    let (content, errors) = content.checked();
    reject_fields(row, errors);
    row.rejected.is_empty().then_some(content)
}
