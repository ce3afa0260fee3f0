//! The thin HTTP spine: problems, bodies, paging, preconditions, replays, rendering, live events, health.

pub mod body;
pub mod events;
pub mod health;
pub mod idempotency;
pub mod metrics;
pub mod openapi;
pub mod paging;
pub mod precondition;
pub mod problem;
pub mod render;
pub mod request_log;
mod store;
mod workbook;
