//! Possible futures of one planning point, drawn again from the run that its newest forecast comes from.

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::circumstances::series_id;
use super::forecast::{self, Wanted};
use super::input;
use super::run;
use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::base::time::Day;
use crate::db::conn::Conn;
use crate::web::body::hex;

/// Paths drawn at most.
pub const COUNT_MAX: usize = 1_000;

/// Drawn demand.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct PathsView {
    /// Planning place.
    pub place: String,
    /// Item code.
    pub item: String,
    /// The run.
    pub run: String,
    /// 16 hexadecimal digits: the run's seed xor the start of the SHA-256 of `ITEM@PLACE`, so that items differ.
    pub seed: String,
    /// First forecast day.
    pub start: Day,
    /// Days per period.
    pub period_days: i64,
    /// `paths[path][period]`, base units.
    pub paths: Vec<Vec<f64>>,
}

/// Draws paths of the newest forecast. Forecasts the whole run again, which takes seconds: never on the event loop.
///
/// # Errors
/// `not_found` without a forecast; `wrong_state` when it was made before runs were kept, or by other models.
pub fn draw(conn: &mut Conn, place: &str, item: &str, site_id: i64, count: usize) -> Result<PathsView> {
    let wanted = Wanted { site_id: Some(site_id), place: place.to_owned(), item: item.to_owned(), limit: 1, ..Wanted::default() };
    let newest = forecast::newest(conn, &wanted)?.pop().ok_or_else(|| Error::not_found("forecast", format!("{place}/{item}")))?;
    let no_longer = |why: &str| Error::new(Code::WrongState, format!("{why}: ask for a new plan, which forecasts anew"));
    let run = newest.run.as_deref().ok_or_else(|| no_longer("this forecast was made before its input was kept"))?;
    let run = run::find(conn, run)?;
    let made = run::whole_input(conn, &run)?.forecast()?;
    let id = series_id(item, place);
    let series = made.input.series.iter().zip(made.monitored.forecasts.iter().zip(&made.monitored.series));
    let (series, (forecast, record)) =
        series.into_iter().find(|(series, _)| series.id() == id).ok_or_else(|| no_longer("the run does not hold this item"))?;
    let body = forecast::to_store(&made.input, series, forecast, record)?.body;
    if serde_json::to_string(&newest.body).ok() != Some(body) {
        return Err(no_longer("the models have changed since this forecast was made"));
    }
    let seed = input::seed_of(&run.input_sha256) ^ input::seed_of(&hex(&Sha256::digest(id.as_bytes())));
    Ok(PathsView {
        place: newest.place,
        item: newest.item,
        run: run.id,
        seed: format!("{seed:016x}"),
        start: made.input.start,
        period_days: made.input.period_days,
        paths: forecast.paths(count, seed),
    })
}
