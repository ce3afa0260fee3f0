//! Price decomposition: budget, storage and order costs get prices, every item answers them alone.
//!
//! `reduce` takes known stock out of an item; `convex`, `lattice` and `batches` are its exact answers with
//! fractional packs, whole packs, and line costs; `pass` asks all items; `bundle` moves the prices of budget and
//! storage, `shares` those of orders; `dual` is the whole search with its bound.

mod batches;
mod bundle;
mod convex;
mod dual;
mod lattice;
mod pass;
mod recover;
mod reduce;
mod shares;
mod terms;

pub(crate) use dual::{Priced, bound_prices, plain_bound, prices, value_without};
pub(crate) use terms::Duals;
