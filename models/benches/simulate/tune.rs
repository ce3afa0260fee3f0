//! The best (R,s,S) for a hospital of this size, on seeds that are never reported.

use wardstock_models::simulate::{Comparison, Trial, World, hospital, trial};

use crate::{WEEKS, trials};

/// Seeds tuned on.
pub(crate) const SEEDS: std::ops::Range<u64> = 1_001..1_007;

/// The settings with the least mean cost in the generated hospital.
pub(crate) fn rss(items: usize, review_days: usize) -> String {
    rss_in(&|seed| hospital(seed, items, WEEKS).unwrap(), review_days)
}

/// Our own knobs with the least mean cost in the worlds of the tuning seeds: cost of a line, factor on shortage.
pub(crate) fn wardstock_in(world: &(dyn Fn(u64) -> World + Sync), review_days: usize) -> String {
    let knobs = ["8,2,1", "8,2,2", "8,2,4", "5,2,2", "12,2,2", "12,2,4"];
    best(&knobs.map(|knobs| format!("wardstock:{knobs}")), world, review_days)
}

/// The settings of (R,s,S) with the least mean cost in the worlds of the tuning seeds.
pub(crate) fn rss_in(world: &(dyn Fn(u64) -> World + Sync), review_days: usize) -> String {
    let mut names = Vec::new();
    for level in ["0.98", "0.99", "1"] {
        for cost in [8, 16, 25] {
            for buffer in [4, 6, 8] {
                names.extend([90, 365].map(|cap| format!("rss:{level},{cost},{buffer},{cap}")));
            }
        }
    }
    best(&names, world, review_days)
}

fn best(names: &[String], world: &(dyn Fn(u64) -> World + Sync), review_days: usize) -> String {
    let one = |seed| -> Trial { trial(&world(seed), seed, names, review_days, &mut || true).unwrap() };
    let comparison = Comparison::of(names.to_vec(), trials(SEEDS, one));
    let cost = |at: usize| comparison.mean(at, |one| one.cost).mean;
    let best = (0..names.len()).min_by(|a, b| cost(*a).total_cmp(&cost(*b))).unwrap();
    names[best].clone()
}
