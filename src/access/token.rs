//! Bearer tokens of people and programs: shown once, only their hash is kept.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::caller::Caller;
use super::role::Role;
use super::{audit, store};
use crate::base::entropy;
use crate::base::error::{Error, Result};
use crate::base::id;
use crate::base::time::{Day, Micros};
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::web::body::hex;

/// A token as it is listed: without its secret.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct TokenView {
    /// Its id.
    #[serde(serialize_with = "id::as_string")]
    #[schemars(with = "String")]
    pub id: i64,
    /// Whose, or what for.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Code of the only site it may see.
    pub site: Option<String>,
    /// When it ends.
    pub expires_at: Option<Micros>,
    /// When it was revoked.
    pub revoked_at: Option<Micros>,
}

/// A wish for a token.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// Whose, or what for.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Code of the only site it may see; without: every site.
    pub site: Option<String>,
    /// Last day.
    pub expires: Option<Day>,
}

/// A fresh token: the secret is shown this once.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct IssuedToken {
    /// Its id.
    #[serde(serialize_with = "id::as_string")]
    #[schemars(with = "String")]
    pub id: i64,
    /// The bearer token.
    pub token: String,
}

/// The hash under which a secret is kept. The secret has 256 random bits, so a slow hash would add nothing.
pub fn fingerprint(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

/// A new secret for `id`, of the form `ws_<id>_<64 hexadecimal digits>`.
///
/// # Errors
/// `internal` without randomness.
pub(super) fn new_secret(id: i64) -> Result<String> {
    Ok(format!("ws_{id:x}_{}", hex(&entropy::secret_bytes()?)))
}

/// Makes a token.
///
/// # Errors
/// `invalid_input` for an empty name or an unknown site.
pub fn issue(tx: &mut Tx<'_>, actor: &str, wish: &NewToken) -> Result<IssuedToken> {
    if wish.name.trim().is_empty() || wish.name.len() > 200 {
        return Err(Error::field("/name", "out_of_range", "1 to 200 characters"));
    }
    if wish.role == Role::Gateway {
        return Err(Error::field("/role", "one_of", "devices get their own credential: POST /api/v1/devices"));
    }
    let site_id = wish
        .site
        .as_deref()
        .map(|code| {
            store::site_by_code(tx.conn, code)?.ok_or_else(|| Error::field("/site", "unknown", format!("there is no site '{code}'")))
        })
        .transpose()?;
    let id = tx.id();
    let token = new_secret(id)?;
    let expires_at = wish.expires.map(|day| day.plus(1).start().0);
    store::insert_token(tx, id, &wish.name, wish.role, site_id, &fingerprint(&token), expires_at)?;
    audit::record(tx, 0, actor, "token.create", &id.to_string(), &serde_json::json!({"role": wish.role, "site": wish.site}))?;
    Ok(IssuedToken { id, token })
}

/// Ends a token at once.
///
/// # Errors
/// `not_found`.
pub fn revoke(tx: &mut Tx<'_>, actor: &str, id: i64) -> Result<()> {
    if store::revoke_token(tx, id)? == 0 {
        return Err(Error::not_found("token", id));
    }
    audit::record(tx, 0, actor, "token.revoke", &id.to_string(), &serde_json::json!({}))
}

/// All tokens, newest last.
///
/// # Errors
/// Those of the database.
pub fn list(conn: &mut Conn) -> Result<Vec<TokenView>> {
    store::list_tokens(conn)
}

/// The caller behind a bearer secret: a person's token or a device's credential; none when it is unknown or over.
///
/// # Errors
/// Those of the database.
pub(super) fn authenticate(conn: &mut Conn, secret: &str, now: Micros) -> Result<Option<Caller>> {
    if !secret.starts_with("ws_") {
        return Ok(None);
    }
    let fingerprint = fingerprint(secret);
    match store::caller_by_token(conn, &fingerprint, now)? {
        Some(caller) => Ok(Some(caller)),
        None => store::caller_by_device(conn, &fingerprint),
    }
}
