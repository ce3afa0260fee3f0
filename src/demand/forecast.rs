//! Forecasts kept with their method and the hash of their input, and the quantiles that people and plans read.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wardstock_models::distribution::Distribution;
use wardstock_models::forecast::Forecast;
use wardstock_models::series::Series;

use super::store;
use crate::base::error::{Error, Result};
use crate::base::quantity::to_f64;
use crate::base::time::{Day, Micros};
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::web::body::hex;

/// The levels at which forecasts are published.
pub const QUANTILES: [f64; 9] = [0.1, 0.25, 0.5, 0.75, 0.8, 0.9, 0.95, 0.98, 0.99];
/// Forecasts older than this are forgotten, except the newest of each stock point.
const KEEP_SECONDS: i64 = 90 * 86_400;

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
    pub flags: Vec<String>,
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
    /// How.
    pub method: String,
    /// Hash of the demand series that it was made from.
    pub input_sha256: String,
    /// The figures.
    #[serde(flatten)]
    pub body: ForecastBody,
}

/// A forecast on its way into the table.
#[derive(Debug, Clone)]
pub struct Stored {
    /// For which stock point.
    pub stock_point_id: i64,
    pub(super) method: String,
    pub(super) mean_daily_units: f64,
    pub(super) input_sha256: String,
    pub(super) body: String,
}

/// Makes the row of a forecast.
///
/// # Errors
/// `internal` when the figures are no JSON.
pub fn to_store(stock_point_id: i64, series: &Series, forecast: &Forecast, start: Day, period_days: i64) -> Result<Stored> {
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
        flags: forecast.flags.iter().map(|flag| format!("{flag:?}")).collect(),
        steps,
        sums: numbered(&forecast.sums),
    };
    let periods = i64::try_from(forecast.sums.len()).unwrap_or(1).max(1);
    Ok(Stored {
        stock_point_id,
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

/// Keeps forecasts, in the transaction of the plan that they feed, and forgets old ones.
///
/// # Errors
/// Those of the database.
pub fn keep(tx: &mut Tx<'_>, site_id: i64, made: &[Stored]) -> Result<()> {
    for forecast in made {
        store::insert_forecast(tx, site_id, forecast)?;
    }
    let before = tx.now.plus_seconds(-KEEP_SECONDS).0;
    store::forget_forecasts(tx, site_id, before)
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
    store::newest_forecasts(conn, wanted.site_id, &wanted.place, &wanted.item, after, wanted.limit)?
        .into_iter()
        .map(|row| {
            let body =
                serde_json::from_str(&row.body).map_err(|cause| Error::internal("a stored forecast can't be read").because(cause))?;
            Ok(ForecastView {
                place: row.place,
                item: row.item,
                made_at: Micros(row.made_at),
                method: row.method,
                input_sha256: row.input_sha256,
                body,
            })
        })
        .collect()
}
