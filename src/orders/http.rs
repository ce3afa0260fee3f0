//! Calls of the room: list and read orders, take them through their states, receive them.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::lifecycle::{self, Step};
use super::order::{self, OrderHead, OrderView, State, Wanted};
use super::receive::{self, Receipt, Received};
use crate::access::caller::Caller;
use crate::access::role::{self, Role};
use crate::access::route::Route;
use crate::base::error::{Error, Result};
use crate::base::time::Day;
use crate::db::Db;
use crate::places;
use crate::web::body::{Params, Posted};
use crate::web::idempotency::{Answer, once};
use crate::web::paging::{Cut, Page};
use crate::web::precondition::{etag, if_match};
use crate::web::render::{self, Format, Table};

/// Those who read orders: those who read money, and those who unpack.
const READERS: &[Role] = &[Role::Technician, Role::Pharmacist, Role::Procurement, Role::Approver, Role::Auditor, Role::Admin];
/// Those who call an order off: those who make orders, and those who might have approved it.
const CANCELLERS: &[Role] = &[Role::Pharmacist, Role::Procurement, Role::Approver, Role::Admin];
/// Those who unpack what came in.
const RECEIVERS: &[Role] = &[Role::Technician, Role::Pharmacist, Role::Procurement, Role::Admin];

/// The calls.
pub fn routes() -> Vec<Route> {
    let mut routes = vec![
        Route::new(&Method::GET, "/api/v1/orders", READERS, get_orders)
            .about("orders", "Purchase orders, newest first")
            .query::<OrderQuery>()
            .answers::<Page<OrderHead>>(200),
        Route::new(&Method::GET, "/api/v1/orders/{id}", READERS, get_order)
            .about("orders", "One order with its lines")
            .answers::<OrderView>(200),
    ];
    let list = ["/api/v1/orders.csv", "/api/v1/orders.xlsx"];
    routes.extend(Route::sheets("orders", list, READERS, get_orders).map(Route::query::<OrderQuery>));
    routes.extend(Route::sheets("orders", ["/api/v1/orders/{id}.csv", "/api/v1/orders/{id}.xlsx"], READERS, get_order));
    routes.extend(changes());
    routes
}

fn changes() -> Vec<Route> {
    vec![
        Route::new(&Method::POST, "/api/v1/orders/{id}/approve", role::APPROVERS, post_approve)
            .about("orders", "Approve a draft; never the one who made it. If-Match is honoured")
            .answers::<OrderView>(200),
        Route::new(&Method::POST, "/api/v1/orders/{id}/send", role::PLANNERS, post_send)
            .about("orders", "Note that an approved order went to the supplier")
            .answers::<OrderView>(200),
        Route::new(&Method::POST, "/api/v1/orders/{id}/acknowledge", role::PLANNERS, post_acknowledge)
            .about("orders", "Note that the supplier confirmed it, perhaps for another day")
            .takes::<Confirmation>(json!({"expected_on": "2026-12-01"}))
            .answers::<OrderView>(200),
        Route::new(&Method::POST, "/api/v1/orders/{id}/cancel", CANCELLERS, post_cancel)
            .about("orders", "Call an order off before anything came in")
            .takes::<Cancellation>(json!({"reason": "ordered twice"}))
            .answers::<OrderView>(200),
        Route::new(&Method::POST, "/api/v1/orders/{id}/receive", RECEIVERS, post_receive)
            .about("orders", "Book what came in, in base units; all or nothing")
            .takes::<Receipt>(json!({"lines": [{"line": 1, "quantity": 40, "lot": "L1", "expiry": "2027-05-31"}]}))
            .answers::<Received>(200),
    ]
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct OrderQuery {
    /// draft, approved, sent, acknowledged, received, closed or cancelled.
    state: Option<String>,
    /// Code of the supplier.
    supplier: Option<String>,
    /// Code of the site.
    site: Option<String>,
    /// Id of the plan that it comes from.
    plan: Option<String>,
    /// 1..500, default 50.
    limit: Option<i64>,
    /// From `next` of the page before.
    cursor: Option<String>,
}

async fn get_orders(caller: Caller, db: web::Data<Db>, query: Params<OrderQuery>, request: HttpRequest) -> Result<HttpResponse> {
    let query = query.0;
    let format = Format::of(&request)?;
    let cut = Cut::parse(query.limit, query.cursor.as_deref())?;
    let state = query.state.as_deref().map(state_of).transpose()?;
    let plan_id = query.plan.as_deref().map(plan_of).transpose()?;
    let wanted =
        Wanted { site_id: caller.site, state, supplier: query.supplier, plan_id, before_id: cut.after_id()?, limit: cut.limit + 1 };
    let rows = db
        .read(move |conn| {
            let site_id = match query.site {
                Some(site) => Some(places::find_site(conn, &site)?.id),
                None => wanted.site_id,
            };
            site_id.map_or(Ok(()), |site| caller.require_site(site))?;
            order::list(conn, &Wanted { site_id, ..wanted })
        })
        .await?;
    let page = Page::of(rows, &cut, |row| row.id.to_string());
    match format {
        Format::Json => Ok(page.answer(&request)),
        Format::Csv | Format::Xlsx => render::answer(format, &page, || head_table(&page.items)).await,
    }
}

fn state_of(word: &str) -> Result<State> {
    State::of(word).ok_or_else(|| {
        let words: Vec<&str> = State::ALL.into_iter().map(State::word).collect();
        Error::field("state", "one_of", format!("must be one of {}", words.join(", ")))
    })
}

fn plan_of(id: &str) -> Result<i64> {
    id.parse().ok().ok_or_else(|| Error::field("plan", "id", "must be the id of a plan"))
}

fn head_table(rows: &[OrderHead]) -> Table {
    Table {
        columns: vec![
            "order",
            "site",
            "supplier",
            "state",
            "order_on",
            "expected_on",
            "lines",
            "open_lines",
            "total_minor",
            "currency",
            "made_by",
            "approved_by",
        ],
        rows: rows
            .iter()
            .map(|row| {
                vec![
                    row.code.clone(),
                    row.site.clone(),
                    row.supplier.clone(),
                    row.state.word().to_owned(),
                    row.order_on.to_text(),
                    row.expected_on.to_text(),
                    row.line_count.to_string(),
                    row.open_line_count.to_string(),
                    row.total.minor.to_string(),
                    row.total.currency.clone(),
                    row.made_by.clone(),
                    row.approved_by.clone().unwrap_or_default(),
                ]
            })
            .collect(),
    }
}

/// Serves `/orders/{id}`, `.csv` and `.xlsx`: whichever path the router finds first, the end of the path decides.
async fn get_order(caller: Caller, db: web::Data<Db>, path: web::Path<String>, request: HttpRequest) -> Result<HttpResponse> {
    let format = Format::of(&request)?;
    let name = path.into_inner();
    let name = render::stem(&name).to_owned();
    let view = db
        .read(move |conn| {
            let order = order::find(conn, &name)?;
            caller.require_site(order.site_id)?;
            order::view(conn, order.site_id, order.id)
        })
        .await?;
    let mut answer = render::answer(format, &view, || line_table(&view)).await?;
    let (name, version) = etag(view.head.version);
    if let Ok(version) = version.parse() {
        answer.headers_mut().insert(actix_web::http::header::HeaderName::from_static(name), version);
    }
    Ok(answer)
}

fn line_table(order: &OrderView) -> Table {
    Table {
        columns: vec![
            "order",
            "state",
            "supplier",
            "order_on",
            "expected_on",
            "line",
            "place",
            "item",
            "name",
            "base_unit",
            "packs",
            "units_per_pack",
            "units",
            "received",
            "price_minor",
            "total_minor",
            "currency",
        ],
        rows: order
            .lines
            .iter()
            .map(|line| {
                vec![
                    order.head.code.clone(),
                    order.head.state.word().to_owned(),
                    order.head.supplier.clone(),
                    order.head.order_on.to_text(),
                    order.head.expected_on.to_text(),
                    line.line.to_string(),
                    line.place.clone(),
                    line.item.clone(),
                    line.name.clone(),
                    line.base_unit.clone(),
                    line.packs.to_string(),
                    line.units_per_pack.to_string(),
                    line.units.to_string(),
                    line.received.to_string(),
                    line.price.minor.to_string(),
                    line.total.minor.to_string(),
                    line.total.currency.clone(),
                ]
            })
            .collect(),
    }
}

/// What the supplier confirmed.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Confirmation {
    /// The day that the supplier promises; without: as expected.
    expected_on: Option<Day>,
}

/// Why an order is called off.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Cancellation {
    /// For the audit.
    reason: Option<String>,
}

/// A body that may be left out.
fn body_or_default<T: DeserializeOwned + Default>(posted: &Posted) -> Result<T> {
    if posted.bytes.trim_ascii().is_empty() { Ok(T::default()) } else { posted.json() }
}

/// The version that the caller decided on, if he says: a step is guarded by its state, so If-Match is not needed.
fn seen_version(request: &HttpRequest) -> Result<Option<i64>> {
    if request.headers().contains_key("if-match") { if_match(request).map(Some) } else { Ok(None) }
}

async fn post_approve(caller: Caller, db: web::Data<Db>, path: web::Path<String>, request: HttpRequest, posted: Posted) -> Result<Answer> {
    let seen = seen_version(&request)?;
    take(caller, &db, path.into_inner(), seen, &posted, Step::Approve, None).await
}

async fn post_send(caller: Caller, db: web::Data<Db>, path: web::Path<String>, request: HttpRequest, posted: Posted) -> Result<Answer> {
    let seen = seen_version(&request)?;
    take(caller, &db, path.into_inner(), seen, &posted, Step::Send, None).await
}

async fn post_acknowledge(
    caller: Caller,
    db: web::Data<Db>,
    path: web::Path<String>,
    request: HttpRequest,
    posted: Posted,
) -> Result<Answer> {
    let seen = seen_version(&request)?;
    let confirmation: Confirmation = body_or_default(&posted)?;
    let step = Step::Acknowledge { expected_day: confirmation.expected_on };
    take(caller, &db, path.into_inner(), seen, &posted, step, None).await
}

async fn post_cancel(caller: Caller, db: web::Data<Db>, path: web::Path<String>, request: HttpRequest, posted: Posted) -> Result<Answer> {
    let seen = seen_version(&request)?;
    let cancellation: Cancellation = body_or_default(&posted)?;
    take(caller, &db, path.into_inner(), seen, &posted, Step::Cancel, cancellation.reason).await
}

async fn take(
    caller: Caller,
    db: &Db,
    name: String,
    seen: Option<i64>,
    posted: &Posted,
    step: Step,
    why: Option<String>,
) -> Result<Answer> {
    once(db, caller.actor(), posted, move |tx| {
        let order = order::find(tx.conn, &name)?;
        caller.require_site(order.site_id)?;
        let view = lifecycle::step(tx, &caller.actor(), &order, step, seen, why.as_deref())?;
        Ok(Answer::ok(&view)?.version(view.head.version))
    })
    .await
}

async fn post_receive(caller: Caller, db: web::Data<Db>, path: web::Path<String>, request: HttpRequest, posted: Posted) -> Result<Answer> {
    let seen = seen_version(&request)?;
    let receipt: Receipt = posted.json()?;
    let name = path.into_inner();
    once(&db, caller.actor(), &posted, move |tx| {
        let order = order::find(tx.conn, &name)?;
        caller.require_site(order.site_id)?;
        let received = receive::receive(tx, &caller.actor(), &order, &receipt, seen)?;
        Ok(Answer::ok(&received)?.version(received.order.head.version))
    })
    .await
}
