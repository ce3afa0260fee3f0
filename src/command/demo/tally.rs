//! What happened since the demo went live.

use std::sync::atomic::{AtomicU64, Ordering};

use super::client::Answer;

/// Counters of all gateways.
#[derive(Debug, Default)]
pub(super) struct Tally {
    stored: AtomicU64,
    duplicate: AtomicU64,
    quarantined: AtomicU64,
    rejected: AtomicU64,
    batches: AtomicU64,
    repeated: AtomicU64,
    refused: AtomicU64,
    put_off: AtomicU64,
    refills: AtomicU64,
}

fn add(to: &AtomicU64, count: u64) {
    to.fetch_add(count, Ordering::Relaxed);
}

impl Tally {
    /// A batch was taken.
    pub(super) fn batch(&self, answer: &Answer) {
        add(&self.batches, 1);
        for (to, field) in
            [(&self.stored, "stored"), (&self.duplicate, "duplicate"), (&self.quarantined, "quarantined"), (&self.rejected, "rejected")]
        {
            add(to, answer.count(field));
        }
    }

    /// A batch was sent a second time and answered as the first time.
    pub(super) fn repeated(&self) {
        add(&self.repeated, 1);
    }

    /// A whole batch was refused.
    pub(super) fn batch_refused(&self) {
        add(&self.refused, 1);
    }

    /// A batch could not be delivered now.
    pub(super) fn put_off(&self) {
        add(&self.put_off, 1);
    }

    /// A shelf was filled.
    pub(super) fn refill(&self, units: i64) {
        add(&self.refills, u64::from(units > 0));
    }

    /// One line that says it all.
    pub(super) fn summary(&self) -> String {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let (stored, duplicate) = (of(&self.stored), of(&self.duplicate));
        let (quarantined, rejected) = (of(&self.quarantined), of(&self.rejected));
        format!(
            "readings sent {}, stored {stored}, duplicates {duplicate}, quarantined {quarantined}, refused {rejected}; \
             batches {}, sent twice {}, refused {}, put off {}; shelves filled {}",
            stored + duplicate + quarantined + rejected,
            of(&self.batches),
            of(&self.repeated),
            of(&self.refused),
            of(&self.put_off),
            of(&self.refills)
        )
    }
}
