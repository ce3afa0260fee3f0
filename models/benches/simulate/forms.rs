//! The risk forms of the plan, each ordering by itself, against the levels by the day that decide since.

use wardstock_models::plan::Risk;
use wardstock_models::simulate::{Comparison, Figures, Knobs, Trial, Wardstock, clairvoyant, hospital, run};

use crate::{WEEKS, figures, say, trials};

const REVIEW_DAYS: usize = 7;
const FORMS: [(&str, Option<Risk>); 4] =
    [("levels by the day", None), ("expected", Some(Risk::Expected)), ("quantile", Some(Risk::Quantile)), ("mean", Some(Risk::Mean))];

/// Prints figures of all four and the cost of the levels against each form.
pub(crate) fn report(items: usize, seeds: u64) {
    let one = |seed| {
        let world = hospital(seed, items, WEEKS).unwrap();
        let bound = clairvoyant(&world, REVIEW_DAYS);
        let judged = FORMS.map(|(_, form)| {
            let outcome = run(&world, &mut Wardstock::new(Knobs { form, ..Knobs::default() }), REVIEW_DAYS).unwrap();
            Figures::of(&world, &outcome, bound)
        });
        Trial { seed, bound, figures: judged.to_vec() }
    };
    let comparison = Comparison::of(FORMS.iter().map(|(name, _)| (*name).to_owned()).collect(), trials(1..seeds + 1, one));
    for (at, (name, _)) in FORMS.iter().enumerate() {
        figures(&format!("forms, {items} items, weekly: {name}"), &comparison, at);
    }
    for one in &comparison.differences {
        if let Some(ratio) = one.cost_ratio {
            say(&format!("forms, {items} items, weekly: levels by the day / {} cost ratio", one.against), ratio);
        }
    }
}
