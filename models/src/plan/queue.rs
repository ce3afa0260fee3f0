//! A queue by score, highest first; equal scores by number, lowest first, so that runs repeat.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

#[derive(Debug, Clone, Copy, PartialEq)]
struct Score(f64);

impl Eq for Score {}

impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Score {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// Numbers with a score.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    heap: BinaryHeap<(Score, Reverse<usize>)>,
}

impl Queue {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn push(&mut self, score: f64, number: usize) {
        self.heap.push((Score(score), Reverse(number)));
    }

    pub(crate) fn pop(&mut self) -> Option<(f64, usize)> {
        self.heap.pop().map(|(score, number)| (score.0, number.0))
    }

    /// The highest score.
    pub(crate) fn best(&self) -> Option<f64> {
        self.heap.peek().map(|top| top.0.0)
    }
}
