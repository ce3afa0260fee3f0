//! How far the level of demand wanders in time, learned from months that lie far apart, and what that says of demand
//! over a shelf life.

use super::record::{DemandPool, DemandRecord};
use crate::convert::{count_to_f64, length_to_f64};

/// Days of a month here.
const MONTH_DAYS: usize = 28;
/// Months between the two that are compared.
const LAG: usize = 6;
/// A month this old counts half, months.
const HALF_LIFE_MONTHS: f64 = 26.0;
/// Highest wander per day: the level is soon anything.
const PER_DAY_MAX: f64 = 0.01;

/// Share of the wander that counts: a fall of demand is seen, and the orders after it are smaller.
///
/// This and the next were chosen among 0, .05, .15, .3, 1 and 0, .5, 1 on tuning seeds (`docs/planner-figures.md`).
const WANDER_SHARE: f64 = 0.15;
/// How far demand above the usual falls back to it over a shelf life.
const FALL_BACK: f64 = 0.5;

/// What is known of an item's demand far ahead.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Outlook {
    /// Relative variance that the level gathers per day.
    wander: f64,
    /// Units per day over the long memory.
    usual: f64,
}

impl Outlook {
    /// From the item's own past and how the level of all items wanders.
    pub(super) fn new(record: &DemandRecord, pool: &DemandPool) -> Self {
        Self { wander: WANDER_SHARE * pool.wander, usual: record.usual_rate() }
    }

    /// Demand that stays as it is.
    pub(super) fn steady() -> Self {
        Self { wander: 0.0, usual: f64::INFINITY }
    }

    /// Mean and variance of demand over n days, from its rate (units per day) and variance now.
    ///
    /// The mean is `m = r n`, where r is the rate, or halfway between the rate and the usual one where that is lower:
    /// a burst of use may end. The variance is `v + w n / 3 (rate n)^2`: the mean of a random walk over n days has a
    /// third of the variance of its end.
    pub(super) fn far(self, rate: f64, variance: f64, days: usize) -> (f64, f64) {
        let n = length_to_f64(days);
        let steady = rate - FALL_BACK * (rate - self.usual).max(0.0);
        (steady * n, variance + self.wander * n / 3.0 * (rate * n).powi(2))
    }
}

/// Sums over one item's months.
///
/// Where the level of demand stays, a month differs from the next as much as from one half a year later. Where it
/// wanders (a random walk of variance w m^2 per day), the latter differ more, by `m^2 w 28 (6 - 1)` square units.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Months {
    /// Units and days of the month that isn't over.
    open: (f64, usize),
    /// Units of the months before, youngest first.
    closed: [f64; LAG],
    /// Months closed so far, up to LAG.
    known: usize,
    /// Pairs, and sums of squares: of neighbours' differences, of differences half a year apart, of their mean.
    pairs: f64,
    near: f64,
    far: f64,
    level: f64,
}

impl Months {
    /// One day more.
    pub(super) fn add(&mut self, units: i64) {
        self.open.0 += count_to_f64(units.max(0));
        self.open.1 += 1;
        if self.open.1 == MONTH_DAYS {
            self.close();
        }
    }

    fn close(&mut self) {
        let (month, _) = std::mem::take(&mut self.open);
        if self.known == LAG {
            let (next, old) = (self.closed[0], self.closed[LAG - 1]);
            let keep = 0.5_f64.powf(1.0 / HALF_LIFE_MONTHS);
            self.pairs = self.pairs * keep + 1.0;
            self.near = self.near * keep + (month - next).powi(2);
            self.far = self.far * keep + (month - old).powi(2);
            self.level = self.level * keep + (0.5 * (month + old)).powi(2);
        }
        self.closed.rotate_right(1);
        self.closed[0] = month;
        self.known = (self.known + 1).min(LAG);
    }

    /// Relative variance per day that the level of these items gathers, 0 to .01; 0 without a record of 7 months.
    pub(super) fn wander<'a>(items: impl Iterator<Item = &'a Self>) -> f64 {
        let (mut more, mut level) = (0.0, 0.0);
        for one in items.filter(|one| one.pairs > 0.0 && one.level > 0.0) {
            // Each item counts by how clearly its months speak.
            let scale = (one.near + one.level) / one.pairs;
            more += (one.far - one.near) / scale;
            level += (one.level - 0.25 * one.near).max(0.0) / scale;
        }
        let days = length_to_f64(MONTH_DAYS * (LAG - 1));
        if level > 0.0 { (more / (days * level)).clamp(0.0, PER_DAY_MAX) } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn months(units: impl Iterator<Item = i64>) -> Months {
        let mut made = Months::default();
        units.for_each(|units| made.add(units));
        made
    }

    #[test]
    fn a_level_that_stays_does_not_wander_and_one_that_climbs_does() {
        let steady = months((0..1_000).map(|day| day % 5));
        assert!(Months::wander([steady].iter()) < 1e-6);
        // Double after 500 days: a variance of (ln 2)^2 or so in a thousand.
        let moved = months((0..1_000).map(|day| if day < 500 { 10 } else { 20 }));
        let wander = Months::wander([moved].iter());
        assert!((1e-4..3e-3).contains(&wander), "{wander}");
        assert!(Months::wander([months((0..100).map(|_| 3))].iter()).abs() < 1e-12);
    }

    #[test]
    fn a_burst_falls_halfway_back_over_a_shelf_life() {
        let outlook = Outlook { wander: 3e-4, usual: 2.0 };
        let (mean, variance) = outlook.far(6.0, 50.0, 100);
        assert!((mean - 400.0).abs() < 1e-9 && (variance - (50.0 + 0.01 * 360_000.0)).abs() < 1e-9);
        assert!((outlook.far(1.0, 5.0, 100).0 - 100.0).abs() < 1e-9);
        assert_eq!(Outlook::steady().far(6.0, 50.0, 100), (600.0, 50.0));
    }
}
