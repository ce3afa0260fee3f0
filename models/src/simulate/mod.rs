//! The judge of ordering policies: the same hospital, day by day, under each of them.
//!
//! [`run`] walks one [`policy::Policy`] through one [`World`]; [`Figures`] says what that came to; [`clairvoyant`] is what
//! nobody can beat; [`Comparison`] sets policies side by side over several seeds. Stock, requests and packs are whole
//! numbers of 64 bits, checked; money is computed from their sums, in one order, so the same seed gives the same bytes.

mod book;
mod chance;
mod clairvoyant;
mod comparison;
mod cost;
mod error;
mod figures;
mod furnish;
mod hospital;
mod planner;
pub mod policy;
mod purse;
mod record;
mod replay;
mod run;
mod shelf;
mod tally;
mod truth;
mod world;

pub use book::{Book, Page, Receipt};
pub use clairvoyant::clairvoyant;
pub use comparison::{Comparison, Difference, Estimate, Trial, trial};
pub use cost::YearlyCost;
pub use error::SimulateError;
pub use figures::Figures;
pub use furnish::{furnished, spread, whole_units};
pub use hospital::hospital;
pub use planner::{Allocation, Knobs, Knowing, Wardstock};
pub use purse::Purse;
pub use record::{Offered, Record};
pub use run::{Outcome, run, run_within};
pub use shelf::{Lot, OpenOrder};
pub use tally::Tally;
pub use truth::{TrueDemand, Truth};
pub use world::{Article, Timeline, UNITS_MAX, World};
