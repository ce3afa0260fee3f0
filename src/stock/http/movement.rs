//! The ledger: reading it, booking into it, taking a movement back.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use crate::access::caller::Caller;
use crate::base::code::Code;
use crate::base::error::{Error, FieldError, Result};
use crate::base::id;
use crate::base::quantity::UNITS_MAX;
use crate::base::time::{Day, Micros};
use crate::catalogue::item;
use crate::db::{Db, Tx};
use crate::places::{self, PlaceKind};
use crate::stock::movement::{Entry, Kind, LotChoice, Source};
use crate::stock::record;
use crate::stock::store::{self, MovementView};
use crate::web::body::{Params, Posted};
use crate::web::idempotency::{Answer, once};
use crate::web::paging::{Cut, Page, cursor};

/// How far ahead a person's clock may be.
const AHEAD_SECONDS_MAX: i64 = 300;
/// Movements in one request.
const MOVEMENTS_MAX: usize = 1_000;

#[derive(Debug, Deserialize, schemars::JsonSchema)]
pub(super) struct MovementQuery {
    /// Only this place.
    place: Option<String>,
    /// Only this item.
    item: Option<String>,
    /// Only this lot.
    lot: Option<String>,
    /// 1..500, default 50.
    limit: Option<i64>,
    /// From `next` of the page before.
    cursor: Option<String>,
}

/// One ledger entry.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(super) struct MovementAnswer {
    id: String,
    place: String,
    item: String,
    lot: String,
    expiry: Option<Day>,
    kind: String,
    /// Signed base units.
    quantity_delta: i64,
    source: String,
    /// When it happened.
    at: Micros,
    /// When it was booked.
    recorded_at: Micros,
    reason: Option<String>,
    actor: String,
    reversal_of: Option<String>,
}

impl From<MovementView> for MovementAnswer {
    fn from(row: MovementView) -> Self {
        Self {
            id: id::to_wire(row.id),
            place: row.place,
            item: row.item,
            lot: row.lot_code,
            expiry: (!row.no_expiry).then_some(Day(row.expiry_day)),
            kind: row.kind,
            quantity_delta: row.quantity_delta,
            source: row.source,
            at: Micros(row.event_at),
            recorded_at: Micros(row.recorded_at),
            reason: row.reason,
            actor: row.actor,
            reversal_of: row.reversal_of.map(id::to_wire),
        }
    }
}

pub(super) async fn get_movements(
    caller: Caller,
    db: web::Data<Db>,
    query: Params<MovementQuery>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let query = query.0;
    let cut = Cut::parse(query.limit, query.cursor.as_deref())?;
    let (after, limit) = (cut.after_id()?, cut.limit + 1);
    let rows = db
        .read(move |conn| {
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            store::list_movements(conn, caller.site, &text(&query.place), &text(&query.item), &text(&query.lot), after, limit)
        })
        .await?;
    let rows: Vec<MovementAnswer> = rows.into_iter().map(MovementAnswer::from).collect();
    Ok(Page::of(rows, &cut, |row| row.id.clone()).answer(&request))
}

/// One movement or a list of them: only the shape of the body, which [`post_movements`] reads by hand.
#[derive(schemars::JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it describes the body in the document")]
pub(super) enum Movements {
    One(NewMovement),
    Many(Vec<NewMovement>),
}

/// A movement to be booked.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMovement {
    kind: Kind,
    place: String,
    item: String,
    /// Base units; negative only for an adjustment.
    quantity: i64,
    /// Without: first expired, first out.
    lot: Option<String>,
    /// Of a lot that comes in.
    expiry: Option<Day>,
    /// For a transfer.
    to_place: Option<String>,
    /// Needed for adjustment and waste.
    reason: Option<String>,
    /// When it happened; default now.
    at: Option<Micros>,
    /// What was asked for, when more than was there.
    requested: Option<i64>,
}

/// The ids of what was booked.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(super) struct Booked {
    ids: Vec<String>,
}

pub(super) async fn post_movements(caller: Caller, db: web::Data<Db>, posted: Posted) -> Result<Answer> {
    // Told apart by hand: serde's message for an untagged enum names no field.
    let movements = if posted.bytes.trim_ascii_start().starts_with(b"[") {
        posted.json_list::<NewMovement>()?
    } else {
        vec![posted.json::<NewMovement>()?]
    };
    if movements.is_empty() || movements.len() > MOVEMENTS_MAX {
        return Err(Error::invalid(vec![FieldError::new("", "out_of_range", format!("1 to {MOVEMENTS_MAX} movements at a time"))]));
    }
    let now = db.clock().now();
    let errors: Vec<FieldError> = movements.iter().enumerate().flat_map(|(at, movement)| movement.errors(at, now)).collect();
    if !errors.is_empty() {
        return Err(Error::invalid(errors));
    }
    once(&db, caller.actor(), &posted, move |tx| {
        let mut ids = Vec::new();
        for (at, movement) in movements.iter().enumerate() {
            ids.extend(book(tx, &caller, at, movement)?);
        }
        booked(ids)
    })
    .await
}

/// The answer: its address is the ledger from the first of these movements on.
pub(super) fn booked(ids: Vec<i64>) -> Result<Answer> {
    let before = ids.iter().min().map_or(0, |first| first - 1).to_string();
    let address = format!("/api/v1/movements?cursor={}", cursor(&before));
    Answer::created(address, &Booked { ids: ids.into_iter().map(id::to_wire).collect() })
}

impl NewMovement {
    fn errors(&self, at: usize, now: Micros) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut say = |field: &str, rule: &str, detail: String| errors.push(FieldError::new(format!("/{at}/{field}"), rule, detail));
        let least = if self.kind == Kind::Adjustment { -UNITS_MAX } else { 1 };
        if !(least..=UNITS_MAX).contains(&self.quantity) || self.quantity == 0 {
            say("quantity", "out_of_range", format!("{} is none of {least}..{UNITS_MAX} without 0", self.quantity));
        }
        if matches!(self.kind, Kind::Adjustment | Kind::Waste) && self.reason.as_deref().unwrap_or_default().trim().is_empty() {
            say("reason", "needed", format!("a movement of kind {} needs a reason", self.kind.word()));
        }
        if (self.kind == Kind::Transfer) != self.to_place.is_some() {
            say("to_place", "needed", "a transfer, and only a transfer, says to where".into());
        }
        if self.to_place.as_ref() == Some(&self.place) {
            say("to_place", "same_place", "from and to are the same place".into());
        }
        if self.at.is_some_and(|time| time > now.plus_seconds(AHEAD_SECONDS_MAX)) {
            say("at", "future", "lies more than 5 minutes ahead".into());
        }
        if self.requested.is_some_and(|requested| !(self.quantity..=UNITS_MAX).contains(&requested) || self.kind != Kind::Issue) {
            say("requested", "out_of_range", format!("only for an issue, from its quantity to {UNITS_MAX}"));
        }
        if self.lot.as_ref().is_some_and(|lot| lot.len() > 64) {
            say("lot", "out_of_range", "at most 64 characters".into());
        }
        errors
    }

    fn lot(&self) -> LotChoice {
        let comes_in = matches!(self.kind, Kind::Receipt | Kind::Return) || (self.kind == Kind::Adjustment && self.quantity > 0);
        match &self.lot {
            None if comes_in => LotChoice::Named { code: String::new(), expiry: self.expiry },
            None => LotChoice::Fefo,
            Some(code) => LotChoice::Named { code: code.clone(), expiry: self.expiry },
        }
    }
}

fn book(tx: &mut Tx<'_>, caller: &Caller, at: usize, movement: &NewMovement) -> Result<Vec<i64>> {
    let unknown = |field: &str, error: Error| match error.code {
        Code::NotFound => Error::field(format!("/{at}/{field}"), "unknown", error.detail),
        _ => error,
    };
    let place = places::find(tx.conn, &movement.place).map_err(|error| unknown("place", error))?;
    caller.require_site(place.site_id)?;
    if place.kind == PlaceKind::Site {
        return Err(Error::field(format!("/{at}/place"), "kind", "stock is kept at a store, ward or bin, not at the site itself"));
    }
    let item = item::find(tx.conn, &movement.item).map_err(|error| unknown("item", error))?;
    let sign = if matches!(movement.kind, Kind::Issue | Kind::Waste | Kind::Transfer) { -1 } else { 1 };
    let source_key = tx.id().to_string();
    let mut entry = Entry {
        stock_point_id: places::stock_point(tx, &place, item.id)?,
        item_id: item.id,
        lot: movement.lot(),
        kind: movement.kind,
        quantity_delta: sign * movement.quantity,
        requested_units: movement.requested,
        source: Source::Person,
        source_key,
        event_at: movement.at.unwrap_or(tx.now),
        reason: movement.reason.clone(),
        actor: caller.actor(),
        reversal_of: None,
    };
    if let LotChoice::Named { code, expiry: None } = &entry.lot
        && sign < 0
    {
        entry.lot = store::lot_named(tx.conn, place.site_id, entry.stock_point_id, code)?.map(LotChoice::Id).ok_or_else(|| {
            Error::field(format!("/{at}/lot"), "unknown", format!("there is no lot '{code}' of {} at {}", item.code, place.code))
        })?;
    }
    let mut ids = record(tx, place.site_id, std::slice::from_ref(&entry))?;
    if let Some(to) = &movement.to_place {
        let to = places::find(tx.conn, to).map_err(|error| unknown("to_place", error))?;
        if to.site_id != place.site_id {
            return Err(Error::field(
                format!("/{at}/to_place"),
                "site",
                "transfers go between places of one site; use an issue and a receipt",
            ));
        }
        if to.kind == PlaceKind::Site {
            return Err(Error::field(format!("/{at}/to_place"), "kind", "stock is kept at a store, ward or bin, not at the site itself"));
        }
        // What left lot by lot arrives lot by lot.
        for (part, (lot_id, quantity)) in store::lots_of_movements(tx.conn, place.site_id, &ids)?.into_iter().enumerate() {
            let arrival = Entry {
                stock_point_id: places::stock_point(tx, &to, item.id)?,
                lot: LotChoice::Id(lot_id),
                quantity_delta: -quantity,
                source_key: format!("{}/to{part}", entry.source_key),
                ..entry.clone()
            };
            ids.extend(record(tx, place.site_id, &[arrival])?);
        }
    }
    Ok(ids)
}
