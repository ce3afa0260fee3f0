//! How good a forecast has been, and what to know about it, in plain words.

use maud::{Markup, html};

use super::badge::{self, Tone};
use super::text;
use crate::demand::accuracy::AccuracyView;
use crate::demand::flag::{FlagView, LEVEL_SHIFT, LOSES_TO_NAIVE};
use crate::demand::forecast::ForecastBody;

/// A bias below this share is none worth words.
const BIAS_MIN: f64 = 0.005;

/// The record and the flags of a forecast.
pub(crate) fn judged(body: &ForecastBody) -> Markup {
    let period = if body.period_days >= 28 { "month" } else { "week" };
    html! {
        p class="soft small" { (body.accuracy.as_ref().map_or_else(unjudged, |record| sentence(record, period))) }
        @for flag in &body.flags {
            p class="small" {
                @if is_warning(flag) { (badge::badge(Tone::Warn, "Look")) " " }
                (words(flag))
            }
        }
    }
}

fn unjudged() -> String {
    "Not judged yet: its past is too short, or too often out of stock.".to_owned()
}

/// "Over the last 12 weeks: forecast 3 % too low on average; …"
fn sentence(record: &AccuracyView, period: &str) -> String {
    let bias = if record.bias.abs() < BIAS_MIN {
        "right on average".to_owned()
    } else {
        format!("{} too {} on average", text::percent(record.bias.abs()), if record.bias > 0.0 { "low" } else { "high" })
    };
    let than = match record.relative_loss {
        Some(ratio) if ratio < 1.0 => format!("; better than repeating past use by {}", text::percent(1.0 - ratio)),
        Some(ratio) if ratio > 1.0 => format!("; worse than repeating past use by {}", text::percent(ratio - 1.0)),
        Some(_) => "; as good as repeating past use".to_owned(),
        None => String::new(),
    };
    let (scored, within) = (record.scored, record.within_95());
    format!("Over the last {}: forecast {bias}; {within} of {scored} within the 95\u{a0}% line{than}.", text::units(scored, period))
}

fn is_warning(flag: &FlagView) -> bool {
    [LEVEL_SHIFT, LOSES_TO_NAIVE, "nothing_known", "no_group"].contains(&flag.flag.as_str())
}

fn words(flag: &FlagView) -> String {
    match flag.flag.as_str() {
        LEVEL_SHIFT if flag.direction.as_deref() == Some("down") => "Clearly less is used lately than before.".to_owned(),
        LEVEL_SHIFT => "Clearly more is used lately than before.".to_owned(),
        LOSES_TO_NAIVE => "Last year\u{2019}s values did better lately, so they are used.".to_owned(),
        "absurd_ignored" => match flag.count.unwrap_or(1) {
            1 => "One absurd quantity was left out.".to_owned(),
            count => format!("{count} absurd quantities were left out."),
        },
        "new_item" => "New: little is known yet, so items like it count as well.".to_owned(),
        "nothing_known" => "Nothing is known of its use: a guess from items like it.".to_owned(),
        "no_group" => "Neither it nor items like it say much: a guess.".to_owned(),
        "no_demand" => "Nothing was used so far.".to_owned(),
        "mostly_censored" => "The shelf was empty more than half of the time, so items like it count as well.".to_owned(),
        other => format!("Note: {}.", other.replace('_', " ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_reads_as_a_sentence() {
        let record = AccuracyView {
            scored: 12,
            bias: 0.03,
            tracking_signal: 0.1,
            coverage_80: 0.8,
            coverage_95: 11.0 / 12.0,
            loss: 0.82,
            loss_naive: 1.0,
            relative_loss: Some(0.82),
        };
        let plain = sentence(&record, "week").replace('\u{a0}', " ").replace('\u{2019}', "'");
        let want = "Over the last 12 weeks: forecast 3 % too low on average; 11 of 12 within the 95 % line; better than repeating past use by 18 %.";
        assert_eq!(plain, want);
        let worse = AccuracyView { bias: 0.0, relative_loss: Some(1.1), ..record };
        assert!(sentence(&worse, "month").contains("right on average") && sentence(&worse, "month").contains("worse than"));
    }
}
