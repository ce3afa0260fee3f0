//! `/api/v1/demand-events`.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use crate::access::caller::Caller;
use crate::access::role;
use crate::access::route::Route;
use crate::base::error::Result;
use crate::catalogue::http::shown;
use crate::db::Db;
use crate::demand::event::{self, EventContent, EventView};
use crate::places;
use crate::web::body::{Params, Posted};
use crate::web::idempotency::{Answer, once};
use crate::web::paging::{Cut, Page};
use crate::web::precondition::if_match;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(&Method::GET, "/api/v1/demand-events", role::PEOPLE, get_events)
            .about("demand", "Demand events, newest first")
            .query::<EventQuery>()
            .answers::<Page<EventView>>(200),
        Route::new(&Method::POST, "/api/v1/demand-events", role::PLANNERS, post_event)
            .about("demand", "Enter a time with other demand than usual: a campaign, an outbreak, a closed ward")
            .takes::<EventContent>(json!({
                "site": "H1", "group": "antibiotic", "first_day": "2026-12-07", "last_day": "2026-12-20", "factor": 1.5,
                "note": "expected wave of pneumonia"
            }))
            .answers::<EventView>(201),
        Route::new(&Method::GET, "/api/v1/demand-events/{id}", role::PEOPLE, get_event)
            .about("demand", "One demand event, with its ETag")
            .answers::<EventView>(200),
        Route::new(&Method::DELETE, "/api/v1/demand-events/{id}", role::PLANNERS, delete_event).about("demand", "Remove a demand event"),
    ]
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct EventQuery {
    /// Only this site.
    site: Option<String>,
    /// 1..500, default 50.
    limit: Option<i64>,
    /// From `next` of the page before.
    cursor: Option<String>,
}

async fn get_events(caller: Caller, db: web::Data<Db>, query: Params<EventQuery>, request: HttpRequest) -> Result<HttpResponse> {
    let cut = Cut::parse(query.0.limit, query.0.cursor.as_deref())?;
    let before = if cut.after.is_empty() { i64::MAX } else { cut.after_id()? };
    let (site, limit) = (query.0.site.unwrap_or_default(), cut.limit + 1);
    let rows = db.read(move |conn| event::list(conn, caller.site, &site, before, limit)).await?;
    Ok(Page::of(rows, &cut, |row| row.id.clone()).answer(&request))
}

async fn post_event(caller: Caller, db: web::Data<Db>, posted: Posted) -> Result<Answer> {
    let wish: EventContent = posted.json()?;
    once(&db, caller.actor(), &posted, move |tx| {
        let site = places::find_site(tx.conn, &wish.site)?;
        caller.require_site(site.site_id)?;
        let made = event::create(tx, &caller.actor(), &site, wish)?;
        Ok(Answer::created(format!("/api/v1/demand-events/{}", made.id), &made)?.version(made.version))
    })
    .await
}

async fn get_event(caller: Caller, db: web::Data<Db>, path: web::Path<String>) -> Result<HttpResponse> {
    let found = db.read(move |conn| event::view(conn, &path)).await?;
    caller.require_site(found.site_id)?;
    Ok(shown(found.version, &found))
}

async fn delete_event(caller: Caller, db: web::Data<Db>, path: web::Path<String>, request: HttpRequest) -> Result<HttpResponse> {
    let seen = if_match(&request)?;
    db.write(move |tx| {
        let found = event::view(tx.conn, &path)?;
        caller.require_site(found.site_id)?;
        event::remove(tx, &caller.actor(), &found, seen)
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}
