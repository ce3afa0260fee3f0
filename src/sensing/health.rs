//! Devices that have fallen silent.

use serde::Serialize;

use super::store;
use crate::alerts::{self, Severity};
use crate::base::error::Result;
use crate::base::time::Micros;
use crate::db::Tx;
use crate::db::conn::Conn;

/// An active device that says nothing for longer than this is silent.
pub const SILENT_MINUTES: i64 = 15;

/// A device that has not been heard for too long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct SilentDevice {
    /// Its site.
    #[serde(skip)]
    pub site_id: i64,
    /// Its code.
    pub code: String,
    /// For people.
    pub name: String,
    /// Code of its site.
    pub site: String,
    /// When it was heard last; null: never.
    pub last_seen_at: Option<Micros>,
    /// Minutes since then, or since it was registered.
    pub minutes_silent: i64,
    /// How many of its channels are bound: what nobody watches now.
    pub channels: i64,
}

/// The active devices, of one site or all, that have been silent for more than [`SILENT_MINUTES`], longest first.
///
/// # Errors
/// Those of the database.
pub fn silent_devices(conn: &mut Conn, now: Micros, only_site: Option<i64>) -> Result<Vec<SilentDevice>> {
    store::desk::silent_devices(conn, now, now.plus_seconds(-SILENT_MINUTES * 60), only_site)
}

/// The kind of the alert about a silent device.
const ALERT: &str = "device_silent";

/// Raises an alert for each device that has fallen silent, and closes those of devices that speak again.
///
/// # Errors
/// Those of the database.
pub fn raise_silence(tx: &mut Tx<'_>) -> Result<()> {
    let silent = silent_devices(tx.conn, tx.now, None)?;
    for (site_id, code) in store::desk::open_alert_subjects(tx.conn, ALERT)? {
        if !silent.iter().any(|device| device.site_id == site_id && device.code == code) {
            alerts::close(tx, site_id, ALERT, &code)?;
        }
    }
    for device in silent {
        let message = format!(
            "{} has not been heard for {} minutes; {} bound channels are not watched meanwhile: check its power and network",
            device.code, device.minutes_silent, device.channels
        );
        alerts::raise(tx, device.site_id, ALERT, &device.code, Severity::Warning, &message)?;
    }
    Ok(())
}
