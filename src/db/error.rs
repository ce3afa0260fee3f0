//! Database failures as errors of the service: busy and lost connections are 503, the rest 500.

use diesel::result::{DatabaseErrorKind, Error as Diesel};

use crate::base::code::Code;
use crate::base::error::Error;

/// What the databases say when they could not, for now.
const BUSY: [&str; 11] = [
    "database is locked",
    "server closed the connection",
    "deadlock detected",
    "lock timeout",
    "statement timeout",
    "terminating connection",
    "no connection to the server",
    "could not receive data from server",
    "could not send data to server",
    "the database system is",
    "read-only transaction",
];

impl From<Diesel> for Error {
    fn from(cause: Diesel) -> Self {
        let lost = |detail: &str| Self::new(Code::DatabaseUnavailable, detail).retry_after(2);
        let error = match &cause {
            Diesel::DatabaseError(DatabaseErrorKind::ClosedConnection, _) | Diesel::BrokenTransactionManager => {
                lost("the database connection was lost; nothing was stored")
            }
            Diesel::DatabaseError(_, about) => {
                let text = about.message();
                if text.contains("database or disk is full") || text.contains("No space left") {
                    Self::new(Code::StorageFull, "the disk of the database is full; nothing was stored").retry_after(30)
                } else if BUSY.iter().any(|sign| text.contains(sign)) {
                    lost("the database is busy; nothing was stored")
                } else if text.contains("append_only") {
                    Self::new(Code::Conflict, "this record may not be changed; book a correction instead")
                } else {
                    Self::internal("a statement failed")
                }
            }
            _ => Self::internal("a statement failed"),
        };
        error.because(cause)
    }
}

/// Whether a failure is a broken UNIQUE rule.
pub(crate) fn is_unique_violation(cause: &Diesel) -> bool {
    matches!(cause, Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, _))
}
