//! Bodies and parameters: read with a cap, parsed with the name of the field that is wrong.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::base::code::Code;
use crate::base::error::{Error, FieldError, Result};

/// A body as it came, with what makes a resend recognisable.
#[derive(Debug)]
pub struct Posted {
    /// The bytes, after unpacking.
    pub bytes: web::Bytes,
    /// The header `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// The header `Content-Type`, lower case, without parameters.
    pub content_type: String,
    /// Method and path of the call.
    pub call: String,
}

impl Posted {
    /// SHA-256 of the bytes, hexadecimal.
    pub fn sha256(&self) -> String {
        hex(&Sha256::digest(&self.bytes))
    }

    /// Checks that a call which takes nothing was sent nothing, or an empty object.
    ///
    /// # Errors
    /// `bad_json` or `invalid_input`.
    pub fn nothing(&self) -> Result<()> {
        if self.bytes.trim_ascii().is_empty() {
            return Ok(());
        }
        self.json::<Nothing>().map(|Nothing {}| ())
    }

    /// The body as `T`.
    ///
    /// # Errors
    /// `bad_json` when it is no JSON, `invalid_input` naming the first field that does not fit.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        // serde would read a list as the fields of a struct in their order; on the wire fields have names.
        if self.bytes.trim_ascii_start().starts_with(b"[") {
            return Err(Error::field("", "type", "must be a JSON object, not a list"));
        }
        parse_json(&self.bytes)
    }

    /// The body as a list of `T`.
    ///
    /// # Errors
    /// As [`Posted::json`].
    pub fn json_list<T: DeserializeOwned>(&self) -> Result<Vec<T>> {
        parse_json(&self.bytes)
    }
}

/// The body of a call that takes none.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

impl FromRequest for Posted {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let idempotency_key = header("idempotency-key");
        let content_type = header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let call = format!("{} {}", request.method(), request.path());
        let bytes = web::Bytes::from_request(request, payload);
        Box::pin(async move {
            let bytes = bytes.await.map_err(|cause| {
                let error = if cause.as_response_error().status_code() == actix_web::http::StatusCode::PAYLOAD_TOO_LARGE {
                    Error::new(Code::PayloadTooLarge, "the body is larger than this door takes; send less at a time")
                } else {
                    Error::new(Code::BadRequest, "the body was cut off or can't be unpacked; send it again")
                };
                actix_web::Error::from(error)
            })?;
            if idempotency_key.as_ref().is_some_and(|key| key.is_empty() || key.len() > 200) {
                return Err(Error::field("Idempotency-Key", "out_of_range", "1 to 200 characters").into());
            }
            if holds_nul(&bytes) {
                return Err(Error::field("", "nul", "the character U+0000 can't be stored; leave it out").into());
            }
            Ok(Self { bytes, idempotency_key, content_type, call })
        })
    }
}

/// Whether a body holds U+0000, as a byte or as a JSON escape: PostgreSQL has no such text.
fn holds_nul(bytes: &[u8]) -> bool {
    let escaped = || {
        bytes.windows(6).enumerate().filter(|(_, part)| *part == b"\\u0000").any(|(at, _)| {
            // Behind an odd number of backslashes the backslash itself is meant.
            bytes.get(..at).unwrap_or_default().iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 0
        })
    };
    // Few bodies hold a backslash at all.
    bytes.contains(&0) || (bytes.contains(&b'\\') && escaped())
}

/// Parses JSON, naming line and column of broken JSON and the pointer of a field that does not fit.
///
/// # Errors
/// `bad_json` or `invalid_input`.
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|cause| {
        let pointer = format!("/{}", cause.path().to_string().replace(['.', '['], "/").replace([']', '?'], ""));
        let inner = cause.into_inner();
        if inner.is_data() {
            let pointer = if pointer == "/" { String::new() } else { pointer };
            Error::invalid(vec![FieldError::new(pointer, "type", inner.to_string())])
        } else {
            Error::new(Code::BadJson, format!("the body is not JSON: {inner}"))
        }
    })?;
    reader.end().map_err(|cause| Error::new(Code::BadJson, format!("more follows after the JSON document: {cause}")))?;
    Ok(value)
}

/// Query parameters as `T`.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Params<T> {
    type Error = Error;
    type Future = std::future::Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(
            web::Query::<T>::from_query(request.query_string())
                .map(|query| Self(query.into_inner()))
                .map_err(|cause| Error::field("query", "type", cause.to_string())),
        )
    }
}

/// Bytes as lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        for nibble in [byte >> 4, byte & 0xf] {
            text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
        text
    })
}
