//! One span and one line per request: id, route, status, latency; no bodies, no secrets.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web;
use tracing::Instrument;

use super::body::hex;
use super::metrics::Metrics;
use super::problem::REQUEST_ID;
use crate::base::entropy;
use crate::base::error::Error;

/// Wraps every request: gives it an id, measures it, logs a failure once with its cause.
///
/// # Errors
/// Those of the handler, passed on.
pub async fn layer(request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse, actix_web::Error> {
    let id = request_id(&request);
    let started = std::time::Instant::now();
    let method = request.method().clone();
    let span = tracing::info_span!("request", request.id = %id, method = %method, path = %request.path());
    let metrics = request.app_data::<web::Data<Metrics>>().cloned();
    let scoped = id.clone();
    REQUEST_ID
        .scope(
            scoped,
            async move {
                let mut answer = match next.call(request).await {
                    Ok(answer) => answer,
                    Err(cause) => return Err(cause),
                };
                let route = answer.request().match_pattern().unwrap_or_else(|| "unknown".into());
                let status = answer.status().as_u16();
                let seconds = started.elapsed().as_secs_f64();
                if let Some(metrics) = metrics {
                    metrics.request_seconds.with_label_values(&[method.as_str(), &route, &status.to_string()]).observe(seconds);
                }
                log(&answer, &route, status, seconds * 1_000.0);
                if let Ok(value) = HeaderValue::from_str(&id) {
                    answer.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
                }
                harden(&mut answer);
                Ok(answer)
            }
            .instrument(span),
        )
        .await
}

fn request_id(request: &ServiceRequest) -> String {
    let given = request.headers().get("x-request-id").and_then(|value| value.to_str().ok());
    match given {
        Some(id) if (8..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') => id.to_owned(),
        _ => entropy::secret_bytes().map_or_else(|_| "none".to_owned(), |bytes| hex(bytes.get(..8).unwrap_or_default())),
    }
}

fn log(answer: &ServiceResponse, route: &str, status: u16, latency_ms: f64) {
    let cause = answer.response().error().and_then(|error| error.as_error::<Error>());
    if status >= 500 {
        let chain = cause.and_then(|error| error.cause.as_ref()).map_or_else(String::new, |cause| format!("{cause:?}"));
        tracing::error!(route, status, latency_ms, cause = %chain, "the request failed");
    } else {
        let code = cause.map_or("", |error| error.code.slug());
        tracing::info!(route, status, latency_ms, code, "answered");
    }
}

/// Headers that every answer carries.
fn harden(answer: &mut ServiceResponse) {
    for (name, value) in [("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"), ("x-frame-options", "DENY")] {
        answer.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
}
