//! `/livez`, `/readyz`, `/metrics`, and the time for gateways.

use actix_web::{HttpResponse, web};
use serde::Serialize;

use super::metrics::Metrics;
use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::base::time::Micros;
use crate::db::{Db, outbox};

/// The process runs.
pub async fn get_livez() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// The database answers reads and writes, and the one that reports are read from is not too far behind.
///
/// # Errors
/// `not_ready` when it does not.
pub async fn get_readyz(db: web::Data<Db>) -> Result<HttpResponse> {
    let away = |cause: Error| Error::new(Code::NotReady, "the database does not answer").retry_after(5).because(cause);
    db.read(outbox::newest).await.map_err(away)?;
    db.write_apart(|tx| outbox::newest(tx.conn)).await.map_err(away)?;
    db.require_fresh_reports().await.map_err(|cause| if cause.code == Code::NotReady { cause } else { away(cause) })?;
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ready\n"))
}

/// Counters and histograms in Prometheus' text form.
///
/// # Errors
/// `internal` when they can't be written.
pub async fn get_metrics(metrics: web::Data<Metrics>, db: web::Data<Db>) -> Result<HttpResponse> {
    metrics.write_queue.set(i64::try_from(db.write_queue_depth()).unwrap_or(i64::MAX));
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(metrics.text()?))
}

/// The answer of `/ingest/v1/time`.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Now {
    /// UTC.
    pub now: Micros,
}

/// The service's clock, for gateways that have none.
pub async fn get_time(db: web::Data<Db>) -> web::Json<Now> {
    web::Json(Now { now: db.clock().now() })
}
