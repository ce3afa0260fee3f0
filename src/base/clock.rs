//! The clock as a value: the system's, or one that a test or a replay moves by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::time::Micros;

/// Where "now" comes from.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's clock, UTC.
    System,
    /// A clock that stands still until [`Clock::set`] moves it.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `now` until it is set.
    pub fn manual(now: Micros) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(now.0)))
    }

    /// The present moment, UTC microseconds.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    pub fn now(&self) -> Micros {
        match self {
            Self::System => Micros(chrono::Utc::now().timestamp_micros()),
            Self::Manual(at) => Micros(at.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock; the system's clock ignores it.
    pub fn set(&self, now: Micros) {
        if let Self::Manual(at) = self {
            at.store(now.0, Ordering::SeqCst);
        }
    }
}
