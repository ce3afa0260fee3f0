//! `stock.csv`: counts and par levels. A file is booked in a few statements, however long it is.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Names, key_of};
use crate::base::error::Result;
use crate::base::quantity::UNITS_MAX;
use crate::base::table::{Outcome, Row, Sheet};
use crate::base::time::{Day, Micros};
use crate::db::Tx;
use crate::places::par::{self, Levels};
use crate::places::{self, PlaceKey};
use crate::stock::lot::Lots;
use crate::stock::movement::{Entry, Kind, LotChoice, Source};
use crate::stock::{record, store};

/// A row that can be read.
struct Line<'a> {
    row: Row<'a>,
    place: PlaceKey,
    item_id: i64,
    lot: String,
    expiry: Option<Day>,
    units: i64,
    counted_at: Micros,
    levels: Levels,
    source_key: String,
    stock_point_id: i64,
    changed: bool,
}

/// Imports `stock.csv`: each row is a count of one lot at one moment, booked once.
///
/// # Errors
/// `invalid_input` when a column is missing; those of the database.
pub fn stock(tx: &mut Tx<'_>, actor: &str, only_site: Option<i64>, sheet: &Sheet) -> Result<Outcome> {
    sheet.require(&["place", "item", "quantity"])?;
    let names = Names::load(tx, sheet, only_site)?;
    let mut outcome = Outcome::of(sheet);
    let mut seen = BTreeSet::new();
    let mut by_site: BTreeMap<i64, Vec<Line<'_>>> = BTreeMap::new();
    for row in sheet.rows() {
        match read(row, &names, tx.now, &mut seen) {
            Ok(counted) => by_site.entry(counted.place.site_id).or_default().push(counted),
            Err(row) => outcome.rejected.extend(row.rejected),
        }
    }
    for (site_id, mut rows) in by_site {
        let pairs: Vec<(i64, i64)> = rows.iter().map(|row| (row.place.id, row.item_id)).collect();
        let points = places::ensure_stock_points(tx, site_id, &pairs)?;
        for row in &mut rows {
            row.stock_point_id = points.get(&(row.place.id, row.item_id)).copied().unwrap_or_default();
        }
        book(tx, site_id, actor, &mut rows)?;
        set_levels(tx, site_id, &mut rows)?;
        for row in rows {
            if !row.row.rejected.is_empty() {
                outcome.rejected.extend(row.row.rejected);
            } else if row.changed {
                outcome.written += 1;
            } else {
                outcome.unchanged += 1;
            }
        }
    }
    outcome.rejected.sort_by_key(|bad| bad.line);
    Ok(outcome)
}

type Seen = BTreeSet<(String, String, String, Option<Day>, Option<Micros>)>;

fn read<'a>(mut row: Row<'a>, names: &Names, now: Micros, seen: &mut Seen) -> std::result::Result<Line<'a>, Row<'a>> {
    let found = names.of(&mut row);
    let units = row.quantity("quantity");
    let lot = row.text("lot").unwrap_or_default();
    let expiry = row.day("expiry");
    let par_level = row.integer("par_level", 0, UNITS_MAX);
    let max_level = row.integer("max_level", 0, UNITS_MAX);
    let counted_at = row.moment("counted_at");
    if counted_at.is_some_and(|at| at > now) {
        row.reject("counted_at", "future", "a count can't lie in the future");
    }
    if par_level.zip(max_level).is_some_and(|(par, max)| par > max) {
        row.reject("par_level", "out_of_range", "must not be above max_level");
    }
    let (Some((place, item)), true) = (found, row.rejected.is_empty()) else { return Err(row) };
    if !seen.insert((place.code.clone(), item.code.clone(), lot.clone(), expiry, counted_at)) {
        row.reject("item", "duplicate", "this place, item and lot stand in the file already: add them up to one count");
        return Err(row);
    }
    let source_key = key_of(&[
        "stock",
        &place.code,
        &item.code,
        &lot,
        &expiry.map(Day::to_text).unwrap_or_default(),
        &counted_at.map(Micros::to_text).unwrap_or_default(),
        &units.to_string(),
    ]);
    let levels = Levels { par_level, max_level };
    let counted_at = counted_at.unwrap_or(now);
    let (stock_point_id, item_id) = (0, item.id);
    Ok(Line { row, place, item_id, lot, expiry, units, counted_at, levels, source_key, stock_point_id, changed: false })
}

/// Books the counts that are new. A lot that was counted twice is booked twice, in the order of the file.
fn book(tx: &mut Tx<'_>, site_id: i64, actor: &str, rows: &mut [Line<'_>]) -> Result<()> {
    let keys: Vec<String> = rows.iter().map(|row| row.source_key.clone()).collect();
    let known = store::known_import_keys(tx, site_id, &keys)?;
    let mut waiting: Vec<&mut Line<'_>> = rows.iter_mut().filter(|row| !known.contains(&row.source_key)).collect();
    while !waiting.is_empty() {
        let mut taken = BTreeSet::new();
        let (mut wave, later): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|row| taken.insert((row.stock_point_id, row.lot.clone(), row.expiry)));
        book_wave(tx, site_id, actor, &mut wave)?;
        waiting = later;
    }
    Ok(())
}

fn book_wave(tx: &mut Tx<'_>, site_id: i64, actor: &str, rows: &mut [&mut Line<'_>]) -> Result<()> {
    let points: BTreeSet<i64> = rows.iter().map(|row| row.stock_point_id).collect();
    let points: Vec<i64> = points.into_iter().collect();
    let now: HashMap<(i64, i64), i64> =
        tx.conn.hot().lock_levels(site_id, &points)?.into_iter().map(|row| ((row.stock_point_id, row.lot_id), row.quantity)).collect();
    let first = rows.iter().map(|row| row.counted_at).min().unwrap_or(tx.now);
    let since = store::movements_since(tx.conn, site_id, &points, first)?;
    let mut lots = Lots::load(tx, site_id, &rows.iter().map(|row| row.item_id).collect())?;
    let mut entries = Vec::new();
    for row in rows {
        let lot_id = lots.named(tx, row.item_id, &row.lot, row.expiry)?;
        let key = (row.stock_point_id, lot_id);
        let book_now = now.get(&key).copied().unwrap_or(0);
        let moved: i64 = since.get(&key).into_iter().flatten().filter(|(at, _)| *at > row.counted_at.0).map(|(_, delta)| delta).sum();
        let difference = row.units - (book_now - moved);
        if book_now + difference < 0 {
            let hint = format!("{} were taken since, which is more than was there by this count", -moved);
            row.row.reject("quantity", "insufficient_stock", hint);
        } else if difference != 0 {
            row.changed = true;
            entries.push(entry(row, lot_id, difference, actor));
        }
    }
    record(tx, site_id, &entries).map(drop)
}

fn entry(row: &Line<'_>, lot_id: i64, difference: i64, actor: &str) -> Entry {
    Entry {
        stock_point_id: row.stock_point_id,
        item_id: row.item_id,
        lot: LotChoice::Id(lot_id),
        kind: Kind::Adjustment,
        quantity_delta: difference,
        requested_units: None,
        source: Source::Import,
        source_key: row.source_key.clone(),
        event_at: row.counted_at,
        reason: Some("count".into()),
        actor: actor.to_owned(),
        reversal_of: None,
    }
}

/// Sets the par levels that differ; an empty cell keeps what is there.
fn set_levels(tx: &mut Tx<'_>, site_id: i64, rows: &mut [Line<'_>]) -> Result<()> {
    let mut known = par::of_site(tx.conn, site_id)?;
    for row in rows.iter_mut().filter(|row| row.row.rejected.is_empty()) {
        let before = known.get(&row.stock_point_id).copied().unwrap_or_default();
        let after = Levels { par_level: row.levels.par_level.or(before.par_level), max_level: row.levels.max_level.or(before.max_level) };
        if after == before {
            continue;
        }
        if let Some(wrong) = after.wrongs().first() {
            row.row.reject("par_level", &wrong.code, &wrong.detail);
            continue;
        }
        par::set(tx, site_id, row.stock_point_id, after)?;
        known.insert(row.stock_point_id, after);
        row.changed = true;
    }
    Ok(())
}
