//! `/api/v1/items`.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::{SearchQuery, shown};
use crate::access::caller::Caller;
use crate::access::role;
use crate::access::route::Route;
use crate::base::error::Result;
use crate::catalogue::item::{self, ItemContent, ItemPatch};
use crate::catalogue::kept::Kept;
use crate::db::Db;
use crate::web::body::{Params, Posted};
use crate::web::idempotency::{Answer, once};
use crate::web::paging::{Cut, Page};
use crate::web::precondition::if_match;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(&Method::GET, "/api/v1/items", role::PEOPLE, get_items)
            .about("catalogue", "Items that are not archived, by code")
            .query::<SearchQuery>()
            .answers::<Page<Kept<ItemContent>>>(200),
        Route::new(&Method::POST, "/api/v1/items", role::CATALOGUE_KEEPERS, post_item)
            .about("catalogue", "Make an item")
            .takes::<ItemContent>(json!({"code": "P1", "name": "Paracetamol 500 mg", "base_unit": "tablet", "ven": "E", "gtin": "4006381333931", "volume_ml": 0.8}))
            .answers::<Kept<ItemContent>>(201),
        Route::new(&Method::GET, "/api/v1/items/{id}", role::PEOPLE, get_item)
            .about("catalogue", "One item, by code or id, with its ETag")
            .answers::<Kept<ItemContent>>(200),
        Route::new(&Method::PATCH, "/api/v1/items/{id}", role::CATALOGUE_KEEPERS, patch_item)
            .about("catalogue", "Change the named fields of an item")
            .takes::<ItemPatch>(json!({"ven": "V", "shelf_life_days": 730}))
            .answers::<Kept<ItemContent>>(200),
        Route::new(&Method::DELETE, "/api/v1/items/{id}", role::CATALOGUE_KEEPERS, delete_item)
            .about("catalogue", "Archive an item; PATCH with archived=false brings it back"),
    ]
}

async fn get_items(_: Caller, db: web::Data<Db>, query: Params<SearchQuery>, request: HttpRequest) -> Result<HttpResponse> {
    let SearchQuery { q, limit, cursor } = query.0;
    let cut = Cut::parse(limit, cursor.as_deref())?;
    let wanted = cut.clone();
    let rows = db.read(move |conn| item::list(conn, q.as_deref(), &wanted.after, wanted.limit + 1)).await?;
    Ok(Page::of(rows, &cut, |row| row.content.code.clone()).answer(&request))
}

async fn post_item(caller: Caller, db: web::Data<Db>, posted: Posted) -> Result<Answer> {
    let wish: ItemContent = posted.json()?;
    let actor = caller.actor();
    once(&db, caller.actor(), &posted, move |tx| {
        let kept = item::create(tx, &actor, wish)?;
        Ok(Answer::created(format!("/api/v1/items/{}", kept.id), &kept)?.version(kept.version))
    })
    .await
}

async fn get_item(_: Caller, db: web::Data<Db>, path: web::Path<String>) -> Result<HttpResponse> {
    let kept = db.read(move |conn| item::view(conn, &path)).await?;
    Ok(shown(kept.version, &kept))
}

async fn patch_item(
    caller: Caller,
    db: web::Data<Db>,
    path: web::Path<String>,
    request: HttpRequest,
    posted: Posted,
) -> Result<HttpResponse> {
    let seen = if_match(&request)?;
    let wish: ItemPatch = posted.json()?;
    let kept = db.write(move |tx| item::change(tx, &caller.actor(), &path, seen, wish)).await?;
    Ok(shown(kept.version, &kept))
}

async fn delete_item(caller: Caller, db: web::Data<Db>, path: web::Path<String>, request: HttpRequest) -> Result<HttpResponse> {
    let seen = if_match(&request)?;
    db.write(move |tx| item::archive(tx, &caller.actor(), &path, seen)).await?;
    Ok(HttpResponse::NoContent().finish())
}
