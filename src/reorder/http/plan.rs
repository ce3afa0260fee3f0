//! Plans: asking for one, reading it, accepting it.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wardstock_models::plan::Planned;

use crate::access::caller::Caller;
use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::base::id;
use crate::base::time::Micros;
use crate::db::Db;
use crate::db::conn::Conn;
use crate::orders::OrderView;
use crate::reorder::store::{self, PlanHead};
use crate::reorder::{PlanRequest, accept, request};
use crate::web::body::{Params, Posted};
use crate::web::idempotency::{Answer, once};
use crate::web::paging::{Cut, Page};

#[derive(Debug, Deserialize, schemars::JsonSchema)]
pub(super) struct PlanQuery {
    /// 1..500, default 50.
    limit: Option<i64>,
    /// From `next` of the page before.
    cursor: Option<String>,
}

/// A plan without its figures.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct PlanView {
    /// Its id.
    pub id: String,
    /// Site code.
    pub site: String,
    /// queued, running, done, accepted or failed.
    pub state: String,
    /// Who asked for it.
    pub requested_by: String,
    /// When.
    pub requested_at: Micros,
    /// When it was ready.
    pub finished_at: Option<Micros>,
    /// Hash of all its inputs.
    pub input_sha256: Option<String>,
    /// Why it failed.
    pub failure: Option<String>,
}

impl From<PlanHead> for PlanView {
    fn from(head: PlanHead) -> Self {
        Self {
            id: id::to_wire(head.id),
            site: head.site,
            state: head.state,
            requested_by: head.requested_by,
            requested_at: Micros(head.requested_at),
            finished_at: head.finished_at.map(Micros),
            input_sha256: head.input_sha256,
            failure: head.failure,
        }
    }
}

/// A plan with the planner's answer.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(super) struct PlanAnswer {
    #[serde(flatten)]
    plan: PlanView,
    /// `wardstock.planned.v1`; null until done.
    answer: Option<Value>,
}

pub(super) async fn get_plans(caller: Caller, db: web::Data<Db>, query: Params<PlanQuery>, request: HttpRequest) -> Result<HttpResponse> {
    let cut = Cut::parse(query.0.limit, query.0.cursor.as_deref())?;
    let before = if cut.after.is_empty() { i64::MAX } else { cut.after_id()? };
    let limit = cut.limit + 1;
    let rows = db.read(move |conn| store::list_plans(conn, caller.site, before, limit)).await?;
    let rows: Vec<PlanView> = rows.into_iter().map(PlanView::from).collect();
    Ok(Page::of(rows, &cut, |row| row.id.clone()).answer(&request))
}

pub(super) async fn post_plan(caller: Caller, db: web::Data<Db>, posted: Posted) -> Result<Answer> {
    let wish: PlanRequest = posted.json()?;
    once(&db, caller.actor(), &posted, move |tx| {
        let (plan_id, _) = request(tx, &caller.actor(), caller.site, &wish)?;
        let head = store::plan_head(tx.conn, plan_id)?.ok_or_else(|| Error::not_found("plan", plan_id))?;
        let answer = Answer::with_status(202, &PlanView::from(head))?;
        Ok(Answer { location: Some(format!("/api/v1/plans/{plan_id}")), ..answer })
    })
    .await
}

/// The plan that a path names, if the caller may see it.
pub(super) fn named(conn: &mut Conn, caller: &Caller, name: &str) -> Result<PlanHead> {
    let plan_id: i64 = name.parse().ok().ok_or_else(|| Error::not_found("plan", name))?;
    let head = store::plan_head(conn, plan_id)?.ok_or_else(|| Error::not_found("plan", name))?;
    caller.require_site(head.site_id)?;
    Ok(head)
}

pub(super) async fn get_plan(caller: Caller, db: web::Data<Db>, path: web::Path<String>) -> Result<HttpResponse> {
    let view = db
        .read(move |conn| {
            let head = named(conn, &caller, &path)?;
            let answer = store::answer_of(conn, head.site_id, head.id)?.and_then(|text| serde_json::from_str(&text).ok());
            Ok(PlanAnswer { plan: PlanView::from(head), answer })
        })
        .await?;
    Ok(HttpResponse::Ok().json(view))
}

pub(super) async fn get_instance(caller: Caller, db: web::Data<Db>, path: web::Path<String>) -> Result<HttpResponse> {
    let text = db
        .read(move |conn| {
            let head = named(conn, &caller, &path)?;
            store::instance_of(conn, head.site_id, head.id)?.ok_or_else(|| Error::new(Code::WrongState, "the plan is not solved yet"))
        })
        .await?;
    Ok(HttpResponse::Ok().content_type("application/json").body(text))
}

/// The draft orders that came out of a plan.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(super) struct Accepted {
    orders: Vec<OrderView>,
    /// Moves of the plan's first period: accepting moves nothing, each is posted when it is made
    /// (`POST /api/v1/movements`).
    transfers: Vec<MoveView>,
}

/// A move that a plan advises.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(super) struct MoveView {
    /// Why, for people.
    text: String,
    /// What to post to `/api/v1/movements`.
    movement: Movement,
}

/// The body of `POST /api/v1/movements` for a move.
#[derive(Debug, Serialize, schemars::JsonSchema)]
struct Movement {
    /// `transfer`.
    kind: &'static str,
    /// Place code it leaves.
    place: String,
    /// Place code it reaches.
    to_place: String,
    /// Item code.
    item: String,
    /// Base units.
    quantity: i64,
}

/// The moves of the first period in a planner's answer.
fn moves_now(answer: Option<String>) -> Vec<MoveView> {
    let planned: Option<Planned> = answer.and_then(|text| serde_json::from_str(&text).ok());
    let moves = planned.into_iter().flat_map(|planned| planned.transfers).filter(|row| row.period == 0);
    moves
        .filter_map(|row| {
            let (item, place) = row.from.rsplit_once('@')?;
            let (_, to_place) = row.to.rsplit_once('@')?;
            let (place, to_place, item) = (place.to_owned(), to_place.to_owned(), item.to_owned());
            Some(MoveView { text: row.text, movement: Movement { kind: "transfer", place, to_place, item, quantity: row.units } })
        })
        .collect()
}

pub(super) async fn post_accept(caller: Caller, db: web::Data<Db>, path: web::Path<String>, posted: Posted) -> Result<Answer> {
    posted.nothing()?;
    let name = path.into_inner();
    once(&db, caller.actor(), &posted, move |tx| {
        let head = named(tx.conn, &caller, &name)?;
        let orders = accept::accept(tx, &caller.actor(), head.site_id, head.id)?;
        let transfers = moves_now(store::answer_of(tx.conn, head.site_id, head.id)?);
        Answer::created(format!("/api/v1/orders?plan={}", head.id), &Accepted { orders, transfers })
    })
    .await
}
