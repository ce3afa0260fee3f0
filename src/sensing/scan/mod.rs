//! One code as a person or a device scanned it: read, and joined to what it names here.

mod find;
pub mod http;
mod read;

pub use find::{Named, find};
pub use read::{Kind, Scan, read};
