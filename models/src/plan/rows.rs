//! A few things a period in two allocations: at 100,000 items a vector a period is tens of megabytes.
#![expect(clippy::indexing_slicing, reason = "starts has one entry per period and one more, or none where there is nothing")]

use std::ops::Index;

/// Things by period; no room is taken where there is none at all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rows<T> {
    all: Vec<T>,
    starts: Vec<usize>,
}

impl<T> Rows<T> {
    /// Those of the periods up to this one.
    pub(crate) fn upto(&self, period: usize) -> &[T] {
        &self.all[..self.starts.get(period + 1).copied().unwrap_or(0)]
    }

    /// The periods, none where there is nothing in any.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[T]> {
        self.starts.windows(2).map(|pair| &self.all[pair[0]..pair[1]])
    }
}

impl<T> From<Vec<Vec<T>>> for Rows<T> {
    fn from(rows: Vec<Vec<T>>) -> Self {
        let mut all = Vec::with_capacity(rows.iter().map(Vec::len).sum());
        let mut starts = Vec::new();
        if all.capacity() > 0 {
            starts.reserve_exact(rows.len() + 1);
            starts.push(0);
            for row in rows {
                all.extend(row);
                starts.push(all.len());
            }
        }
        Self { all, starts }
    }
}

impl<T> Index<usize> for Rows<T> {
    type Output = [T];

    fn index(&self, period: usize) -> &[T] {
        if self.starts.is_empty() { &[] } else { &self.all[self.starts[period]..self.starts[period + 1]] }
    }
}
