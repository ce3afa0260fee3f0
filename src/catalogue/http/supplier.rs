//! `/api/v1/suppliers`.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::{SearchQuery, shown};
use crate::access::caller::Caller;
use crate::access::role;
use crate::access::route::Route;
use crate::base::error::Result;
use crate::catalogue::kept::Kept;
use crate::catalogue::supplier::{self, SupplierContent, SupplierPatch};
use crate::db::Db;
use crate::web::body::{Params, Posted};
use crate::web::idempotency::{Answer, once};
use crate::web::paging::{Cut, Page};
use crate::web::precondition::if_match;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(&Method::GET, "/api/v1/suppliers", role::PEOPLE, get_suppliers)
            .about("catalogue", "Suppliers that are not archived, by code")
            .query::<SearchQuery>()
            .answers::<Page<Kept<SupplierContent>>>(200),
        Route::new(&Method::POST, "/api/v1/suppliers", role::CATALOGUE_KEEPERS, post_supplier)
            .about("catalogue", "Make a supplier")
            .takes::<SupplierContent>(json!({"code": "S1", "name": "Central store", "lead_time_days": 3, "currency": "EUR", "order_cost": {"minor": 2500, "currency": "EUR"}, "order_weekdays": ["mon", "thu"]}))
            .answers::<Kept<SupplierContent>>(201),
        Route::new(&Method::GET, "/api/v1/suppliers/{id}", role::PEOPLE, get_supplier)
            .about("catalogue", "One supplier, by code or id, with its ETag")
            .answers::<Kept<SupplierContent>>(200),
        Route::new(&Method::PATCH, "/api/v1/suppliers/{id}", role::CATALOGUE_KEEPERS, patch_supplier)
            .about("catalogue", "Change the named fields of a supplier")
            .takes::<SupplierPatch>(json!({"lead_time_days": 4, "order_weekdays": []}))
            .answers::<Kept<SupplierContent>>(200),
        Route::new(&Method::DELETE, "/api/v1/suppliers/{id}", role::CATALOGUE_KEEPERS, delete_supplier)
            .about("catalogue", "Archive a supplier; PATCH with archived=false brings it back"),
    ]
}

async fn get_suppliers(_: Caller, db: web::Data<Db>, query: Params<SearchQuery>, request: HttpRequest) -> Result<HttpResponse> {
    let SearchQuery { q, limit, cursor } = query.0;
    let cut = Cut::parse(limit, cursor.as_deref())?;
    let wanted = cut.clone();
    let rows = db.read(move |conn| supplier::list(conn, q.as_deref(), &wanted.after, wanted.limit + 1)).await?;
    Ok(Page::of(rows, &cut, |row| row.content.code.clone()).answer(&request))
}

async fn post_supplier(caller: Caller, db: web::Data<Db>, posted: Posted) -> Result<Answer> {
    let wish: SupplierContent = posted.json()?;
    let actor = caller.actor();
    once(&db, caller.actor(), &posted, move |tx| {
        let kept = supplier::create(tx, &actor, wish)?;
        Ok(Answer::created(format!("/api/v1/suppliers/{}", kept.id), &kept)?.version(kept.version))
    })
    .await
}

async fn get_supplier(_: Caller, db: web::Data<Db>, path: web::Path<String>) -> Result<HttpResponse> {
    let kept = db.read(move |conn| supplier::view(conn, &path)).await?;
    Ok(shown(kept.version, &kept))
}

async fn patch_supplier(
    caller: Caller,
    db: web::Data<Db>,
    path: web::Path<String>,
    request: HttpRequest,
    posted: Posted,
) -> Result<HttpResponse> {
    let seen = if_match(&request)?;
    let wish: SupplierPatch = posted.json()?;
    let kept = db.write(move |tx| supplier::change(tx, &caller.actor(), &path, seen, wish)).await?;
    Ok(shown(kept.version, &kept))
}

async fn delete_supplier(caller: Caller, db: web::Data<Db>, path: web::Path<String>, request: HttpRequest) -> Result<HttpResponse> {
    let seen = if_match(&request)?;
    db.write(move |tx| supplier::archive(tx, &caller.actor(), &path, seen)).await?;
    Ok(HttpResponse::NoContent().finish())
}
