//! Lists in pages: an opaque cursor, `next` in the body and in the `Link` header.

use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::base::error::{Error, Result};

const LIMIT_DEFAULT: i64 = 50;
const LIMIT_MAX: i64 = 500;

/// The paging parameters of a list; put into the query struct with `#[serde(flatten)]` is not possible
/// with URL encoding, so each list names both fields and calls [`Cut::parse`].
#[derive(Debug, Clone)]
pub struct Cut {
    /// Rows wanted.
    pub limit: i64,
    /// The sort key after which to go on; empty at the start.
    pub after: String,
}

impl Cut {
    /// Checks `limit` and decodes `cursor`.
    ///
    /// # Errors
    /// `invalid_input` naming the parameter.
    pub fn parse(limit: Option<i64>, cursor: Option<&str>) -> Result<Self> {
        let limit = limit.unwrap_or(LIMIT_DEFAULT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(Error::field("limit", "out_of_range", format!("must be 1..{LIMIT_MAX}, not {limit}")));
        }
        let after = cursor
            .map(|text| {
                BASE64_URL_SAFE_NO_PAD
                    .decode(text)
                    .ok()
                    .and_then(|bytes| String::from_utf8(bytes).ok())
                    .ok_or_else(|| Error::field("cursor", "cursor", "is none that this list gave out; start without it"))
            })
            .transpose()?
            .unwrap_or_default();
        Ok(Self { limit, after })
    }

    /// The sort key as a number, for lists by id; 0 at the start.
    ///
    /// # Errors
    /// `invalid_input` when the cursor comes from another list.
    pub fn after_id(&self) -> Result<i64> {
        if self.after.is_empty() {
            return Ok(0);
        }
        self.after.parse().ok().ok_or_else(|| Error::field("cursor", "cursor", "is none that this list gave out; start without it"))
    }
}

/// The cursor that goes on after the row with this sort key.
pub fn cursor(key: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(key)
}

/// One page of a list.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Pass it as `cursor` to go on; null at the end.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A page from up to `limit + 1` rows; `key` gives the sort key of a row.
    pub fn of(mut rows: Vec<T>, cut: &Cut, key: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(cut.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(|row| cursor(&key(row))) } else { None };
        Self { items: rows, next }
    }
}

impl<T: Serialize> Page<T> {
    /// The answer, with a `Link` to the next page.
    pub fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let mut answer = HttpResponse::Ok();
        if let Some(next) = &self.next {
            let kept: Vec<&str> =
                request.query_string().split('&').filter(|part| !part.is_empty() && !part.starts_with("cursor=")).collect();
            let query = kept.into_iter().map(str::to_owned).chain([format!("cursor={next}")]).collect::<Vec<_>>().join("&");
            answer.insert_header(("link", format!("<{}?{query}>; rel=\"next\"", request.path())));
        }
        answer.json(self)
    }
}
