//! `/api/v1/substitutes`; one of them is `/api/v1/substitutes/ITEM~SUBSTITUTE`.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::shown;
use crate::access::caller::Caller;
use crate::access::role;
use crate::access::route::Route;
use crate::base::error::Result;
use crate::catalogue::substitute::{self, SubstituteContent, SubstitutePatch, SubstituteView};
use crate::db::Db;
use crate::web::body::{Params, Posted};
use crate::web::idempotency::{Answer, once};
use crate::web::paging::{Cut, Page};
use crate::web::precondition::if_match;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(&Method::GET, "/api/v1/substitutes", role::PEOPLE, get_substitutes)
            .about("catalogue", "Substitutes, by item and substitute")
            .query::<SubstituteQuery>()
            .answers::<Page<SubstituteView>>(200),
        Route::new(&Method::POST, "/api/v1/substitutes", role::CATALOGUE_KEEPERS, post_substitute)
            .about("catalogue", "Make a substitute")
            .takes::<SubstituteContent>(json!({"item": "P1", "substitute": "P2", "ratio": 1.0, "needs_approval": true}))
            .answers::<SubstituteView>(201),
        Route::new(&Method::GET, "/api/v1/substitutes/{id}", role::PEOPLE, get_substitute)
            .about("catalogue", "One substitute, by ITEM~SUBSTITUTE, with its ETag")
            .answers::<SubstituteView>(200),
        Route::new(&Method::PATCH, "/api/v1/substitutes/{id}", role::CATALOGUE_KEEPERS, patch_substitute)
            .about("catalogue", "Change the named fields of a substitute")
            .takes::<SubstitutePatch>(json!({"ratio": 0.5}))
            .answers::<SubstituteView>(200),
        Route::new(&Method::DELETE, "/api/v1/substitutes/{id}", role::CATALOGUE_KEEPERS, delete_substitute)
            .about("catalogue", "Remove a substitute"),
    ]
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct SubstituteQuery {
    /// A word in code or name of either item, or in the GTIN.
    q: Option<String>,
    /// Code of the item that is missing.
    item: Option<String>,
    /// 1..500, default 50.
    limit: Option<i64>,
    /// From `next` of the page before.
    cursor: Option<String>,
}

async fn get_substitutes(_: Caller, db: web::Data<Db>, query: Params<SubstituteQuery>, request: HttpRequest) -> Result<HttpResponse> {
    let SubstituteQuery { q, item, limit, cursor } = query.0;
    let cut = Cut::parse(limit, cursor.as_deref())?;
    let wanted = cut.clone();
    let rows = db
        .read(move |conn| substitute::list(conn, q.as_deref(), item.as_deref().unwrap_or_default(), &wanted.after, wanted.limit + 1))
        .await?;
    Ok(Page::of(rows, &cut, |row| row.id.clone()).answer(&request))
}

async fn post_substitute(caller: Caller, db: web::Data<Db>, posted: Posted) -> Result<Answer> {
    let wish: SubstituteContent = posted.json()?;
    let actor = caller.actor();
    once(&db, caller.actor(), &posted, move |tx| {
        let kept = substitute::create(tx, &actor, wish)?;
        // Codes may hold '/', which would end the path's part.
        let location = format!("/api/v1/substitutes/{}", kept.id.replace('/', "%2F"));
        Ok(Answer::created(location, &kept)?.version(kept.version))
    })
    .await
}

async fn get_substitute(_: Caller, db: web::Data<Db>, path: web::Path<String>) -> Result<HttpResponse> {
    let kept = db.read(move |conn| substitute::view(conn, &path)).await?;
    Ok(shown(kept.version, &kept))
}

async fn patch_substitute(
    caller: Caller,
    db: web::Data<Db>,
    path: web::Path<String>,
    request: HttpRequest,
    posted: Posted,
) -> Result<HttpResponse> {
    let seen = if_match(&request)?;
    let wish: SubstitutePatch = posted.json()?;
    let kept = db.write(move |tx| substitute::change(tx, &caller.actor(), &path, seen, &wish)).await?;
    Ok(shown(kept.version, &kept))
}

async fn delete_substitute(caller: Caller, db: web::Data<Db>, path: web::Path<String>, request: HttpRequest) -> Result<HttpResponse> {
    let seen = if_match(&request)?;
    db.write(move |tx| substitute::remove(tx, &caller.actor(), &path, seen)).await?;
    Ok(HttpResponse::NoContent().finish())
}
