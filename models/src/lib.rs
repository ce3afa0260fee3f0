//! The mathematical models of wardstock: pure functions without clock, files, network or database.
#![forbid(unsafe_code)]

pub mod convert;
pub mod plan;
