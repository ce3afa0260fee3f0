//! All tests of the service in one binary: scenes by user over real HTTP, contracts, house rules, conformance.

#![expect(clippy::unwrap_used, reason = "a failed set-up fails the test")]

mod scene;

mod conformance;
mod demo;
mod gateway;
mod house;
mod pharmacist;
mod procurement;
