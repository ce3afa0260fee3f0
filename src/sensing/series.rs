//! What one channel has said over some days: its readings where they are few, else their sums by hour or by day.

use serde::Serialize;

use super::store;
use crate::access::device::DeviceKey;
use crate::base::error::{Error, Result};
use crate::base::time::{Micros, Period};
use crate::db::conn::Conn;

/// Readings that one answer holds.
const OBSERVATIONS_MAX: usize = 10_000;
/// Without a wish, readings are shown of so many days.
const RAW_DAYS: i64 = 7;
/// Without a wish, sums by hour are shown of so many days.
const HOUR_DAYS: i64 = 92;
/// Sums by hour of so many days fit an answer.
const HOUR_DAYS_MAX: i64 = 400;
/// Sums by day of so many days fit an answer.
const DAY_DAYS_MAX: i64 = 3_660;

/// How fine a series is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// The readings themselves.
    Raw,
    /// Their sums by hour.
    Hour,
    /// Their sums by day (UTC).
    Day,
}

impl Step {
    /// Reads its word.
    ///
    /// # Errors
    /// `invalid_input` naming the words.
    pub fn parse(word: &str) -> Result<Self> {
        match word {
            "raw" => Ok(Self::Raw),
            "hour" => Ok(Self::Hour),
            "day" => Ok(Self::Day),
            _ => Err(Error::field("step", "one_of", format!("'{word}' is none of raw, hour, day"))),
        }
    }
}

/// One reading as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Observed {
    /// The device's stamp.
    pub at: Micros,
    /// `level`, `weight` or `status`.
    pub kind: String,
    /// Base units of a level, milligrams of a load, per cent of a battery (-1: not said).
    pub value: i64,
    /// Empty when good, else the record code.
    pub quality: String,
}

/// What the readings of an hour or a day add up to; scales that had not come to rest are left out.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Sum {
    /// The first moment of the hour or day.
    pub at: Micros,
    /// How many readings.
    pub observations: i64,
    /// The least value.
    pub min: i64,
    /// The greatest value.
    pub max: i64,
    /// Their mean.
    pub mean: f64,
    /// The newest value.
    pub last: i64,
}

/// What a channel has said.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Series {
    /// Code of the device.
    pub device: String,
    /// The channel as the device names it.
    pub channel: String,
    /// What the answer was read from.
    pub step: Step,
    /// With `hour` and `day`: readings from here on may not be in the sums yet; null: all are.
    pub not_summed_from: Option<Micros>,
    /// With `raw`, oldest first.
    pub observations: Vec<Observed>,
    /// With `hour` and `day`, oldest first.
    pub sums: Vec<Sum>,
}

/// Reads what a channel has said in some days, as fine as asked for, else as fine as is sensible for so many days.
///
/// # Errors
/// `not_found` for a channel that the device has not; `invalid_input` when the wished step has too many points.
pub fn read(conn: &mut Conn, device: &DeviceKey, channel: &str, period: Period, wish: Option<Step>) -> Result<Series> {
    let none = || Error::not_found("channel", format!("{}/{channel}", device.code));
    let channel_id = store::series::channel_by_code(conn, device, channel)?.ok_or_else(none)?;
    let days = period.to.0 - period.from.0 + 1;
    let usual = if days <= RAW_DAYS {
        Step::Raw
    } else if days <= HOUR_DAYS {
        Step::Hour
    } else {
        Step::Day
    };
    let step = wish.unwrap_or(usual);
    let mut series = Series {
        device: device.code.clone(),
        channel: channel.to_owned(),
        step,
        not_summed_from: None,
        observations: Vec::new(),
        sums: Vec::new(),
    };
    let key = store::series::Key { site_id: device.site_id, channel_id, from: period.from.start(), until: period.to.plus(1).start() };
    if step == Step::Raw {
        series.observations = store::series::observations(conn, key, OBSERVATIONS_MAX + 1)?;
        if series.observations.len() <= OBSERVATIONS_MAX {
            return Ok(series);
        }
        if wish.is_some() {
            return Err(too_many(format!("these {days} days hold more than {OBSERVATIONS_MAX} readings; ask for fewer days, or for hour")));
        }
        series.observations = Vec::new();
        series.step = Step::Hour;
    }
    let days_max = if series.step == Step::Hour { HOUR_DAYS_MAX } else { DAY_DAYS_MAX };
    if days > days_max {
        return Err(too_many(format!("{days} days are more than {days_max}, which is what one answer holds in this step")));
    }
    series.not_summed_from = store::series::not_summed_from(conn, key)?;
    series.sums = store::series::sums(conn, key, series.step)?;
    Ok(series)
}

fn too_many(detail: String) -> Error {
    Error::field("step", "out_of_range", detail)
}
