//! `/api/v1/forecast-runs`, and the paths of a forecast, drawn again from its run.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use tokio::sync::Semaphore;

use crate::access::caller::Caller;
use crate::access::role;
use crate::access::route::Route;
use crate::base::error::{Error, Result};
use crate::catalogue::item;
use crate::db::Db;
use crate::db::conn::Conn;
use crate::demand::paths::{self, COUNT_MAX, PathsView};
use crate::demand::run::{self, RunView};
use crate::places;
use crate::web::body::Params;
use crate::web::paging::{Cut, Page};

/// Drawing forecasts a whole site again: one at a time, so that it can't take all readers of the database.
static DRAWING: Semaphore = Semaphore::const_new(1);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(&Method::GET, "/api/v1/forecast-runs", role::PEOPLE, get_runs)
            .about("demand", "Forecast runs, newest first, with the accuracy of each group")
            .query::<RunQuery>()
            .answers::<Page<RunView>>(200),
        Route::new(&Method::GET, "/api/v1/forecast-runs/{id}", role::PEOPLE, get_run)
            .about("demand", "One forecast run")
            .answers::<RunView>(200),
        Route::new(&Method::GET, "/api/v1/forecast-runs/{id}/input", role::PEOPLE, get_input)
            .about("demand", "The exact input of a run, the very bytes that were hashed: series, circumstances, horizon"),
        Route::new(&Method::GET, "/api/v1/forecasts/{place}/{item}/paths", role::PEOPLE, get_paths)
            .about("demand", "Possible futures drawn from the newest forecast; the same each time")
            .query::<PathsQuery>()
            .answers::<PathsView>(200),
    ]
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct RunQuery {
    /// 1..500, default 50.
    limit: Option<i64>,
    /// From `next` of the page before.
    cursor: Option<String>,
}

async fn get_runs(caller: Caller, db: web::Data<Db>, query: Params<RunQuery>, request: HttpRequest) -> Result<HttpResponse> {
    let cut = Cut::parse(query.0.limit, query.0.cursor.as_deref())?;
    let before = if cut.after.is_empty() { i64::MAX } else { cut.after_id()? };
    let limit = cut.limit + 1;
    let rows = db.read(move |conn| run::list(conn, caller.site, before, limit)).await?;
    Ok(Page::of(rows, &cut, |row| row.id.clone()).answer(&request))
}

/// The run that a path names, if the caller may see it.
fn named(conn: &mut Conn, caller: &Caller, name: &str) -> Result<RunView> {
    // `newest` would be the newest of any site.
    let id: i64 = name.parse().ok().ok_or_else(|| Error::not_found("forecast run", name))?;
    let run = run::find(conn, &id.to_string())?;
    caller.require_site(run.site_id)?;
    Ok(run)
}

async fn get_run(caller: Caller, db: web::Data<Db>, path: web::Path<String>) -> Result<HttpResponse> {
    let run = db.read(move |conn| named(conn, &caller, &path)).await?;
    Ok(HttpResponse::Ok().json(run))
}

async fn get_input(caller: Caller, db: web::Data<Db>, path: web::Path<String>) -> Result<HttpResponse> {
    let text = db
        .read(move |conn| {
            let run = named(conn, &caller, &path)?;
            run::input_text(conn, &run)
        })
        .await?;
    Ok(HttpResponse::Ok().content_type("application/json").body(text))
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct PathsQuery {
    /// 1..1000, default 100.
    count: Option<usize>,
}

async fn get_paths(
    caller: Caller,
    db: web::Data<Db>,
    path: web::Path<(String, String)>,
    query: Params<PathsQuery>,
) -> Result<HttpResponse> {
    let count = query.0.count.unwrap_or(100);
    if !(1..=COUNT_MAX).contains(&count) {
        return Err(Error::field("count", "out_of_range", format!("must be 1..{COUNT_MAX}, not {count}")));
    }
    let (place, item) = path.into_inner();
    let turn = DRAWING.acquire().await.map_err(|cause| Error::internal("nobody draws paths any more").because(cause))?;
    let drawn = db
        .read(move |conn| {
            let place = places::find(conn, &place)?;
            caller.require_site(place.site_id)?;
            let item = item::find(conn, &item)?;
            paths::draw(conn, &place.code, &item.code, place.site_id, count)
        })
        .await?;
    drop(turn);
    Ok(HttpResponse::Ok().json(drawn))
}
