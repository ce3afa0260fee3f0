//! Sensing: devices' records come in once, are stored raw, and become beliefs, discrepancies and, where people
//! allow it, movements.
//!
//! A record is answered after COMMIT ([`ingest`]); what it means for the ledger is decided right after, in event
//! time and recomputably ([`project::project_due`]).

pub mod adapter;
pub mod belief;
pub mod binding;
pub mod codec;
pub mod discrepancy;
pub mod epc;
mod group;
pub mod gs1;
mod handover;
pub mod health;
pub mod http;
mod ingest;
pub mod intake;
pub mod native;
pub mod project;
pub mod quarantine;
mod quick;
pub mod reconcile;
mod registry;
pub mod retention;
pub mod rollup;
pub mod scan;
pub mod series;
mod store;
#[cfg(test)]
mod tests;
pub mod vendor;

pub use ingest::{Outcome, Receipt, ingest};
pub use project::{has_due, notice_events, project_due};
