//! Calls of the room: tokens, devices, audit. Answers that hold a secret are never kept for replay.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::audit::{self, AuditView};
use super::caller::Caller;
use super::device::{self, Decision, DeviceView, IssuedDevice, NewDevice};
use super::role;
use super::route::Route;
use super::token::{self, IssuedToken, NewToken, TokenView};
use crate::base::error::{Error, Result};
use crate::db::Db;
use crate::web::body::{Params, Posted};
use crate::web::idempotency::{Answer, once};
use crate::web::paging::{Cut, Page};

/// The calls.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(&Method::GET, "/api/v1/tokens", role::ADMINS, get_tokens)
            .about("access", "All bearer tokens, without secrets")
            .answers::<Vec<TokenView>>(200),
        Route::new(&Method::POST, "/api/v1/tokens", role::ADMINS, post_token)
            .about("access", "Make a bearer token; it is shown this once")
            .takes::<NewToken>(json!({"name": "Pharmacy desk", "role": "pharmacist"}))
            .answers::<IssuedToken>(201),
        Route::new(&Method::POST, "/api/v1/tokens/{id}/revoke", role::ADMINS, post_token_revoke).about("access", "End a token at once"),
        Route::new(&Method::GET, "/api/v1/devices", role::PEOPLE, get_devices)
            .about("access", "Devices with their health")
            .query::<ListQuery>()
            .answers::<Page<DeviceView>>(200),
        Route::new(&Method::POST, "/api/v1/devices", role::ADMINS, post_device)
            .about("access", "Register a device; its token is shown this once")
            .takes::<NewDevice>(json!({"code": "gw-1", "name": "Pharmacy gateway", "approve": true}))
            .answers::<IssuedDevice>(201),
        Route::new(&Method::POST, "/api/v1/devices/{id}/approve", role::ADMINS, post_approve).about("access", "Use what a device sends"),
        Route::new(&Method::POST, "/api/v1/devices/{id}/suspend", role::ADMINS, post_suspend).about("access", "Refuse a device"),
        Route::new(&Method::POST, "/api/v1/devices/{id}/rotate", role::ADMINS, post_rotate)
            .about("access", "Give a device a new token; the old one is dead at once"),
        Route::new(&Method::GET, "/api/v1/audit", role::AUDITORS, get_audit)
            .about("access", "The newest audit entries")
            .answers::<Vec<AuditView>>(200),
    ]
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct ListQuery {
    /// 1..500, default 50.
    limit: Option<i64>,
    /// From `next` of the page before.
    cursor: Option<String>,
}

async fn get_tokens(caller: Caller, db: web::Data<Db>) -> Result<HttpResponse> {
    caller.require_every_site()?;
    Ok(HttpResponse::Ok().json(db.read(token::list).await?))
}

async fn post_token(caller: Caller, db: web::Data<Db>, posted: Posted) -> Result<Answer> {
    caller.require_every_site()?;
    let wish: NewToken = posted.json()?;
    let actor = caller.actor();
    db.write(move |tx| {
        let issued = token::issue(tx, &actor, &wish)?;
        Answer::created(format!("/api/v1/tokens/{}", issued.id), &issued)
    })
    .await
}

async fn post_token_revoke(caller: Caller, db: web::Data<Db>, path: web::Path<String>) -> Result<HttpResponse> {
    caller.require_every_site()?;
    let id: i64 = path.parse().ok().ok_or_else(|| Error::not_found("token", &path))?;
    db.write(move |tx| token::revoke(tx, &caller.actor(), id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn get_devices(caller: Caller, db: web::Data<Db>, query: Params<ListQuery>, request: HttpRequest) -> Result<HttpResponse> {
    let cut = Cut::parse(query.0.limit, query.0.cursor.as_deref())?;
    let wanted = cut.clone();
    let rows = db.read(move |conn| device::list(conn, caller.site, &wanted.after, wanted.limit + 1)).await?;
    Ok(Page::of(rows, &cut, |row| row.code.clone()).answer(&request))
}

async fn post_device(caller: Caller, db: web::Data<Db>, posted: Posted) -> Result<Answer> {
    let wish: NewDevice = posted.json()?;
    let (actor, site) = (caller.actor(), caller.site);
    db.write(move |tx| {
        let issued = device::register(tx, &actor, site, &wish)?;
        Answer::created(format!("/api/v1/devices/{}", issued.id), &issued)
    })
    .await
}

async fn post_approve(caller: Caller, db: web::Data<Db>, path: web::Path<String>, posted: Posted) -> Result<Answer> {
    decide(caller, db, path, posted, Decision::Approve).await
}

async fn post_suspend(caller: Caller, db: web::Data<Db>, path: web::Path<String>, posted: Posted) -> Result<Answer> {
    decide(caller, db, path, posted, Decision::Suspend).await
}

async fn decide(caller: Caller, db: web::Data<Db>, path: web::Path<String>, posted: Posted, decision: Decision) -> Result<Answer> {
    posted.nothing()?;
    let name = path.into_inner();
    once(&db, caller.actor(), &posted, move |tx| {
        let key = device::find(tx.conn, &name)?;
        caller.require_site(key.site_id)?;
        device::decide(tx, &caller.actor(), &key, decision)?;
        Answer::ok(&json!({"code": key.code}))
    })
    .await
}

async fn post_rotate(caller: Caller, db: web::Data<Db>, path: web::Path<String>) -> Result<Answer> {
    let name = path.into_inner();
    db.write(move |tx| {
        let key = device::find(tx.conn, &name)?;
        caller.require_site(key.site_id)?;
        let token = device::rotate(tx, &caller.actor(), &key)?;
        Answer::ok(&json!({"code": key.code, "token": token}))
    })
    .await
}

async fn get_audit(caller: Caller, db: web::Data<Db>) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(db.read(move |conn| audit::list(conn, caller.site, 500)).await?))
}
