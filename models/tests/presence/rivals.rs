//! What others do with reads: windows of epochs, SMURF, the strongest antenna, the ledger alone.

use crate::shelf::{ROUNDS, Unit};

/// Reads of one tag, an entry per epoch and shelf.
pub(crate) type History = Vec<[usize; 2]>;

/// Whether a tag counts for the first shelf now, by what was read of it up to now and by the book.
pub(crate) type Rule = fn(&mut Window, &History, &Unit) -> bool;

pub(crate) const RIVALS: [(&str, Rule); 8] = [
    ("raw reads", |_, history, _| read_within(history, 1)),
    ("fixed window 5", |_, history, _| read_within(history, 5)),
    ("fixed window 25", |_, history, _| read_within(history, 25)),
    ("fixed 25 + strongest antenna", |_, history, _| read_within(history, 25) && is_strongest(history, 25)),
    ("SMURF", |window, history, _| window.smurf(history)),
    ("SMURF + strongest antenna", |window, history, _| window.smurf(history) && is_strongest(history, window.epochs)),
    ("SMURF + shelf of the ledger", |window, history, unit| window.smurf(history) && belongs_here(history, unit, window.epochs)),
    ("ledger only", |_, history, unit| unit.home == 0 && unit.is_in_the_book(history.len() - 1)),
];

fn last(history: &History, epochs: usize) -> &[[usize; 2]] {
    &history[history.len().saturating_sub(epochs)..]
}

fn read_within(history: &History, epochs: usize) -> bool {
    last(history, epochs).iter().any(|reads| reads[0] > 0)
}

fn is_strongest(history: &History, epochs: usize) -> bool {
    let sum = |shelf: usize| last(history, epochs).iter().map(|reads| reads[shelf]).sum::<usize>();
    sum(0) > 0 && sum(0) >= sum(1)
}

/// By the book where it knows the tag, else by the strongest antenna.
fn belongs_here(history: &History, unit: &Unit, epochs: usize) -> bool {
    if unit.put < history.len() { unit.home == 0 } else { is_strongest(history, epochs) }
}

/// The adaptive window of one tag (Jeffery, Garofalakis, Franklin 2006): as long as it takes to miss a tag that is there
/// with a chance of 5 % only, halved when reads fall by more than two standard deviations.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    epochs: usize,
}

impl Default for Window {
    fn default() -> Self {
        Self { epochs: 1 }
    }
}

impl Window {
    fn smurf(&mut self, history: &History) -> bool {
        let rates: Vec<f64> = last(history, self.epochs).iter().map(|reads| reads[0] as f64 / ROUNDS as f64).collect();
        let seen: Vec<f64> = rates.iter().copied().filter(|rate| *rate > 0.0).collect();
        if seen.is_empty() {
            self.epochs = (self.epochs / 2).max(1);
            return false;
        }
        let chance = seen.iter().sum::<f64>() / seen.len() as f64;
        let wanted = ((1.0_f64 / 0.05).ln() / chance).ceil() as usize;
        let expected = rates.len() as f64 * chance;
        let spread = (expected * (1.0 - chance)).sqrt();
        if wanted > self.epochs {
            self.epochs += 2;
        } else if (seen.len() as f64) < expected - 2.0 * spread {
            self.epochs = (self.epochs / 2).max(1);
        }
        true
    }
}
