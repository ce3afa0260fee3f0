//! Devices: one credential each, shown once; an unapproved one is quarantined: stored, not used.

use serde::{Deserialize, Serialize};

use super::{audit, store, token};
use crate::base::code::Code;
use crate::base::error::{Error, FieldError, Result};
use crate::base::id;
use crate::base::table::is_code;
use crate::base::time::Micros;
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::db::outbox::{self, Topic};

/// A wish for a device.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDevice {
    /// Its code, which it names in each batch.
    pub code: String,
    /// For people.
    #[serde(default)]
    pub name: String,
    /// Code of its site; may be left out while there is one site only.
    pub site: Option<String>,
    /// Use what it sends at once; without: keep it apart until somebody approves.
    #[serde(default)]
    pub approve: bool,
}

/// A fresh device: the token is shown this once.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct IssuedDevice {
    /// Its id.
    #[serde(serialize_with = "id::as_string")]
    #[schemars(with = "String")]
    pub id: i64,
    /// Its code.
    pub code: String,
    /// Its bearer token.
    pub token: String,
    /// `active` or `quarantined`.
    pub state: String,
}

/// A device as it is listed.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct DeviceView {
    /// Its id.
    #[serde(serialize_with = "id::as_string")]
    #[schemars(with = "String")]
    pub id: i64,
    /// Its code.
    pub code: String,
    /// For people.
    pub name: String,
    /// Code of its site.
    pub site: String,
    /// `pending`, `quarantined`, `active`, `suspended` or `retired`.
    pub state: String,
    /// When we last heard of it.
    pub last_seen_at: Option<Micros>,
    /// Its battery, if it says.
    pub battery_pct: Option<i64>,
    /// Records kept.
    pub records_stored: i64,
    /// Records kept apart.
    pub records_quarantined: i64,
    /// Records refused.
    pub records_rejected: i64,
    /// Records that it says it lost.
    pub records_lost: i64,
    /// Version, for If-Match.
    pub version: i64,
}

/// What a person decides about a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Use what it sends.
    Approve,
    /// Refuse it until it is approved again.
    Suspend,
}

/// Registers a device.
///
/// # Errors
/// `invalid_input` for a bad code or site, `already_exists` for a code that is taken.
pub fn register(tx: &mut Tx<'_>, actor: &str, only_site: Option<i64>, wish: &NewDevice) -> Result<IssuedDevice> {
    let mut errors = Vec::new();
    if !is_code(&wish.code) {
        errors.push(FieldError::new("/code", "code", "1 to 64 of letters, digits, '.', '_', '-', '/'"));
    }
    if wish.name.len() > 200 {
        errors.push(FieldError::new("/name", "out_of_range", "at most 200 characters"));
    }
    if !errors.is_empty() {
        return Err(Error::invalid(errors));
    }
    let site_id = site_of(tx.conn, wish.site.as_deref())?;
    if only_site.is_some_and(|own| own != site_id) {
        return Err(Error::new(Code::Forbidden, "your token is for another site"));
    }
    let device_id = tx.id();
    let secret = token::new_secret(device_id)?;
    let state = if wish.approve { "active" } else { "quarantined" };
    if !store::insert_device(tx, site_id, device_id, &wish.code, &wish.name, state, &token::fingerprint(&secret))? {
        return Err(Error::new(Code::AlreadyExists, format!("there is a device '{}' already", wish.code)));
    }
    audit::record(tx, site_id, actor, "device.register", &wish.code, &serde_json::json!({"state": state}))?;
    outbox::push(tx, site_id, Topic::Device, &serde_json::json!({"device": wish.code, "state": state}))?;
    Ok(IssuedDevice { id: device_id, code: wish.code.clone(), token: secret, state: state.to_owned() })
}

fn site_of(conn: &mut Conn, code: Option<&str>) -> Result<i64> {
    match code {
        Some(code) => {
            store::site_by_code(conn, code)?.ok_or_else(|| Error::field("/site", "unknown", format!("there is no site '{code}'")))
        }
        None => match store::site_ids(conn)?.as_slice() {
            [only] => Ok(*only),
            [] => Err(Error::field("/site", "needed", "there is no site yet: import places.csv first")),
            _ => Err(Error::field("/site", "needed", "there are several sites: say which")),
        },
    }
}

/// Approves or suspends a device.
///
/// # Errors
/// `not_found`.
pub fn decide(tx: &mut Tx<'_>, actor: &str, device: &DeviceKey, decision: Decision) -> Result<()> {
    let (state, action) = match decision {
        Decision::Approve => ("active", "device.approve"),
        Decision::Suspend => ("suspended", "device.suspend"),
    };
    store::set_device_state(tx, device, state)?;
    audit::record(tx, device.site_id, actor, action, &device.code, &serde_json::json!({"state": state}))?;
    outbox::push(tx, device.site_id, Topic::Device, &serde_json::json!({"device": device.code, "state": state}))
}

/// Gives a device a new secret; the old one is dead at once.
///
/// # Errors
/// `not_found`.
pub fn rotate(tx: &mut Tx<'_>, actor: &str, device: &DeviceKey) -> Result<String> {
    let secret = token::new_secret(device.id)?;
    store::set_device_secret(tx, device, &token::fingerprint(&secret))?;
    audit::record(tx, device.site_id, actor, "device.rotate", &device.code, &serde_json::json!({}))?;
    Ok(secret)
}

/// Where a device stands.
#[derive(Debug, Clone)]
pub struct DeviceKey {
    /// Its site.
    pub site_id: i64,
    /// Its id.
    pub id: i64,
    /// Its code.
    pub code: String,
}

/// Finds a device by code or id.
///
/// # Errors
/// `not_found`.
pub fn find(conn: &mut Conn, code_or_id: &str) -> Result<DeviceKey> {
    store::device_by_name(conn, code_or_id)?.ok_or_else(|| Error::not_found("device", code_or_id))
}

/// The devices of one site or all, by code, after a code.
///
/// # Errors
/// Those of the database.
pub fn list(conn: &mut Conn, only_site: Option<i64>, after: &str, limit: i64) -> Result<Vec<DeviceView>> {
    store::list_devices(conn, only_site, after, limit)
}
