//! Calls of the room: list alerts, acknowledge one.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::{AlertView, Wanted};
use crate::access::caller::Caller;
use crate::access::role::{self, Role};
use crate::access::route::Route;
use crate::base::error::{Error, Result};
use crate::db::Db;
use crate::web::body::{Params, Posted};
use crate::web::idempotency::{Answer, once};
use crate::web::paging::{Cut, Page};

/// Those who take an alert on.
const ACKNOWLEDGERS: &[Role] = &[Role::Technician, Role::Pharmacist, Role::Procurement, Role::Approver, Role::Admin];

/// The calls.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(&Method::GET, "/api/v1/alerts", role::PEOPLE, get_alerts)
            .about("alerts", "Alerts, open ones first, then the newest")
            .query::<AlertQuery>()
            .answers::<Page<AlertView>>(200),
        Route::new(&Method::POST, "/api/v1/alerts/{id}/acknowledge", ACKNOWLEDGERS, post_acknowledge)
            .about("alerts", "Take an alert on; the first one to do so stands")
            .answers::<AlertView>(200),
    ]
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct AlertQuery {
    /// `open` (default) or `all`.
    state: Option<String>,
    /// 1..500, default 50.
    limit: Option<i64>,
    /// From `next` of the page before.
    cursor: Option<String>,
}

async fn get_alerts(caller: Caller, db: web::Data<Db>, query: Params<AlertQuery>, request: HttpRequest) -> Result<HttpResponse> {
    let query = query.0;
    let closed_too = match query.state.as_deref() {
        None | Some("open") => false,
        Some("all") => true,
        Some(_) => return Err(Error::field("state", "one_of", "must be open or all")),
    };
    let cut = Cut::parse(query.limit, query.cursor.as_deref())?;
    let wanted = Wanted { site_id: caller.site, closed_too, after: sort_key(&cut.after)?, limit: cut.limit + 1 };
    let rows = db.read(move |conn| super::list(conn, &wanted)).await?;
    Ok(Page::of(rows, &cut, |row| format!("{}|{}", row.sort_key().0, row.sort_key().1)).answer(&request))
}

fn sort_key(after: &str) -> Result<Option<(i64, i64)>> {
    if after.is_empty() {
        return Ok(None);
    }
    after
        .split_once('|')
        .and_then(|(closed, id)| Some((closed.parse().ok()?, id.parse().ok()?)))
        .map(Some)
        .ok_or_else(|| Error::field("cursor", "cursor", "is none that this list gave out; start without it"))
}

async fn post_acknowledge(caller: Caller, db: web::Data<Db>, path: web::Path<String>, posted: Posted) -> Result<Answer> {
    let name = path.into_inner();
    once(&db, caller.actor(), &posted, move |tx| {
        let alert = super::find(tx.conn, &name)?;
        caller.require_site(alert.site_id)?;
        Answer::ok(&super::acknowledge(tx, &caller.actor(), &alert)?)
    })
    .await
}
