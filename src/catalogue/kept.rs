//! What every entry of the catalogue has beside its content: id, version, whether it is archived.

use serde::Serialize;

use crate::base::error::Result;
use crate::base::id;
use crate::base::time::Micros;
use crate::web::precondition::clash;

/// An entry as it is kept and shown.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Kept{T}")]
pub struct Kept<T> {
    /// Its id.
    #[serde(serialize_with = "id::as_string")]
    #[schemars(with = "String")]
    pub id: i64,
    /// What people say about it.
    #[serde(flatten)]
    pub content: T,
    /// Hidden from lists and from planning; what was booked with it stays.
    pub archived: bool,
    /// Grows with each change; its `ETag`.
    pub version: i64,
    /// When it was changed last.
    pub updated_at: Micros,
}

impl<T> Kept<T> {
    /// A fresh entry.
    pub(super) fn fresh(id: i64, now: Micros, content: T) -> Self {
        Self { id, content, archived: false, version: 1, updated_at: now }
    }

    /// Refuses a change that was decided on another version.
    ///
    /// # Errors
    /// `precondition_failed`.
    pub(super) fn require_version(&self, noun: &str, seen: i64) -> Result<()> {
        if self.version == seen { Ok(()) } else { Err(clash(noun, seen, self.version)) }
    }
}
