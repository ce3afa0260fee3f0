//! Forecast runs: the forecasts of one plan together, kept with what they were made from and how they did so far.

use std::collections::BTreeMap;

use serde::Serialize;

use super::accuracy::AccuracyView;
use super::forecast::{self, Stored};
use super::input::{self, Made, RunInput};
use super::shift::{self, Shift};
use super::store;
use super::store::run::RunRow;
use crate::base::error::{Error, Result};
use crate::base::id;
use crate::base::time::{Day, Micros};
use crate::db::Tx;
use crate::db::conn::Conn;

/// Forecasts older than this are forgotten, except the newest of each stock point; runs with their last forecast.
const KEEP_SECONDS: i64 = 90 * 86_400;
/// The version of the models: they share the service's.
pub const MODEL_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The stock point that a series is forecast for.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its id.
    pub stock_point_id: i64,
    /// Code of its place.
    pub place: String,
    /// Code of its item.
    pub item: String,
}

/// A run on its way into the table.
#[derive(Debug, Clone)]
pub struct StoredRun {
    pub(super) start: Day,
    pub(super) period_days: i64,
    pub(super) horizon_periods: i64,
    pub(super) series_count: i64,
    pub(super) model_version: &'static str,
    pub(super) seed: i64,
    pub(super) input_sha256: String,
    pub(super) input: String,
    pub(super) accuracy: String,
    forecasts: Vec<(i64, Stored)>,
    shifts: Vec<Shift>,
}

/// Makes the rows of a run; `targets[i]` is what `made.input.series[i]` is forecast for, none: it only helps the others.
/// Hashes and packs the input: never inside a write.
///
/// # Errors
/// `internal` when the figures are no JSON.
pub fn to_store(made: &Made, targets: &[Option<Target>]) -> Result<StoredRun> {
    let text = made.input.to_text()?;
    let input_sha256 = input::fingerprint(&text);
    let mut forecasts = Vec::with_capacity(targets.len());
    let mut shifts = Vec::with_capacity(targets.len());
    let records = made.monitored.forecasts.iter().zip(&made.monitored.series);
    for ((target, series), (forecast, record)) in targets.iter().zip(&made.input.series).zip(records) {
        if let Some(target) = target {
            forecasts.push((target.stock_point_id, forecast::to_store(&made.input, series, forecast, record)?));
            shifts.push(Shift::of(target, forecast));
        }
    }
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    Ok(StoredRun {
        start: made.input.start,
        period_days: made.input.period_days,
        horizon_periods: count(made.input.horizon),
        series_count: count(made.input.series.len()),
        model_version: MODEL_VERSION,
        seed: input::seed_of(&input_sha256).cast_signed(),
        input: input::pack(&text)?,
        input_sha256,
        accuracy: accuracy_of(made)?,
        forecasts,
        shifts,
    })
}

/// The record of each group, as it is kept.
pub(super) fn accuracy_of(made: &Made) -> Result<String> {
    let groups: BTreeMap<&str, AccuracyView> =
        made.monitored.groups.iter().filter_map(|(group, record)| Some((group.as_str(), AccuracyView::of(record)?))).collect();
    serde_json::to_string(&groups).map_err(|cause| Error::internal("the accuracy of a run is no JSON").because(cause))
}

/// Keeps a run with its forecasts, in the transaction of the plan that they feed; raises and closes the alerts of
/// levels that moved; forgets what is old.
///
/// # Errors
/// Those of the database.
pub fn keep(tx: &mut Tx<'_>, site_id: i64, run: &StoredRun) -> Result<()> {
    let run_id = tx.id();
    store::run::insert(tx, site_id, run_id, run)?;
    for (stock_point_id, forecast) in &run.forecasts {
        store::forecast::insert(tx, site_id, run_id, *stock_point_id, forecast)?;
    }
    shift::tell(tx, site_id, &run.shifts)?;
    let before = tx.now.plus_seconds(-KEEP_SECONDS).0;
    store::forecast::forget(tx, site_id, before)?;
    store::run::forget(tx, site_id, before)
}

/// A run as it is shown.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct RunView {
    /// Its id.
    pub id: String,
    /// Its site, for the room's own checks.
    #[serde(skip)]
    pub site_id: i64,
    /// Code of its site.
    pub site: String,
    /// When it was made.
    pub made_at: Micros,
    /// First forecast day.
    pub start: Day,
    /// Days per period.
    pub period_days: i64,
    /// Periods forecast.
    pub horizon: i64,
    /// Series forecast together.
    pub series_count: i64,
    /// Version of the models.
    pub model_version: String,
    /// 16 hexadecimal digits, the start of `input_sha256`: what the paths are drawn from.
    pub seed: String,
    /// SHA-256 of the input document.
    pub input_sha256: String,
    /// How the past forecasts of each group compare with what came; the key of items without a group is empty.
    pub accuracy: BTreeMap<String, AccuracyView>,
}

impl TryFrom<RunRow> for RunView {
    type Error = Error;

    fn try_from(row: RunRow) -> Result<Self> {
        let accuracy =
            serde_json::from_str(&row.accuracy).map_err(|cause| Error::internal("a kept accuracy can't be read").because(cause))?;
        Ok(Self {
            id: id::to_wire(row.id),
            site_id: row.site_id,
            site: row.site,
            made_at: Micros(row.made_at),
            start: Day(row.start_day),
            period_days: row.period_days,
            horizon: row.horizon_periods,
            series_count: row.series_count,
            model_version: row.model_version,
            seed: format!("{:016x}", row.seed),
            input_sha256: row.input_sha256,
            accuracy,
        })
    }
}

/// Runs before the id `before`, newest first.
///
/// # Errors
/// Those of the database.
pub fn list(conn: &mut Conn, only_site: Option<i64>, before: i64, limit: i64) -> Result<Vec<RunView>> {
    store::run::list(conn, only_site, before, limit)?.into_iter().map(RunView::try_from).collect()
}

/// A run by id; `newest` is the newest of all.
///
/// # Errors
/// `not_found`.
pub fn find(conn: &mut Conn, name: &str) -> Result<RunView> {
    let row = match name {
        "newest" => store::run::list(conn, None, i64::MAX, 1)?.pop(),
        name => name.parse().ok().map(|run_id| store::run::by_id(conn, run_id)).transpose()?.flatten(),
    };
    row.ok_or_else(|| Error::not_found("forecast run", name))?.try_into()
}

/// The input document of a run, as it was hashed.
///
/// # Errors
/// `internal` when it was spoilt.
pub fn input_text(conn: &mut Conn, run: &RunView) -> Result<String> {
    input::unpack(&store::run::input(conn, run.site_id, run.id.parse().unwrap_or(0))?)
}

/// The input of a run, if it is the one that was hashed.
///
/// # Errors
/// `internal` when it was spoilt or changed.
pub fn whole_input(conn: &mut Conn, run: &RunView) -> Result<RunInput> {
    let text = input_text(conn, run)?;
    if input::fingerprint(&text) != run.input_sha256 {
        return Err(Error::internal(format!("the input of forecast run {} was changed: its hash differs", run.id)));
    }
    RunInput::parse(&text)
}
