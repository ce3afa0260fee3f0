//! Try a policy on your own record: what each way of ordering would have come to, in one table.

use maud::{Markup, html};
use serde::Deserialize;

use crate::access::caller::Caller;
use crate::access::role;
use crate::base::error::{Error, Result};
use crate::base::quantity::to_f64;
use crate::db::conn::Conn;
use crate::places::{self, PlaceKey};
use crate::trial::http::{self, BacktestView};
use crate::ui::layout::{self, Frame, Here};
use crate::ui::part::{cell, text};

/// What stands in the form: our planner, the commonest rule of the field, a month of stock, what nobody can beat.
const USUAL: &str = "wardstock open-msupply:2,1 par:30 clairvoyant";

/// It has a cost and nothing else: it walks no shelf.
const BOUND: &str = "clairvoyant";

/// What the page shows.
#[derive(Debug)]
pub(crate) struct TrialPage {
    pub(crate) site: Option<PlaceKey>,
    pub(crate) newest: Option<(BacktestView, Option<Walked>)>,
}

/// What the page reads of a result.
#[derive(Debug, Deserialize)]
pub(crate) struct Walked {
    from: String,
    to: String,
    notes: Vec<String>,
    policies: Vec<String>,
    trials: Vec<Seed>,
}

#[derive(Debug, Deserialize)]
struct Seed {
    figures: Vec<Came>,
}

#[derive(Debug, Deserialize)]
struct Came {
    unit_fill: f64,
    fill_vital: f64,
    stock_out_days: f64,
    stock_value: f64,
    expired_value: f64,
    order_lines: f64,
    cost: f64,
}

/// Reads the newest backtest of a site; without a code, of the first that the caller may see.
///
/// # Errors
/// `not_found` for another site than that.
pub(crate) fn read(conn: &mut Conn, caller: &Caller, site: Option<&str>) -> Result<TrialPage> {
    let mut sites = places::sites(conn)?.into_iter().filter(|one| caller.site.is_none_or(|own| own == one.site_id));
    let site = match site {
        Some(code) => Some(sites.find(|one| one.code == code).ok_or_else(|| Error::not_found("site", code))?),
        None => sites.next(),
    };
    let newest = match &site {
        Some(site) => http::newest(conn, site.site_id)?,
        None => None,
    };
    Ok(TrialPage { site, newest: newest.map(|(view, result)| (view, result.and_then(|value| serde_json::from_value(value).ok()))) })
}

/// The whole page.
pub(crate) fn page(caller: &Caller, shown: &TrialPage) -> Markup {
    let main = html! {
        div class="title" {
            h1 { "Try a policy on your own record" }
            p class="soft" { "What each way of ordering would have come to with the demand and the deliveries that you had." }
        }
        section class="panel" aria-label="Trial" {
            @match &shown.site {
                None => { p class="empty" { "No site yet: import your places with " code { "wardstock import DIR" } "." } }
                Some(site) => {
                    @if caller.is_any(role::PLANNERS) { (form(site)) }
                    @match &shown.newest {
                        None => { p class="empty" { "Nothing was tried at " (site.code) " yet." } }
                        Some((view, walked)) => { (state(view)) @if let Some(walked) = walked { (table(walked)) } }
                    }
                }
            }
        }
    };
    layout::document(&Frame { title: "Try a policy", here: Here::Trial, caller: Some(caller), live: false }, &main)
}

fn form(site: &PlaceKey) -> Markup {
    html! {
        form class="inline" data-do="trial" data-site=(site.code) {
            label for="policies" { "Policies" }
            input id="policies" name="policies" type="text" size="28" autocomplete="off" value=(USUAL) aria-describedby="meant";
            button type="submit" { "Try at " (site.code) }
        }
        p id="meant" class="soft small" { "1 to 8, parted by spaces; the first is set against the others. open-msupply:MAX,MIN in months; par:DAYS, or your own par levels; rss:0.99,25; clairvoyant knows the future." }
    }
}

fn state(view: &BacktestView) -> Markup {
    html! {
        @match view.state.as_str() {
            "done" => {}
            "failed" => { p class="message bad" { "The newest trial failed: " (view.failure.as_deref().unwrap_or_default()) } }
            _ => { p class="message note" { "A trial is under way: " (text::decimal(view.progress * 100.0, 0)) "\u{a0}%. Reload to see how far it is." } }
        }
    }
}

const COLUMNS: [(&str, bool); 8] = [
    ("Policy", false),
    ("Handed out, %", true),
    ("Vital handed out, %", true),
    ("Item-days without stock", true),
    ("Stock value", true),
    ("Expired", true),
    ("Order lines", true),
    ("Cost", true),
];

fn table(walked: &Walked) -> Markup {
    html! {
        h2 { "Record from " (walked.from) " to " (walked.to) ", per year" }
        div class="scroll" {
            table role="table" class="rows" {
                caption class="hidden" { "What each policy would have come to per year" }
                (cell::head(&COLUMNS))
                tbody role="rowgroup" {
                    @for (at, name) in walked.policies.iter().enumerate() {
                        tr role="row" {
                            th role="rowheader" scope="row" { span class="code" { (name) } }
                            @for ((column, _), (figure, digits)) in COLUMNS.iter().skip(1).zip(figures(walked, at)) {
                                (cell::figure(column, if name == BOUND && *column != "Cost" { "–".to_owned() } else { text::decimal(figure, digits) }))
                            }
                        }
                    }
                }
            }
        }
        ul class="soft small" { @for note in &walked.notes { li { (note) } } }
    }
}

/// The cells of one policy, means over the seeds: value and digits.
fn figures(walked: &Walked, at: usize) -> [(f64, usize); 7] {
    let rows: Vec<&Came> = walked.trials.iter().filter_map(|seed| seed.figures.get(at)).collect();
    let count = to_f64(i64::try_from(rows.len().max(1)).unwrap_or(1));
    let mean = |of: fn(&Came) -> f64| rows.iter().map(|row| of(row)).sum::<f64>() / count;
    [
        (100.0 * mean(|row| row.unit_fill), 2),
        (100.0 * mean(|row| row.fill_vital), 2),
        (mean(|row| row.stock_out_days), 0),
        (mean(|row| row.stock_value), 0),
        (mean(|row| row.expired_value), 0),
        (mean(|row| row.order_lines), 0),
        (mean(|row| row.cost), 0),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_over_seeds_stand_in_the_table_and_notes_are_escaped() {
        let one = |fill: f64| {
            serde_json::json!({"figures": [{"unit_fill": fill, "fill_vital": 1.0, "stock_out_days": 3.0, "stock_value": 12_000.0,
                "expired_value": 0.0, "order_lines": 52.0, "cost": 900.0}]})
        };
        let result = serde_json::json!({"from": "2026-01-01", "to": "2026-11-01", "notes": ["<b>"], "policies": ["par:30"],
            "trials": [one(0.9), one(1.0)]});
        let shown = table(&serde_json::from_value(result).unwrap()).into_string();
        assert!(shown.contains("95.00") && shown.contains("12\u{202f}000") && shown.contains("&lt;b&gt;"), "{shown}");
    }
}
