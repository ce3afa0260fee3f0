//! The planner against hand-worked cases, brute force and its own independent judge.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::print_stdout,
    clippy::type_complexity,
    reason = "tests fail by panicking, draw small numbers and print what they measured"
)]

#[path = "../../benches/plan/exact.rs"]
mod exact;
#[path = "../../benches/plan/linked.rs"]
mod linked;
#[path = "../../benches/plan/little.rs"]
mod little;
#[path = "../../benches/plan/small.rs"]
mod small;

mod brute_force;
mod builders;
mod decomposition;
mod hand_worked;
mod links;
mod properties;
mod optimum;
mod published;
mod today;
