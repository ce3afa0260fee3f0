//! Demand events: times with other demand than usual that people know of - a campaign, an outbreak, a closed ward.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::holiday::day_wrongs;
use super::store;
use crate::access::audit;
use crate::base::code::Code;
use crate::base::error::{Error, FieldError, Result};
use crate::base::time::{Day, Micros};
use crate::catalogue::check::{self, Checks, NAME_CHARS_MAX};
use crate::catalogue::item;
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::places::{self, PlaceKey};
use crate::web::precondition::clash;

/// Events of a site at most: each is looked at for each series.
const EVENTS_MAX: i64 = 1_000;

/// What people say about an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DemandEvent")]
pub struct EventContent {
    /// Code of its site.
    pub site: String,
    /// Code of a place: the planning point that holds it; null: all places.
    pub place: Option<String>,
    /// Code of an item; null: all items, or those of the group.
    pub item: Option<String>,
    /// A forecasting group; null: all items, or the one named.
    pub group: Option<String>,
    /// First day.
    pub first_day: Day,
    /// Last day, the event included.
    pub last_day: Day,
    /// Demand on such a day over usual demand, 0.01..100.
    pub factor: f64,
    /// Why.
    #[serde(default)]
    pub note: String,
}

/// An event as it is kept and shown.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct EventView {
    /// Its id.
    pub id: String,
    /// Its site, for the room's own checks.
    #[serde(skip)]
    pub site_id: i64,
    /// What people say about it.
    #[serde(flatten)]
    pub content: EventContent,
    /// Who entered it.
    pub created_by: String,
    /// Its `ETag`.
    pub version: i64,
    /// When it was changed last.
    pub updated_at: Micros,
}

impl EventContent {
    /// Brings it into the kept form and says what is wrong with it.
    fn checked(mut self) -> (Self, Vec<FieldError>) {
        let mut checks = Checks::default();
        self.group = check::filled(self.group.take());
        checks.maybe_text("/group", self.group.as_deref(), NAME_CHARS_MAX);
        if !self.note.is_empty() {
            checks.text("/note", &self.note, 500);
        }
        checks.number("/factor", self.factor, 0.01, 100.0);
        if self.item.is_some() && self.group.is_some() {
            checks.refuse("/group", "item_and_group", "name an item or a group, not both");
        }
        if self.last_day < self.first_day {
            checks.refuse("/last_day", "before_first_day", format!("{} is before first_day ({})", self.last_day, self.first_day));
        }
        let mut errors = checks.errors();
        errors.extend(day_wrongs("/first_day", self.first_day));
        errors.extend(day_wrongs("/last_day", self.last_day));
        (self, errors)
    }
}

/// An event by id.
///
/// # Errors
/// `not_found`.
pub fn view(conn: &mut Conn, name: &str) -> Result<EventView> {
    let found = name.parse().ok().map(|id| store::event::by_id(conn, id)).transpose()?.flatten();
    found.ok_or_else(|| Error::not_found("demand event", name))
}

/// Events before the id `before`, newest first.
///
/// # Errors
/// Those of the database.
pub fn list(conn: &mut Conn, only_site: Option<i64>, site: &str, before: i64, limit: i64) -> Result<Vec<EventView>> {
    store::event::list(conn, only_site, site, before, limit)
}

/// Makes an event at a site.
///
/// # Errors
/// `invalid_input` naming each bad field, `conflict` when the site has too many.
pub fn create(tx: &mut Tx<'_>, actor: &str, site: &PlaceKey, wish: EventContent) -> Result<EventView> {
    let (mut content, mut errors) = wish.checked();
    content.site.clone_from(&site.code);
    let mut ids = (None, None);
    if let Some(code) = &mut content.place {
        match places::find(tx.conn, code) {
            Ok(place) if place.site_id == site.site_id => {
                ids.0 = Some(place.id);
                *code = place.code;
            }
            Err(error) if error.code != Code::NotFound => return Err(error),
            _ => errors.push(FieldError::new("/place", "unknown", format!("there is no place '{code}' at {}", site.code))),
        }
    }
    if let Some(code) = &mut content.item {
        match item::find(tx.conn, code) {
            Ok(item) => {
                ids.1 = Some(item.id);
                *code = item.code;
            }
            Err(error) if error.code != Code::NotFound => return Err(error),
            Err(_) => errors.push(FieldError::new("/item", "unknown", format!("there is no item '{code}'"))),
        }
    }
    check::none(errors)?;
    if store::event::count(tx.conn, site.site_id)? >= EVENTS_MAX {
        return Err(Error::new(Code::Conflict, format!("{} has {EVENTS_MAX} demand events already: remove old ones first", site.code)));
    }
    let id = tx.id();
    let (site_id, created_by) = (site.site_id, actor.to_owned());
    let made = EventView { id: id.to_string(), site_id, content, created_by, version: 1, updated_at: tx.now };
    store::event::insert(tx, id, &made, ids)?;
    audit::record(tx, site_id, actor, "demand_event.create", &made.id, &json!({"after": made}))?;
    Ok(made)
}

/// Removes an event; the audit keeps what it was.
///
/// # Errors
/// `not_found`, `precondition_failed`.
pub fn remove(tx: &mut Tx<'_>, actor: &str, event: &EventView, seen: i64) -> Result<()> {
    if !store::event::delete(tx, event.site_id, event.id.parse().unwrap_or(0), seen)? {
        return Err(clash("demand event", seen, event.version));
    }
    audit::record(tx, event.site_id, actor, "demand_event.remove", &event.id, &json!({"before": event}))
}
