//! All tests of the service in one binary: scenes by user over real HTTP, contracts, house rules, conformance.

#![expect(clippy::unwrap_used, reason = "a failed set-up fails the test")]

mod scene;

mod access;
mod conformance;
mod contract;
mod demo;
mod gateway;
mod house;
mod migrations;
mod pharmacist;
mod procurement;
