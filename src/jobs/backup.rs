//! The nightly backup, and the alert when the newest one is too old.

use crate::alerts::{self, Severity};
use crate::app::State;
use crate::base::error::Result;
use crate::db::nightly::{Nightly, OLD_HOURS};
use crate::places;

const ALERT: &str = "backup_old";

pub(super) fn round(state: &State, nightly: &Nightly) -> Result<bool> {
    let now = state.db.clock().now();
    if nightly.is_due(now)? {
        match nightly.take(&state.db, now) {
            Ok(path) => tracing::info!("the nightly backup is {}", path.display()),
            Err(error) => tracing::error!(cause = ?error.cause, "the nightly backup failed: {}", error.detail),
        }
    }
    let is_old = nightly.is_old(now)?;
    state.db.write_now(move |tx| {
        for site in places::sites(tx.conn)? {
            if is_old {
                let message =
                    format!("the newest backup is older than {OLD_HOURS} hours: see the program's log, and the disk of the backups");
                alerts::raise(tx, site.id, ALERT, &site.code, Severity::Critical, &message)?;
            } else {
                alerts::close(tx, site.id, ALERT, &site.code)?;
            }
        }
        Ok(())
    })?;
    Ok(false)
}
