//! Why a line is recommended: a word, a paragraph, and the figures behind it, each with its unit.

use maud::{Markup, html};
use wardstock_models::plan::{Drivers, WhatIf};

use super::text::{about_units, days, money_of_major, packs, percent, units};

/// A reason in plain English.
pub(crate) fn reason(word: &str) -> &str {
    match word {
        "projected_shortage" => "stock falls short before the next order could arrive",
        "joins_paid_order" => "an order to this supplier is placed anyway",
        "expiry_caps" => "more than this would expire",
        "budget_limited" => "the budget allows only this much",
        "storage_limited" => "the storage space allows only this much",
        "cheaper_supplier" => "this supplier is cheaper",
        "moq_or_min_value" => "the supplier's minimum order sets the size",
        "transfer_instead" => "stock of another place is moved instead",
        "substitute_available" => "another item stands in",
        other => other,
    }
}

/// How figures are named: the item's base unit and the plan's currency.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names<'a> {
    /// What a base unit is.
    pub(crate) unit: &'a str,
    /// Three capital letters.
    pub(crate) currency: &'a str,
}

/// "Why?" that opens to the paragraph and its figures; `key` lets the script keep it open.
pub(crate) fn details(key: &str, summary: &str, paragraph: &str, drivers: Option<&Drivers>, names: Names<'_>) -> Markup {
    html! {
        details class="why" data-key=(key) {
            summary { span class="ask" { "Why?" } " " span class="soft" { (summary) } }
            p { (paragraph) }
            @if let Some(drivers) = drivers { (figures(drivers, names)) }
        }
    }
}

fn figures(drivers: &Drivers, names: Names<'_>) -> Markup {
    let Names { unit, currency } = names;
    let mut rows: Vec<(&str, String)> = vec![
        ("Usable at hand", units(drivers.on_hand, unit)),
        ("On order, arriving in time", units(drivers.on_order, unit)),
        ("In other orders of this plan", units(drivers.planned_before, unit)),
        ("Expected use until the next order could arrive", about_units(drivers.forecast_until_next_arrival, unit)),
    ];
    if drivers.stockout_probability_before_arrival > 0.0 {
        rows.push(("Chance of running out before it can arrive", percent(drivers.stockout_probability_before_arrival)));
    }
    rows.push(("Chance of running out without this order", percent(drivers.stockout_probability_without)));
    if drivers.packs > 0 {
        rows.push(("Chance of running out with this order", percent(drivers.stockout_probability_with)));
        rows.push(("Stock lasts, once it has arrived", days(drivers.cover_days_after.floor())));
    }
    if let Some(asked) = drivers.asked_packs {
        rows.push(("Wanted without the limit", packs(asked)));
    }
    if drivers.expiry_risk_units >= 0.05 {
        rows.push(("Expected to expire", about_units(drivers.expiry_risk_units, unit)));
    }
    if let Some(saved) = drivers.cheaper_by.filter(|saved| *saved >= 0.005) {
        rows.push(("Cheaper than the next offer, per base unit", money_of_major(saved, currency)));
    }
    for (name, change) in [("One pack more", &drivers.one_pack_more), ("One pack less", &drivers.one_pack_less)] {
        if let Some(change) = change {
            rows.push((name, what_if(change, currency)));
        }
    }
    html! { dl class="figures" { @for (name, value) in &rows { div { dt { (name) } dd { (value) } } } } }
}

/// What one pack more or less would do, shortage and risk counted as money.
fn what_if(change: &WhatIf, currency: &str) -> String {
    let way = if change.cost_change >= 0.0 { "worse" } else { "better" };
    format!(
        "{} {way} in all; chance of running out {}",
        money_of_major(change.cost_change.abs(), currency),
        percent(change.stockout_probability)
    )
}

/// The drivers of a line as they are stored.
pub(crate) fn drivers_of(value: &serde_json::Value) -> Option<Drivers> {
    serde_json::from_value(value.clone()).ok()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn sample() -> Drivers {
        drivers_of(&serde_json::json!({
            "item": "P1@PH", "on_hand": 1_200, "on_order": 0, "planned_before": 0, "packs": 4, "units_per_pack": 100, "units": 400,
            "purchase": 96.4, "arrives_period": 1, "next_arrival_period": 2, "forecast_until_next_arrival": 1_431.7,
            "stockout_probability_before_arrival": 0.0, "stockout_probability_without": 0.612, "stockout_probability_with": 0.034,
            "cover_days_after": 15.9, "expiry_risk_units": 0.0,
            "one_pack_more": {"cost_change": 2.5, "stockout_probability": 0.012}
        }))
        .unwrap()
    }

    #[test]
    fn figures_carry_units_and_are_rounded() {
        let names = Names { unit: "tablet", currency: "EUR" };
        let text = details("k", reason("projected_shortage"), "Order <4> packs.", Some(&sample()), names).into_string();
        for wanted in
            ["Order &lt;4&gt; packs.", "1\u{202f}432\u{a0}tablets", "61\u{a0}%", "3\u{a0}%", "15\u{a0}days", "2.50\u{a0}EUR worse"]
        {
            assert!(text.contains(wanted), "{wanted} is missing in {text}");
        }
        assert!(!text.contains("Expected to expire"));
    }
}
