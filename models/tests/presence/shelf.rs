//! A made-up shelf with tags, its neighbour, and two antennas that read past their shelves (design, section 6.7).
//!
//! 60 tags here and 30 next door, 600 epochs of 10 rounds; 5 % of the tags are dead, 30 % come late, 60 % leave, 15 % of
//! those without a word in the ledger, which otherwise hears of everything 0 to 20 epochs late.

use wardstock_models::rng::Rng;

pub(crate) const EPOCHS: usize = 600;
pub(crate) const ROUNDS: usize = 10;
/// Numbers of the two shelves; the first is judged.
pub(crate) const SHELVES: [u32; 2] = [1, 2];
const OWN: usize = 60;
const NEXT_DOOR: usize = 30;
const LAG_MAX: u32 = 20;

/// How well tags are read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Conditions {
    pub(crate) name: &'static str,
    /// Chance per round on the own shelf, between these.
    pub(crate) rate: (f64, f64),
    /// Chance per round on the other one.
    pub(crate) stray: f64,
}

pub(crate) const CONDITIONS: [Conditions; 3] = [
    Conditions { name: "good", rate: (0.1, 0.5), stray: 0.0 },
    Conditions { name: "good, ghosts", rate: (0.1, 0.5), stray: 0.02 },
    Conditions { name: "poor, ghosts", rate: (0.01, 0.1), stray: 0.02 },
];

/// What becomes of one tag; epochs, `None`: never.
#[derive(Debug, Clone)]
pub(crate) struct Unit {
    /// 0 or 1: which of [`SHELVES`].
    pub(crate) home: usize,
    rate: f64,
    comes: usize,
    leaves: Option<usize>,
    /// When the ledger hears of it.
    pub(crate) put: usize,
    pub(crate) taken: Option<usize>,
}

impl Unit {
    pub(crate) fn is_there(&self, epoch: usize) -> bool {
        self.comes <= epoch && self.leaves.is_none_or(|leaves| epoch < leaves)
    }

    pub(crate) fn is_in_the_book(&self, epoch: usize) -> bool {
        self.put <= epoch && self.taken.is_none_or(|taken| epoch < taken)
    }
}

/// The same seed gives the same shelf.
pub(crate) fn units(seed: u64, conditions: Conditions) -> Vec<Unit> {
    let mut rng = Rng::new(seed);
    let below = |rng: &mut Rng, bound: usize| rng.below(u32::try_from(bound).unwrap()) as usize;
    let one = |number: usize| {
        let home = usize::from(number >= OWN);
        let (low, high) = conditions.rate;
        let rate = if rng.uniform() < 0.05 { 0.0 } else { low + (high - low) * rng.uniform() };
        let mut unit = Unit { home, rate, comes: 0, leaves: None, put: 0, taken: None };
        if home == 0 && rng.uniform() < 0.3 {
            unit.comes = 1 + below(&mut rng, 2 * EPOCHS / 3);
            unit.put = unit.comes + rng.below(LAG_MAX + 1) as usize;
        }
        if home == 0 && rng.uniform() < 0.6 {
            let leaves = unit.comes + 1 + below(&mut rng, EPOCHS - unit.comes - 1);
            unit.leaves = Some(leaves);
            let said = rng.uniform() >= 0.15;
            unit.taken = said.then(|| (leaves + rng.below(LAG_MAX + 1) as usize).max(unit.put + 1));
        }
        unit
    };
    (0..OWN + NEXT_DOOR).map(one).collect()
}

/// Rounds of one epoch in which a tag is read on each shelf.
pub(crate) fn reads(unit: &Unit, epoch: usize, conditions: Conditions, rng: &mut Rng) -> [usize; 2] {
    if !unit.is_there(epoch) || unit.rate == 0.0 {
        return [0; 2];
    }
    [0, 1].map(|shelf| {
        let chance = if shelf == unit.home { unit.rate } else { conditions.stray };
        (0..ROUNDS).filter(|_| rng.uniform() < chance).count()
    })
}
