//! Calls of the room: stock, movements, counts.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::count::{self, Count};
use super::level::{self, DayView, LotView, StockView, Wanted};
use super::movement::{Entry, Kind, LotChoice, Source};
use super::record;
use super::store::{self, MovementView};
use crate::access::caller::Caller;
use crate::access::role;
use crate::access::route::Route;
use crate::base::code::Code;
use crate::base::error::{Error, FieldError, Result};
use crate::base::id;
use crate::base::quantity::UNITS_MAX;
use crate::base::time::{Day, Micros, Period};
use crate::catalogue::item;
use crate::db::{Db, Tx};
use crate::places::{self, PlaceKind};
use crate::web::body::{Params, Posted};
use crate::web::idempotency::{Answer, once};
use crate::web::paging::{Cut, Page};
use crate::web::render::{self, Format, Table};

/// How far ahead a person's clock may be.
const AHEAD_SECONDS_MAX: i64 = 300;
/// Movements in one request.
const MOVEMENTS_MAX: usize = 1_000;

/// The calls.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(&Method::GET, "/api/v1/stock", role::PEOPLE, get_stock)
            .about("stock", "Stock points with on hand, on order, position, cover and belief")
            .query::<StockQuery>()
            .answers::<Page<StockView>>(200),
        Route::new(&Method::GET, "/api/v1/stock.csv", role::PEOPLE, get_stock).about("stock", "The same as CSV").query::<StockQuery>(),
        Route::new(&Method::GET, "/api/v1/stock/{place}/{item}", role::PEOPLE, get_stock_point)
            .about("stock", "One stock point with its lots")
            .answers::<StockPointView>(200),
        Route::new(&Method::GET, "/api/v1/stock/{place}/{item}/history", role::PEOPLE, get_history)
            .about("stock", "Days with movements, each with its closing stock")
            .query::<HistoryQuery>()
            .answers::<Vec<DayView>>(200),
        Route::new(&Method::GET, "/api/v1/movements", role::PEOPLE, get_movements)
            .about("stock", "The ledger, oldest first")
            .query::<MovementQuery>()
            .answers::<Page<MovementAnswer>>(200),
        Route::new(&Method::POST, "/api/v1/movements", role::STOCK_KEEPERS, post_movements)
            .about("stock", "Book one movement or a list of them; all or none")
            .takes::<Movements>(json!({"kind": "issue", "place": "W1", "item": "P1", "quantity": 12}))
            .answers::<Booked>(201),
        Route::new(&Method::POST, "/api/v1/movements/{id}/reversal", role::STOCK_KEEPERS, post_reversal)
            .about("stock", "Take a movement back; needs a reason")
            .takes::<Reversal>(json!({"reason": "wrong ward"}))
            .answers::<Booked>(201),
        Route::new(&Method::POST, "/api/v1/counts", role::STOCK_KEEPERS, post_count)
            .about("stock", "Book a count; movements since it stand")
            .takes::<NewCount>(json!({"place": "W1", "item": "P1", "counted": 40}))
            .answers::<Counted>(201),
    ]
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct StockQuery {
    /// Only this place.
    place: Option<String>,
    /// Only this item.
    item: Option<String>,
    /// ok, low, out, over or expiring.
    status: Option<String>,
    /// 1..500, default 50.
    limit: Option<i64>,
    /// From `next` of the page before.
    cursor: Option<String>,
}

async fn get_stock(caller: Caller, db: web::Data<Db>, query: Params<StockQuery>, request: HttpRequest) -> Result<HttpResponse> {
    let query = query.0;
    if let Some(status) = &query.status
        && !["ok", "low", "out", "over", "expiring"].contains(&status.as_str())
    {
        return Err(Error::field("status", "one_of", "must be one of ok, low, out, over, expiring"));
    }
    let format = Format::of(&request)?;
    let cut = Cut::parse(query.limit, query.cursor.as_deref())?;
    let after = cut.after.split_once('|').map(|(place, item)| (place.to_owned(), item.to_owned())).unwrap_or_default();
    let wanted = Wanted { site_id: caller.site, place: query.place, item: query.item, status: query.status, after, limit: cut.limit + 1 };
    let today = db.clock().now().day();
    let rows = db.read(move |conn| level::list(conn, &wanted, today)).await?;
    let page = Page::of(rows, &cut, |row| format!("{}|{}", row.place, row.item));
    match format {
        Format::Json => Ok(page.answer(&request)),
        Format::Csv => render::answer(format, &page, || stock_table(&page.items)),
    }
}

fn stock_table(rows: &[StockView]) -> Table {
    let text = |value: Option<i64>| value.map(|value| value.to_string()).unwrap_or_default();
    Table {
        columns: vec![
            "place",
            "item",
            "name",
            "base_unit",
            "on_hand",
            "available",
            "on_order",
            "in_draft",
            "position",
            "par_level",
            "max_level",
            "days_of_cover",
            "next_expiry",
            "status",
            "belief_estimate",
        ],
        rows: rows
            .iter()
            .map(|row| {
                vec![
                    row.place.clone(),
                    row.item.clone(),
                    row.name.clone(),
                    row.base_unit.clone(),
                    row.on_hand.to_string(),
                    row.available.to_string(),
                    row.on_order.to_string(),
                    row.in_draft.to_string(),
                    row.position.to_string(),
                    text(row.par_level),
                    text(row.max_level),
                    row.days_of_cover.map(|days| days.to_string()).unwrap_or_default(),
                    row.next_expiry.map(Day::to_text).unwrap_or_default(),
                    row.status.to_owned(),
                    text(row.belief.as_ref().map(|belief| belief.estimate)),
                ]
            })
            .collect(),
    }
}

/// One stock point with its lots.
#[derive(Debug, Serialize, schemars::JsonSchema)]
struct StockPointView {
    #[serde(flatten)]
    stock: StockView,
    /// Lots on hand, first to expire first.
    lots: Vec<LotView>,
}

async fn get_stock_point(caller: Caller, db: web::Data<Db>, path: web::Path<(String, String)>) -> Result<HttpResponse> {
    let (place, item) = path.into_inner();
    let today = db.clock().now().day();
    let view = db
        .read(move |conn| {
            let place = places::find(conn, &place)?;
            caller.require_site(place.site_id)?;
            let item = item::find(conn, &item)?;
            let none = || Error::not_found("stock point", format!("{}/{}", place.code, item.code));
            let stock_point_id = places::known_stock_point(conn, &place, item.id)?.ok_or_else(none)?;
            let wanted = Wanted {
                site_id: Some(place.site_id),
                place: Some(place.code.clone()),
                item: Some(item.code.clone()),
                limit: 1,
                ..Wanted::default()
            };
            let stock = level::list(conn, &wanted, today)?.pop().ok_or_else(none)?;
            let lots = level::lots(conn, place.site_id, stock_point_id, today)?;
            Ok(StockPointView { stock, lots })
        })
        .await?;
    Ok(HttpResponse::Ok().json(view))
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct HistoryQuery {
    /// First day; default 90 days ago.
    from: Option<String>,
    /// Last day; default today.
    to: Option<String>,
}

async fn get_history(
    caller: Caller,
    db: web::Data<Db>,
    path: web::Path<(String, String)>,
    query: Params<HistoryQuery>,
) -> Result<HttpResponse> {
    let (place, item) = path.into_inner();
    let today = db.clock().now().day();
    let period = Period::parse(query.0.from.as_deref(), query.0.to.as_deref(), today, 90).map_err(Error::invalid)?;
    let days = db
        .read(move |conn| {
            let place = places::find(conn, &place)?;
            caller.require_site(place.site_id)?;
            let item = item::find(conn, &item)?;
            let stock_point_id = places::known_stock_point(conn, &place, item.id)?
                .ok_or_else(|| Error::not_found("stock point", format!("{}/{}", place.code, item.code)))?;
            level::history(conn, place.site_id, stock_point_id, period.from, period.to)
        })
        .await?;
    Ok(HttpResponse::Ok().json(days))
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct MovementQuery {
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
struct MovementAnswer {
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

async fn get_movements(caller: Caller, db: web::Data<Db>, query: Params<MovementQuery>, request: HttpRequest) -> Result<HttpResponse> {
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
enum Movements {
    One(NewMovement),
    Many(Vec<NewMovement>),
}

/// A movement to be booked.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewMovement {
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
struct Booked {
    ids: Vec<String>,
}

async fn post_movements(caller: Caller, db: web::Data<Db>, posted: Posted) -> Result<Answer> {
    // Told apart by hand: serde's message for an untagged enum names no field.
    let movements = if posted.bytes.trim_ascii_start().starts_with(b"[") {
        posted.json::<Vec<NewMovement>>()?
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
        let first = ids.first().map(ToString::to_string).unwrap_or_default();
        Answer::created(format!("/api/v1/movements?cursor={first}"), &Booked { ids: ids.into_iter().map(id::to_wire).collect() })
    })
    .await
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
        if self.requested.is_some_and(|requested| requested < self.quantity || self.kind != Kind::Issue) {
            say("requested", "out_of_range", "only for an issue, and not less than quantity".into());
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

/// Why a movement is taken back.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Reversal {
    reason: String,
}

async fn post_reversal(caller: Caller, db: web::Data<Db>, path: web::Path<String>, posted: Posted) -> Result<Answer> {
    let why: Reversal = posted.json()?;
    if why.reason.trim().is_empty() {
        return Err(Error::field("/reason", "needed", "say why"));
    }
    let name = path.into_inner();
    once(&db, caller.actor(), &posted, move |tx| {
        let id: i64 = name.parse().map_err(|_| Error::not_found("movement", &name))?;
        let row = store::movement_by_id(tx.conn, id)?.ok_or_else(|| Error::not_found("movement", &name))?;
        caller.require_site(row.site_id)?;
        if row.source == Source::Sensor.word() {
            return Err(Error::new(Code::WrongState, "a sensor's movement is mended by a count or by its later readings"));
        }
        if row.reversal_of.is_some() || store::is_reversed(tx.conn, row.site_id, id)? {
            return Err(Error::new(Code::WrongState, "this movement is taken back already, or takes one back itself"));
        }
        let entry = Entry {
            stock_point_id: row.stock_point_id,
            item_id: row.item_id,
            lot: LotChoice::Id(row.lot_id),
            kind: Kind::of(&row.kind).unwrap_or(Kind::Adjustment),
            quantity_delta: -row.quantity_delta,
            requested_units: None,
            source: Source::Person,
            source_key: format!("reversal/{id}"),
            event_at: Micros(row.event_at),
            reason: Some(why.reason.clone()),
            actor: caller.actor(),
            reversal_of: Some(id),
        };
        let ids = record(tx, row.site_id, &[entry])?;
        Answer::created(format!("/api/v1/movements/{id}/reversal"), &Booked { ids: ids.into_iter().map(id::to_wire).collect() })
    })
    .await
}

/// A count to be booked.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewCount {
    place: String,
    item: String,
    /// Base units that were there.
    counted: i64,
    /// When; default now.
    at: Option<Micros>,
}

/// What the count changed.
#[derive(Debug, Serialize, schemars::JsonSchema)]
struct Counted {
    /// Counted minus book at the time of the count.
    difference: i64,
}

async fn post_count(caller: Caller, db: web::Data<Db>, posted: Posted) -> Result<Answer> {
    let wish: NewCount = posted.json()?;
    let now = db.clock().now();
    if !(0..=UNITS_MAX).contains(&wish.counted) {
        return Err(Error::field("/counted", "out_of_range", format!("must be 0..{UNITS_MAX}")));
    }
    if wish.at.is_some_and(|at| at > now) {
        return Err(Error::field("/at", "future", "a count can't lie in the future"));
    }
    once(&db, caller.actor(), &posted, move |tx| {
        let place = places::find(tx.conn, &wish.place)?;
        caller.require_site(place.site_id)?;
        let item = item::find(tx.conn, &wish.item)?;
        let count = Count {
            stock_point_id: places::stock_point(tx, &place, item.id)?,
            item_id: item.id,
            lot: LotChoice::Fefo,
            counted_units: wish.counted,
            counted_at: wish.at.unwrap_or(tx.now),
            source: Source::Person,
            source_key: format!("count/{}", tx.id()),
            actor: caller.actor(),
        };
        let difference = count::apply(tx, place.site_id, &count)?;
        Answer::created(format!("/api/v1/stock/{}/{}", place.code, item.code), &Counted { difference })
    })
    .await
}
