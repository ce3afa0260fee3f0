//! The tables of items, suppliers, offers and substitutes.

pub(super) mod item;
pub(super) mod offer;
pub(super) mod substitute;
pub(super) mod supplier;

use diesel::result::{DatabaseErrorKind, Error as Diesel};

use crate::base::code::Code;
use crate::base::error::Error;

/// The refusal of a code that is taken.
pub(super) fn taken(noun: &str, name: &str, archived: bool) -> Error {
    let state = if archived { "; it is archived: PATCH it with {\"archived\": false} to bring it back" } else { "" };
    Error::new(Code::AlreadyExists, format!("there is {} {noun} '{name}' already{state}", article(noun)))
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" }
}

/// A broken UNIQUE rule says that somebody else was faster.
fn or_taken(cause: Diesel, noun: &str, name: &str) -> Error {
    if matches!(cause, Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) {
        taken(noun, name, false).because(cause)
    } else {
        cause.into()
    }
}
