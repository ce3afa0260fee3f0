//! The readings and the sums of one channel, read along the primary keys.

use diesel::prelude::*;

use crate::access::device::DeviceKey;
use crate::base::error::Result;
use crate::base::quantity::to_f64;
use crate::base::time::Micros;
use crate::db::conn::Conn;
use crate::db::schema::{channel, observation, observation_day, observation_hour, rollup_dirty};
use crate::sensing::series::{Observed, Step, Sum};

/// A channel, from a moment until before another one.
#[derive(Debug, Clone, Copy)]
pub(in crate::sensing) struct Key {
    pub(in crate::sensing) site_id: i64,
    pub(in crate::sensing) channel_id: i64,
    pub(in crate::sensing) from: Micros,
    pub(in crate::sensing) until: Micros,
}

pub(in crate::sensing) fn channel_by_code(conn: &mut Conn, device: &DeviceKey, code: &str) -> Result<Option<i64>> {
    Ok(channel::table
        .filter(channel::site_id.eq(device.site_id))
        .filter(channel::device_id.eq(device.id))
        .filter(channel::code.eq(code))
        .select(channel::id)
        .first(conn)
        .optional()?)
}

pub(in crate::sensing) fn observations(conn: &mut Conn, key: Key, most: usize) -> Result<Vec<Observed>> {
    let rows: Vec<(i64, String, i64, String)> = observation::table
        .filter(observation::site_id.eq(key.site_id))
        .filter(observation::channel_id.eq(key.channel_id))
        .filter(observation::observed_at.ge(key.from.0))
        .filter(observation::observed_at.lt(key.until.0))
        .order((observation::observed_at, observation::dedupe_key))
        .select((observation::observed_at, observation::kind, observation::value, observation::quality))
        .limit(i64::try_from(most).unwrap_or(i64::MAX))
        .load(conn)?;
    Ok(rows.into_iter().map(|(at, kind, value, quality)| Observed { at: Micros(at), kind, value, quality }).collect())
}

/// The first hour of the span that must be summed, or summed again.
pub(in crate::sensing) fn not_summed_from(conn: &mut Conn, key: Key) -> Result<Option<Micros>> {
    let first: Option<i64> = rollup_dirty::table
        .filter(rollup_dirty::site_id.eq(key.site_id))
        .filter(rollup_dirty::channel_id.eq(key.channel_id))
        .filter(rollup_dirty::bucket.ge(key.from.0))
        .filter(rollup_dirty::bucket.lt(key.until.0))
        .order(rollup_dirty::bucket)
        .select(rollup_dirty::bucket)
        .first(conn)
        .optional()?;
    Ok(first.map(Micros))
}

type SumRow = (i64, i64, i64, i64, i64, i64);

/// A macro and no function: the two tables are two types to diesel.
macro_rules! summed {
    ($table:ident, $conn:expr, $key:expr) => {
        $table::table
            .filter($table::site_id.eq($key.site_id))
            .filter($table::channel_id.eq($key.channel_id))
            .filter($table::bucket.ge($key.from.0))
            .filter($table::bucket.lt($key.until.0))
            .order($table::bucket)
            .select(($table::bucket, $table::observations, $table::min_value, $table::max_value, $table::sum_value, $table::last_value))
            .load::<SumRow>($conn)
    };
}

pub(in crate::sensing) fn sums(conn: &mut Conn, key: Key, step: Step) -> Result<Vec<Sum>> {
    let rows = if step == Step::Day { summed!(observation_day, conn, key) } else { summed!(observation_hour, conn, key) }?;
    Ok(rows
        .into_iter()
        .map(|(at, observations, min, max, sum, last)| Sum {
            at: Micros(at),
            observations,
            min,
            max,
            mean: to_f64(sum) / to_f64(observations),
            last,
        })
        .collect())
}
