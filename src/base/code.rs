//! The closed table of problem codes: slug, HTTP status, title, what to do. A slug never changes.

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Stable word on the wire; also the last part of the problem's `type`.
    pub slug: &'static str,
    /// HTTP status.
    pub status: u16,
    /// Short title.
    pub title: &'static str,
    /// What the caller does now.
    pub remedy: &'static str,
}

macro_rules! codes {
    ($($variant:ident $slug:literal $status:literal $title:literal $remedy:literal;)*) => {
        /// What went wrong, from a closed list.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "each row of the table says what its variant means")]
        pub enum Code { $($variant),* }

        impl Code {
            /// All codes, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its row in the table.
            pub const fn row(self) -> Row {
                match self {
                    $(Self::$variant => Row { slug: $slug, status: $status, title: $title, remedy: $remedy },)*
                }
            }
        }
    };
}

codes! {
    BadJson "bad_json" 400 "The body is not JSON" "Send one complete JSON document; the detail names line and column.";
    BadRequest "bad_request" 400 "The request can't be read" "Mend the request as the detail says.";
    NotSignedIn "not_signed_in" 401 "Who are you?" "Send `Authorization: Bearer <token>`; an administrator makes tokens.";
    Forbidden "forbidden" 403 "Not allowed" "Ask an administrator for a role or place that may do this.";
    NotFound "not_found" 404 "Not found" "Check the code or id; it may be archived or outside your places.";
    MethodNotAllowed "method_not_allowed" 405 "This path has no such method" "See /docs for the calls of this path.";
    NotAcceptable "not_acceptable" 406 "No such format" "Ask for application/json, text/csv or an Excel workbook.";
    Conflict "conflict" 409 "It clashes with what is there" "Read the present state, then decide.";
    AlreadyExists "already_exists" 409 "The code is taken" "Choose another code, or change the one that exists.";
    BatchConflict "batch_conflict" 409 "Same batch, other bytes" "A resend must be the same bytes; give new readings a new seq.";
    WrongState "wrong_state" 409 "Not in this state" "Read the present state; the detail says which states allow this.";
    InsufficientStock "insufficient_stock" 409 "Not that much in stock" "Take less, or count the shelf if the book is wrong.";
    PreconditionFailed "precondition_failed" 412 "Somebody changed it meanwhile" "Read it again, decide again, send its new ETag in If-Match.";
    PayloadTooLarge "payload_too_large" 413 "Too large" "Send fewer records at a time.";
    UnsupportedMediaType "unsupported_media_type" 415 "Not in this format" "Send application/json (or application/x-ndjson for readings).";
    InvalidInput "invalid_input" 422 "The input breaks a rule" "Mend the fields named in errors.";
    WrongSchema "wrong_schema" 422 "Not the schema" "Send the document that /docs describes.";
    IdempotencyConflict "idempotency_conflict" 422 "Same Idempotency-Key, other body" "Use a new key for another request.";
    PreconditionRequired "precondition_required" 428 "If-Match is needed" "Read it first and send its ETag in If-Match.";
    TooManyRequests "too_many_requests" 429 "Too fast" "Wait for Retry-After seconds.";
    Internal "internal" 500 "The service failed" "Try again; if it stays, give the request id to the operator.";
    DatabaseUnavailable "database_unavailable" 503 "The database does not answer" "Try again after Retry-After seconds; nothing was stored.";
    WriteQueueFull "write_queue_full" 503 "Too much at once" "Try again after Retry-After seconds; nothing was stored.";
    StorageFull "storage_full" 503 "The disk is full" "Keep the readings and try again; the operator must free space.";
    NotReady "not_ready" 503 "Not ready" "Try again after Retry-After seconds.";
}

impl Code {
    /// Its stable word.
    pub const fn slug(self) -> &'static str {
        self.row().slug
    }

    /// Its HTTP status.
    pub const fn status(self) -> u16 {
        self.row().status
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_unique() {
        let mut slugs: Vec<_> = Code::ALL.iter().map(|code| code.slug()).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), Code::ALL.len());
    }
}
