//! `wardstock`: hospital inventory. Shelf sensors feed an exact stock ledger; a planner says what to order and why.
//!
//! The rooms, lowest first; a room names only rooms above it in this list, and the crate `wardstock-models`
//! (mathematical models: row structs live in each room's private `store.rs`).

#![forbid(unsafe_code)]

pub mod base;
pub mod db;
pub mod web;
pub mod access;
pub mod catalogue;
pub mod places;
pub mod alerts;
pub mod stock;
pub mod sensing;
pub mod demand;
pub mod orders;
pub mod reorder;
pub mod trial;
pub mod reports;
pub mod ui;
pub mod app;
pub mod jobs;

// What the process is run with; rooms get values from them and never name them.
pub mod config;
pub mod telemetry;
