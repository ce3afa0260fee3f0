//! Too little money: 100, 90 and 80 % of what the tuned (R,s,S) spends per review when nothing limits it.
//!
//! Every policy gets the same money at every review, and what it doesn't spend carries over. The rival is cut as it is
//! (the emptiest against its reorder level first) and once more with the most important articles first.

use wardstock_models::plan::Ven;
use wardstock_models::simulate::policy::{Policy, PolicyName, Rss, Rule, parse};
use wardstock_models::simulate::{
    Allocation, Book, Comparison, Figures, Knobs, Page, SimulateError, Trial, Wardstock, World, clairvoyant, hospital, run, run_within,
};

use crate::{WEEKS, figures, say, trials, tune};

const REVIEW_DAYS: usize = 7;
/// Shares of the rival's free spend, percent.
pub(crate) const SHARES_PCT: [u32; 3] = [100, 90, 80];
/// The first solves a plan at every review, as the service does.
const POLICIES: [&str; 4] = ["wardstock", "(R,s,S)", "(R,s,S) vital first", "wardstock by prices"];

/// The rival that drops what is least important before what is fullest.
struct VitalFirst(Rss);

impl Policy for VitalFirst {
    fn units(&mut self, book: &Book<'_>) -> Result<Vec<i64>, SimulateError> {
        self.0.units(book)
    }

    fn rank(&self, page: &Page<'_>) -> f64 {
        let class = match page.article.ven {
            Ven::Vital => 0.0,
            Ven::Essential => 1e6,
            Ven::NonEssential => 2e6,
        };
        class + self.0.urgency(page)
    }
}

/// Prints figures of all policies in the generated hospital at each budget and the ratios of their costs.
pub(crate) fn report(items: usize, seeds: u64) {
    let rival = tune::rss(items, REVIEW_DAYS);
    let title = format!("budget, hospital of {items} items");
    compare(&title, &rival, (seeds, &SHARES_PCT), &|seed| hospital(seed, items, WEEKS).unwrap());
}

/// The same in any worlds, against a rival tuned by the caller.
pub(crate) fn compare(title: &str, rival: &str, (seeds, shares_pct): (u64, &[u32]), world: &(dyn Fn(u64) -> World + Sync)) {
    println!("{title}: rival {rival}, seeds 1 to {seeds}, weekly");
    for &percent in shares_pct {
        let one = |seed| trial(&world(seed), seed, rival, percent);
        let comparison = Comparison::of(POLICIES.iter().map(|name| (*name).to_owned()).collect(), trials(1..seeds + 1, one));
        for (at, policy) in POLICIES.iter().enumerate() {
            figures(&format!("{title}, {percent} %: {policy}"), &comparison, at);
        }
        for one in &comparison.differences {
            if let Some(ratio) = one.cost_ratio {
                say(&format!("{title}, {percent} %: wardstock / {} cost ratio", one.against), ratio);
            }
        }
        let mean = |at| comparison.mean(at, |one| one.cost).mean;
        for (at, policy) in POLICIES.iter().enumerate() {
            println!("{title}, {percent} %: {policy} / (R,s,S) cost ratio of means: {:.3}", mean(at) / mean(1));
        }
    }
}

fn trial(world: &World, seed: u64, rival: &str, percent: u32) -> Trial {
    let PolicyName::Rss(rss) = parse(rival).unwrap() else { panic!("{rival} is no (R,s,S)") };
    let free = run(world, &mut { rss }, REVIEW_DAYS).unwrap().spent;
    let reviews = i64::try_from(free.len()).unwrap();
    let per_review = free.iter().sum::<i64>() / reviews * i64::from(percent) / 100;
    let bound = clairvoyant(world, REVIEW_DAYS);
    let by_prices = Knobs { allocation: Allocation::Priced, ..Knobs::default() };
    let policies: [Box<dyn Policy>; 4] =
        [Box::new(Wardstock::new(Knobs::default())), Box::new(rss), Box::new(VitalFirst(rss)), Box::new(Wardstock::new(by_prices))];
    let judged = policies.into_iter().map(|mut policy| {
        let outcome = run_within(world, policy.as_mut(), REVIEW_DAYS, per_review).unwrap();
        let mut spent = 0;
        for (review, money) in (1..).zip(&outcome.spent) {
            spent += money;
            assert!(spent <= review * per_review, "seed {seed}: {spent} spent by review {review}");
        }
        Figures::of(world, &outcome, bound)
    });
    Trial { seed, bound, figures: judged.collect() }
}
