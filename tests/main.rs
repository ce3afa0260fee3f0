//! All tests of the service in one binary: scenes by user over real HTTP, contracts, house rules, conformance.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "a failed set-up or a missing field fails the test; figures are printed"
)]

mod scene;

mod access;
mod backtest;
mod codes;
mod conformance;
mod contract;
mod crash;
mod delivery;
mod demo;
mod failover;
mod faults;
mod forecasts;
mod gateway;
mod history;
mod house;
mod intake;
mod ledger;
mod migrations;
mod operations;
mod pharmacist;
mod planner;
mod procurement;
mod replicas;
mod series;
mod sharding;
mod simulate;
mod stock_keeper;
mod workbooks;
