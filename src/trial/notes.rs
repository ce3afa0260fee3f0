//! What the figures of a backtest stand on, in words. Pure.

use std::collections::BTreeSet;

use wardstock_models::simulate::{Record, Timeline};

use crate::base::time::Day;

/// What was counted while the record was gathered.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Facts {
    /// Items that were asked for and are left out.
    pub(super) not_offered: Vec<String>,
    /// Items left out because there are too many.
    pub(super) beyond_limit: usize,
    /// Units asked for and not handed out, as far as written down.
    pub(super) unmet_units: i64,
    /// Item-days with an empty shelf somewhere.
    pub(super) touched_days: i64,
    /// Their time, in days.
    pub(super) empty_days: f64,
    /// Deliveries received, of all suppliers.
    pub(super) deliveries: usize,
    /// Items whose lots say how long they keep.
    pub(super) lives_from_lots: BTreeSet<String>,
    /// Of all prices.
    pub(super) currency: String,
}

/// Codes named before "and more".
const NAMED: usize = 5;

/// The notes.
pub(super) fn of(facts: &Facts, record: &Record, from: Day, timeline: Timeline, policies: &[String]) -> Vec<String> {
    let items = record.articles().len();
    let day = |index: usize| from.plus(i64::try_from(index).unwrap_or(0)).to_text();
    let mut notes = vec![format!(
        "{items} items, all places of the site as one shelf; {} days measured from {} on, policies order from {} on; money in {}",
        timeline.days - timeline.measured,
        day(timeline.measured),
        day(timeline.history),
        facts.currency
    )];
    notes.push(empty_shelves(facts, items.saturating_mul(timeline.days)));
    if facts.unmet_units > 0 {
        notes.push(format!("{} units were asked for and not handed out, and are in the demand", facts.unmet_units));
    }
    notes.push(match facts.deliveries {
        0 => "no deliveries are on record: lead times are what suppliers state".to_owned(),
        received => format!("lead times are drawn from {received} recorded deliveries, as late as they came"),
    });
    let kept = record.articles().iter().filter(|article| facts.lives_from_lots.contains(&article.id)).count();
    notes.push(format!("shelf life from the lots received for {kept} of {items} items, from the catalogue for the others"));
    if policies.iter().any(|name| name.starts_with("par")) {
        let own = record.articles().iter().filter(|article| article.par_level.is_some()).count();
        notes.push(format!("par fills {own} of {items} items up to the site's own par levels, the others by its formula"));
    }
    if !facts.not_offered.is_empty() {
        notes.push(format!(
            "left out: {} items with demand that are archived or that nobody offers in {}: {}",
            facts.not_offered.len(),
            facts.currency,
            named(&facts.not_offered)
        ));
    }
    if facts.beyond_limit > 0 {
        notes.push(format!("left out: {} items, those whose demand is worth least", facts.beyond_limit));
    }
    notes
}

fn empty_shelves(facts: &Facts, item_days: usize) -> String {
    if facts.touched_days == 0 {
        return "no shelf was empty as far as the record says: what was handed out is what was asked for".to_owned();
    }
    format!(
        "on {} of {item_days} item-days a shelf was empty for part of the day or all of it ({:.1} days in all): what was asked for \
         then is known only where it was written down, so all policies meet somewhat less demand than there was",
        facts.touched_days, facts.empty_days
    )
}

fn named(codes: &[String]) -> String {
    let more = if codes.len() > NAMED { ", …" } else { "" };
    codes.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ") + more
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_shelves_are_said() {
        let facts = Facts { touched_days: 3, empty_days: 1.25, ..Facts::default() };
        let said = empty_shelves(&facts, 200);
        assert!(said.contains("on 3 of 200 item-days") && said.contains("(1.2 days in all)"), "{said}");
        assert!(empty_shelves(&Facts::default(), 200).contains("no shelf was empty"));
    }

    #[test]
    fn a_few_codes_are_named() {
        let codes: Vec<String> = (1..=7).map(|at| format!("P{at}")).collect();
        assert_eq!(named(&codes), "P1, P2, P3, P4, P5, …");
        assert_eq!(named(&codes[..2]), "P1, P2");
    }
}
