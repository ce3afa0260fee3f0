//! Sums of readings by hour and by day: made from the readings when an hour is over, and made again when something
//! comes late, so they are always what the readings say.
//!
//! Whoever stores a reading marks its hour in the same transaction. A mark stays until its hour is over and nothing
//! came for ten minutes, so it is made once: the marker remembers it until then (`Marked`).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::store;
use super::store::history::{HOUR_MICROS, Over};
use crate::base::error::Result;
use crate::base::time::{DAY_MICROS, Micros};
use crate::db::Tx;
use crate::db::conn::Conn;

/// Hours of channels in one transaction.
const HOURS_PER_CALL: i64 = 500;
/// So long after its end an hour is summed: whoever wrote in it has committed, even by a clock that is behind.
const GRACE_MICROS: i64 = 120 * 1_000_000;

/// The first moment of the hour that holds a moment.
pub(super) fn hour_of(moment: i64) -> i64 {
    moment.div_euclid(HOUR_MICROS) * HOUR_MICROS
}

/// A mark is taken when nothing came for so long: whoever brings what was kept back for days is not held up by sums.
const QUIET_MICROS: i64 = 600 * 1_000_000;
/// A mark is remembered for so long: it can't be taken meanwhile, not even by a program whose clock is ahead.
const SURE_MICROS: i64 = QUIET_MICROS - 2 * GRACE_MICROS;

/// The hour of each channel that was marked last, and when: it need not be marked again before it may be taken.
#[derive(Debug, Default)]
pub(super) struct Marked {
    last: HashMap<(i64, i64), (i64, i64)>,
}

impl Marked {
    /// Marks the hours of new observations `(channel_id, observed_at)` that are not marked for sure.
    pub(super) fn mark(&mut self, tx: &mut Tx<'_>, site_id: i64, new: impl Iterator<Item = (i64, i64)>) -> Result<()> {
        let hours: BTreeSet<(i64, i64)> = new.map(|(channel_id, observed_at)| (channel_id, hour_of(observed_at))).collect();
        let now = tx.now.0;
        let is_sure = |(channel_id, hour): &(i64, i64)| {
            let marked = self.last.get(&(site_id, *channel_id)).filter(|(last, _)| last == hour);
            marked.is_some_and(|(_, at)| now < hour + HOUR_MICROS || now < at + SURE_MICROS)
        };
        let unsure: Vec<(i64, i64)> = hours.into_iter().filter(|hour| !is_sure(hour)).collect();
        store::history::mark_hours(tx, site_id, &unsure)?;
        self.last.extend(unsure.into_iter().map(|(channel_id, hour)| ((site_id, channel_id), (hour, now))));
        Ok(())
    }
}

/// The hours that may be summed now.
fn over(now: Micros) -> Over {
    Over { until: now.0 - HOUR_MICROS - GRACE_MICROS, quiet_since: now.0 - QUIET_MICROS }
}

/// Whether hours wait to be summed: a cheap look before a write is asked for.
///
/// # Errors
/// Those of the database.
pub fn has_due(conn: &mut Conn, now: Micros) -> Result<bool> {
    Ok(!store::history::sites_with_hours(conn, over(now))?.is_empty())
}

/// Sums hours that are over, and the days that they belong to; answers how many hours of channels.
///
/// # Errors
/// Those of the database.
pub fn sum_due(tx: &mut Tx<'_>, now: Micros) -> Result<usize> {
    let mut done = 0;
    for site_id in store::history::sites_with_hours(tx.conn, over(now))? {
        let kept_from = store::history::kept_from(tx.conn, site_id)?;
        let mut by_hour: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        for (bucket, channel_id) in store::history::take_hours(tx, site_id, over(now), HOURS_PER_CALL)? {
            by_hour.entry(bucket).or_default().push(channel_id);
            done += 1;
        }
        let mut by_day: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
        for (bucket, channels) in by_hour {
            // Of an hour whose readings may be gone, what was summed of all of them stands.
            if bucket >= kept_from {
                store::history::sum_hour(tx, site_id, bucket, &channels)?;
                by_day.entry(bucket.div_euclid(DAY_MICROS) * DAY_MICROS).or_default().extend(&channels);
            }
            store::history::unmark_hour(tx, site_id, bucket, &channels)?;
        }
        for (day, channels) in by_day {
            store::history::sum_day(tx, site_id, day, &channels.into_iter().collect::<Vec<_>>())?;
        }
        if done > 0 {
            break;
        }
    }
    Ok(done)
}
