//! What a planner remembers of the days of each item, and of all of them together.
#![expect(clippy::indexing_slicing, reason = "seven days of a week")]

use crate::convert::count_to_f64;

/// A day this old counts half.
const HALF_LIFE_DAYS: f64 = 365.0;
/// Asked for on fewer days than this share: lumpy.
const LUMPY_SHARE: f64 = 0.25;

/// What was asked for of one item, younger days counting more.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct DemandRecord {
    pub(super) days: f64,
    pub(super) requests: f64,
    pub(super) units: f64,
    /// Units by day of the week, day number modulo 7.
    week: [f64; 7],
}

impl DemandRecord {
    /// From the units asked for on each day, oldest first; `first_day`: number of the first.
    pub fn of(first_day: i64, asked: &[i64]) -> Self {
        let mut made = Self::default();
        (first_day..).zip(asked).for_each(|(day, units)| made.add(day, *units));
        made
    }

    /// One day more: everything older counts `2^(-1/365)` of what it did.
    pub fn add(&mut self, day: i64, units: i64) {
        let keep = 0.5_f64.powf(1.0 / HALF_LIFE_DAYS);
        self.days = self.days * keep + 1.0;
        self.requests *= keep;
        self.units *= keep;
        self.week = self.week.map(|sum| sum * keep);
        if units > 0 {
            self.requests += 1.0;
            self.units += count_to_f64(units);
            self.week[weekday(day)] += count_to_f64(units);
        }
    }

    /// Asked for on fewer than a quarter of the days?
    pub fn is_lumpy(&self) -> bool {
        self.requests < LUMPY_SHARE * self.days
    }
}

/// All items together: what a single one is pulled towards.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct DemandPool {
    /// Chance of a request per day of lumpy items.
    pub(super) chance: f64,
    /// Units of a request of lumpy items.
    pub(super) size: f64,
    /// Share of a week's demand by day of the week, of the others.
    week: [f64; 7],
}

impl DemandPool {
    /// Of these records; each item counts alike in the shape of the week.
    pub fn of(records: &[DemandRecord]) -> Self {
        let mut all = DemandRecord::default();
        let mut week = [0.0; 7];
        for one in records {
            if one.is_lumpy() {
                all.days += one.days;
                all.requests += one.requests;
                all.units += one.units;
            } else if one.units > 0.0 {
                week.iter_mut().zip(one.week).for_each(|(sum, units)| *sum += units / one.units);
            }
        }
        Self { chance: all.requests / all.days.max(1.0), size: all.units / all.requests.max(1e-9), week }
    }

    /// The shape of the week that begins on `day`.
    pub(super) fn week_from(&self, day: i64) -> [f64; 7] {
        let mut days = day..;
        self.week.map(|_| days.next().map_or(1.0, |day| self.week[weekday(day)]))
    }
}

fn weekday(day: i64) -> usize {
    usize::try_from(day.rem_euclid(7)).unwrap_or(0)
}
