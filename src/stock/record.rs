//! Recording: lots are chosen, levels follow, nothing goes below zero, all in the caller's transaction.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::fefo::{self, Choice, OpenLot};
use super::lot::Lots;
use super::movement::{Entry, Kind, LotChoice, Source};
use super::store;
use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::base::quantity;
use crate::base::time::Day;
use crate::db::Tx;
use crate::db::hot::{LevelRow, MovementRow};
use crate::db::outbox::{self, Topic};

/// Stock points that one event names; a larger change is told as one line.
const EVENTS_MAX: usize = 50;

/// Adds entries to the ledger of a site, in their order; answers the ids of the movements.
///
/// An entry by FEFO becomes one movement per lot that it takes from. Safe to repeat only with new
/// source keys: a known one is refused by the database, and the whole transaction with it.
///
/// # Errors
/// `insufficient_stock` when an entry takes more than there is (or may be used), `invalid_input` on
/// quantities out of range.
pub fn record(tx: &mut Tx<'_>, site_id: i64, entries: &[Entry]) -> Result<Vec<i64>> {
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let mut sheet = Sheet::open(tx, site_id, entries)?;
    for entry in entries {
        sheet.post(tx, entry)?;
    }
    let levels: Vec<LevelRow> = sheet.changed.iter().filter_map(|key| sheet.levels.get(key)).cloned().collect();
    store::append(tx, site_id, &sheet.movements, &levels, &sheet.by_item)?;
    announce(tx, site_id, &sheet)?;
    Ok(sheet.movements.iter().map(|row| row.id).collect())
}

fn announce(tx: &mut Tx<'_>, site_id: i64, sheet: &Sheet) -> Result<()> {
    let points: BTreeSet<i64> = sheet.movements.iter().map(|row| row.stock_point_id).collect();
    if points.len() > EVENTS_MAX {
        return outbox::push(tx, site_id, Topic::Stock, &serde_json::json!({"stock_points": points.len()}));
    }
    let points: Vec<i64> = points.into_iter().collect();
    for (place, item) in store::names_of_stock_points(tx.conn, site_id, &points)? {
        outbox::push(tx, site_id, Topic::Stock, &serde_json::json!({"place": place, "item": item}))?;
    }
    Ok(())
}

/// The levels in hand while entries are posted.
struct Sheet {
    levels: HashMap<(i64, i64), LevelRow>,
    lots_at: BTreeMap<i64, BTreeSet<i64>>,
    lots: Lots,
    changed: BTreeSet<(i64, i64)>,
    movements: Vec<MovementRow>,
    /// What the movements add to the whole of each item.
    by_item: BTreeMap<i64, i64>,
}

impl Sheet {
    fn open(tx: &mut Tx<'_>, site_id: i64, entries: &[Entry]) -> Result<Self> {
        let points: BTreeSet<i64> = entries.iter().map(|entry| entry.stock_point_id).collect();
        let points: Vec<i64> = points.into_iter().collect();
        let items: BTreeSet<i64> = entries.iter().map(|entry| entry.item_id).collect();
        let rows = tx.conn.hot().lock_levels(site_id, &points)?;
        let lots = Lots::load(tx, site_id, &items)?;
        let mut sheet = Self {
            levels: HashMap::new(),
            lots_at: BTreeMap::new(),
            lots,
            changed: BTreeSet::new(),
            movements: Vec::new(),
            by_item: BTreeMap::new(),
        };
        for row in rows {
            sheet.lots_at.entry(row.stock_point_id).or_default().insert(row.lot_id);
            sheet.levels.insert((row.stock_point_id, row.lot_id), row);
        }
        Ok(sheet)
    }

    fn post(&mut self, tx: &mut Tx<'_>, entry: &Entry) -> Result<()> {
        if entry.quantity_delta == 0 || entry.quantity_delta.abs() > quantity::UNITS_MAX {
            return Err(Error::field("quantity", "out_of_range", format!("{} is no quantity that can move", entry.quantity_delta)));
        }
        let parts = match &entry.lot {
            LotChoice::Id(lot_id) => vec![(*lot_id, entry.quantity_delta)],
            LotChoice::Named { code, expiry } => vec![(self.lots.named(tx, entry.item_id, code, *expiry)?, entry.quantity_delta)],
            LotChoice::Fefo if entry.quantity_delta > 0 => vec![(self.lots.named(tx, entry.item_id, "", None)?, entry.quantity_delta)],
            LotChoice::Fefo => self.by_fefo(entry)?,
        };
        if entry.kind == Kind::Issue && entry.quantity_delta < 0 && entry.source == Source::Person {
            self.require_usable(&parts, entry.event_at.day())?;
        }
        for (at, (lot_id, delta)) in parts.into_iter().enumerate() {
            self.move_lot(tx, entry, at, lot_id, delta)?;
        }
        Ok(())
    }

    /// What a person hands out is neither on hold nor expired, even when the lot is named.
    fn require_usable(&self, parts: &[(i64, i64)], day: Day) -> Result<()> {
        for lot in parts.iter().filter_map(|(lot_id, _)| self.lots.get(*lot_id)) {
            let why = match lot.expiry {
                _ if lot.held => "is on hold".to_owned(),
                Some(expiry) if expiry < day => format!("expired on {expiry}; book it as waste"),
                _ => continue,
            };
            return Err(Error::new(Code::InsufficientStock, format!("the lot '{}' {why}", lot.code)));
        }
        Ok(())
    }

    fn by_fefo(&self, entry: &Entry) -> Result<Vec<(i64, i64)>> {
        let lots: Vec<OpenLot> = self
            .lots_at
            .get(&entry.stock_point_id)
            .into_iter()
            .flatten()
            .filter_map(|lot_id| {
                let lot = self.lots.get(*lot_id)?;
                let level = self.levels.get(&(entry.stock_point_id, *lot_id))?;
                Some(OpenLot { id: lot.id, code: lot.code.clone(), expiry: lot.expiry, held: lot.held, quantity: level.quantity })
            })
            .collect();
        let usable_only = matches!(entry.kind, Kind::Issue | Kind::Transfer) && entry.source != Source::Sensor;
        let choice = if usable_only { Choice::Usable } else { Choice::Anything };
        let wanted = -entry.quantity_delta;
        fefo::allocate(&lots, wanted, entry.event_at.day(), choice)
            .map(|parts| parts.into_iter().map(|(lot_id, part)| (lot_id, -part)).collect())
            .map_err(|short| {
                let mut detail = format!(
                    "{wanted} wanted, {} can be taken",
                    if usable_only { short.usable } else { short.usable + short.expired + short.held }
                );
                if usable_only && short.expired > 0 {
                    detail = format!("{detail}; {} more are expired", short.expired);
                }
                if usable_only && short.held > 0 {
                    detail = format!("{detail}; {} more are on hold", short.held);
                }
                Error::new(Code::InsufficientStock, detail)
            })
    }

    fn move_lot(&mut self, tx: &mut Tx<'_>, entry: &Entry, part: usize, lot_id: i64, delta: i64) -> Result<()> {
        let id = tx.id();
        let key = (entry.stock_point_id, lot_id);
        let level = self.levels.entry(key).or_insert(LevelRow {
            stock_point_id: entry.stock_point_id,
            lot_id,
            quantity: 0,
            as_of: entry.event_at.0,
            last_movement_id: id,
        });
        let after = quantity::add(level.quantity, delta)?;
        if after < 0 {
            return Err(Error::new(Code::InsufficientStock, format!("{} wanted from a lot that holds {}", -delta, level.quantity)));
        }
        level.quantity = after;
        level.as_of = level.as_of.max(entry.event_at.0);
        level.last_movement_id = id;
        self.lots_at.entry(entry.stock_point_id).or_default().insert(lot_id);
        self.changed.insert(key);
        let sum = self.by_item.entry(entry.item_id).or_default();
        *sum = sum.checked_add(delta).ok_or_else(|| Error::field("quantity", "out_of_range", "the sum of these movements is too large"))?;
        self.movements.push(MovementRow {
            id,
            stock_point_id: entry.stock_point_id,
            lot_id,
            kind: entry.kind.word(),
            quantity_delta: delta,
            requested_units: if part == 0 { entry.requested_units } else { None },
            source: entry.source.word(),
            source_key: if part == 0 { entry.source_key.clone() } else { format!("{}#{}", entry.source_key, part + 1) },
            event_at: entry.event_at.0,
            reason: entry.reason.clone(),
            actor: entry.actor.clone(),
            reversal_of: entry.reversal_of,
        });
        Ok(())
    }
}
