//! Common random numbers: every draw has its own stream, so no policy can shift another's luck.

use crate::rng::Rng;

/// What a stream is drawn for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// What an article is like: price, pack, shelf life.
    Article,
    /// How much is asked for on a day.
    Demand,
    /// How long an order of a day takes.
    Lead,
}

/// The stream of one (seed, item, day, purpose).
///
/// Each part goes through one `SplitMix64` step before the next is added, so that neighbours are unrelated.
pub(crate) fn stream(seed: u64, item: usize, day: usize, purpose: Purpose) -> Rng {
    let purpose = match purpose {
        Purpose::Article => 1,
        Purpose::Demand => 2,
        Purpose::Lead => 3,
    };
    let wide = |index: usize| u64::try_from(index).unwrap_or(u64::MAX);
    let state = [wide(item), wide(day), purpose].into_iter().fold(Rng::new(seed).bits(), |state, part| Rng::new(state ^ part).bits());
    Rng::new(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_their_own_and_repeat() {
        let first = |item, day, purpose| stream(7, item, day, purpose).bits();
        assert_eq!(first(3, 9, Purpose::Demand), first(3, 9, Purpose::Demand));
        let all = [first(3, 9, Purpose::Demand), first(9, 3, Purpose::Demand), first(3, 9, Purpose::Lead), first(3, 10, Purpose::Demand)];
        assert!((0..all.len()).all(|a| (0..a).all(|b| all[a] != all[b])));
    }
}
