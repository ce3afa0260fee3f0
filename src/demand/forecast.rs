//! Forecasts kept with their method and the hash of their input, and the quantiles that people and plans read.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wardstock_models::distribution::Distribution;
use wardstock_models::forecast::Forecast;
use wardstock_models::forecast::monitor::Accuracy;
use wardstock_models::series::Series;

use super::accuracy::{AccuracyView, PartsView};
use super::flag::FlagView;
use super::input::RunInput;
use super::store;
use crate::base::error::{Error, Result};
use crate::base::id;
use crate::base::quantity::to_f64;
use crate::base::time::{Day, Micros};
use crate::db::conn::Conn;
use crate::web::body::hex;

/// The levels at which forecasts are published.
pub const QUANTILES: [f64; 9] = [0.1, 0.25, 0.5, 0.75, 0.8, 0.9, 0.95, 0.98, 0.99];

/// A demand total: mean and quantiles, in base units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Total {
    /// Periods in it, from the first on.
    pub periods: i64,
    /// First day after it.
    pub until: Day,
    /// Expected units.
    pub mean: f64,
    /// Pairs of probability and units.
    pub quantiles: Vec<(f64, f64)>,
}

/// A forecast as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ForecastBody {
    /// First forecast day.
    pub start: Day,
    /// Days per period.
    pub period_days: i64,
    /// Demand class (Syntetos and Boylan).
    pub class: String,
    /// Share of known periods in which an empty shelf hid demand.
    pub share_censored: f64,
    /// What a reader should know: new item, level shift, …
    pub flags: Vec<FlagView>,
    /// How past forecasts of it compare with what came; null while none could be scored.
    #[serde(default)]
    pub accuracy: Option<AccuracyView>,
    /// What went into it; null for forecasts made before these were kept.
    #[serde(default)]
    pub parts: Option<PartsView>,
    /// Demand of each period alone.
    pub steps: Vec<Total>,
    /// Demand summed from the first period on: what safety stock needs.
    pub sums: Vec<Total>,
}

/// A forecast with its names.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct ForecastView {
    /// Planning place.
    pub place: String,
    /// Item code.
    pub item: String,
    /// When it was made.
    pub made_at: Micros,
    /// The run that it comes from; null for forecasts made before runs were kept.
    pub run: Option<String>,
    /// How.
    pub method: String,
    /// Hash of the demand series that it was made from.
    pub input_sha256: String,
    /// The figures.
    #[serde(flatten)]
    pub body: ForecastBody,
}

/// A forecast on its way into the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    pub(super) method: String,
    pub(super) mean_daily_units: f64,
    pub(super) input_sha256: String,
    pub(super) body: String,
}

/// Makes the row of a forecast.
///
/// # Errors
/// `internal` when the figures are no JSON.
pub(super) fn to_store(input: &RunInput, series: &Series, forecast: &Forecast, record: &Accuracy) -> Result<Stored> {
    let (start, period_days) = (input.start, input.period_days);
    let total = |periods: i64, of: &Distribution| Total {
        periods,
        until: start.plus(periods * period_days),
        mean: of.mean(),
        quantiles: QUANTILES.iter().map(|p| (*p, of.quantile(*p))).collect(),
    };
    let numbered = |all: &[Distribution]| (1..).zip(all).map(|(periods, of)| total(periods, of)).collect::<Vec<_>>();
    let mut steps = numbered(&forecast.steps);
    for step in &mut steps {
        (step.periods, step.until) = (1, step.until);
    }
    let body = ForecastBody {
        start,
        period_days,
        class: format!("{:?}", forecast.class).to_lowercase(),
        share_censored: forecast.share_censored,
        flags: forecast.flags.iter().map(FlagView::from).collect(),
        accuracy: AccuracyView::of(record),
        parts: Some(PartsView::from(&forecast.parts)),
        steps,
        sums: numbered(&forecast.sums),
    };
    let periods = i64::try_from(forecast.sums.len()).unwrap_or(1).max(1);
    Ok(Stored {
        method: forecast.method.as_str().to_owned(),
        mean_daily_units: forecast.sums.last().map_or(0.0, Distribution::mean) / to_f64(periods * period_days),
        input_sha256: fingerprint(series),
        body: serde_json::to_string(&body).map_err(|cause| Error::internal("a forecast is no JSON").because(cause))?,
    })
}

/// SHA-256 over what the forecaster saw: the same input gives the same forecast.
fn fingerprint(series: &Series) -> String {
    let mut hasher = Sha256::new();
    hasher.update(format!("{} {:?} {:?} {}", series.id(), series.group(), series.period(), series.first_day()));
    for period in series.periods() {
        hasher.update(format!(" {period:?}"));
    }
    hex(&hasher.finalize())
}

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Only this site.
    pub site_id: Option<i64>,
    /// Only this place; empty: all.
    pub place: String,
    /// Only this item; empty: all.
    pub item: String,
    /// After this place and item.
    pub after: (String, String),
    /// At most so many.
    pub limit: i64,
}

/// The newest forecast of each planning point.
///
/// # Errors
/// Those of the database.
pub fn newest(conn: &mut Conn, wanted: &Wanted) -> Result<Vec<ForecastView>> {
    let after = (wanted.after.0.as_str(), wanted.after.1.as_str());
    store::forecast::newest(conn, wanted.site_id, &wanted.place, &wanted.item, after, wanted.limit)?
        .into_iter()
        .map(|row| {
            let body =
                serde_json::from_str(&row.body).map_err(|cause| Error::internal("a stored forecast can't be read").because(cause))?;
            Ok(ForecastView {
                place: row.place,
                item: row.item,
                made_at: Micros(row.made_at),
                run: row.run_id.map(id::to_wire),
                method: row.method,
                input_sha256: row.input_sha256,
                body,
            })
        })
        .collect()
}
