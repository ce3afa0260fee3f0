//! Long smooth series: seasonal indices, level, and a spread learned from past errors.

#![expect(clippy::indexing_slicing, reason = "rows, seasons and members run in parallel")]

use super::calendar::workdays;
use super::experience::Lookup;
use super::seasonal::{Group, Row, Work};
use super::shift::{WIDER, recent_shift};
use super::{Forecast, Item, Members, Method, Parts, answer, flags, level, sum};
use std::collections::BTreeSet;

use crate::series::PeriodLength;

/// The members as rows with room for the coming periods.
pub(crate) fn group(members: &Members<'_>, period: PeriodLength, holidays: &BTreeSet<i64>) -> Group {
    let row = |item: &Item<'_>| {
        let workdays = workdays(period, item.series.first_day(), item.series.len() + item.coming.len(), holidays);
        Row::new(item.observed.mostly_seen(), period, item.series.first_day(), workdays)
    };
    Group::new(members.iter().map(|(_, item)| row(item)).collect(), period)
}

/// One forecast per member with its place in the answer; season and level are fitted now, the spread is looked up.
pub(crate) fn forecasts(
    members: &Members<'_>,
    period: PeriodLength,
    holidays: &BTreeSet<i64>,
    learned: &Lookup<'_>,
) -> Vec<(usize, Forecast)> {
    if members.is_empty() {
        return Vec::new();
    }
    let group = group(members, period, holidays);
    let seasons = group.seasons(group.end());
    let places = learned.places(members.iter().map(|(_, item)| item.series.id()));
    let mut work = Work::default();
    let mut made = Vec::with_capacity(members.len());
    for (at, (place, item)) in members.iter().enumerate() {
        let (row, season, known) = (&group.rows[at], &seasons[at], places[at]);
        season.without(row, row.values.len(), &mut work.plain);
        let level = level::level(&work.plain, group.cut.usual);
        let shift = recent_shift(&work.plain, learned.spread().phi(known, 1, level.max(1e-3)));
        let (level, wider) = shift.map_or((level, 1.0), |shift| (shift.between(level), WIDER));
        let means = sum::step_means(row, season, level, &item.coming);
        let unit = item.observed.unit;
        let (steps, sums) = learned.spread().laws(known, &means, wider, unit);
        let phi = wider * learned.spread().phi(known, 1, level.max(1e-3));
        let factor = |mean: &f64| if level > 0.0 { mean / level } else { 1.0 };
        let parts = Parts {
            level: level * unit,
            dispersion: phi * unit,
            group_weight: learned.spread().group_weight(known),
            seasonal_own_weight: season.own_weight,
            seasonal: means.iter().map(factor).collect(),
        };
        made.push((*place, answer(item, Method::SeasonalLevel, flags(item, shift), parts, steps, sums)));
    }
    made
}
