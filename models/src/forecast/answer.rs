//! What a forecast says, and why there may be none.

use serde::Serialize;

use super::Direction;
use crate::classify::DemandClass;
use crate::distribution::Distribution;

/// Longest horizon, periods.
pub const HORIZON_MAX: usize = 3660;

/// Fewest known periods for a method of the item's own.
pub const KNOWN_MIN: usize = 6;

/// Why no forecast was made. Poor demand records are never an error: they make a wider forecast.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ForecastError {
    /// The horizon is 0 or too long.
    #[error("horizon {horizon}: must be 1 to {HORIZON_MAX} periods")]
    Horizon {
        /// What was asked for, periods.
        horizon: usize,
    },
    /// A back-test needs origins.
    #[error("back-test without origins")]
    NoOrigins,
}

/// How was the forecast made?
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Seasonal indices shrunk to the group, likelihood-weighted level, spread from past errors.
    SeasonalLevel,
    /// Decaying level without season, negative binomial of the sum.
    DecayingLevel,
    /// The group's rates, sharpened by what little is known of the item.
    GroupPrior,
    /// Last season's values, because every other method lost to them lately.
    SeasonalNaive,
}

impl Method {
    /// The name on the wire and in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SeasonalLevel => "seasonal_level",
            Self::DecayingLevel => "decaying_level",
            Self::GroupPrior => "group_prior",
            Self::SeasonalNaive => "seasonal_naive",
        }
    }
}

/// What should a reader of this forecast know?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// This many quantities were absurd and count as not known.
    AbsurdIgnored(usize),
    /// Fewer than [`KNOWN_MIN`] known periods: a wide forecast.
    NewItem,
    /// No known period at all.
    NothingKnown,
    /// Neither the item nor others say anything: the forecast is a guess.
    NoGroup,
    /// All known demand is 0.
    NoDemand,
    /// An empty shelf hid more than half of the periods: the group has weight in the rate.
    MostlyCensored,
    /// The method lost to last season's values over at least six past forecasts, so these are used.
    LosesToNaive,
    /// The level seems to have moved lately (a warning; the forecast is unchanged).
    LevelShift(Direction),
}

/// What went into the forecast.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parts {
    /// Base units per period without season, at least 0.
    pub level: f64,
    /// Variance of one period over its mean, base units.
    pub dispersion: f64,
    /// Share 0..1 that the group has: in the rate for [`Method::GroupPrior`], in the dispersion otherwise.
    pub group_weight: f64,
    /// Share 0..1 of its own pattern in the seasonal factors; 0 without season.
    pub seasonal_own_weight: f64,
    /// Factor of each coming period, `seasonal[step]`; empty without season.
    pub seasonal: Vec<f64>,
}

/// The forecast of one series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Forecast {
    /// Id of the series.
    pub series_id: String,
    /// How it was made.
    pub method: Method,
    /// Class of the known demand.
    pub class: DemandClass,
    /// Share 0..1 of the periods that an empty shelf hid in whole or in part.
    pub share_censored: f64,
    /// What to know about it.
    pub flags: Vec<Flag>,
    /// What went into it.
    pub parts: Parts,
    /// `steps[h]` = demand of coming period h + 1 alone.
    pub steps: Vec<Distribution>,
    /// `sums[h]` = demand of the coming periods 1..=h + 1 together; no quantile falls in h.
    pub sums: Vec<Distribution>,
}
