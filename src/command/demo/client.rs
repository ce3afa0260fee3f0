//! One caller of the service, over HTTP like everybody else.

use std::time::Duration;

use serde_json::Value;
use ureq::http;
use wardstock::base::error::{Error, Result};

/// Somebody with a bearer token.
#[derive(Debug, Clone)]
pub(super) struct Client {
    agent: ureq::Agent,
    base: String,
    token: String,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Answer {
    /// Whether it was done.
    pub(super) fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The count in a field, 0 when it is not there.
    pub(super) fn count(&self, field: &str) -> u64 {
        self.body.get(field).and_then(Value::as_u64).unwrap_or(0)
    }
}

impl Client {
    /// A caller of the service at `base`.
    pub(super) fn new(agent: &ureq::Agent, base: &str, token: &str) -> Self {
        Self { agent: agent.clone(), base: base.to_owned(), token: token.to_owned() }
    }

    /// Posts bytes that are JSON.
    ///
    /// # Errors
    /// `internal` when nobody answers.
    pub(super) fn post(&self, path: &str, body: &[u8]) -> Result<Answer> {
        self.send("POST", path, body)
    }

    /// Gets a path.
    ///
    /// # Errors
    /// As [`Client::post`].
    pub(super) fn get(&self, path: &str) -> Result<Answer> {
        self.send("GET", path, b"")
    }

    fn send(&self, method: &str, path: &str, body: &[u8]) -> Result<Answer> {
        let no_answer = |cause: ureq::Error| Error::internal(format!("{path} gave no answer")).because(cause);
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .body(body.to_vec())
            .map_err(|cause| Error::internal("a request can't be built").because(cause))?;
        let mut answer = self.agent.run(request).map_err(no_answer)?;
        let status = answer.status().as_u16();
        let text = answer.body_mut().with_config().limit(64 << 20).read_to_string().map_err(no_answer)?;
        Ok(Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::Null) })
    }
}

/// Connections that all callers share.
pub(super) fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(30)))
        .max_idle_connections_per_host(8)
        .build()
        .into()
}
