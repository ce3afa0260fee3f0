//! Devices that were let in a moment ago: a batch a second would read its credential as often.
//!
//! A device that is suspended, or gets a new secret, is out with the COMMIT that says so ([`Db::callers_version`]).
//! Beside another program on the same PostgreSQL it is out within a second. People are read each time.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use super::caller::Caller;
use crate::base::time::Micros;
use crate::db::Db;

/// How long a credential is believed without a look.
const BELIEVED_MICROS: i64 = 1_000_000;
/// Credentials that are remembered; beyond it all are forgotten.
const KNOWN_MAX: usize = 50_000;

/// The devices that are known, by the hash of their secret.
#[derive(Debug, Default)]
pub struct KnownDevices {
    by_secret: RwLock<HashMap<String, Known>>,
}

#[derive(Debug)]
struct Known {
    caller: Caller,
    version: u64,
    read_at: Micros,
}

impl KnownDevices {
    /// The device behind a secret's hash, if it is known and nothing may have changed since.
    pub(super) fn get(&self, db: &Db, fingerprint: &str, now: Micros) -> Option<Caller> {
        let all = self.by_secret.read().unwrap_or_else(PoisonError::into_inner);
        let known = all.get(fingerprint).filter(|known| known.version == db.callers_version())?;
        (0..BELIEVED_MICROS).contains(&(now.0 - known.read_at.0)).then(|| known.caller.clone())
    }

    /// Remembers a device; `version` is that of before it was read.
    pub(super) fn put(&self, fingerprint: String, caller: &Caller, version: u64, read_at: Micros) {
        if caller.device.is_none() {
            return;
        }
        let mut all = self.by_secret.write().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KNOWN_MAX {
            all.clear();
        }
        all.insert(fingerprint, Known { caller: caller.clone(), version, read_at });
    }
}
