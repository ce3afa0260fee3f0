//! Par and maximum levels: how much of an item people want at a place, at least and at most.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{PlaceKey, stock_point, store};
use crate::access::audit;
use crate::base::error::{FieldError, Result};
use crate::base::quantity::UNITS_MAX;
use crate::catalogue::check::{self, Checks};
use crate::catalogue::item::Item;
use crate::catalogue::patch::named;
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::db::outbox::{self, Topic};
use crate::web::precondition::clash;

/// The levels of one stock point, in base units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Levels {
    /// Filled up to this; none: not set.
    pub par_level: Option<i64>,
    /// Never above this; none: not set.
    pub max_level: Option<i64>,
}

impl Levels {
    /// What is wrong with them.
    pub fn wrongs(&self) -> Vec<FieldError> {
        let mut checks = Checks::default();
        for (pointer, level) in [("/par_level", self.par_level), ("/max_level", self.max_level)] {
            if let Some(units) = level {
                checks.whole(pointer, units, 0, UNITS_MAX);
            }
        }
        if let (Some(par), Some(max)) = (self.par_level, self.max_level)
            && par > max
        {
            checks.refuse("/par_level", "above_max_level", format!("par level {par} is above max level {max}"));
        }
        checks.errors()
    }
}

/// The levels of one item at one place as they are shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct ParView {
    /// Code of the place.
    pub place: String,
    /// Code of the item.
    pub item: String,
    /// Filled up to this, in base units; null: not set.
    pub par_level: Option<i64>,
    /// Never above this, in base units; null: not set.
    pub max_level: Option<i64>,
    /// Grows with each change; its `ETag`. 0: the item was never at this place.
    pub version: i64,
}

/// A change of levels; only the named fields change, null unsets a level.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParPatch {
    /// Filled up to this, in base units.
    #[serde(default, deserialize_with = "named")]
    pub par_level: Option<Option<i64>>,
    /// Never above this, in base units.
    #[serde(default, deserialize_with = "named")]
    pub max_level: Option<Option<i64>>,
}

/// The levels of an item at a place; version 0 when the item was never there.
///
/// # Errors
/// Those of the database.
pub fn view(conn: &mut Conn, place: &PlaceKey, item: &Item) -> Result<ParView> {
    let found = store::par::of_point(conn, place.site_id, place.id, item.id)?;
    let (levels, version) = found.map_or((Levels::default(), 0), |(_, levels, version)| (levels, version));
    Ok(ParView { place: place.code.clone(), item: item.code.clone(), par_level: levels.par_level, max_level: levels.max_level, version })
}

/// Which levels a list shows.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Only of this site.
    pub site: Option<i64>,
    /// Code of the place.
    pub place: Option<String>,
    /// Code of the item.
    pub item: Option<String>,
}

/// The levels of all items at all places, set or not: by place and item, after `PLACE~ITEM`.
///
/// # Errors
/// Those of the database.
pub fn list(conn: &mut Conn, wanted: &Wanted, after: &str, limit: i64) -> Result<Vec<ParView>> {
    store::par::list(conn, wanted, after.split_once('~').unwrap_or_default(), limit)
}

/// The levels of all stock points of a site, by stock point.
///
/// # Errors
/// Those of the database.
pub fn of_site(conn: &mut Conn, site_id: i64) -> Result<HashMap<i64, Levels>> {
    store::par::of_site(conn, site_id)
}

/// Sets the levels of a stock point, whatever they were: for imports, which compare with [`of_site`] first.
///
/// # Errors
/// `invalid_input`.
pub fn set(tx: &mut Tx<'_>, site_id: i64, stock_point_id: i64, levels: Levels) -> Result<()> {
    check::none(levels.wrongs())?;
    store::par::update(tx, site_id, stock_point_id, levels, None).map(drop)
}

/// Throws the sums of par levels by item away and makes them again from the stock points.
///
/// # Errors
/// Those of the database; nothing has changed then.
pub fn rebuild_item_sums(tx: &mut Tx<'_>) -> Result<()> {
    store::par::rebuild_item_sums(tx)
}

/// Changes the named levels of an item at a place.
///
/// # Errors
/// `precondition_failed` when somebody else changed them since, `invalid_input`.
pub fn change(tx: &mut Tx<'_>, actor: &str, place: &PlaceKey, item: &Item, seen: i64, wish: &ParPatch) -> Result<ParView> {
    let before = view(tx.conn, place, item)?;
    if before.version != seen {
        return Err(clash("par level", seen, before.version));
    }
    let levels = Levels { par_level: wish.par_level.unwrap_or(before.par_level), max_level: wish.max_level.unwrap_or(before.max_level) };
    check::none(levels.wrongs())?;
    if (levels.par_level, levels.max_level) == (before.par_level, before.max_level) {
        return Ok(before);
    }
    // A fresh stock point is at version 1 already when its levels are set.
    let kept = if seen == 0 { 1 } else { seen };
    let point = stock_point(tx, place, item.id)?;
    if !store::par::update(tx, place.site_id, point, levels, Some(kept))? {
        return Err(clash("par level", seen, seen + 1));
    }
    let after = view(tx.conn, place, item)?;
    let subject = format!("{}~{}", after.place, after.item);
    audit::record(tx, place.site_id, actor, "par_level.change", &subject, &json!({"before": before, "after": after}))?;
    outbox::push(tx, place.site_id, Topic::Stock, &json!({"place": after.place, "item": after.item}))?;
    Ok(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(par_level: Option<i64>, max_level: Option<i64>, want: &[&str]) {
        let rules: Vec<_> = Levels { par_level, max_level }.wrongs().into_iter().map(|wrong| wrong.code).collect();
        assert_eq!(rules, want);
    }

    #[test]
    fn par_is_at_most_max() {
        check(Some(10), Some(10), &[]);
        check(Some(11), Some(10), &["above_max_level"]);
        check(Some(11), None, &[]);
        check(Some(-1), None, &["out_of_range"]);
    }
}
