//! Calls of the room: places and par levels. A caller bound to one site sees and changes that site only.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::par::{self, ParPatch, ParView, Wanted};
use super::place::{self, PlaceContent, PlacePatch, PlaceView};
use super::{PlaceKey, PlaceKind, find};
use crate::access::caller::Caller;
use crate::access::role;
use crate::access::route::Route;
use crate::base::error::Result;
use crate::catalogue::http::shown;
use crate::catalogue::item::{self, Item};
use crate::db::Db;
use crate::db::conn::Conn;
use crate::web::body::{Params, Posted};
use crate::web::idempotency::{Answer, once};
use crate::web::paging::{Cut, Page};
use crate::web::precondition::if_match;

/// The calls.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(&Method::GET, "/api/v1/places", role::PEOPLE, get_places)
            .about("places", "Places that are not archived, by code")
            .query::<PlaceQuery>()
            .answers::<Page<PlaceView>>(200),
        Route::new(&Method::POST, "/api/v1/places", role::CATALOGUE_KEEPERS, post_place)
            .about("places", "Make a place; a new site needs a token for every site")
            .takes::<PlaceContent>(json!({"code": "W1", "name": "Ward 1", "kind": "ward", "parent": "STORE"}))
            .answers::<PlaceView>(201),
        Route::new(&Method::GET, "/api/v1/places/{id}", role::PEOPLE, get_place)
            .about("places", "One place, by code or id, with its ETag")
            .answers::<PlaceView>(200),
        Route::new(&Method::PATCH, "/api/v1/places/{id}", role::CATALOGUE_KEEPERS, patch_place)
            .about("places", "Change the named fields of a place")
            .takes::<PlacePatch>(json!({"name": "Ward 1 north", "capacity_refrigerated_litres": 120.0}))
            .answers::<PlaceView>(200),
        Route::new(&Method::DELETE, "/api/v1/places/{id}", role::CATALOGUE_KEEPERS, delete_place)
            .about("places", "Archive a place that holds neither stock nor places; PATCH with archived=false brings it back"),
        Route::new(&Method::GET, "/api/v1/par-levels", role::PEOPLE, get_par_levels)
            .about("places", "Par and maximum levels, by place and item")
            .query::<ParQuery>()
            .answers::<Page<ParView>>(200),
        Route::new(&Method::GET, "/api/v1/par-levels/{place}/{item}", role::PEOPLE, get_par_level)
            .about("places", "The levels of one item at one place, with their ETag; version 0: never set")
            .answers::<ParView>(200),
        Route::new(&Method::PATCH, "/api/v1/par-levels/{place}/{item}", role::CATALOGUE_KEEPERS, patch_par_level)
            .about("places", "Change the levels of one item at one place; of two at once, the second gets 412")
            .takes::<ParPatch>(json!({"par_level": 120, "max_level": 200}))
            .answers::<ParView>(200),
    ]
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct PlaceQuery {
    /// A word in code or name.
    q: Option<String>,
    /// 1..500, default 50.
    limit: Option<i64>,
    /// From `next` of the page before.
    cursor: Option<String>,
}

async fn get_places(caller: Caller, db: web::Data<Db>, query: Params<PlaceQuery>, request: HttpRequest) -> Result<HttpResponse> {
    let PlaceQuery { q, limit, cursor } = query.0;
    let cut = Cut::parse(limit, cursor.as_deref())?;
    let wanted = cut.clone();
    let rows = db.read(move |conn| place::list(conn, caller.site, q.as_deref(), &wanted.after, wanted.limit + 1)).await?;
    Ok(Page::of(rows, &cut, |row| row.content.code.clone()).answer(&request))
}

async fn post_place(caller: Caller, db: web::Data<Db>, posted: Posted) -> Result<Answer> {
    let wish: PlaceContent = posted.json()?;
    if wish.kind == PlaceKind::Site {
        caller.require_every_site()?;
    }
    once(&db, caller.actor(), &posted, move |tx| {
        let place = place::create(tx, &caller.actor(), caller.site, wish)?;
        Ok(Answer::created(format!("/api/v1/places/{}", place.id), &place)?.version(place.version))
    })
    .await
}

async fn get_place(caller: Caller, db: web::Data<Db>, path: web::Path<String>) -> Result<HttpResponse> {
    let place = db.read(move |conn| place::view(conn, &path)).await?;
    caller.require_site(place.site_id)?;
    Ok(shown(place.version, &place))
}

async fn patch_place(
    caller: Caller,
    db: web::Data<Db>,
    path: web::Path<String>,
    request: HttpRequest,
    posted: Posted,
) -> Result<HttpResponse> {
    let seen = if_match(&request)?;
    let wish: PlacePatch = posted.json()?;
    let place = db.write(move |tx| place::change(tx, &caller.actor(), caller.site, &path, seen, wish)).await?;
    Ok(shown(place.version, &place))
}

async fn delete_place(caller: Caller, db: web::Data<Db>, path: web::Path<String>, request: HttpRequest) -> Result<HttpResponse> {
    let seen = if_match(&request)?;
    db.write(move |tx| place::archive(tx, &caller.actor(), caller.site, &path, seen)).await?;
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct ParQuery {
    /// Code of the place.
    place: Option<String>,
    /// Code of the item.
    item: Option<String>,
    /// 1..500, default 50.
    limit: Option<i64>,
    /// From `next` of the page before.
    cursor: Option<String>,
}

async fn get_par_levels(caller: Caller, db: web::Data<Db>, query: Params<ParQuery>, request: HttpRequest) -> Result<HttpResponse> {
    let ParQuery { place, item, limit, cursor } = query.0;
    let cut = Cut::parse(limit, cursor.as_deref())?;
    let after = cut.clone();
    let wanted = Wanted { site: caller.site, place, item };
    let rows = db.read(move |conn| par::list(conn, &wanted, &after.after, after.limit + 1)).await?;
    Ok(Page::of(rows, &cut, |row| format!("{}~{}", row.place, row.item)).answer(&request))
}

/// The place, within the caller's grant, and the item that a path names.
fn named_in(conn: &mut Conn, caller: &Caller, (place, item): &(String, String)) -> Result<(PlaceKey, Item)> {
    let place = find(conn, place)?;
    caller.require_site(place.site_id)?;
    Ok((place, item::find(conn, item)?))
}

async fn get_par_level(caller: Caller, db: web::Data<Db>, path: web::Path<(String, String)>) -> Result<HttpResponse> {
    let level = db
        .read(move |conn| {
            let (place, item) = named_in(conn, &caller, &path)?;
            par::view(conn, &place, &item)
        })
        .await?;
    Ok(shown(level.version, &level))
}

async fn patch_par_level(
    caller: Caller,
    db: web::Data<Db>,
    path: web::Path<(String, String)>,
    request: HttpRequest,
    posted: Posted,
) -> Result<HttpResponse> {
    let seen = if_match(&request)?;
    let wish: ParPatch = posted.json()?;
    let level = db
        .write(move |tx| {
            let (place, item) = named_in(tx.conn, &caller, &path)?;
            par::change(tx, &caller.actor(), &place, &item, seen, &wish)
        })
        .await?;
    Ok(shown(level.version, &level))
}
