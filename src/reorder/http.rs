//! Calls of the room: ask for a plan, read it and its lines, change a line, accept it.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::store::{self, PlanHead, PlanLineView};
use super::{PlanRequest, accept, request};
use crate::access::caller::Caller;
use crate::access::route::Route;
use crate::access::{audit, role};
use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::base::id;
use crate::base::money::{Money, cost_minor};
use crate::base::quantity::units_of_packs;
use crate::base::time::{Day, Micros};
use crate::db::Db;
use crate::db::conn::Conn;
use crate::orders::OrderView;
use crate::web::body::{Params, Posted};
use crate::web::idempotency::{Answer, once};
use crate::web::paging::{Cut, Page};
use crate::web::precondition;
use crate::web::render::{self, Format, Table};

/// Packs that one line may be changed to.
const PACKS_MAX: i64 = 1_000_000;

/// The calls.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(&Method::GET, "/api/v1/plans", role::PEOPLE, get_plans)
            .about("reorder", "Plans, newest first")
            .query::<PlanQuery>()
            .answers::<Page<PlanView>>(200),
        Route::new(&Method::POST, "/api/v1/plans", role::PLANNERS, post_plan)
            .about("reorder", "Ask for a plan; it is solved in the background")
            .takes::<PlanRequest>(json!({"site": "H1", "horizon_days": 91, "budget": {"minor": 2_500_000, "currency": "EUR"}}))
            .answers::<PlanView>(202),
        Route::new(&Method::GET, "/api/v1/plans/{id}", role::PEOPLE, get_plan)
            .about("reorder", "A plan with the planner's whole answer once it is done")
            .answers::<PlanAnswer>(200),
        Route::new(&Method::GET, "/api/v1/plans/{id}/instance", role::REPORT_READERS, get_instance)
            .about("reorder", "What the planner was asked (wardstock.plan.v1): `wardstock plan --check` replays it"),
        Route::new(&Method::GET, "/api/v1/plans/{id}/lines", role::PEOPLE, get_lines)
            .about("reorder", "Recommended order lines, each with its reason")
            .answers::<Lines>(200),
        Route::new(&Method::GET, "/api/v1/plans/{id}/lines.csv", role::PEOPLE, get_lines).about("reorder", "The same as CSV"),
        Route::new(&Method::PATCH, "/api/v1/plans/{id}/lines/{line}", role::PLANNERS, patch_line)
            .about("reorder", "Set other packs than recommended; needs a reason. packs null: as recommended again")
            .takes::<Override>(json!({"packs": 4, "reason": "promotion ends this week"}))
            .answers::<LineView>(200),
        Route::new(&Method::POST, "/api/v1/plans/{id}/accept", role::PLANNERS, post_accept)
            .about("reorder", "Turn the lines of the first period into draft orders, one per supplier and order day")
            .answers::<Accepted>(201),
    ]
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct PlanQuery {
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
struct PlanAnswer {
    #[serde(flatten)]
    plan: PlanView,
    /// `wardstock.planned.v1`; null until done.
    answer: Option<Value>,
}

/// One recommended order line.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct LineView {
    /// Number in the plan.
    pub line: i64,
    /// Where it goes.
    pub place: String,
    /// Item code.
    pub item: String,
    /// Item name.
    pub name: String,
    /// What a base unit is.
    pub base_unit: String,
    /// V, E or N.
    pub ven: String,
    /// Supplier code.
    pub supplier: String,
    /// Supplier name.
    pub supplier_name: String,
    /// Offer id.
    pub offer: String,
    /// Packs to order: what a person set, else as recommended.
    pub packs: i64,
    /// Packs as recommended.
    pub recommended_packs: i64,
    /// Base units per pack.
    pub units_per_pack: i64,
    /// Base units in all.
    pub units: i64,
    /// Order on this day.
    pub order_on: Day,
    /// It arrives on this day, as stated by the supplier.
    pub arrives_on: Day,
    /// Packs times price.
    pub cost: Money,
    /// Whether accepting the plan orders it now; later lines are an outlook.
    pub now: bool,
    /// Why a person set other packs.
    pub override_reason: Option<String>,
    /// Why.
    pub explanation: Why,
    /// Version, for If-Match.
    pub version: i64,
}

/// Why a line stands in the plan.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Why {
    /// Word from a closed list.
    pub reason: String,
    /// A paragraph for people.
    pub text: String,
    /// The figures behind it.
    pub drivers: Value,
}

impl LineView {
    fn of(row: PlanLineView, period_days: i64) -> Result<Self> {
        let packs = row.wanted_packs();
        Ok(Self {
            line: row.line,
            units: units_of_packs(packs, row.units_per_pack)?,
            cost: Money::new(cost_minor(packs, row.price_minor)?, row.currency),
            now: row.order_day < row.planned_from + period_days,
            packs,
            recommended_packs: row.packs,
            place: row.place,
            item: row.item,
            name: row.item_name,
            base_unit: row.base_unit,
            ven: row.ven,
            supplier: row.supplier,
            supplier_name: row.supplier_name,
            offer: id::to_wire(row.offer_id),
            units_per_pack: row.units_per_pack,
            order_on: Day(row.order_day),
            arrives_on: Day(row.arrival_day),
            override_reason: row.override_reason,
            explanation: Why { reason: row.reason, text: row.explanation, drivers: serde_json::from_str(&row.drivers).unwrap_or_default() },
            version: row.version,
        })
    }
}

/// The lines of a plan.
#[derive(Debug, Serialize, schemars::JsonSchema)]
struct Lines {
    items: Vec<LineView>,
}

async fn get_plans(caller: Caller, db: web::Data<Db>, query: Params<PlanQuery>, request: HttpRequest) -> Result<HttpResponse> {
    let cut = Cut::parse(query.0.limit, query.0.cursor.as_deref())?;
    let before = if cut.after.is_empty() { i64::MAX } else { cut.after_id()? };
    let limit = cut.limit + 1;
    let rows = db.read(move |conn| store::list_plans(conn, caller.site, before, limit)).await?;
    let rows: Vec<PlanView> = rows.into_iter().map(PlanView::from).collect();
    Ok(Page::of(rows, &cut, |row| row.id.clone()).answer(&request))
}

async fn post_plan(caller: Caller, db: web::Data<Db>, posted: Posted) -> Result<Answer> {
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
fn named(conn: &mut Conn, caller: &Caller, name: &str) -> Result<PlanHead> {
    let plan_id: i64 = name.parse().map_err(|_| Error::not_found("plan", name))?;
    let head = store::plan_head(conn, plan_id)?.ok_or_else(|| Error::not_found("plan", name))?;
    caller.require_site(head.site_id)?;
    Ok(head)
}

async fn get_plan(caller: Caller, db: web::Data<Db>, path: web::Path<String>) -> Result<HttpResponse> {
    let view = db
        .read(move |conn| {
            let head = named(conn, &caller, &path)?;
            let answer = store::answer_of(conn, head.site_id, head.id)?.and_then(|text| serde_json::from_str(&text).ok());
            Ok(PlanAnswer { plan: PlanView::from(head), answer })
        })
        .await?;
    Ok(HttpResponse::Ok().json(view))
}

async fn get_instance(caller: Caller, db: web::Data<Db>, path: web::Path<String>) -> Result<HttpResponse> {
    let text = db
        .read(move |conn| {
            let head = named(conn, &caller, &path)?;
            store::instance_of(conn, head.site_id, head.id)?.ok_or_else(|| Error::new(Code::WrongState, "the plan is not solved yet"))
        })
        .await?;
    Ok(HttpResponse::Ok().content_type("application/json").body(text))
}

/// The lines of the newest solved plan of a site, for the page.
///
/// # Errors
/// Those of the database.
pub fn newest_lines(conn: &mut Conn, site_id: i64) -> Result<Option<(PlanView, Vec<LineView>)>> {
    let Some(head) = store::newest_solved(conn, site_id)? else { return Ok(None) };
    let lines = line_views(conn, &head)?;
    Ok(Some((PlanView::from(head), lines)))
}

fn line_views(conn: &mut Conn, head: &PlanHead) -> Result<Vec<LineView>> {
    let period_days = store::request_of(conn, head.site_id, head.id)?.period_days();
    store::lines_of(conn, head.site_id, head.id)?.into_iter().map(|row| LineView::of(row, period_days)).collect()
}

async fn get_lines(caller: Caller, db: web::Data<Db>, path: web::Path<String>, request: HttpRequest) -> Result<HttpResponse> {
    let format = Format::of(&request)?;
    let items = db
        .read(move |conn| {
            let head = named(conn, &caller, &path)?;
            line_views(conn, &head)
        })
        .await?;
    let lines = Lines { items };
    render::answer(format, &lines, || line_table(&lines.items))
}

fn line_table(lines: &[LineView]) -> Table {
    Table {
        columns: vec![
            "line",
            "place",
            "item",
            "name",
            "supplier",
            "packs",
            "units_per_pack",
            "units",
            "order_on",
            "arrives_on",
            "cost_minor",
            "currency",
            "now",
            "reason",
            "text",
        ],
        rows: lines
            .iter()
            .map(|line| {
                vec![
                    line.line.to_string(),
                    line.place.clone(),
                    line.item.clone(),
                    line.name.clone(),
                    line.supplier.clone(),
                    line.packs.to_string(),
                    line.units_per_pack.to_string(),
                    line.units.to_string(),
                    line.order_on.to_text(),
                    line.arrives_on.to_text(),
                    line.cost.minor.to_string(),
                    line.cost.currency.clone(),
                    line.now.to_string(),
                    line.explanation.reason.clone(),
                    line.explanation.text.clone(),
                ]
            })
            .collect(),
    }
}

/// Other packs than recommended.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Override {
    /// Packs; 0 leaves the line out, null takes the recommendation again.
    packs: Option<i64>,
    /// Why; needed with packs.
    reason: Option<String>,
}

async fn patch_line(
    caller: Caller,
    db: web::Data<Db>,
    path: web::Path<(String, i64)>,
    posted: Posted,
    request: HttpRequest,
) -> Result<Answer> {
    let seen = precondition::if_match(&request)?;
    let wish: Override = posted.json()?;
    if wish.packs.is_some_and(|packs| !(0..=PACKS_MAX).contains(&packs)) {
        return Err(Error::field("/packs", "out_of_range", format!("must be 0..{PACKS_MAX}")));
    }
    if wish.packs.is_some() && wish.reason.as_deref().unwrap_or_default().trim().is_empty() {
        return Err(Error::field("/reason", "needed", "say why, so that we can see later who was right"));
    }
    let (name, line) = path.into_inner();
    db.write(move |tx| {
        let head = named(tx.conn, &caller, &name)?;
        if head.state != "done" {
            return Err(Error::new(Code::WrongState, format!("the plan is {}; lines can be changed while it is done", head.state)));
        }
        let before = store::lines_of(tx.conn, head.site_id, head.id)?
            .into_iter()
            .find(|row| row.line == line)
            .ok_or_else(|| Error::not_found("line", line))?;
        if !store::override_line(tx, head.site_id, head.id, line, seen, wish.packs, wish.reason.as_deref(), &caller.actor())? {
            return Err(precondition::clash("line", seen, before.version));
        }
        let detail = json!({"recommended": before.packs, "before": before.override_packs, "after": wish.packs, "why": wish.reason});
        audit::record(tx, head.site_id, &caller.actor(), "plan.override", &format!("{}/{line}", head.id), &detail)?;
        let view = line_views(tx.conn, &head)?.into_iter().find(|row| row.line == line).ok_or_else(|| Error::not_found("line", line))?;
        Ok(Answer::ok(&view)?.version(view.version))
    })
    .await
}

/// The draft orders that came out of a plan.
#[derive(Debug, Serialize, schemars::JsonSchema)]
struct Accepted {
    orders: Vec<OrderView>,
}

async fn post_accept(caller: Caller, db: web::Data<Db>, path: web::Path<String>, posted: Posted) -> Result<Answer> {
    posted.nothing()?;
    let name = path.into_inner();
    once(&db, caller.actor(), &posted, move |tx| {
        let head = named(tx.conn, &caller, &name)?;
        let orders = accept::accept(tx, &caller.actor(), head.site_id, head.id)?;
        Answer::created(format!("/api/v1/orders?plan={}", head.id), &Accepted { orders })
    })
    .await
}
