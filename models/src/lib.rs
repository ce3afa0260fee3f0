//! The mathematical models of wardstock: pure functions from values to values.
//!
//! No clock, no files, no environment; seeds and dates are arguments. Quantities are base units as `f64`,
//! dates are days since 1970-01-01, periods are days, weeks or calendar months, oldest first; period or step 0
//! of a forecast is the next one.
#![forbid(unsafe_code)]

pub mod classify;
pub mod convert;
pub mod distribution;
pub mod forecast;
pub mod lead_time;
pub mod levels;
pub mod plan;
pub mod presence;
pub mod rng;
pub mod series;
pub mod simulate;
