//! Each at the review it was made for: the planner every day, open mSupply every week, where it costs it least.
//!
//! The planner runs with what the service plans with; nothing is tuned.

use wardstock_models::simulate::{Comparison, Estimate, hospital, trial};

use crate::{Figure, WEEKS, figures, say, trials};

/// The settings of open mSupply that are compared.
const RIVALS: [&str; 2] = ["open-msupply:2,1", "open-msupply:3,1.5"];

/// Prints stock, expired, lines, fill and cost of both and their ratios, seed by seed.
pub(crate) fn report(items: usize, seeds: std::ops::Range<u64>) {
    let one = |seed, review_days, names: &[String]| {
        let world = hospital(seed, items, WEEKS).unwrap();
        trial(&world, seed, names, review_days, &mut || true).unwrap()
    };
    let of = |review_days, names: &[String]| {
        let made = trials(seeds.clone(), |seed| one(seed, review_days, names));
        Comparison::of(names.to_vec(), made)
    };
    let theirs = of(7, &RIVALS.map(str::to_owned));
    let ours = of(1, &["wardstock".to_owned()]);
    figures("own review: wardstock daily", &ours, 0);
    for (at, rival) in RIVALS.iter().enumerate() {
        figures(&format!("own review: {rival} weekly"), &theirs, at);
        let ratios: [(&str, Figure); 4] = [
            ("stock", |one| one.stock_value),
            ("expired", |one| one.expired_value),
            ("lines", |one| one.order_lines),
            ("cost", |one| one.cost),
        ];
        for (what, figure) in ratios {
            let title = format!("own review: wardstock daily / {rival} weekly {what}");
            println!("{title} ratio of means: {:.3}", ours.mean(0, figure).mean / theirs.mean(at, figure).mean);
            let by_seed = ours.trials.iter().zip(&theirs.trials).map(|(one, two)| figure(&one.figures[0]) / figure(&two.figures[at]));
            say(&format!("{title} ratio by seed"), Estimate::of(&by_seed.collect::<Vec<f64>>()));
        }
    }
}
