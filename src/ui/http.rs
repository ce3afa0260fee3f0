//! Addresses of the pages: sign-in, Today and its fragment, stock, items, assets.

use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::layout::answer;
use super::page::{item, sign_in, stock, today, trial};
use super::{assets, layout};
use crate::access::caller::Caller;
use crate::access::route::Route;
use crate::access::{role, session};
use crate::base::error::{Error, Result};
use crate::db::Db;
use crate::web::body::Params;

/// Bytes of a token that somebody may type.
const TOKEN_BYTES_MAX: usize = 512;

/// The pages.
pub fn routes() -> Vec<Route> {
    vec![
        Route::public(&Method::GET, "/sign-in", get_sign_in).about("ui", "The sign-in form"),
        Route::public(&Method::POST, "/sign-in", post_sign_in)
            .about("ui", "Open a session of the page with a bearer token (form field `token`)"),
        Route::new(&Method::POST, "/sign-out", role::PEOPLE, post_sign_out).about("ui", "End the session of the page"),
        Route::new(&Method::GET, "/", role::PEOPLE, get_today)
            .about("ui", "Today: what runs out, what to order, what expires, which sensors are silent")
            .query::<TodayQuery>(),
        Route::new(&Method::GET, "/fragments/today", role::PEOPLE, get_today_fragment)
            .about("ui", "The part of Today that follows events")
            .query::<TodayQuery>(),
        Route::new(&Method::GET, "/stock", role::PEOPLE, get_stock).about("ui", "The stock list").query::<StockQuery>(),
        Route::new(&Method::GET, "/items/{code}", role::PEOPLE, get_item).about("ui", "An item: stock, lots, expected use"),
        Route::new(&Method::GET, "/trial", role::PEOPLE, get_trial)
            .about("ui", "Try a policy on the site's own record: the newest backtest as a table")
            .query::<TodayQuery>(),
        Route::public(&Method::GET, "/assets/{file}", get_asset).about("ui", "Stylesheet, script and icon"),
    ]
}

async fn get_sign_in() -> HttpResponse {
    answer(StatusCode::OK, sign_in::page(None))
}

#[derive(Debug, Deserialize)]
struct SignIn {
    token: String,
}

async fn post_sign_in(
    db: web::Data<Db>,
    request: HttpRequest,
    form: std::result::Result<web::Form<SignIn>, actix_web::Error>,
) -> Result<HttpResponse> {
    let again = |status, wrong| Ok(answer(status, sign_in::page(Some(wrong))));
    if request.headers().get("sec-fetch-site").is_some_and(|from| from == "cross-site") {
        return again(StatusCode::FORBIDDEN, "Another site sent this form. Sign in here instead.");
    }
    let secret = match form {
        Ok(form) if !form.token.trim().is_empty() && form.token.len() <= TOKEN_BYTES_MAX => form.into_inner().token,
        _ => return again(StatusCode::BAD_REQUEST, "Type or paste your access token."),
    };
    match session::open(&db, &secret).await? {
        Some(value) => {
            let cookie = cookie(&request, value);
            Ok(HttpResponse::SeeOther()
                .insert_header(("location", "/"))
                .insert_header(("cache-control", "no-store"))
                .cookie(cookie)
                .finish())
        }
        None => {
            again(StatusCode::UNAUTHORIZED, "This token is unknown, over or revoked. Check it, or ask your administrator for a new one.")
        }
    }
}

/// The session's cookie: scripts can't read it, other sites can't post with it.
fn cookie(request: &HttpRequest, value: String) -> Cookie<'static> {
    Cookie::build(session::COOKIE, value)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(request.connection_info().scheme() == "https")
        .finish()
}

async fn post_sign_out(db: web::Data<Db>, request: HttpRequest) -> Result<HttpResponse> {
    if let Some(open) = request.cookie(session::COOKIE) {
        session::close(&db, open.value()).await?;
    }
    let mut over = cookie(&request, String::new());
    over.make_removal();
    Ok(HttpResponse::NoContent().cookie(over).finish())
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct TodayQuery {
    /// Site code; without: the first that you may see.
    site: Option<String>,
}

async fn get_today(caller: Caller, db: web::Data<Db>, query: Params<TodayQuery>) -> Result<HttpResponse> {
    let now = db.clock().now();
    let page = db.read(move |conn| Ok(today::page(&caller, &today::read::read(conn, &caller, query.0.site.as_deref(), now)?))).await?;
    Ok(answer(StatusCode::OK, page))
}

async fn get_today_fragment(caller: Caller, db: web::Data<Db>, query: Params<TodayQuery>) -> Result<HttpResponse> {
    let now = db.clock().now();
    let part = db
        .read(move |conn| {
            let shown = today::read::read(conn, &caller, query.0.site.as_deref(), now)?;
            let board = shown.board.ok_or_else(|| Error::not_found("site", query.0.site.as_deref().unwrap_or("(any)")))?;
            Ok(today::fragment(&caller, &board))
        })
        .await?;
    Ok(answer(StatusCode::OK, part))
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct StockQuery {
    /// ok, low, out, over or expiring.
    status: Option<String>,
    /// After this place …
    place: Option<String>,
    /// … and this item.
    item: Option<String>,
}

async fn get_stock(caller: Caller, db: web::Data<Db>, query: Params<StockQuery>) -> Result<HttpResponse> {
    let status = query.0.status.unwrap_or_default();
    if !stock::STATUSES.iter().any(|(word, _)| *word == status) {
        return Err(Error::field("status", "one_of", "must be one of ok, low, out, over, expiring"));
    }
    let after = (query.0.place.unwrap_or_default(), query.0.item.unwrap_or_default());
    let now = db.clock().now();
    let page = db.read(move |conn| Ok(stock::page(&caller, &stock::read(conn, caller.site, &status, after, now)?))).await?;
    Ok(answer(StatusCode::OK, page))
}

async fn get_item(caller: Caller, db: web::Data<Db>, code: web::Path<String>) -> Result<HttpResponse> {
    let now = db.clock().now();
    let page = db.read(move |conn| Ok(item::page(&caller, &item::read(conn, caller.site, &code, now)?))).await?;
    Ok(answer(StatusCode::OK, page))
}

async fn get_trial(caller: Caller, db: web::Data<Db>, query: Params<TodayQuery>) -> Result<HttpResponse> {
    let page = db.read(move |conn| Ok(trial::page(&caller, &trial::read(conn, &caller, query.0.site.as_deref())?))).await?;
    Ok(answer(StatusCode::OK, page))
}

async fn get_asset(file: web::Path<String>) -> Result<HttpResponse> {
    let asset = assets::named(&file).ok_or_else(|| Error::not_found("asset", &file))?;
    Ok(HttpResponse::Ok()
        .content_type(asset.kind)
        .insert_header(("cache-control", "public, max-age=31536000, immutable"))
        .insert_header(("content-security-policy", layout::CONTENT_POLICY))
        .insert_header(("x-content-type-options", "nosniff"))
        .body(asset.body))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn the_cookie_is_for_this_service_alone() {
        let text = cookie(&TestRequest::get().to_http_request(), "x".into()).to_string();
        assert_eq!(text, "wardstock_session=x; HttpOnly; SameSite=Lax; Path=/");
        let behind_tls = TestRequest::get().insert_header(("x-forwarded-proto", "https")).to_http_request();
        assert!(cookie(&behind_tls, "x".into()).to_string().contains("Secure"));
    }
}
