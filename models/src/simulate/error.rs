//! What can go wrong in a simulation.

/// Why a comparison was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SimulateError {
    /// The world has the wrong shape or a value outside its domain.
    #[error("{what}")]
    World {
        /// Which, and the rule.
        what: String,
    },
    /// A policy's name is not one of the list.
    #[error("policy `{name}`: {rule}")]
    Policy {
        /// As given.
        name: String,
        /// What is expected.
        rule: String,
    },
    /// A policy ordered what no shelf holds, or a sum left 64 bits.
    #[error("an order or a sum is too large")]
    TooLarge,
    /// Orders would have cost more than the money at hand; a mistake in the simulator.
    #[error("orders cost more than the money at hand")]
    OverBudget,
    /// Whoever watches said stop.
    #[error("it was stopped")]
    Stopped,
    /// The planner refused its own instance, or a forecast failed.
    #[error("the planner failed: {what}")]
    Planner {
        /// Its words.
        what: String,
    },
}
