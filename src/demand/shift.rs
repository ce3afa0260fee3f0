//! Alerts about items whose level has moved: one open per item and place, closed when a later run finds it no more.

use wardstock_models::forecast::Forecast;

use super::flag::{FlagView, LEVEL_SHIFT};
use super::run::Target;
use crate::alerts::{self, Severity};
use crate::base::error::Result;
use crate::db::Tx;

/// Whether the level of one item at one place has moved.
#[derive(Debug, Clone)]
pub(super) struct Shift {
    /// `PLACE/ITEM`, as other alerts name stock points.
    subject: String,
    /// `up` or `down`; none: it has not.
    direction: Option<String>,
}

impl Shift {
    pub(super) fn of(target: &Target, forecast: &Forecast) -> Self {
        let moved = forecast.flags.iter().map(FlagView::from).find(|flag| flag.flag == LEVEL_SHIFT);
        let direction = moved.map(|flag| flag.direction.unwrap_or_default());
        Self { subject: format!("{}/{}", target.place, target.item), direction }
    }
}

/// Raises the alerts of levels that moved, and closes those of the others of the run.
pub(super) fn tell(tx: &mut Tx<'_>, site_id: i64, shifts: &[Shift]) -> Result<()> {
    let open = alerts::open_subjects(tx.conn, site_id, LEVEL_SHIFT)?;
    for shift in shifts {
        match &shift.direction {
            Some(direction) if !open.contains(&shift.subject) => {
                let than = if direction == "down" { "less" } else { "more" };
                let message = format!(
                    "{}: clearly {than} is used than before, several periods in a row: find out why, \
                     and enter a demand event if it will pass",
                    shift.subject
                );
                alerts::raise(tx, site_id, LEVEL_SHIFT, &shift.subject, Severity::Warning, &message)?;
            }
            None if open.contains(&shift.subject) => {
                alerts::close(tx, site_id, LEVEL_SHIFT, &shift.subject)?;
            }
            _ => {}
        }
    }
    Ok(())
}
