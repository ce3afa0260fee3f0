//! `If-Match`: changes name the version that they were decided on.

use actix_web::HttpRequest;

use crate::base::code::Code;
use crate::base::error::{Error, Result};

/// The version that the caller has seen.
///
/// # Errors
/// `precondition_required` without the header, `invalid_input` when it is no `ETag` of ours.
pub fn if_match(request: &HttpRequest) -> Result<i64> {
    let header = request
        .headers()
        .get("if-match")
        .ok_or_else(|| Error::new(Code::PreconditionRequired, "send the ETag that you have read in If-Match"))?;
    header
        .to_str()
        .ok()
        .and_then(|text| text.trim().trim_matches('"').parse().ok())
        .ok_or_else(|| Error::field("If-Match", "etag", "must be the ETag of an earlier answer, such as \"3\""))
}

/// The refusal when somebody else was faster.
pub fn clash(noun: &str, seen: i64, now: i64) -> Error {
    Error::new(
        Code::PreconditionFailed,
        format!("this {noun} is at version {now} by now, you have seen {seen}: read it again and decide again"),
    )
}

/// An `ETag` header of a version.
pub fn etag(version: i64) -> (&'static str, String) {
    ("etag", format!("\"{version}\""))
}
