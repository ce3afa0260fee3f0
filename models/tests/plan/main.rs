//! The planner against hand-worked cases, brute force and its own independent judge.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    clippy::type_complexity,
    reason = "tests fail by panicking, draw small numbers and print what they measured"
)]

mod brute_force;
mod builders;
mod decomposition;
mod hand_worked;
mod properties;
mod published;
mod today;
