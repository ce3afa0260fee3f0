//! What goes after a while: readings after [`Keep::raw_days`], their sums by hour after [`Keep::hour_days`], answers to
//! batches after 30 days; sums by day stay. Readings go in small steps (a month at a time where they stand in months), and only when their hours are summed.

use super::store;
use crate::alerts::{self, Severity};
use crate::base::error::{Error, Result};
use crate::base::id;
use crate::base::time::{DAY_MICROS, Micros};
use crate::db::Tx;
use crate::places;

/// Readings that one transaction deletes, about.
const ROWS_PER_STEP: i64 = 5_000;
/// Channels that one transaction looks at.
const CHANNELS_PER_STEP: i64 = 200;
/// Bodies of vendors' gateways that one transaction deletes.
const POSTS_PER_STEP: i64 = 100;
/// Months that are made before they begin.
const MONTHS_AHEAD: i64 = 3;
const MONTH_MICROS: i64 = 31 * DAY_MICROS;
/// The fewest days that readings may be kept: a gateway that was away for a week brings them all.
const RAW_DAYS_MIN: i64 = 8;

/// Days that answers to batches are kept, if readings are kept longer: the records themselves tell of a resend then.
const ANSWER_DAYS: i64 = 30;

/// How long things are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Days of readings; older ones are not taken any more either.
    pub raw_days: i64,
    /// Days of sums by hour.
    pub hour_days: i64,
}

impl Default for Keep {
    fn default() -> Self {
        Self { raw_days: 90, hour_days: 730 }
    }
}

impl Keep {
    /// Refuses what would lose readings that are still on their way.
    ///
    /// # Errors
    /// `invalid_input` naming the bounds.
    pub fn check(self) -> Result<Self> {
        if self.raw_days < RAW_DAYS_MIN || self.hour_days < self.raw_days {
            let detail =
                format!("readings must be kept for at least {RAW_DAYS_MIN} days, and their sums by hour not shorter than they are");
            return Err(Error::field("keep-raw-days", "out_of_range", detail));
        }
        Ok(self)
    }

    /// The first moment of the first whole day that is kept.
    fn raw_from(self, now: Micros) -> i64 {
        (now.0 - (self.raw_days + 1) * DAY_MICROS).div_euclid(DAY_MICROS) * DAY_MICROS
    }

    fn answers_from(self, now: Micros) -> i64 {
        id::floor(now.plus_seconds(-ANSWER_DAYS.min(self.raw_days - 1) * 86_400))
    }

    fn hours_from(self, now: Micros) -> i64 {
        (now.0 - (self.hour_days + 1) * DAY_MICROS).div_euclid(DAY_MICROS) * DAY_MICROS
    }
}

/// The kind of the alert about readings that belong to no month.
const ALERT: &str = "reading_without_month";

/// Makes the months that readings may come for, and says so where some came for none.
///
/// # Errors
/// Those of the database.
pub fn make_months(tx: &mut Tx<'_>, keep: Keep) -> Result<()> {
    if !tx.conn.is_shared() {
        return Ok(());
    }
    let mut moment = keep.raw_from(tx.now);
    while moment < tx.now.0 + (MONTHS_AHEAD + 1) * MONTH_MICROS {
        store::history::make_month(tx, moment)?;
        // Shorter than any month, so none is left out.
        moment += 27 * DAY_MICROS;
    }
    let strays = store::history::sites_without_month(tx.conn)?;
    for site in places::sites(tx.conn)? {
        if strays.contains(&site.id) {
            let message = "readings lie outside the months that are kept: their devices' clocks are wrong, or the scheduler was away";
            alerts::raise(tx, site.id, ALERT, &site.code, Severity::Warning, message)?;
        } else {
            alerts::close(tx, site.id, ALERT, &site.code)?;
        }
    }
    Ok(())
}

/// A walk over all channels.
#[derive(Debug, Clone, Default)]
pub struct Sweep {
    /// Sites that are left, the current one last.
    sites: Vec<i64>,
    /// The last channel of the current site that is done.
    after: i64,
    /// The current site's old answers are gone.
    is_answered: bool,
}

/// Begins: says how far readings may go, and drops the months that are over.
///
/// # Errors
/// Those of the database.
pub fn begin(tx: &mut Tx<'_>, keep: Keep) -> Result<Sweep> {
    let mut sites = Vec::new();
    let mut before = keep.raw_from(tx.now);
    for site in places::sites(tx.conn)? {
        // No reading goes before its hour was summed.
        let marked = store::history::oldest_marked(tx.conn, site.id)?;
        let cutoff = marked.map_or(i64::MAX, |bucket| bucket.div_euclid(DAY_MICROS) * DAY_MICROS).min(keep.raw_from(tx.now));
        if store::history::open_gate(tx, site.id, cutoff)? {
            store::binding::raise_version(tx, site.id)?;
        }
        before = before.min(store::history::kept_from(tx.conn, site.id)?);
        sites.push(site.id);
    }
    if tx.conn.is_shared() {
        let months = store::history::drop_months(tx, before)?;
        if months > 0 {
            tracing::info!(months, "months of readings were dropped");
        }
    }
    Ok(Sweep { sites, after: 0, is_answered: false })
}

impl Sweep {
    /// One small step; answers the walk that is left, none when it is over.
    ///
    /// # Errors
    /// Those of the database.
    pub fn step(mut self, tx: &mut Tx<'_>, keep: Keep) -> Result<Option<Self>> {
        let Some(site_id) = self.sites.last().copied() else { return Ok(None) };
        if !self.is_answered {
            let gone = store::history::delete_batches(tx, site_id, keep.answers_from(tx.now), ROWS_PER_STEP)?;
            self.is_answered = i64::try_from(gone).is_ok_and(|gone| gone < ROWS_PER_STEP);
            return Ok(Some(self));
        }
        let (kept_from, hours_from) = (store::history::kept_from(tx.conn, site_id)?, keep.hours_from(tx.now));
        // Where they stand in months, readings go with their month.
        let observed_before = if tx.conn.is_shared() { i64::MIN } else { kept_from };
        let channels = store::history::aged_channels(tx.conn, site_id, self.after, (observed_before, hours_from), CHANNELS_PER_STEP)?;
        let mut room = ROWS_PER_STEP;
        for channel in &channels {
            if channel.has_observations > 0 {
                room -= store::history::delete_observations(tx, site_id, channel.id, observed_before, room)?;
            }
            if channel.has_hours > 0 {
                room -= store::history::delete_hours(tx, site_id, channel.id, hours_from)?;
            }
            if room <= 0 {
                // The same channel may have more.
                return Ok(Some(self));
            }
            self.after = channel.id;
        }
        if channels.is_empty() {
            if store::vendor::delete_posts(tx, site_id, kept_from, POSTS_PER_STEP)? > 0 {
                return Ok(Some(self));
            }
            self.sites.pop();
            self.after = 0;
            self.is_answered = false;
        }
        Ok(Some(self))
    }
}
