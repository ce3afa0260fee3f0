//! Vectors of a file: how many came out as they say, and which are not taken, with the reason.

use std::collections::BTreeMap;

use serde_json::Value;

use super::shared;

pub(super) struct Tally {
    file: &'static str,
    right: usize,
    wrong: Vec<String>,
    not_taken: BTreeMap<&'static str, usize>,
}

/// The cases of a file with what to do with each; `None` when the data are not there.
pub(super) fn cases(file: &str) -> Option<Vec<Value>> {
    let document: Value = serde_json::from_str(&shared(file)?).unwrap();
    Some(document["cases"].as_array().unwrap().clone())
}

impl Tally {
    pub(super) fn of(file: &'static str) -> Self {
        Self { file, right: 0, wrong: Vec::new(), not_taken: BTreeMap::new() }
    }

    /// A vector that must come out as it says.
    pub(super) fn must(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if holds { self.right += 1 } else { self.wrong.push(what()) }
    }

    /// A vector that is not taken on purpose.
    pub(super) fn leave(&mut self, reason: &'static str) {
        *self.not_taken.entry(reason).or_default() += 1;
    }

    /// Prints the row of the table; fails when anything came out wrong, or when other counts were expected.
    #[track_caller]
    pub(super) fn end(self, right: usize, not_taken: usize) {
        println!("| {} | {} as they say |", self.file, self.right);
        for (reason, count) in &self.not_taken {
            println!("| | {count} not taken: {reason} |");
        }
        assert!(self.wrong.is_empty(), "{}: {} wrong\n{}", self.file, self.wrong.len(), self.wrong.join("\n"));
        assert_eq!((self.right, self.not_taken.values().sum::<usize>()), (right, not_taken), "{}", self.file);
    }
}
