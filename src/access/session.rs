//! Sessions of the page: a cookie with a random secret, kept as a hash, ended at sign-out.

use super::{store, token};
use crate::base::entropy;
use crate::base::error::Result;
use crate::base::time::Micros;
use crate::db::conn::Conn;
use crate::db::{Db, Tx};
use crate::web::body::hex;

/// The cookie's name.
pub const COOKIE: &str = "wardstock_session";
/// The header in which scripts and forms repeat the session's CSRF word.
pub const CSRF_HEADER: &str = "x-csrf-token";
/// A working day.
const SECONDS: i64 = 12 * 3_600;

/// Opens a session for a bearer token; none when the token is unknown, over, or a device's.
///
/// # Errors
/// Those of the database.
pub async fn open(db: &Db, secret: &str) -> Result<Option<String>> {
    let fingerprint = token::fingerprint(secret.trim());
    db.write(move |tx| {
        let Some(caller) = store::caller_by_token(tx.conn, &fingerprint, tx.now)? else { return Ok(None) };
        let cookie = hex(&entropy::secret_bytes()?);
        let csrf = hex(&entropy::secret_bytes()?);
        store::insert_session(tx, &token::fingerprint(&cookie), caller.token_id, &csrf, tx.now.plus_seconds(SECONDS).0)?;
        Ok(Some(cookie))
    })
    .await
}

/// Ends a session.
///
/// # Errors
/// Those of the database.
pub async fn close(db: &Db, cookie: &str) -> Result<()> {
    let fingerprint = token::fingerprint(cookie);
    db.write(move |tx| store::delete_session(tx, &fingerprint)).await
}

/// Forgets sessions that are over.
///
/// # Errors
/// Those of the database.
pub fn forget_old(tx: &mut Tx<'_>) -> Result<usize> {
    store::delete_sessions_before(tx, tx.now.0)
}

/// The caller behind a cookie.
///
/// # Errors
/// Those of the database.
pub(super) fn authenticate(conn: &mut Conn, cookie: &str, now: Micros) -> Result<Option<super::caller::Caller>> {
    store::caller_by_session(conn, &token::fingerprint(cookie), now)
}
