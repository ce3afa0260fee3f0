//! What the ledger should do, in memory and in few words: lots at places, first expired first out, nothing below zero.

use std::collections::{BTreeMap, BTreeSet};

/// A lot: its last day (none: it keeps), its code.
pub(super) type Lot = (Option<i64>, &'static str);

/// What somebody wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wish {
    Receive {
        place: usize,
        lot: Lot,
        quantity: i64,
    },
    Issue {
        place: usize,
        lot: Option<&'static str>,
        quantity: i64,
    },
    Transfer {
        from: usize,
        quantity: i64,
    },
    Waste {
        place: usize,
        lot: &'static str,
        quantity: i64,
    },
    Count {
        place: usize,
        counted: i64,
    },
    /// Takes the movement back that was booked as the so-many-th.
    Reverse {
        number: usize,
    },
}

/// What comes of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// So many movements were booked.
    Booked(usize),
    /// A count changed the book by so much.
    Differs(i64),
    /// It was refused with this code.
    Refused(&'static str),
}

#[derive(Debug, Clone)]
struct Movement {
    place: usize,
    lot: Lot,
    delta: i64,
    /// The other half of a transfer.
    other: Option<usize>,
    is_reversed: bool,
    is_reversal: bool,
}

/// One item at two places.
#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) today: i64,
    pub(super) levels: BTreeMap<(usize, Lot), i64>,
    movements: Vec<Movement>,
}

const SHORT: Outcome = Outcome::Refused("insufficient_stock");

impl Model {
    pub(super) fn new(today: i64) -> Self {
        Self { today, ..Self::default() }
    }

    pub(super) fn movements(&self) -> usize {
        self.movements.len()
    }

    pub(super) fn apply(&mut self, wish: &Wish) -> Outcome {
        match *wish {
            Wish::Receive { place, lot, quantity } => self.book(&[(place, lot, quantity)]),
            Wish::Issue { place, lot: None, quantity } => match self.first_expired(place, quantity, false) {
                Some(parts) => self.book(&out(place, &parts)),
                None => SHORT,
            },
            Wish::Issue { place, lot: Some(code), quantity } => match self.named(place, code) {
                None => Outcome::Refused("invalid_input"),
                Some((Some(day), _)) if day < self.today => SHORT,
                Some(lot) => self.book(&[(place, lot, -quantity)]),
            },
            Wish::Waste { place, lot, quantity } => match self.named(place, lot) {
                None => Outcome::Refused("invalid_input"),
                Some(lot) => self.book(&[(place, lot, -quantity)]),
            },
            Wish::Transfer { from, quantity } => self.transfer(from, quantity),
            Wish::Count { place, counted } => self.count(place, counted),
            Wish::Reverse { number } => self.reverse(number),
        }
    }

    /// Of several lots of one code the one that still holds something, and expires first.
    fn named(&self, place: usize, code: &str) -> Option<Lot> {
        let mut all: Vec<(bool, bool, i64, Lot)> = self
            .levels
            .iter()
            .filter(|((at, lot), _)| *at == place && lot.1 == code)
            .map(|((_, lot), held)| (*held == 0, lot.0.is_none(), lot.0.unwrap_or(0), *lot))
            .collect();
        all.sort_unstable();
        all.first().map(|(_, _, _, lot)| *lot)
    }

    fn first_expired(&self, place: usize, quantity: i64, takes_expired: bool) -> Option<Vec<(Lot, i64)>> {
        let is_expired = |lot: &Lot| lot.0.is_some_and(|day| day < self.today);
        let mut order: Vec<(Lot, i64)> =
            self.levels.iter().filter(|((at, _), held)| *at == place && **held > 0).map(|((_, lot), held)| (*lot, *held)).collect();
        order.retain(|(lot, _)| takes_expired || !is_expired(lot));
        order.sort_by_key(|(lot, _)| (is_expired(lot), lot.0.unwrap_or(i64::MAX), lot.1));
        let mut open = quantity;
        let mut parts = Vec::new();
        for (lot, held) in order {
            let part = held.min(open);
            if part > 0 {
                parts.push((lot, part));
            }
            open -= part;
        }
        (open == 0).then_some(parts)
    }

    /// All of these or none; in their order.
    fn book(&mut self, parts: &[(usize, Lot, i64)]) -> Outcome {
        let mut after = self.levels.clone();
        for (place, lot, delta) in parts {
            let held = after.entry((*place, *lot)).or_default();
            *held += delta;
            if *held < 0 {
                return SHORT;
            }
        }
        self.levels = after;
        for (place, lot, delta) in parts {
            let movement = Movement { place: *place, lot: *lot, delta: *delta, other: None, is_reversed: false, is_reversal: false };
            self.movements.push(movement);
        }
        Outcome::Booked(parts.len())
    }

    fn transfer(&mut self, from: usize, quantity: i64) -> Outcome {
        let Some(parts) = self.first_expired(from, quantity, false) else { return SHORT };
        let mut all = out(from, &parts);
        all.extend(parts.iter().map(|(lot, part)| (1 - from, *lot, *part)));
        let first = self.movements.len();
        let outcome = self.book(&all);
        for at in 0..parts.len() {
            self.movements[first + at].other = Some(first + parts.len() + at);
            self.movements[first + parts.len() + at].other = Some(first + at);
        }
        outcome
    }

    fn count(&mut self, place: usize, counted: i64) -> Outcome {
        let book: i64 = self.levels.iter().filter(|((at, _), _)| *at == place).map(|(_, held)| held).sum();
        let difference = counted - book;
        if difference > 0 {
            *self.levels.entry((place, (None, ""))).or_default() += difference;
        }
        for (lot, part) in self.first_expired(place, (-difference).max(0), true).unwrap_or_default() {
            *self.levels.entry((place, lot)).or_default() -= part;
        }
        Outcome::Differs(difference)
    }

    fn reverse(&mut self, number: usize) -> Outcome {
        let one = self.movements[number].clone();
        if one.is_reversal || one.is_reversed {
            return Outcome::Refused("wrong_state");
        }
        let all: BTreeSet<usize> = [Some(number), one.other].into_iter().flatten().collect();
        let back = |at: &usize| (self.movements[*at].place, self.movements[*at].lot, -self.movements[*at].delta);
        // The one that was named comes first.
        let parts: Vec<(usize, Lot, i64)> = std::iter::once(&number).chain(all.iter().filter(|at| **at != number)).map(back).collect();
        let first = self.movements.len();
        let outcome = self.book(&parts);
        if matches!(outcome, Outcome::Booked(_)) {
            for at in all {
                self.movements[at].is_reversed = true;
            }
            for movement in &mut self.movements[first..] {
                movement.is_reversal = true;
            }
        }
        outcome
    }
}

fn out(place: usize, parts: &[(Lot, i64)]) -> Vec<(usize, Lot, i64)> {
    parts.iter().map(|(lot, part)| (place, *lot, -part)).collect()
}
