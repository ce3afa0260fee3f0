//! Small instances against their proven optimum.

use wardstock_models::plan::{Instance, SolveLimits, check, solve};

use crate::{exact, little};

/// What was found over many instances.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Instances whose optimum was proven, and those for which the exact program ran out of time.
    pub(crate) solved: u32,
    pub(crate) unsolved: u32,
    /// Ratio of objective and optimum: worst, its seed, sum.
    pub(crate) worst: f64,
    pub(crate) worst_seed: u64,
    pub(crate) sum: f64,
    /// Instances above 1.005 times the optimum.
    pub(crate) above: Vec<(u64, f64)>,
    /// Seeds of bounds above the optimum: must be none.
    pub(crate) false_bounds: Vec<u64>,
    /// Instances whose plan moves or replaces something.
    pub(crate) use_links: u32,
    /// Sum of bound / optimum.
    pub(crate) bounds: f64,
}

/// Plans the instances of these seeds and compares.
pub(crate) fn compare(seeds: std::ops::Range<u64>, seconds: f64) -> Found {
    compare_all(little::instance, seeds, seconds)
}

/// The same with instances made by `made`.
pub(crate) fn compare_all(made: fn(u64) -> Instance, seeds: std::ops::Range<u64>, seconds: f64) -> Found {
    let mut found = Found::default();
    for seed in seeds {
        let question = made(seed);
        let planned = solve(&question, &SolveLimits::default(), &mut |_| true).unwrap();
        assert!(check(&question, &planned).is_accepted(), "seed {seed}");
        found.use_links += u32::from(!planned.transfers.is_empty() || !planned.substitutions.is_empty());
        let Some(best) = exact::optimum(&question, seconds) else {
            found.unsolved += 1;
            continue;
        };
        assert!(planned.objective >= best * (1.0 - 1e-6) - 1e-6, "seed {seed}: {} below the optimum {best}", planned.objective);
        found.solved += 1;
        let ratio = if best > 1e-9 { planned.objective / best } else { 1.0 };
        found.sum += ratio;
        found.bounds += if best > 1e-9 { planned.bound / best } else { 1.0 };
        if ratio > found.worst {
            (found.worst, found.worst_seed) = (ratio, seed);
        }
        if ratio > 1.005 {
            found.above.push((seed, ratio));
        }
        // A bound that the planner itself had to withdraw is as false as one above the optimum.
        let withdrawn = planned.notes.iter().any(|note| note.contains("can't be trusted"));
        if withdrawn || planned.bound > best * (1.0 + 1e-6) + 1e-6 {
            found.false_bounds.push(seed);
        }
    }
    found
}
