//! Where one RFID tag is, by what antennas read of it and what the ledger says of it.
//!
//! Hidden state: away, or on one of the shelves that come into question, there readable with a chance per round that is
//! not known, or unreadable (dead, shielded, behind liquid). The chance is a part of the state, on a grid, so it is
//! learned tag by tag without a step size. One epoch of K inventory rounds moves chance between the states by
//! [`Hazards`] and multiplies each by the likelihood of its reads, binomial in K: on the own shelf with the tag's chance,
//! on any other with the rate at which antennas read past their shelf, and almost never for a tag that can't be read
//! or is away (Bayes' rule in a hidden Markov model, exact but for the grid).
//!
//! Only what is heard decides, never when it is heard: the same epochs and words in the order of their time give the same
//! chances, and shelves within an epoch may come in any order.
#![expect(clippy::similar_names, reason = "`shelf` is the field's word, and near to `self`")]

use crate::convert::length_to_f64;

/// Chances per round with which a readable tag may be read.
pub const RATES: [f64; 7] = [0.01, 0.025, 0.05, 0.1, 0.2, 0.35, 0.55];
/// Shelves that come into question for one tag; the least likely gives way to one that is heard.
pub const SHELVES_MAX: usize = 4;
/// Rounds of one epoch that are counted one by one.
const ROUNDS_MAX: usize = 64;

/// Of a tag of which nothing was known, the chance that its first read means that it is where it was read.
const FIRST_READ: f64 = 0.5;
/// Of a tag that was thought away, the chance that a read means that it was brought there, before the reads are weighed.
const READ_AGAIN: f64 = 1e-3;
/// Of a tag that has its place, the chance that a first read elsewhere means that it was moved, before they are weighed.
const READ_ELSEWHERE: f64 = 1e-4;
/// Of a tag that is somewhere, the chance that it can't be read there, where it has just been read.
const UNREADABLE_WHEN_READ: f64 = 0.01;
/// After a tag was put on a shelf by the book: not there after all; there, but unreadable.
const PUT_BY_MISTAKE: f64 = 0.003;
const PUT_UNREADABLE: f64 = 0.05;
/// The share of earlier belief about other shelves that outlives a word of the ledger.
const EARLIER: f64 = 0.002;
/// The share of a tag's presence that outlives its being taken by the book, or a count that did not see it.
const TAKEN_BY_MISTAKE: f64 = 0.02;
const OVERLOOKED: f64 = 0.03;

/// What may happen to a tag in one epoch without a word, and how antennas err.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hazards {
    /// Chance per epoch that it is taken away.
    pub removed: f64,
    /// Chance per epoch that a tag that is away is brought to a shelf that comes into question.
    pub brought: f64,
    /// Chance per epoch that it is put on another shelf that comes into question.
    pub moved: f64,
    /// Chance per epoch that a readable tag becomes unreadable.
    pub shielded: f64,
    /// Chance per epoch that an unreadable one becomes readable.
    pub unshielded: f64,
    /// Chance per round that an antenna reads a readable tag of another shelf that comes into question.
    pub stray: f64,
    /// The same for a tag that is away or can't be read.
    pub ghost: f64,
}

impl Default for Hazards {
    /// For epochs of 10 s to a few minutes. `removed`: of 60 tags 9 gone without a word in a day of 600 such epochs is
    /// twice as much; figures in `models/tests/presence`.
    fn default() -> Self {
        Self { removed: 1.0 / 4_500.0, brought: 1e-5, moved: 3e-6, shielded: 1e-5, unshielded: 1e-4, stray: 0.02, ghost: 2e-4 }
    }
}

/// Likelihoods of n reads in so many rounds, made once for all tags.
#[derive(Debug, Clone)]
pub struct Likelihoods {
    /// `readable[reads][rate]`.
    readable: Vec<[f64; RATES.len()]>,
    stray: Vec<f64>,
    ghost: Vec<f64>,
}

impl Likelihoods {
    /// For epochs of `rounds` inventory rounds: 1 where a reader reports a tag at most once an epoch; at most 64.
    pub fn new(rounds: usize, hazards: &Hazards) -> Self {
        let rounds = rounds.clamp(1, ROUNDS_MAX);
        let readable = (0..=rounds).map(|reads| RATES.map(|rate| binomial(rounds, reads, rate))).collect();
        let of = |rate: f64| (0..=rounds).map(|reads| binomial(rounds, reads, rate)).collect();
        Self { readable, stray: of(hazards.stray), ghost: of(hazards.ghost) }
    }

    /// The place of so many reads in the tables; more than there were rounds count as all of them.
    fn at(&self, reads: usize) -> usize {
        reads.min(self.stray.len() - 1)
    }
}

fn binomial(rounds: usize, reads: usize, rate: f64) -> f64 {
    let ways: f64 = (0..reads).map(|k| length_to_f64(rounds - k) / length_to_f64(k + 1)).product();
    let hits: f64 = (0..reads).map(|_| rate).product();
    let misses: f64 = (reads..rounds).map(|_| 1.0 - rate).product();
    ways * hits * misses
}

/// What was read of one tag on one shelf in one epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reads {
    /// The caller's number of the shelf.
    pub shelf: u32,
    /// Rounds in which the tag was read there.
    pub rounds: usize,
}

/// What the ledger or a person says of one tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// It was put on this shelf.
    PutOn(u32),
    /// It was taken from wherever it was.
    Taken,
    /// A count saw it on this shelf.
    SeenOn(u32),
    /// A count of this shelf did not see it.
    NotSeenOn(u32),
}

/// One shelf that comes into question.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Place {
    shelf: u32,
    /// Chance that it is here and is read with each rate.
    readable: [f64; RATES.len()],
    /// Chance that it is here and can't be read.
    unreadable: f64,
}

impl Place {
    fn readable(&self) -> f64 {
        self.readable.iter().sum()
    }

    fn chance(&self) -> f64 {
        self.readable() + self.unreadable
    }

    fn scale(&mut self, factor: f64) {
        self.unreadable *= factor;
        self.readable.iter_mut().for_each(|chance| *chance *= factor);
    }
}

/// What is believed of one tag; all chances sum to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Tag {
    away: f64,
    places: Vec<Place>,
}

impl Default for Tag {
    fn default() -> Self {
        Self::new()
    }
}

impl Tag {
    /// A tag of which nothing is known.
    pub const fn new() -> Self {
        Self { away: 1.0, places: Vec::new() }
    }

    /// Chance that it is on this shelf, 0..=1.
    pub fn on(&self, shelf: u32) -> f64 {
        self.place(shelf).map_or(0.0, Place::chance)
    }

    /// Chance that it is on this shelf and can't be read, 0..=1: its label wants a look where that is likely.
    pub fn unreadable_on(&self, shelf: u32) -> f64 {
        self.place(shelf).map_or(0.0, |place| place.unreadable)
    }

    /// Chance that it is on none of the shelves that come into question, 0..=1.
    pub const fn away(&self) -> f64 {
        self.away
    }

    fn place(&self, shelf: u32) -> Option<&Place> {
        self.places.iter().find(|place| place.shelf == shelf)
    }

    /// One epoch goes by.
    ///
    /// - `reads`: one entry per shelf on which it was read; shelves without are left out.
    /// - `blind`: shelves that could not have read it (antenna down, gap in the record): their silence says nothing.
    pub fn epoch(&mut self, reads: &[Reads], blind: &[u32], hazards: &Hazards, likelihoods: &Likelihoods) {
        let is_new = |one: &&Reads| one.rounds > 0 && self.place(one.shelf).is_none();
        let mut new: Vec<u32> = reads.iter().filter(is_new).map(|one| one.shelf).collect();
        // In one order, whatever the order of the reads.
        new.sort_unstable();
        for shelf in new {
            self.adopt(shelf);
        }
        if self.places.is_empty() {
            return;
        }
        self.predict(hazards);
        self.weigh(reads, blind, likelihoods);
        self.normalise();
    }

    fn weigh(&mut self, reads: &[Reads], blind: &[u32], likelihoods: &Likelihoods) {
        // Reads by place; none: it says nothing.
        let mut heard = [None; SHELVES_MAX];
        let mut nowhere = 1.0;
        for (slot, place) in heard.iter_mut().zip(&self.places) {
            if blind.contains(&place.shelf) {
                continue;
            }
            let read = reads.iter().find(|read| read.shelf == place.shelf).map_or(0, |read| read.rounds);
            let read = likelihoods.at(read);
            nowhere *= likelihoods.ghost.get(read).copied().unwrap_or(0.0);
            *slot = Some(read);
        }
        self.away *= nowhere;
        for (at, place) in self.places.iter_mut().enumerate() {
            place.unreadable *= nowhere;
            let others = heard.iter().enumerate().filter(|other| other.0 != at).filter_map(|other| *other.1);
            let strays: f64 = others.filter_map(|read| likelihoods.stray.get(read)).product();
            let own = heard.get(at).copied().flatten().and_then(|read| likelihoods.readable.get(read)).unwrap_or(&[1.0; RATES.len()]);
            place.readable.iter_mut().zip(own).for_each(|(chance, own)| *chance *= own * strays);
        }
    }

    /// What may have happened without a word since the last epoch.
    fn predict(&mut self, hazards: &Hazards) {
        let count = length_to_f64(self.places.len());
        let moved = if self.places.len() > 1 { hazards.moved } else { 0.0 };
        let present: f64 = self.places.iter().map(Place::chance).sum();
        let brought = self.away * hazards.brought;
        for place in &mut self.places {
            let (own, dead) = (place.chance(), place.unreadable);
            let readable = own - dead;
            let stays = 1.0 - hazards.removed - moved;
            let comes = brought / count + (present - own) * moved / (count - 1.0).max(1.0);
            place.unreadable = stays * (dead * (1.0 - hazards.unshielded) + readable * hazards.shielded);
            let each = (comes + stays * dead * hazards.unshielded) / length_to_f64(RATES.len());
            place.readable.iter_mut().for_each(|chance| *chance = *chance * stays * (1.0 - hazards.shielded) + each);
        }
        self.away += present * hazards.removed - brought;
    }

    /// A shelf on which it is read for the first time comes into question.
    fn adopt(&mut self, shelf: u32) {
        self.make_room();
        let from_away = self.away * if self.places.is_empty() { FIRST_READ } else { READ_AGAIN };
        let present: f64 = self.places.iter().map(Place::chance).sum();
        let comes = from_away + present * READ_ELSEWHERE;
        self.away -= from_away;
        self.places.iter_mut().for_each(|place| place.scale(1.0 - READ_ELSEWHERE));
        self.places.push(Place {
            shelf,
            readable: [comes * (1.0 - UNREADABLE_WHEN_READ) / length_to_f64(RATES.len()); RATES.len()],
            unreadable: comes * UNREADABLE_WHEN_READ,
        });
    }

    /// Forgets the least likely place where there is no room for one more.
    fn make_room(&mut self) {
        if self.places.len() < SHELVES_MAX {
            return;
        }
        let by_chance = |a: &(usize, &Place), b: &(usize, &Place)| a.1.chance().total_cmp(&b.1.chance()).then(b.1.shelf.cmp(&a.1.shelf));
        if let Some(least) = self.places.iter().enumerate().min_by(by_chance).map(|one| one.0) {
            self.away += self.places.remove(least).chance();
        }
    }

    /// The ledger or a person speaks.
    pub fn hear(&mut self, word: Word) {
        match word {
            Word::PutOn(shelf) => self.put(shelf, PUT_BY_MISTAKE),
            Word::SeenOn(shelf) => self.put(shelf, 0.0),
            Word::Taken => {
                self.places.iter_mut().for_each(|place| place.scale(TAKEN_BY_MISTAKE));
                self.away = 1.0 - self.places.iter().map(Place::chance).sum::<f64>();
            }
            Word::NotSeenOn(shelf) => {
                if let Some(place) = self.places.iter_mut().find(|place| place.shelf == shelf) {
                    self.away += place.chance() * (1.0 - OVERLOOKED);
                    place.scale(OVERLOOKED);
                }
            }
        }
    }

    /// It is on this shelf now, and is read there as it was before where that is known.
    fn put(&mut self, shelf: u32, away: f64) {
        let before = self.place(shelf).copied();
        self.places.retain(|place| place.shelf != shelf);
        self.make_room();
        let elsewhere: f64 = self.places.iter().map(Place::chance).sum();
        let factor = if elsewhere > 0.0 { EARLIER / elsewhere } else { 0.0 };
        self.places.iter_mut().for_each(|place| place.scale(factor));
        let mut here =
            before.filter(|place| place.readable() > 1e-9).unwrap_or(Place { shelf, readable: [1.0; RATES.len()], unreadable: 0.0 });
        here.unreadable = 0.0;
        here.scale((1.0 - away - PUT_UNREADABLE) / here.readable());
        here.unreadable = PUT_UNREADABLE;
        self.places.push(here);
        self.away = away;
        self.normalise();
    }

    fn normalise(&mut self) {
        let sum = self.away + self.places.iter().map(Place::chance).sum::<f64>();
        if sum > 0.0 && sum.is_finite() {
            self.away /= sum;
            self.places.iter_mut().for_each(|place| place.scale(1.0 / sum));
        } else {
            // Reads that no state explains: nothing is known of it any more.
            *self = Self::new();
        }
    }
}

#[cfg(test)]
mod tests;
