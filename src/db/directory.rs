//! The directory of codes that are unique over all sites, though the tables behind them are kept per site.

use diesel::prelude::*;

use super::Tx;
use super::conn::Conn;
use super::schema::code_directory;
use crate::base::error::Result;

/// What a code names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noun {
    /// A place.
    Place,
    /// A device.
    Device,
}

impl Noun {
    /// Its word in the table, and for people.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Place => "place",
            Self::Device => "device",
        }
    }
}

/// Takes a code for `(site_id, id)`; `false` when it is taken.
///
/// # Errors
/// Those of the database.
pub fn take(tx: &mut Tx<'_>, noun: Noun, code: &str, site_id: i64, id: i64) -> Result<bool> {
    if is_taken(tx.conn, noun, code)? {
        return Ok(false);
    }
    diesel::insert_into(code_directory::table)
        .values((
            code_directory::noun.eq(noun.word()),
            code_directory::code.eq(code),
            code_directory::site_id.eq(site_id),
            code_directory::id.eq(id),
        ))
        .execute(tx.conn)?;
    Ok(true)
}

fn is_taken(conn: &mut Conn, noun: Noun, code: &str) -> Result<bool> {
    let found: Option<i64> = code_directory::table
        .filter(code_directory::noun.eq(noun.word()))
        .filter(code_directory::code.eq(code))
        .select(code_directory::id)
        .first(conn)
        .optional()?;
    Ok(found.is_some())
}

/// Finds `(site_id, id)` by code, or by id when nothing has that code.
///
/// # Errors
/// Those of the database.
pub fn find(conn: &mut Conn, noun: Noun, code_or_id: &str) -> Result<Option<(i64, i64)>> {
    let named = || code_directory::table.filter(code_directory::noun.eq(noun.word()));
    let by_code =
        named().filter(code_directory::code.eq(code_or_id)).select((code_directory::site_id, code_directory::id)).first(conn).optional()?;
    match (by_code, code_or_id.parse::<i64>()) {
        (None, Ok(id)) => {
            Ok(named().filter(code_directory::id.eq(id)).select((code_directory::site_id, code_directory::id)).first(conn).optional()?)
        }
        (found, _) => Ok(found),
    }
}
