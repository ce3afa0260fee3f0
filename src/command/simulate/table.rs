//! A comparison as text: one row per policy, then what the first gains against each other one.

use wardstock_models::simulate::{Comparison, Estimate, Figures};

use crate::command::output;

const HEADINGS: [&str; 13] =
    ["policy", "unit fill", "item fill", "V", "E", "N", "empty days", "stock", "expired", "lines", "orders", "spend", "cost"];

/// Both tables.
pub(crate) fn text(comparison: &Comparison) -> String {
    let rows: Vec<Vec<String>> = comparison.policies.iter().enumerate().map(|(at, name)| row(comparison, at, name)).collect();
    let mut headings = HEADINGS.to_vec();
    headings.push("/ clairvoyant");
    let figures = output::table(&headings, &rows);
    let seeds = comparison.trials.len();
    let against = if comparison.differences.is_empty() { String::new() } else { format!("\n\n{}", differences(comparison)) };
    format!("{figures}\nmeans over {seeds} seeds; what adds up over time is per year{against}")
}

fn row(comparison: &Comparison, at: usize, name: &str) -> Vec<String> {
    let mean = |figure: fn(&Figures) -> f64| comparison.mean(at, figure).mean;
    let share = |figure: fn(&Figures) -> f64| format!("{:.4}", mean(figure));
    let money = |figure: fn(&Figures) -> f64| format!("{:.0}", mean(figure));
    let ratio = mean(|one| one.ratio_to_clairvoyant.unwrap_or(f64::NAN));
    vec![
        name.to_owned(),
        share(|one| one.unit_fill),
        share(|one| one.item_fill),
        share(|one| one.fill_vital),
        share(|one| one.fill_essential),
        share(|one| one.fill_non_essential),
        money(|one| one.stock_out_days),
        money(|one| one.stock_value),
        money(|one| one.expired_value),
        money(|one| one.order_lines),
        money(|one| one.orders),
        money(|one| one.spend),
        money(|one| one.cost),
        if ratio.is_nan() { "-".to_owned() } else { format!("{ratio:.2}") },
    ]
}

fn differences(comparison: &Comparison) -> String {
    let first = comparison.policies.first().map_or("", String::as_str);
    let headings =
        [format!("{first} against"), "cost".into(), "cost ratio".into(), "unit fill".into(), "stock ratio".into(), "expired".into()];
    let rows: Vec<Vec<String>> = comparison
        .differences
        .iter()
        .map(|one| {
            vec![
                one.against.clone(),
                pair(one.cost, 0),
                ratio(one.cost_ratio),
                pair(one.unit_fill, 5),
                ratio(one.stock_ratio),
                pair(one.expired, 0),
            ]
        })
        .collect();
    output::table(&headings.iter().map(String::as_str).collect::<Vec<_>>(), &rows) + "\ndifferences paired by seed, ± standard error"
}

fn ratio(of: Option<Estimate>) -> String {
    of.map_or_else(|| "-".to_owned(), |of| pair(of, 3).trim_start_matches('+').to_owned())
}

/// `+1.2 ± 0.3`.
fn pair(of: Estimate, digits: usize) -> String {
    let error = of.standard_error.map_or_else(String::new, |error| format!(" ± {error:.digits$}"));
    format!("{:+.digits$}{error}", of.mean)
}
