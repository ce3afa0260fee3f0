//! Every refusal as RFC 9457 problem+json, with the request id as its instance.

use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;

use crate::base::code::Code;
use crate::base::error::{Error, FieldError};

tokio::task_local! {
    /// The id of the request that this task answers.
    pub static REQUEST_ID: String;
}

/// The body of a refusal.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Problem {
    /// A page that explains the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// Short title of the code.
    pub title: &'static str,
    /// HTTP status.
    pub status: u16,
    /// What happened and what to do.
    pub detail: String,
    /// Stable word from the closed table.
    pub code: &'static str,
    /// The request id, also in the header `x-request-id` and in the log.
    pub instance: String,
    /// Each bad field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        let row = error.code.row();
        Self {
            kind: format!("/docs/problems/{}", row.slug),
            title: row.title,
            status: row.status,
            detail: error.detail.clone(),
            code: row.slug,
            instance: REQUEST_ID.try_with(Clone::clone).unwrap_or_default(),
            errors: error.fields.clone(),
        }
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status_code());
        answer.content_type("application/problem+json");
        if let Some(seconds) = self.retry_after_s {
            answer.insert_header((RETRY_AFTER, seconds.to_string()));
        }
        if self.code == Code::NotSignedIn {
            answer.insert_header(("www-authenticate", "Bearer realm=\"wardstock\""));
        }
        answer.json(Problem::from(self))
    }
}

/// The page behind a problem's `type`: what the code means and what to do.
///
/// # Errors
/// `not_found` for a slug that is not in the table.
pub async fn get_problem_page(slug: actix_web::web::Path<String>) -> Result<HttpResponse, Error> {
    let row = Code::ALL
        .iter()
        .map(|code| code.row())
        .find(|row| row.slug == slug.as_str())
        .ok_or_else(|| Error::not_found("problem code", &slug))?;
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(format!("{}\n{} (HTTP {})\n\nWhat to do: {}\n", row.title, row.slug, row.status, row.remedy)))
}

/// The answer to a path that nobody serves.
///
/// # Errors
/// Always `not_found`.
pub async fn no_such_path(request: actix_web::HttpRequest) -> Result<HttpResponse, Error> {
    Err(Error::new(Code::NotFound, format!("nothing is served at {}; /docs lists the calls", request.path())))
}
