//! `/api/v1/holidays`; one of them is `/api/v1/holidays/SITE/YYYY-MM-DD`.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use crate::access::caller::Caller;
use crate::access::role;
use crate::access::route::Route;
use crate::base::error::{Error, Result};
use crate::base::time::Day;
use crate::catalogue::http::shown;
use crate::db::Db;
use crate::db::conn::Conn;
use crate::demand::holiday::{self, HolidayContent, HolidayView};
use crate::places::{self, PlaceKey};
use crate::web::body::{Params, Posted};
use crate::web::idempotency::Answer;
use crate::web::paging::{Cut, Page};
use crate::web::precondition::if_match;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(&Method::GET, "/api/v1/holidays", role::PEOPLE, get_holidays)
            .about("demand", "Holidays, by site and day")
            .query::<HolidayQuery>()
            .answers::<Page<HolidayView>>(200),
        Route::new(&Method::GET, "/api/v1/holidays/{site}/{day}", role::PEOPLE, get_holiday)
            .about("demand", "One holiday, with its ETag")
            .answers::<HolidayView>(200),
        Route::new(&Method::PUT, "/api/v1/holidays/{site}/{day}", role::PLANNERS, put_holiday)
            .about("demand", "Make a day a holiday (201), or change its name (If-Match needed, 200)")
            .takes::<HolidayContent>(json!({"name": "Christmas Day"}))
            .answers::<HolidayView>(200),
        Route::new(&Method::DELETE, "/api/v1/holidays/{site}/{day}", role::PLANNERS, delete_holiday).about("demand", "Remove a holiday"),
    ]
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct HolidayQuery {
    /// Only this site.
    site: Option<String>,
    /// 1..500, default 50.
    limit: Option<i64>,
    /// From `next` of the page before.
    cursor: Option<String>,
}

async fn get_holidays(caller: Caller, db: web::Data<Db>, query: Params<HolidayQuery>, request: HttpRequest) -> Result<HttpResponse> {
    let cut = Cut::parse(query.0.limit, query.0.cursor.as_deref())?;
    let (site, day) = cut.after.split_once('|').unwrap_or(("", "0"));
    let (after, day) = (site.to_owned(), day.parse::<i64>().unwrap_or(0));
    let (site, limit) = (query.0.site.unwrap_or_default(), cut.limit + 1);
    let rows = db.read(move |conn| holiday::list(conn, caller.site, &site, (&after, day), limit)).await?;
    Ok(Page::of(rows, &cut, |row| format!("{}|{}", row.site, row.day.0)).answer(&request))
}

/// The site, within the caller's grant, and the day that a path names.
fn named(conn: &mut Conn, caller: &Caller, (site, day): &(String, String)) -> Result<(PlaceKey, Day)> {
    let site = places::find_site(conn, site)?;
    caller.require_site(site.site_id)?;
    Ok((site, Day::parse(day).map_err(|detail| Error::field("day", "bad_date", detail))?))
}

async fn get_holiday(caller: Caller, db: web::Data<Db>, path: web::Path<(String, String)>) -> Result<HttpResponse> {
    let view = db
        .read(move |conn| {
            let (site, day) = named(conn, &caller, &path)?;
            holiday::view(conn, &site, day)
        })
        .await?;
    Ok(shown(view.version, &view))
}

async fn put_holiday(
    caller: Caller,
    db: web::Data<Db>,
    path: web::Path<(String, String)>,
    request: HttpRequest,
    posted: Posted,
) -> Result<Answer> {
    let seen = request.headers().contains_key("if-match").then(|| if_match(&request)).transpose()?;
    let wish: HolidayContent = posted.json()?;
    let location = request.path().to_owned();
    db.write(move |tx| {
        let (site, day) = named(tx.conn, &caller, &path)?;
        let (view, new) = holiday::put(tx, &caller.actor(), &site, day, seen, &wish)?;
        let answer = if new { Answer::created(location, &view)? } else { Answer::ok(&view)? };
        Ok(answer.version(view.version))
    })
    .await
}

async fn delete_holiday(
    caller: Caller,
    db: web::Data<Db>,
    path: web::Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let seen = if_match(&request)?;
    db.write(move |tx| {
        let (site, day) = named(tx.conn, &caller, &path)?;
        holiday::remove(tx, &caller.actor(), &site, day, seen)
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}
