//! Small random instances with transfers and substitutes.

use wardstock_models::plan::{Instance, Substitute, Transfer};
use wardstock_models::rng::Rng;

use crate::little;

/// The instance of [`little`] with up to 6 items, ways of 0 or 1 period between random pairs, and substitutes of ratio .5 to 2; every
/// third has an item that nobody offers. The same seed gives the same instance.
pub(crate) fn instance(seed: u64) -> Instance {
    let mut question = little::instance(seed);
    let mut rng = Rng::new(seed + 77_000);
    question.items.truncate(6);
    let kept = question.items.clone();
    question.offers.retain(|offer| kept.iter().any(|item| item.id == offer.item));
    let count = u32::try_from(question.items.len()).unwrap();
    if rng.below(3) == 0 {
        question.offers.retain(|offer| offer.item != "I0");
    }
    for _ in 0..=count {
        let (a, b) = (rng.below(count), rng.below(count));
        let (from, to) = (format!("I{a}"), format!("I{b}"));
        let lead = rng.below(2);
        if rng.below(2) == 0 {
            if a != b && !question.transfers.iter().any(|way| way.from == from && way.to == to) {
                question.transfers.push(Transfer { from, to, cost: f64::from(rng.below(20)) / 10.0, lead_periods: lead });
            }
        } else if a < b && !question.substitutes.iter().any(|pair| pair.item == from && pair.substitute == to) {
            let ratio = [0.5, 1.0, 1.5, 2.0][rng.below(4) as usize];
            question.substitutes.push(Substitute { item: from, substitute: to, ratio, cost: f64::from(rng.below(20)) / 10.0 });
        }
    }
    question
}
