//! The exact input of a forecast run: one JSON document that is hashed, packed and kept, and forecast again.

use std::io::{Read, Write};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wardstock_models::forecast::Circumstances;
use wardstock_models::forecast::monitor::{self, Monitored};
use wardstock_models::series::Series;

use crate::base::error::{Error, Result};
use crate::base::time::Day;
use crate::web::body::hex;

/// Periods of the sums that are scored at most.
const LENGTH_MAX: usize = 4;
/// Past forecasts of each series that are scored.
pub const ORIGINS: usize = 12;
/// Largest document that is unpacked.
const BYTES_MAX: u64 = 1 << 30;
const SCHEMA: &str = "wardstock.forecast_input.v1";

/// All that the forecasts of a run were made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunInput {
    /// `wardstock.forecast_input.v1`.
    pub schema: String,
    /// First forecast day.
    pub start: Day,
    /// Days per period.
    pub period_days: i64,
    /// Periods forecast.
    pub horizon: usize,
    /// Periods of the sums that are scored.
    pub length: usize,
    /// Past forecasts that are scored.
    pub origins: usize,
    /// Holidays, events and predecessors.
    pub circumstances: Circumstances,
    /// Demand of each series.
    pub series: Vec<Series>,
}

/// A run with its forecasts.
#[derive(Debug)]
pub struct Made {
    /// What they were made from.
    pub input: RunInput,
    /// The forecasts with their record, `forecasts[i]` that of `input.series[i]`.
    pub monitored: Monitored,
}

impl RunInput {
    /// An input whose forecasts begin on `start`.
    pub fn new(start: Day, period_days: i64, horizon: usize, series: Vec<Series>, circumstances: Circumstances) -> Self {
        let length = horizon.min(LENGTH_MAX);
        Self { schema: SCHEMA.to_owned(), start, period_days, horizon, length, origins: ORIGINS, circumstances, series }
    }

    /// Forecasts; the same input gives the same bits. Takes seconds for thousands of series: never on the event loop.
    ///
    /// # Errors
    /// `internal` when the models refuse it.
    pub fn forecast(self) -> Result<Made> {
        let monitored = monitor::monitored(&self.series, &self.circumstances, self.horizon, self.length, self.origins)
            .map_err(|cause| Error::internal("the forecast failed").because(cause))?;
        Ok(Made { input: self, monitored })
    }

    /// The document.
    ///
    /// # Errors
    /// `internal` when it is no JSON.
    pub fn to_text(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|cause| Error::internal("the input of a forecast is no JSON").because(cause))
    }

    /// Reads a document.
    ///
    /// # Errors
    /// `internal` when it is none.
    pub fn parse(text: &str) -> Result<Self> {
        serde_json::from_str(text).map_err(|cause| Error::internal("a kept forecast input can't be read").because(cause))
    }
}

/// SHA-256 of a document.
pub fn fingerprint(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

/// The first 8 bytes of a hash as a number: the seed of what is drawn from it.
pub fn seed_of(sha256: &str) -> u64 {
    sha256.get(..16).and_then(|start| u64::from_str_radix(start, 16).ok()).unwrap_or(0)
}

/// A document as it is kept: gzip, base64.
///
/// # Errors
/// `internal` when it can't be packed.
pub(super) fn pack(text: &str) -> Result<String> {
    let failed = |cause: std::io::Error| Error::internal("a forecast input can't be packed").because(cause);
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(text.as_bytes()).map_err(failed)?;
    Ok(BASE64_STANDARD.encode(packer.finish().map_err(failed)?))
}

/// The document that was kept.
///
/// # Errors
/// `internal` when it was spoilt.
pub(super) fn unpack(packed: &str) -> Result<String> {
    let spoilt = || Error::internal("a kept forecast input can't be unpacked");
    let bytes = BASE64_STANDARD.decode(packed).map_err(|cause| spoilt().because(cause))?;
    let mut text = String::new();
    GzDecoder::new(bytes.as_slice()).take(BYTES_MAX).read_to_string(&mut text).map_err(|cause| spoilt().because(cause))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wardstock_models::series::{PeriodDemand, PeriodLength};

    #[test]
    fn an_input_comes_back_to_the_bit() {
        let demand = vec![PeriodDemand::known(1.0 / 3.0), PeriodDemand::unknown(), PeriodDemand::partly_empty(0.1 + 0.2, 0.7)];
        let series = Series::new("P1@PH", Some("g".into()), PeriodLength::Week, 20_000, demand).unwrap();
        let circumstances = Circumstances { holidays: [20_001].into(), ..Circumstances::default() };
        let input = RunInput::new(Day(20_021), 7, 13, vec![series], circumstances);
        let text = input.to_text().unwrap();
        assert_eq!(unpack(&pack(&text).unwrap()).unwrap(), text);
        assert_eq!(RunInput::parse(&text).unwrap(), input);
        assert_eq!((input.length, seed_of("00000000000000ff11")), (4, 255));
        assert!(unpack("AAAA").is_err() && RunInput::parse("{}").is_err());
    }
}
