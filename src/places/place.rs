//! Places as people keep them: who may stand under whom, capacities, time zone.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{PlaceKind, store};
use crate::access::audit;
use crate::base::code::Code;
use crate::base::error::{Error, FieldError, Result};
use crate::base::id;
use crate::base::time::Micros;
use crate::catalogue::check::{self, Checks, NAME_CHARS_MAX};
use crate::catalogue::patch::patch;
use crate::catalogue::search;
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::web::precondition::clash;

/// Litres of one place at most: a thousand cubic metres a thousand times.
pub(super) const LITRES_MAX: f64 = 1e9;

/// What people say about a place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Place")]
pub struct PlaceContent {
    /// Its code, unique over all sites; never changes.
    pub code: String,
    /// Its name; left out: its code.
    #[serde(default)]
    pub name: String,
    /// What it is; never changes.
    pub kind: PlaceKind,
    /// Code of the place that it is part of; null for a site. A store or ward stands under a site or store,
    /// a bin under a store or ward.
    pub parent: Option<String>,
    /// IANA time zone; null: as its site, and UTC for a site.
    pub timezone: Option<String>,
    /// Room for `ambient`; null: unlimited.
    pub capacity_ambient_litres: Option<f64>,
    /// Room for `refrigerated`; null: unlimited.
    pub capacity_refrigerated_litres: Option<f64>,
    /// Room for `frozen`; null: unlimited.
    pub capacity_frozen_litres: Option<f64>,
    /// Room for `controlled`; null: unlimited.
    pub capacity_controlled_litres: Option<f64>,
}

impl PlaceContent {
    /// Brings it into the kept form and says what is wrong with it.
    pub(super) fn checked(mut self) -> (Self, Vec<FieldError>) {
        let mut checks = Checks::default();
        checks.code("/code", &self.code);
        if self.name.trim().is_empty() {
            self.name.clone_from(&self.code);
        }
        checks.text("/name", &self.name, NAME_CHARS_MAX);
        self.parent = check::filled(self.parent);
        match (self.kind, &self.parent) {
            (PlaceKind::Site, Some(_)) => checks.refuse("/parent", "site_has_no_parent", "a site is part of no other place"),
            (PlaceKind::Store | PlaceKind::Ward | PlaceKind::Bin, None) => {
                checks.refuse("/parent", "needed", format!("a {} is part of another place: name it", self.kind.word()));
            }
            _ => {}
        }
        self.timezone = check::filled(self.timezone);
        if let Some(zone) = &self.timezone
            && zone.parse::<chrono_tz::Tz>().is_err()
        {
            checks.refuse("/timezone", "timezone", format!("'{zone}' is no IANA time zone, such as Europe/Berlin"));
        }
        for (pointer, litres) in [
            ("/capacity_ambient_litres", self.capacity_ambient_litres),
            ("/capacity_refrigerated_litres", self.capacity_refrigerated_litres),
            ("/capacity_frozen_litres", self.capacity_frozen_litres),
            ("/capacity_controlled_litres", self.capacity_controlled_litres),
        ] {
            if let Some(litres) = litres {
                checks.number(pointer, litres, 0.0, LITRES_MAX);
            }
        }
        (self, checks.errors())
    }
}

/// A place as it is kept and shown.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct PlaceView {
    /// Its id.
    #[serde(serialize_with = "id::as_string")]
    #[schemars(with = "String")]
    pub id: i64,
    /// Code of its site; its own for a site.
    pub site: String,
    /// What people say about it.
    #[serde(flatten)]
    pub content: PlaceContent,
    /// Hidden from lists; what was booked there stays.
    pub archived: bool,
    /// Grows with each change; its `ETag`.
    pub version: i64,
    /// When it was changed last.
    pub updated_at: Micros,
    /// Id of its site.
    #[serde(skip)]
    pub site_id: i64,
    /// Id of the place that it is part of.
    #[serde(skip)]
    pub(super) parent_id: Option<i64>,
}

patch! {
    /// A change of a place; only the named fields change, null empties a field that may be empty.
    PlacePatch of PlaceContent {
        /// Its name.
        name: String,
        /// Code of the place that it is part of, in the same site.
        parent: Option<String>,
        /// IANA time zone.
        timezone: Option<String>,
        /// Room for `ambient`.
        capacity_ambient_litres: Option<f64>,
        /// Room for `refrigerated`.
        capacity_refrigerated_litres: Option<f64>,
        /// Room for `frozen`.
        capacity_frozen_litres: Option<f64>,
        /// Room for `controlled`.
        capacity_controlled_litres: Option<f64>,
    }
}

/// Whether a place of the kind `parent` may hold one of the kind `child`.
pub(super) const fn may_hold(parent: PlaceKind, child: PlaceKind) -> bool {
    matches!(
        (parent, child),
        (PlaceKind::Site | PlaceKind::Store, PlaceKind::Store | PlaceKind::Ward) | (PlaceKind::Store | PlaceKind::Ward, PlaceKind::Bin)
    )
}

/// All places by code, archived ones too.
pub(super) type Known = HashMap<String, PlaceView>;

/// Where a place stands: its site (none: it is a new one) and its parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seat {
    pub(super) site: Option<(i64, String)>,
    pub(super) parent_id: Option<i64>,
}

impl Seat {
    /// Whether a caller who is bound to `only_site` may put a place there.
    pub(super) fn is_within(&self, only_site: Option<i64>) -> bool {
        only_site.is_none_or(|own| self.site.as_ref().is_some_and(|(id, _)| *id == own))
    }
}

/// Finds the seat of a place among the known ones, or says which rule it breaks.
pub(super) fn seat(known: &Known, content: &PlaceContent) -> Result<Seat, FieldError> {
    let own = known.get(&content.code);
    if let Some(own) = own.filter(|own| own.content.kind != content.kind) {
        return Err(FieldError::new("/kind", "fixed", format!("it is a {}: make a new place", own.content.kind.word())));
    }
    let Some(code) = &content.parent else {
        return Ok(Seat { site: own.map(|own| (own.site_id, own.site.clone())), parent_id: None });
    };
    let refuse = |rule: &str, detail: String| Err(FieldError::new("/parent", rule, detail));
    let Some(parent) = known.get(code) else { return refuse("unknown", format!("there is no place '{code}'")) };
    if parent.archived {
        return refuse("archived", format!("the place '{code}' is archived"));
    }
    if !may_hold(parent.content.kind, content.kind) {
        return refuse("kind", format!("a {} can't be part of a {}", content.kind.word(), parent.content.kind.word()));
    }
    if own.is_some_and(|own| own.site_id != parent.site_id) {
        return refuse("other_site", format!("'{code}' is in the site '{}': a place never leaves its site", parent.site));
    }
    if is_part_of(known, parent, &content.code) {
        return refuse("cycle", format!("'{code}' is itself part of '{}'", content.code));
    }
    Ok(Seat { site: Some((parent.site_id, parent.site.clone())), parent_id: Some(parent.id) })
}

/// Whether a place is `code`, or part of it.
fn is_part_of(known: &Known, place: &PlaceView, code: &str) -> bool {
    let up = |place: &&PlaceView| place.content.parent.as_ref().and_then(|parent| known.get(parent));
    std::iter::successors(Some(place), up).take(known.len() + 1).any(|place| place.content.code == code)
}

/// A place with all its fields, by code or id; archived ones too.
///
/// # Errors
/// `not_found`.
pub fn view(conn: &mut Conn, code_or_id: &str) -> Result<PlaceView> {
    let found = match store::seat_by_name(conn, code_or_id)? {
        Some((site_id, id)) => store::whole::view(conn, site_id, id)?,
        None => None,
    };
    found.ok_or_else(|| Error::not_found("place", code_or_id))
}

/// The places of one site or all that are not archived and hold `q` in code or name: by code, after a code.
///
/// # Errors
/// `invalid_input` for a search word that is too long.
pub fn list(conn: &mut Conn, only_site: Option<i64>, q: Option<&str>, after: &str, limit: i64) -> Result<Vec<PlaceView>> {
    store::whole::list(conn, only_site, &search::pattern(q)?, after, limit)
}

/// Makes a place; a caller bound to `only_site` can make none elsewhere, and no site.
///
/// # Errors
/// `invalid_input` naming each bad field, `already_exists`, `forbidden`.
pub fn create(tx: &mut Tx<'_>, actor: &str, only_site: Option<i64>, wish: PlaceContent) -> Result<PlaceView> {
    let (content, errors) = wish.checked();
    check::none(errors)?;
    let known = store::whole::known(tx.conn)?;
    if let Some(there) = known.get(&content.code) {
        let state = if there.archived { "; it is archived: PATCH it with {\"archived\": false} to bring it back" } else { "" };
        return Err(Error::new(Code::AlreadyExists, format!("there is a place '{}' already{state}", content.code)));
    }
    let seat = seat(&known, &content).map_err(|wrong| Error::invalid(vec![wrong]))?;
    if !seat.is_within(only_site) {
        return Err(Error::new(Code::Forbidden, "your token is for one site: make places inside it"));
    }
    let place = insert(tx, content, seat)?;
    audit::record(tx, place.site_id, actor, "place.create", &place.content.code, &json!({"after": place}))?;
    Ok(place)
}

/// Writes a new place and its entry in the directory of codes.
pub(super) fn insert(tx: &mut Tx<'_>, content: PlaceContent, seat: Seat) -> Result<PlaceView> {
    let id = tx.id();
    let (site_id, site) = seat.site.unwrap_or_else(|| (id, content.code.clone()));
    let place = PlaceView { id, site, content, archived: false, version: 1, updated_at: tx.now, site_id, parent_id: seat.parent_id };
    store::whole::insert(tx, &place)?;
    Ok(place)
}

/// Changes the named fields of a place.
///
/// # Errors
/// `not_found`, `forbidden`, `precondition_failed`, `invalid_input`; `wrong_state` to archive it while it holds stock or places.
pub fn change(tx: &mut Tx<'_>, actor: &str, only_site: Option<i64>, code_or_id: &str, seen: i64, wish: PlacePatch) -> Result<PlaceView> {
    let before = view(tx.conn, code_or_id)?;
    if only_site.is_some_and(|own| own != before.site_id) {
        return Err(Error::new(Code::Forbidden, "your token is for another site"));
    }
    if before.version != seen {
        return Err(clash("place", seen, before.version));
    }
    let mut after = before.clone();
    wish.apply(&mut after.content, &mut after.archived);
    let (content, errors) = after.content.checked();
    check::none(errors)?;
    after.content = content;
    if after.archived && !before.archived {
        require_empty(tx.conn, &before)?;
    }
    if !after.archived {
        let known = store::whole::known(tx.conn)?;
        after.parent_id = seat(&known, &after.content).map_err(|wrong| Error::invalid(vec![wrong]))?.parent_id;
    }
    if after == before {
        return Ok(before);
    }
    let after = save(tx, after)?;
    audit::record(tx, after.site_id, actor, "place.change", &after.content.code, &json!({"before": before, "after": after}))?;
    Ok(after)
}

fn require_empty(conn: &mut Conn, place: &PlaceView) -> Result<()> {
    let holds = if store::whole::has_children(conn, place.site_id, place.id)? {
        "other places"
    } else if store::whole::has_stock(conn, place.site_id, place.id)? {
        "stock"
    } else {
        return Ok(());
    };
    Err(Error::new(Code::WrongState, format!("'{}' holds {holds}: move them first, then archive it", place.content.code)))
}

/// Writes the next version of a place.
pub(super) fn save(tx: &mut Tx<'_>, mut place: PlaceView) -> Result<PlaceView> {
    let seen = place.version;
    place.version += 1;
    place.updated_at = tx.now;
    if store::whole::update(tx, &place, seen)? { Ok(place) } else { Err(clash("place", seen, seen + 1)) }
}

/// Archives a place that holds neither stock nor other places.
///
/// # Errors
/// As [`change`].
pub fn archive(tx: &mut Tx<'_>, actor: &str, only_site: Option<i64>, code_or_id: &str, seen: i64) -> Result<()> {
    change(tx, actor, only_site, code_or_id, seen, PlacePatch { archived: Some(true), ..PlacePatch::default() }).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(code: &str, kind: PlaceKind, parent: Option<&str>) -> PlaceContent {
        serde_json::from_value(json!({"code": code, "kind": kind, "parent": parent})).unwrap()
    }

    fn known() -> Known {
        let at = |id, site_id, code: &str, kind, parent: Option<&str>, parent_id| {
            let site = if site_id == 1 { "H1" } else { "H2" }.to_owned();
            let content = content(code, kind, parent);
            let view = PlaceView { id, site, content, archived: false, version: 1, updated_at: Micros(0), site_id, parent_id };
            (code.to_owned(), view)
        };
        HashMap::from([
            at(1, 1, "H1", PlaceKind::Site, None, None),
            at(2, 2, "H2", PlaceKind::Site, None, None),
            at(3, 1, "MAIN", PlaceKind::Store, Some("H1"), Some(1)),
            at(4, 1, "SUB", PlaceKind::Store, Some("MAIN"), Some(3)),
        ])
    }

    #[track_caller]
    fn check(code: &str, kind: PlaceKind, parent: Option<&str>, want: Result<Option<i64>, &str>) {
        let got = seat(&known(), &content(code, kind, parent)).map(|seat| seat.parent_id).map_err(|wrong| wrong.code);
        assert_eq!(got, want.map_err(str::to_owned));
    }

    #[test]
    fn who_stands_under_whom() {
        check("W1", PlaceKind::Ward, Some("H1"), Ok(Some(1)));
        check("W1", PlaceKind::Ward, Some("SUB"), Ok(Some(4)));
        check("B1", PlaceKind::Bin, Some("H1"), Err("kind"));
        check("B1", PlaceKind::Bin, Some("MAIN"), Ok(Some(3)));
        check("W1", PlaceKind::Ward, Some("NONE"), Err("unknown"));
        check("MAIN", PlaceKind::Ward, Some("H1"), Err("fixed"));
        check("MAIN", PlaceKind::Store, Some("H2"), Err("other_site"));
        check("MAIN", PlaceKind::Store, Some("SUB"), Err("cycle"));
        check("MAIN", PlaceKind::Store, Some("MAIN"), Err("cycle"));
        check("H3", PlaceKind::Site, None, Ok(None));
    }

    #[test]
    fn fields_of_a_place() {
        let (good, errors) = PlaceContent { timezone: Some("Africa/Kinshasa".into()), ..content("H1", PlaceKind::Site, None) }.checked();
        assert!(errors.is_empty());
        assert_eq!(good.name, "H1");
        let bad =
            PlaceContent { timezone: Some("Mars/Base".into()), capacity_frozen_litres: Some(-1.0), ..content("W1", PlaceKind::Ward, None) };
        let pointers: Vec<_> = bad.checked().1.into_iter().map(|error| error.pointer).collect();
        assert_eq!(pointers, ["/parent", "/timezone", "/capacity_frozen_litres"]);
    }
}
