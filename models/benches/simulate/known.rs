//! What not knowing the future's law costs: the planner against itself, told the true laws of demand and lead times.

use wardstock_models::simulate::{Comparison, hospital, trial};

use crate::{WEEKS, figures, say, trials};

/// Prints figures of both and the ratio of their costs.
pub(crate) fn report(items: usize, seeds: u64, review_days: usize) {
    let names = ["wardstock".to_owned(), "wardstock-true".to_owned()];
    let one = |seed| trial(&hospital(seed, items, WEEKS).unwrap(), seed, &names, review_days, &mut || true).unwrap();
    let comparison = Comparison::of(names.to_vec(), trials(1..seeds + 1, one));
    for (at, name) in names.iter().enumerate() {
        figures(&format!("true law known, review {review_days}: {name}"), &comparison, at);
    }
    let mean = |at| comparison.mean(at, |one| one.cost).mean;
    println!("review {review_days}: wardstock / wardstock-true cost ratio of means: {:.4}", mean(0) / mean(1));
    if let Some(ratio) = comparison.differences.first().and_then(|one| one.cost_ratio) {
        say(&format!("review {review_days}: wardstock / wardstock-true cost ratio"), ratio);
    }
}
