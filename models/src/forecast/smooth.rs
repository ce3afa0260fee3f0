//! Long smooth series: seasonal indices, level, and a spread learned from past errors.

#![expect(clippy::indexing_slicing, reason = "rows, seasons and members run in parallel")]

use super::experience::Lookup;
use super::seasonal::{Group, Row, Work};
use super::{Forecast, Item, Members, Method, Parts, assemble, flags, level, sum};
use crate::series::PeriodLength;

/// The members as rows with room for `horizon` more periods.
pub(crate) fn group(members: &Members<'_>, period: PeriodLength, horizon: usize) -> Group {
    let row = |item: &Item<'_>| Row::new(item.observed.mostly_seen(), period, item.series.first_day(), horizon);
    Group::new(members.iter().map(|(_, item)| row(item)).collect(), period)
}

/// One forecast per member with its place in the answer; season and level are fitted now, the spread is looked up.
pub(crate) fn forecasts(members: &Members<'_>, period: PeriodLength, horizon: usize, learned: &Lookup<'_>) -> Vec<(usize, Forecast)> {
    if members.is_empty() {
        return Vec::new();
    }
    let group = group(members, period, horizon);
    let seasons = group.seasons(group.end());
    let places = learned.places(members.iter().map(|(_, item)| item.series.id()));
    let mut work = Work::default();
    let mut made = Vec::with_capacity(members.len());
    for (at, (place, item)) in members.iter().enumerate() {
        let (row, season, known) = (&group.rows[at], &seasons[at], places[at]);
        season.without(row, row.values.len(), &mut work.plain);
        let level = level::level(&work.plain, group.cut.usual);
        let means = sum::step_means(row, season, level, horizon);
        let unit = item.observed.unit;
        let (steps, sums) = learned.spread().laws(known, &means, unit);
        let phi = learned.spread().phi(known, 1, level.max(1e-3));
        let factor = |mean: &f64| if level > 0.0 { mean / level } else { 1.0 };
        let parts = Parts {
            level: level * unit,
            dispersion: phi * unit,
            group_weight: learned.spread().group_weight(known),
            seasonal_own_weight: season.own_weight,
            seasonal: means.iter().map(factor).collect(),
        };
        made.push((*place, assemble(item, Method::SeasonalLevel, flags(item, phi), parts, steps, sums)));
    }
    made
}
