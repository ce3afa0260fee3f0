//! Calls of the room: ask for a backtest, see how far it is, read what it came to.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::store::{self, BacktestHead};
use super::{BacktestRequest, request};
use crate::access::caller::Caller;
use crate::access::role;
use crate::access::route::Route;
use crate::base::error::{Error, Result};
use crate::base::id;
use crate::base::time::Micros;
use crate::db::Db;
use crate::db::conn::Conn;
use crate::web::body::{Params, Posted};
use crate::web::idempotency::{Answer, once};
use crate::web::paging::{Cut, Page};

/// The calls.
pub fn routes() -> Vec<Route> {
    let example = json!({"site": "H1", "policies": ["wardstock", "open-msupply:2,1", "par:30"], "seeds": 2, "review_days": 7, "weeks": 26});
    vec![
        Route::new(&Method::GET, "/api/v1/backtests", role::PEOPLE, get_backtests)
            .about("trial", "Backtests, newest first")
            .query::<BacktestQuery>()
            .answers::<Page<BacktestView>>(200),
        Route::new(&Method::POST, "/api/v1/backtests", role::PLANNERS, post_backtest)
            .about("trial", "Try ordering policies on the site's own record; it is walked in the background")
            .takes::<BacktestRequest>(example)
            .answers::<BacktestView>(202),
        Route::new(&Method::GET, "/api/v1/backtests/{id}", role::PEOPLE, get_backtest)
            .about("trial", "How far a backtest is, with its whole result once it is done")
            .answers::<BacktestAnswer>(200),
    ]
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct BacktestQuery {
    /// 1..500, default 50.
    limit: Option<i64>,
    /// From `next` of the page before.
    cursor: Option<String>,
}

/// A backtest without its figures.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct BacktestView {
    /// Its id.
    pub id: String,
    /// Site code.
    pub site: String,
    /// queued, running, done or failed.
    pub state: String,
    /// Share of the reviews that are over, 0..1.
    pub progress: f64,
    /// Policies compared, the first against each other one.
    pub policies: Vec<String>,
    /// Worlds.
    pub seeds: i64,
    /// Days from review to review.
    pub review_days: i64,
    /// Weeks measured; null: half of the record, at most 104.
    pub weeks: Option<i64>,
    /// Who asked for it.
    pub requested_by: String,
    /// When.
    pub requested_at: Micros,
    /// When it was over.
    pub finished_at: Option<Micros>,
    /// Why it failed, and what to do.
    pub failure: Option<String>,
}

impl BacktestView {
    fn of(head: BacktestHead) -> Result<Self> {
        let wish = store::read_wish(&head.wish)?;
        Ok(Self {
            id: id::to_wire(head.id),
            site: head.site,
            state: head.state,
            progress: head.progress,
            policies: wish.policies(),
            seeds: wish.seeds(),
            review_days: wish.review_days(),
            weeks: wish.weeks,
            requested_by: head.requested_by,
            requested_at: Micros(head.requested_at),
            finished_at: head.finished_at.map(Micros),
            failure: head.failure,
        })
    }
}

/// A backtest with its result.
#[derive(Debug, Serialize, schemars::JsonSchema)]
struct BacktestAnswer {
    #[serde(flatten)]
    backtest: BacktestView,
    /// As `wardstock backtest --json` prints it: site, from, to, notes, policies, trials, differences; null until done.
    result: Option<Value>,
}

/// The newest backtest of a site, with its result when it is done.
///
/// # Errors
/// Those of the database.
pub fn newest(conn: &mut Conn, site_id: i64) -> Result<Option<(BacktestView, Option<Value>)>> {
    let Some(head) = store::list(conn, Some(site_id), i64::MAX, 1)?.pop() else { return Ok(None) };
    let result = result_of(conn, &head)?;
    Ok(Some((BacktestView::of(head)?, result)))
}

fn result_of(conn: &mut Conn, head: &BacktestHead) -> Result<Option<Value>> {
    Ok(store::result_of(conn, head.site_id, head.id)?.and_then(|text| serde_json::from_str(&text).ok()))
}

async fn get_backtests(caller: Caller, db: web::Data<Db>, query: Params<BacktestQuery>, request: HttpRequest) -> Result<HttpResponse> {
    let cut = Cut::parse(query.0.limit, query.0.cursor.as_deref())?;
    let before = if cut.after.is_empty() { i64::MAX } else { cut.after_id()? };
    let limit = cut.limit + 1;
    let rows = db.read(move |conn| store::list(conn, caller.site, before, limit)).await?;
    let rows = rows.into_iter().map(BacktestView::of).collect::<Result<Vec<_>>>()?;
    Ok(Page::of(rows, &cut, |row| row.id.clone()).answer(&request))
}

async fn post_backtest(caller: Caller, db: web::Data<Db>, posted: Posted) -> Result<Answer> {
    let wish: BacktestRequest = posted.json()?;
    once(&db, caller.actor(), &posted, move |tx| {
        let id = request(tx, &caller.actor(), caller.site, &wish)?;
        let head = store::head(tx.conn, id)?.ok_or_else(|| Error::not_found("backtest", id))?;
        let answer = Answer::with_status(202, &BacktestView::of(head)?)?;
        Ok(Answer { location: Some(format!("/api/v1/backtests/{id}")), ..answer })
    })
    .await
}

async fn get_backtest(caller: Caller, db: web::Data<Db>, path: web::Path<String>) -> Result<HttpResponse> {
    let view = db
        .read(move |conn| {
            let id: i64 = path.parse().ok().ok_or_else(|| Error::not_found("backtest", &path))?;
            let head = store::head(conn, id)?.ok_or_else(|| Error::not_found("backtest", &path))?;
            caller.require_site(head.site_id)?;
            let result = result_of(conn, &head)?;
            Ok(BacktestAnswer { backtest: BacktestView::of(head)?, result })
        })
        .await?;
    Ok(HttpResponse::Ok().json(view))
}
