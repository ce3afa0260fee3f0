//! The pages, each with what it reads and how it looks.

pub(crate) mod item;
pub(crate) mod sign_in;
pub(crate) mod stock;
pub(crate) mod today;
pub(crate) mod trial;
