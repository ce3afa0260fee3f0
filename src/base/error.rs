//! The one error of the service: transport-free, with the caller's text apart from the cause.

use super::code::Code;

/// What every fallible function of the service returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// One bad field of an input: where, which rule, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct FieldError {
    /// JSON pointer or parameter name.
    pub pointer: String,
    /// The broken rule, a short stable word.
    pub code: String,
    /// What was found and what is allowed.
    pub detail: String,
}

impl FieldError {
    /// Names a field, the rule it broke, and says what was found.
    pub fn new(pointer: impl Into<String>, code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code: code.into(), detail: detail.into() }
    }
}

/// A refusal or failure with a closed code; `detail` is for the caller, `cause` for the log only.
#[derive(Debug, thiserror::Error)]
#[error("{}: {detail}", code.slug())]
pub struct Error {
    /// Which of the closed table.
    pub code: Code,
    /// For the caller: what happened and what to do next.
    pub detail: String,
    /// For bad input: each bad field.
    pub fields: Vec<FieldError>,
    /// Seconds after which trying again makes sense.
    pub retry_after_s: Option<u32>,
    /// For the operator's log; never sent.
    #[source]
    pub cause: Option<Cause>,
}

impl Error {
    /// An error of the given code with a text for the caller.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), fields: Vec::new(), retry_after_s: None, cause: None }
    }

    /// A noun that does not exist, or that the caller may not see.
    pub fn not_found(noun: &str, name: impl std::fmt::Display) -> Self {
        Self::new(Code::NotFound, format!("there is no {noun} '{name}'"))
    }

    /// Input that breaks rules, field by field.
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        let detail = match fields.as_slice() {
            [one] => format!("{}: {}", one.pointer, one.detail),
            many => format!("{} fields break a rule; see errors", many.len()),
        };
        Self { fields, ..Self::new(Code::InvalidInput, detail) }
    }

    /// Input with one bad field.
    pub fn field(pointer: impl Into<String>, code: &str, detail: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError::new(pointer, code, detail)])
    }

    /// Our fault: the text is for the log, the caller gets a neutral one.
    pub fn internal(what: impl Into<String>) -> Self {
        Self {
            cause: Some(what.into().into()),
            ..Self::new(Code::Internal, "the service failed; the request id leads to the reason in its log")
        }
    }

    /// Adds the cause, for the log.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Cause>) -> Self {
        let cause = cause.into();
        self.cause = Some(match self.cause.take() {
            Some(what) => format!("{what}: {cause}").into(),
            None => cause,
        });
        self
    }

    /// Says when to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }
}
