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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Clock;
    use crate::base::time::Micros;
    use crate::catalogue;
    use crate::db::conn::Target;
    use crate::db::{Db, migrate};
    use crate::places::{capacity, find, par, planning};

    const FILE: &str = "code,kind,parent,timezone,capacity_frozen_litres\nB1,bin,W1,,\nW1,ward,STORE,,\nSTORE,store,H1,,50\n\
                        H1,site,,Europe/Berlin,\nW9,ward,NONE,,\nB9,bin,H1,,\nX,hut,H1,,-1\nW1,ward,H1,,\n";

    fn import(db: &Db, only_site: Option<i64>, file: &'static str) -> (u64, u64, Vec<String>) {
        let sheet = Sheet::parse("places.csv", file.as_bytes()).unwrap();
        let outcome = db.write_now(move |tx| places(tx, "token:1", only_site, &sheet)).unwrap();
        let rules = outcome.rejected.iter().map(|bad| format!("{}:{}:{}", bad.line, bad.column, bad.rule)).collect();
        (outcome.written, outcome.unchanged, rules)
    }

    #[test]
    fn rows_come_in_any_order() {
        let target = Target::parse("sqlite::memory:").unwrap();
        migrate::up(&target, false).unwrap();
        let db = Db::open(&target, Clock::manual(Micros(1_795_000_000_000_000))).unwrap();
        let bad = ["6:parent:unknown", "7:parent:kind", "8:kind:one_of", "9:code:duplicate"].map(str::to_owned).to_vec();
        assert_eq!(import(&db, None, FILE), (4, 0, bad.clone()));
        assert_eq!(import(&db, None, FILE), (0, 4, bad));
        let site = db.read_now(|conn| find(conn, "H1")).unwrap();
        assert_eq!(import(&db, Some(site.id), "code,kind\nH2,site\nH1,site\n"), (0, 1, vec!["2:code:forbidden".to_owned()]));
        assert_eq!(import(&db, Some(site.id), "code,kind,parent\nW1,ward,H1\n"), (1, 0, Vec::new()));

        let points = db.read_now(move |conn| planning::planning_points(conn, site.id)).unwrap();
        assert_eq!((points.len(), points[0].place.code.as_str(), points[0].members.len()), (1, "STORE", 4));
        let litres = db.read_now(move |conn| capacity::litres(conn, site.id)).unwrap();
        assert_eq!((litres["frozen"], litres["ambient"]), (Some(50.0), None));
        let listed = db.read_now(|conn| place::list(conn, Some(site.id), Some("w"), "", 9)).unwrap();
        assert_eq!(listed.len(), 1);
        let held = db.write_now(|tx| place::archive(tx, "token:1", None, "W1", 2)).unwrap_err();
        assert_eq!(held.code.slug(), "wrong_state");
        db.write_now(|tx| place::archive(tx, "token:1", None, "B1", 1)).unwrap();
        db.write_now(|tx| place::archive(tx, "token:1", None, "W1", 2)).unwrap();
    }

    #[test]
    fn par_levels_change_once_per_version() {
        let target = Target::parse("sqlite::memory:").unwrap();
        migrate::up(&target, false).unwrap();
        let db = Db::open(&target, Clock::manual(Micros(1_795_000_000_000_000))).unwrap();
        import(&db, None, FILE);
        let items = Sheet::parse("items.csv", b"code,name,base_unit,ven\nP1,Para,tablet,E\n").unwrap();
        db.write_now(move |tx| catalogue::import::items(tx, "token:1", &items)).unwrap();
        let set = |seen: i64, body: &str| {
            let wish: par::ParPatch = serde_json::from_str(body).unwrap();
            db.write_now(move |tx| {
                let (place, item) = (find(tx.conn, "W1")?, catalogue::item::find(tx.conn, "P1")?);
                par::change(tx, "token:1", &place, &item, seen, &wish)
            })
        };
        let level = set(0, r#"{"par_level": 10, "max_level": 20}"#).unwrap();
        assert_eq!((level.par_level, level.max_level, level.version), (Some(10), Some(20), 2));
        assert_eq!(set(0, r#"{"par_level": 11}"#).unwrap_err().code.status(), 412);
        assert_eq!(set(2, r#"{"par_level": 21}"#).unwrap_err().code.status(), 422);
        let level = set(2, r#"{"max_level": null, "par_level": 21}"#).unwrap();
        assert_eq!((level.par_level, level.max_level, level.version), (Some(21), None, 3));
        let wanted = par::Wanted { place: Some("W1".into()), ..par::Wanted::default() };
        assert_eq!(db.read_now(|conn| par::list(conn, &wanted, "", 9)).unwrap(), [level]);
    }
}
