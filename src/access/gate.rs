//! The gate before every route: who calls, and may they. It runs before the body is read.

use std::collections::HashMap;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{ALLOW, AUTHORIZATION, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpResponse, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::caller::Caller;
use super::known::KnownDevices;
use super::role::Role;
use super::{session, token};
use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::db::Db;

/// Who may make a call.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rule {
    /// Everybody.
    Public,
    /// Callers of these roles.
    Roles(&'static [Role]),
}

pub(super) async fn pass(
    rules: &HashMap<Method, Rule>,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse, actix_web::Error> {
    if request.uri().path_and_query().is_some_and(|uri| uri.as_str().contains("%00")) {
        return Ok(refuse(request, Error::new(Code::BadRequest, "the address holds the character U+0000, which no code has")));
    }
    let rule = if let Some(rule) = rules.get(request.method()) {
        *rule
    } else {
        let allowed: Vec<&str> = rules.keys().map(Method::as_str).collect();
        let detail = format!("{} is not served here; {} is", request.method(), allowed.join(", "));
        let allow = allowed.join(", ");
        let mut answer = refuse(request, Error::new(Code::MethodNotAllowed, detail));
        if let Ok(allow) = HeaderValue::from_str(&allow) {
            answer.headers_mut().insert(ALLOW, allow);
        }
        return Ok(answer);
    };
    let Rule::Roles(allowed) = rule else { return next.call(request).await };
    let caller = match authenticate(&request).await {
        Ok(caller) => caller,
        Err(error) if error.code == Code::NotSignedIn && wants_page(&request) => {
            let to_sign_in = HttpResponse::SeeOther().insert_header(("location", "/sign-in")).finish();
            return Ok(request.into_response(to_sign_in));
        }
        Err(error) => return Ok(refuse(request, error)),
    };
    if !caller.is_any(allowed) {
        let detail = format!(
            "the role '{}' may not do this; it takes one of: {}",
            caller.role.word(),
            allowed.iter().map(|role| role.word()).collect::<Vec<_>>().join(", ")
        );
        return Ok(refuse(request, Error::new(Code::Forbidden, detail)));
    }
    request.extensions_mut().insert(caller);
    next.call(request).await
}

/// The refusal as an answer, made here so that it carries the request id.
fn refuse(request: ServiceRequest, error: Error) -> ServiceResponse {
    request.into_response(HttpResponse::from_error(error))
}

fn wants_page(request: &ServiceRequest) -> bool {
    request.method() == Method::GET
        && request.headers().get("accept").and_then(|value| value.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

async fn authenticate(request: &ServiceRequest) -> Result<Caller> {
    let db = request.app_data::<web::Data<Db>>().ok_or_else(|| Error::internal("the app has no database"))?.clone();
    let now = db.clock().now();
    if let Some(header) = request.headers().get(AUTHORIZATION) {
        let secret = header.to_str().ok().and_then(secret_of).ok_or_else(|| {
            Error::new(Code::NotSignedIn, "the header Authorization must be 'Bearer <token>', or Basic with the token as password")
        })?;
        let by_name = header.as_bytes().starts_with(b"Basic ");
        let fingerprint = token::fingerprint(&secret);
        let known = request.app_data::<web::Data<KnownDevices>>();
        if let Some(caller) = known.and_then(|known| known.get(&db, &fingerprint, now)) {
            return Ok(caller);
        }
        let version = db.callers_version();
        let caller = db.read(move |conn| token::authenticate(conn, &secret, now)).await?;
        if let (Some(known), Some(caller)) = (known, &caller) {
            known.put(fingerprint, caller, version, now);
        }
        // A browser would send what it was told once to every page.
        let caller = caller.filter(|caller| caller.device.is_some() || !by_name);
        return caller.ok_or_else(|| Error::new(Code::NotSignedIn, "this token is unknown, over or revoked"));
    }
    let Some(cookie) = request.cookie(session::COOKIE) else {
        return Err(Error::new(Code::NotSignedIn, "this call needs the header 'Authorization: Bearer <token>'"));
    };
    let cookie = cookie.value().to_owned();
    let caller = db.read(move |conn| session::authenticate(conn, &cookie, now)).await?;
    let caller = caller.ok_or_else(|| Error::new(Code::NotSignedIn, "the session is over; sign in again"))?;
    require_csrf(request, &caller)?;
    Ok(caller)
}

/// The token of a header. Readers that know no Bearer send Basic: the token is the password, and who it belongs to is
/// known by it alone, so that any user name will do.
fn secret_of(header: &str) -> Option<String> {
    if let Some(token) = header.strip_prefix("Bearer ") {
        return Some(token.trim().to_owned());
    }
    let pair = STANDARD.decode(header.strip_prefix("Basic ")?.trim()).ok()?;
    let pair = String::from_utf8(pair).ok()?;
    pair.split_once(':').map(|(_, password)| password.to_owned())
}

/// A browser sends its cookie along with requests that other sites make it send; the word in the header it does not.
fn require_csrf(request: &ServiceRequest, caller: &Caller) -> Result<()> {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(());
    }
    let sent = request.headers().get(session::CSRF_HEADER).and_then(|value| value.to_str().ok());
    if sent.is_some() && sent == caller.csrf.as_deref() {
        Ok(())
    } else {
        Err(Error::new(Code::Forbidden, "the request does not come from our page; reload it and try again"))
    }
}
