//! `/api/v1/offers`.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::shown;
use crate::access::caller::Caller;
use crate::access::role;
use crate::access::route::Route;
use crate::base::error::Result;
use crate::catalogue::kept::Kept;
use crate::catalogue::offer::{self, OfferContent, OfferPatch, Wanted};
use crate::db::Db;
use crate::web::body::{Params, Posted};
use crate::web::idempotency::{Answer, once};
use crate::web::paging::{Cut, Page};
use crate::web::precondition::if_match;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(&Method::GET, "/api/v1/offers", role::PEOPLE, get_offers)
            .about("catalogue", "Offers that are not archived, by id")
            .query::<OfferQuery>()
            .answers::<Page<Kept<OfferContent>>>(200),
        Route::new(&Method::POST, "/api/v1/offers", role::CATALOGUE_KEEPERS, post_offer)
            .about("catalogue", "Make an offer")
            .takes::<OfferContent>(
                json!({"item": "P1", "supplier": "S1", "units_per_pack": 10, "price": {"minor": 1250, "currency": "EUR"}, "moq_packs": 2}),
            )
            .answers::<Kept<OfferContent>>(201),
        Route::new(&Method::GET, "/api/v1/offers/{id}", role::PEOPLE, get_offer)
            .about("catalogue", "One offer, by id, with its ETag")
            .answers::<Kept<OfferContent>>(200),
        Route::new(&Method::PATCH, "/api/v1/offers/{id}", role::CATALOGUE_KEEPERS, patch_offer)
            .about("catalogue", "Change the named fields of an offer; another pack or first day is another offer")
            .takes::<OfferPatch>(json!({"price": {"minor": 1300, "currency": "EUR"}}))
            .answers::<Kept<OfferContent>>(200),
        Route::new(&Method::DELETE, "/api/v1/offers/{id}", role::CATALOGUE_KEEPERS, delete_offer)
            .about("catalogue", "Archive an offer; PATCH with archived=false brings it back"),
    ]
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct OfferQuery {
    /// A word in code or name of item or supplier, or in the GTIN.
    q: Option<String>,
    /// Code of the item.
    item: Option<String>,
    /// Code of the supplier.
    supplier: Option<String>,
    /// 1..500, default 50.
    limit: Option<i64>,
    /// From `next` of the page before.
    cursor: Option<String>,
}

async fn get_offers(_: Caller, db: web::Data<Db>, query: Params<OfferQuery>, request: HttpRequest) -> Result<HttpResponse> {
    let OfferQuery { q, item, supplier, limit, cursor } = query.0;
    let cut = Cut::parse(limit, cursor.as_deref())?;
    let (after, limit) = (cut.after_id()?, cut.limit + 1);
    let rows = db.read(move |conn| offer::list(conn, &Wanted { q, item, supplier }, after, limit)).await?;
    Ok(Page::of(rows, &cut, |row| row.id.to_string()).answer(&request))
}

async fn post_offer(caller: Caller, db: web::Data<Db>, posted: Posted) -> Result<Answer> {
    let wish: OfferContent = posted.json()?;
    let actor = caller.actor();
    once(&db, caller.actor(), &posted, move |tx| {
        let kept = offer::create(tx, &actor, wish)?;
        Ok(Answer::created(format!("/api/v1/offers/{}", kept.id), &kept)?.version(kept.version))
    })
    .await
}

async fn get_offer(_: Caller, db: web::Data<Db>, path: web::Path<String>) -> Result<HttpResponse> {
    let kept = db.read(move |conn| offer::view(conn, &path)).await?;
    Ok(shown(kept.version, &kept))
}

async fn patch_offer(
    caller: Caller,
    db: web::Data<Db>,
    path: web::Path<String>,
    request: HttpRequest,
    posted: Posted,
) -> Result<HttpResponse> {
    let seen = if_match(&request)?;
    let wish: OfferPatch = posted.json()?;
    let kept = db.write(move |tx| offer::change(tx, &caller.actor(), &path, seen, wish)).await?;
    Ok(shown(kept.version, &kept))
}

async fn delete_offer(caller: Caller, db: web::Data<Db>, path: web::Path<String>, request: HttpRequest) -> Result<HttpResponse> {
    let seen = if_match(&request)?;
    db.write(move |tx| offer::archive(tx, &caller.actor(), &path, seen)).await?;
    Ok(HttpResponse::NoContent().finish())
}
