//! `Idempotency-Key`: the same request again gives the same answer, and has one effect.
//!
//! The key is stored in the transaction of the effect, so a crash can't part them.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::body::{Posted, hex};
use super::store;
use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::db::{Db, Tx};

/// The answer of a call that changes something.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Where the new thing is.
    pub location: Option<String>,
    /// Version of the thing.
    pub etag: Option<String>,
    /// JSON.
    pub body: String,
}

impl Answer {
    /// 200 with a JSON body.
    ///
    /// # Errors
    /// `internal` when the value is no JSON.
    pub fn ok(value: &impl Serialize) -> Result<Self> {
        Self::with_status(200, value)
    }

    /// 201 with a JSON body and its address.
    ///
    /// # Errors
    /// As [`Answer::ok`].
    pub fn created(location: String, value: &impl Serialize) -> Result<Self> {
        Ok(Self { location: Some(location), ..Self::with_status(201, value)? })
    }

    /// Any status with a JSON body.
    ///
    /// # Errors
    /// As [`Answer::ok`].
    pub fn with_status(status: u16, value: &impl Serialize) -> Result<Self> {
        let body = serde_json::to_string(value).map_err(|cause| Error::internal("an answer is no JSON").because(cause))?;
        Ok(Self { status, location: None, etag: None, body })
    }

    /// Adds the version of the thing.
    #[must_use]
    pub fn version(mut self, version: i64) -> Self {
        self.etag = Some(format!("\"{version}\""));
        self
    }
}

impl Responder for Answer {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut answer = HttpResponse::build(StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK));
        if let Some(location) = self.location {
            answer.insert_header(("location", location));
        }
        if let Some(etag) = self.etag {
            answer.insert_header(("etag", etag));
        }
        answer.content_type("application/json").body(self.body)
    }
}

/// Runs `effect` once for the request's `Idempotency-Key`; without a key, just runs it.
///
/// # Errors
/// Those of `effect`; `idempotency_conflict` when the key came with another call or body before.
pub async fn once<F>(db: &Db, caller: String, posted: &Posted, effect: F) -> Result<Answer>
where
    F: FnOnce(&mut Tx<'_>) -> Result<Answer> + Send + 'static,
{
    let Some(key) = posted.idempotency_key.clone() else {
        return db.write(effect).await;
    };
    // The call belongs to it: one key must not answer another call.
    let body_sha256 = hex(&Sha256::digest(format!("{} {}", posted.call, posted.sha256())));
    db.write(move |tx| {
        if let Some((known_sha256, answer)) = store::by_key(tx.conn, &caller, &key)? {
            return if known_sha256 == body_sha256 {
                Ok(answer)
            } else {
                Err(Error::new(Code::IdempotencyConflict, "this Idempotency-Key was used for another call or body; take a new key"))
            };
        }
        let answer = effect(tx)?;
        store::insert(tx, &caller, &key, &body_sha256, &answer)?;
        Ok(answer)
    })
    .await
}

/// Forgets answers older than a day.
///
/// # Errors
/// Those of the database.
pub fn forget_old(tx: &mut Tx<'_>) -> Result<usize> {
    let before = tx.now.plus_seconds(-86_400).0;
    store::delete_before(tx, before)
}
