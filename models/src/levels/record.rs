//! What a planner remembers of the days of each item, and of all of them together.
#![expect(clippy::indexing_slicing, reason = "seven days of a week, three memories")]

use super::wander::Months;
use crate::convert::count_to_f64;

/// A day this old counts half: the long memory of a steady item and two for items whose use has changed.
const HALF_LIFE_DAYS: [f64; 3] = [365.0, 90.0, 30.0];
/// How much each memory is believed before it has predicted anything.
const BELIEF: [f64; 3] = [0.8, 0.15, 0.05];
/// A prediction this old counts half in the belief.
const SCORE_HALF_LIFE_DAYS: f64 = 120.0;
/// Requests and days that keep a prediction of a short record from certainty.
const PRIOR_REQUESTS: f64 = 0.5;
const PRIOR_DAYS: f64 = 10.0;
/// Asked for on fewer days than this share: lumpy.
const LUMPY_SHARE: f64 = 0.25;

/// Sums over the days, younger ones counting more.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Sums {
    pub(super) days: f64,
    pub(super) requests: f64,
    pub(super) units: f64,
}

impl Sums {
    fn add(&mut self, half_life: f64, units: i64) {
        let keep = 0.5_f64.powf(1.0 / half_life);
        self.days = self.days * keep + 1.0;
        self.requests *= keep;
        self.units *= keep;
        if units > 0 {
            self.requests += 1.0;
            self.units += count_to_f64(units);
        }
    }

    fn plus(self, weight: f64, other: Self) -> Self {
        Self {
            days: self.days + weight * other.days,
            requests: self.requests + weight * other.requests,
            units: self.units + weight * other.units,
        }
    }

    /// Chance of a request tomorrow.
    fn chance(&self) -> f64 {
        (self.requests + PRIOR_REQUESTS) / (self.days + PRIOR_DAYS)
    }
}

/// What was asked for of one item, younger days counting more.
///
/// Three memories stand side by side, each scored by the logarithm of the chance it gave to what then happened
/// (requested or not); the record is their mean, weighted by belief times likelihood. An item used steadily is
/// remembered for long; one taken up or given up lately is judged by its last weeks.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct DemandRecord {
    memories: [Sums; 3],
    scores: [f64; 3],
    /// Units by day of the week, day number modulo 7, by the longest memory.
    week: [f64; 7],
    months: Months,
}

impl DemandRecord {
    /// From the units asked for on each day, oldest first; `first_day`: number of the first.
    pub fn of(first_day: i64, asked: &[i64]) -> Self {
        let mut made = Self::default();
        (first_day..).zip(asked).for_each(|(day, units)| made.add(day, *units));
        made
    }

    /// One day more: everything older counts less by its memory's half-life.
    pub fn add(&mut self, day: i64, units: i64) {
        self.months.add(units);
        let faded = 0.5_f64.powf(1.0 / SCORE_HALF_LIFE_DAYS);
        for ((sums, score), half_life) in self.memories.iter_mut().zip(&mut self.scores).zip(HALF_LIFE_DAYS) {
            let chance = sums.chance();
            *score = *score * faded + if units > 0 { chance.ln() } else { (1.0 - chance).ln() };
            sums.add(half_life, units);
        }
        let keep = 0.5_f64.powf(1.0 / HALF_LIFE_DAYS[0]);
        self.week = self.week.map(|sum| sum * keep);
        if units > 0 {
            self.week[weekday(day)] += count_to_f64(units);
        }
    }

    /// The memories as they are believed.
    pub(super) fn sums(&self) -> Sums {
        let best = self.scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weights = [0, 1, 2].map(|at: usize| BELIEF[at] * (self.scores[at] - best).exp());
        let total: f64 = weights.iter().sum();
        self.memories.iter().zip(weights).fold(Sums::default(), |sum, (own, weight)| sum.plus(weight / total, *own))
    }

    /// Units per day over the longest memory.
    pub(super) fn usual_rate(&self) -> f64 {
        let [long, ..] = &self.memories;
        long.units / long.days.max(1.0)
    }

    /// Asked for on fewer than a quarter of the days, over the long memory and as believed now?
    ///
    /// A quiet spell of a steady item does not make it lumpy, nor does the past of one taken up lately.
    pub fn is_lumpy(&self) -> bool {
        let ([long, ..], now) = (self.memories, self.sums());
        [long, now].iter().all(|sums| sums.requests < LUMPY_SHARE * sums.days)
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
    /// Relative variance that the level of demand gathers per day.
    pub(super) wander: f64,
}

impl DemandPool {
    /// Of these records; each item counts alike in the shape of the week.
    pub fn of(records: &[DemandRecord]) -> Self {
        let mut all = Sums::default();
        let mut week = [0.0; 7];
        for one in records {
            let units: f64 = one.week.iter().sum();
            if one.is_lumpy() {
                all = all.plus(1.0, one.sums());
            } else if units > 0.0 {
                week.iter_mut().zip(one.week).for_each(|(sum, own)| *sum += own / units);
            }
        }
        Self {
            chance: all.requests / all.days.max(1.0),
            size: all.units / all.requests.max(1e-9),
            week,
            wander: Months::wander(records.iter().map(|one| &one.months)),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_item_is_remembered_for_long_and_a_new_one_by_its_last_weeks() {
        let steady: Vec<i64> = (0..1_000).map(|day| if day % 7 == 3 { 4 } else { 0 }).collect();
        let sums = DemandRecord::of(0, &steady).sums();
        assert!((sums.requests / sums.days - 1.0 / 7.0).abs() < 0.01 && sums.days > 250.0, "{sums:?}");
        // Never asked for until ten weeks ago, every other day since.
        let taken_up: Vec<i64> = (0..1_000).map(|day| if day > 930 { day % 2 } else { 0 }).collect();
        let record = DemandRecord::of(0, &taken_up);
        let sums = record.sums();
        assert!(sums.requests / sums.days > 0.3, "{sums:?}");
        assert!(!record.is_lumpy());
    }
}
