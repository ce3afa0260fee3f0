//! Charts drawn by the server: they need no script and print well. A table beside each says the same in numbers.

use maud::{Markup, html};

use super::text;
use crate::base::quantity::to_f64;
use crate::base::time::Day;
use crate::demand::forecast::{ForecastBody, Total};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 32.0;

/// The units of a total at a probability, if it was published.
pub(crate) fn quantile(total: &Total, probability: f64) -> Option<f64> {
    total.quantiles.iter().find(|(level, _)| (level - probability).abs() < 1e-9).map(|(_, units)| *units)
}

/// From figures to places on the canvas.
struct Scale {
    days: f64,
    most: f64,
}

impl Scale {
    fn x(&self, days: f64) -> f64 {
        LEFT + days / self.days * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, units: f64) -> f64 {
        HEIGHT - BOTTOM - units / self.most * (HEIGHT - TOP - BOTTOM)
    }

    fn points(&self, line: &[(f64, f64)]) -> String {
        line.iter().map(|(days, units)| format!("{:.1},{:.1}", self.x(*days), self.y(*units))).collect::<Vec<_>>().join(" ")
    }
}

/// Cumulative demand as a fan, with what is available as a line: where they meet, stock ends.
pub(crate) fn fan(id: &str, body: &ForecastBody, available: i64, unit: &str) -> Markup {
    let days_of = |total: &Total| to_f64(total.until.0 - body.start.0);
    let line = |pick: &dyn Fn(&Total) -> f64| -> Vec<(f64, f64)> {
        std::iter::once((0.0, 0.0)).chain(body.sums.iter().map(|total| (days_of(total), pick(total)))).collect()
    };
    let at = |probability: f64| line(&|total: &Total| quantile(total, probability).unwrap_or(total.mean));
    let band = |low: f64, high: f64| -> Vec<(f64, f64)> { at(high).into_iter().chain(at(low).into_iter().rev()).collect() };
    let mean = line(&|total: &Total| total.mean);
    let highest = at(0.9).last().map_or(0.0, |point| point.1);
    let have = to_f64(available.max(0));
    let shows_have = have <= highest * 1.6;
    let step = nice_step(if shows_have { highest.max(have) } else { highest });
    let most = (if shows_have { highest.max(have) } else { highest } / step).ceil().max(1.0) * step;
    let scale = Scale { days: body.sums.last().map_or(1.0, days_of).max(1.0), most };
    html! {
        svg class="chart" viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-labelledby={ (id) "-title" } {
            title id={ (id) "-title" } { "Expected use in all from " (body.start) " on, with its likely range; the table below has the figures" }
            @for tick in ticks(step, most) {
                line class="grid" x1=(LEFT) x2=(WIDTH - RIGHT) y1=(at_tenth(scale.y(tick))) y2=(at_tenth(scale.y(tick))) {}
                text class="axis end" x=(LEFT - 8.0) y=(at_tenth(scale.y(tick) + 4.0)) { (text::decimal(tick, usize::from(step < 1.0))) }
            }
            @for (days, label) in date_ticks(body, scale.days) {
                text class="axis middle" x=(at_tenth(scale.x(days))) y=(HEIGHT - 10.0) { (label) }
            }
            polygon class="band wide" points=(scale.points(&band(0.1, 0.9))) {}
            polygon class="band" points=(scale.points(&band(0.25, 0.75))) {}
            polyline class="mean" points=(scale.points(&mean)) {}
            @if shows_have {
                line class="have" x1=(LEFT) x2=(WIDTH - RIGHT) y1=(at_tenth(scale.y(have))) y2=(at_tenth(scale.y(have))) {}
                text class=(if have < most / 2.0 { "axis have-label end" } else { "axis have-label" })
                    x=(if have < most / 2.0 { WIDTH - RIGHT - 4.0 } else { LEFT + 8.0 }) y=(at_tenth(scale.y(have) - 6.0)) { "available now: " (text::units(available, unit)) }
            }
        }
        (legend(shows_have, available, unit))
    }
}

fn legend(shows_have: bool, available: i64, unit: &str) -> Markup {
    html! {
        ul class="legend" {
            li { svg class="key" viewBox="0 0 24 12" aria-hidden="true" { line class="mean" x1="0" x2="24" y1="6" y2="6" {} } "expected use, summed" }
            li { svg class="key" viewBox="0 0 24 12" aria-hidden="true" { rect class="band" width="24" height="12" {} } "half of all cases" }
            li { svg class="key" viewBox="0 0 24 12" aria-hidden="true" { rect class="band wide" width="24" height="12" {} } "8 of 10 cases" }
            @if shows_have {
                li { svg class="key" viewBox="0 0 24 12" aria-hidden="true" { line class="have" x1="0" x2="24" y1="6" y2="6" {} } "available now" }
            } @else {
                li { "available now (" (text::units(available, unit)) ") lies above the chart" }
            }
        }
    }
}

fn at_tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// The step between grid lines: 1, 2 or 5 times a power of ten, for about four lines.
fn nice_step(most: f64) -> f64 {
    let rough = (most / 4.0).max(0.25);
    let power = 10_f64.powf(rough.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|times| times * power).find(|step| *step >= rough).unwrap_or(10.0 * power)
}

fn ticks(step: f64, most: f64) -> Vec<f64> {
    (0_u8..=12).map(|times| f64::from(times) * step).take_while(|tick| *tick <= most + step / 2.0).collect()
}

/// About five dates along the axis.
fn date_ticks(body: &ForecastBody, days: f64) -> Vec<(f64, String)> {
    let every = (days / 5.0 / 7.0).ceil().max(1.0) * 7.0;
    (0_u8..=6)
        .map(|times| f64::from(times) * every)
        .take_while(|at| *at <= days * 0.97)
        .map(|at| (at, text::day_and_month(Day(body.start.0 + crate::base::quantity::from_f64(at)))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> ForecastBody {
        let start = Day::parse("2026-11-22").unwrap();
        let total = |periods: i64| Total {
            periods,
            until: start.plus(periods * 7),
            mean: 100.0 * to_f64(periods),
            quantiles: vec![(0.1, 80.0 * to_f64(periods)), (0.25, 90.0), (0.5, 100.0), (0.75, 110.0), (0.9, 130.0 * to_f64(periods))],
        };
        ForecastBody {
            start,
            period_days: 7,
            class: "smooth".into(),
            share_censored: 0.0,
            flags: Vec::new(),
            accuracy: None,
            parts: None,
            steps: Vec::new(),
            sums: (1..=4).map(total).collect(),
        }
    }

    #[test]
    fn the_fan_names_itself_and_shows_what_is_there() {
        let text = fan("c1", &sample(), 250, "tablet").into_string();
        assert!(text.contains("role=\"img\" aria-labelledby=\"c1-title\""), "{text}");
        assert!(text.contains("available now: 250\u{a0}tablets"));
        assert!(text.contains("22\u{a0}Nov"));
        assert!(!text.contains("NaN") && !text.contains("inf"));
        assert!(fan("c1", &sample(), 5_000, "tablet").into_string().contains("lies above the chart"));
    }

    #[test]
    fn steps_are_round() {
        assert!((nice_step(520.0) - 200.0).abs() < 1e-9);
        assert!((nice_step(3.0) - 1.0).abs() < 1e-9);
        assert!(nice_step(0.0) > 0.0);
    }
}
