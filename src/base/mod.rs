//! Words that all rooms share; no I/O beyond clock and entropy.

pub mod clock;
pub mod code;
pub mod entropy;
pub mod error;
pub mod gtin;
pub mod id;
pub mod money;
pub mod quantity;
pub mod table;
pub mod time;
