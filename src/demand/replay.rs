//! Replay: a run is forecast again from its kept input, and each stored figure is compared to the bit.

use std::collections::HashMap;

use serde::Serialize;

use super::circumstances::series_id;
use super::forecast::{self, Stored};
use super::input::{self, RunInput};
use super::run::{self, MODEL_VERSION};
use super::store;
use crate::base::error::Result;
use crate::db::conn::Conn;

/// How a replay came out.
#[derive(Debug, Clone, Serialize)]
pub struct Replay {
    /// The run.
    pub run: String,
    /// Version of the models that made it.
    pub model_version: String,
    /// Version of the models that made it again.
    pub replayed_with: &'static str,
    /// Forecasts of the run that are still kept.
    pub forecasts: usize,
    /// Whether the input is the one that was hashed; if not, nothing was forecast.
    pub input_is_whole: bool,
    /// Whether the accuracy by group is equal.
    pub accuracy_is_equal: bool,
    /// The series whose stored figures differ.
    pub differing: Vec<String>,
}

impl Replay {
    /// Whether everything is as it was.
    pub fn is_equal(&self) -> bool {
        self.input_is_whole && self.accuracy_is_equal && self.differing.is_empty()
    }
}

/// Forecasts a run again; `newest` is the newest of all. Takes seconds: never on the event loop.
///
/// # Errors
/// `not_found`.
pub fn replay(conn: &mut Conn, name: &str) -> Result<Replay> {
    let run = run::find(conn, name)?;
    let kept = store::forecast::of_run(conn, run.site_id, run.id.parse().unwrap_or(0))?;
    let mut replay = Replay {
        run: run.id.clone(),
        model_version: run.model_version.clone(),
        replayed_with: MODEL_VERSION,
        forecasts: kept.len(),
        input_is_whole: false,
        accuracy_is_equal: false,
        differing: Vec::new(),
    };
    // A text that can't even be unpacked was changed as well.
    let Some(text) = run::input_text(conn, &run).ok().filter(|text| input::fingerprint(text) == run.input_sha256) else {
        return Ok(replay);
    };
    replay.input_is_whole = true;
    let made = RunInput::parse(&text)?.forecast()?;
    replay.accuracy_is_equal = run::accuracy_of(&made)? == serde_json::to_string(&run.accuracy).unwrap_or_default();
    let mut again: HashMap<&str, Stored> = HashMap::with_capacity(kept.len());
    let records = made.monitored.forecasts.iter().zip(&made.monitored.series);
    for (series, (forecast, record)) in made.input.series.iter().zip(records) {
        again.insert(series.id(), forecast::to_store(&made.input, series, forecast, record)?);
    }
    for row in kept {
        let id = series_id(&row.item, &row.place);
        // The text of a number says each of its bits, so texts can be compared.
        let stored = Stored { method: row.method, mean_daily_units: row.mean_daily_units, input_sha256: row.input_sha256, body: row.body };
        if again.get(id.as_str()) != Some(&stored) {
            replay.differing.push(id);
        }
    }
    Ok(replay)
}
