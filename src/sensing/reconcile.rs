//! From readings and bookings to the steps that the ledger should hold, in event time. Pure.
//!
//! The list of wanted steps is a function of *what* is known, not of the order in which it arrived:
//! late, repeated and shuffled readings end in the same steps. [`acts`] compares them with what is
//! posted; nothing is ever deleted, only reversed.

use std::collections::{BTreeMap, BTreeSet};

use super::belief::weight::to_units;

/// How long people take to book what they did: within it a step and a booking may be one event.
pub const LAG_MICROS: i64 = 4 * 3_600 * 1_000_000;

/// A usable reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// When.
    pub at: i64,
    /// Thousandths of base units: a scale's creep must not become a step.
    pub milliunits: i64,
}

/// A movement that this binding did not make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Booked {
    /// When it happened.
    pub at: i64,
    /// Signed base units.
    pub delta: i64,
    /// A count: it says what the book should be, not that goods moved.
    pub counted: bool,
}

/// What a step is booked as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    /// Goods were taken out: demand.
    Issue,
    /// More is there than anybody booked.
    Increase,
    /// The first reading after activation brings the book to the count.
    Baseline,
}

impl StepKind {
    /// The movement's kind.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::Increase | Self::Baseline => "adjustment",
        }
    }

    /// The movement's reason.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Issue => "sensor_issue",
            Self::Increase => "sensor_increase",
            Self::Baseline => "sensor_baseline",
        }
    }
}

/// A step that the ledger should hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// When it was seen.
    pub at: i64,
    /// As what.
    pub kind: StepKind,
    /// Signed base units, not 0.
    pub delta: i64,
    /// Not to be posted before this moment.
    pub due: i64,
}

/// One interval between consecutive readings.
#[derive(Debug, Clone, Copy)]
struct Interval {
    start: i64,
    end: i64,
    /// What neither reading nor booking explains.
    open: i64,
    /// How much of `open` a booking in it may have caused, with the sign of `open`; 0: none.
    booked_part: i64,
    first_booking: Option<i64>,
}

fn intervals(samples: &[Sample], booked: &[Booked]) -> Vec<Interval> {
    let mut at = 0;
    samples
        .windows(2)
        .filter_map(|pair| if let [before, after] = pair { Some((before, after)) } else { None })
        .map(|(before, after)| {
            let within: Vec<&Booked> = {
                let rest = booked.get(at..).unwrap_or_default();
                let skipped = rest.partition_point(|row| row.at <= before.at);
                let taken = rest.partition_point(|row| row.at <= after.at);
                at += taken;
                rest.get(skipped..taken).unwrap_or_default().iter().collect()
            };
            let flow: i64 = within.iter().filter(|row| !row.counted).map(|row| row.delta).sum();
            let counted: i64 = within.iter().filter(|row| row.counted).map(|row| row.delta).sum();
            let mut open = to_units(after.milliunits - before.milliunits) - flow - counted;
            // The sensor did not follow a count: that is a discrepancy for a person, no movement of goods.
            if open.signum() == -counted.signum() {
                open -= open.signum() * open.abs().min(counted.abs());
            }
            let booked_part = if flow.signum() == -open.signum() { open.signum() * open.abs().min(flow.abs()) } else { 0 };
            let first_booking = within.iter().find(|row| !row.counted).map(|row| row.at);
            Interval { start: before.at, end: after.at, open, booked_part, first_booking }
        })
        .collect()
}

/// Cancels opposite changes within the posting lag when one of them comes from a booking: the shelf
/// filled at 10:00 and the receipt booked at 10:20 are one event.
fn cancel(intervals: &mut [Interval], lag: i64) {
    let mut first = 0;
    for at in 1..intervals.len() {
        let (earlier, rest) = intervals.split_at_mut(at);
        let Some(later) = rest.first_mut().filter(|later| later.open != 0) else { continue };
        while earlier.get(first).is_some_and(|old| old.end + lag < later.start) {
            first += 1;
        }
        for old in earlier.iter_mut().skip(first) {
            if old.open == 0 || later.open.signum() != -old.open.signum() {
                continue;
            }
            let by_later = later.first_booking.is_some_and(|booking| booking - old.end <= lag);
            let by_old = later.end - old.end <= lag;
            let parts = [if by_old { old.booked_part.abs() } else { 0 }, if by_later { later.booked_part.abs() } else { 0 }];
            let both = old.open.abs().min(later.open.abs()).min(parts.into_iter().max().unwrap_or(0));
            // What of a booking has found its counterpart explains nothing else.
            let booked = if parts.first() >= parts.last() { &mut *old } else { &mut *later };
            booked.booked_part -= booked.booked_part.signum() * both;
            for one in [old, &mut *later] {
                one.open -= one.open.signum() * both;
            }
        }
    }
}

/// The steps that follow from readings and bookings, both sorted by time, one reading per moment.
///
/// `booked` holds the movements after the first reading; `settle` is how long a step waits before it
/// is posted; `baseline` is the step of the first reading, where that is the first of the binding.
pub fn wanted(samples: &[Sample], booked: &[Booked], settle: i64, baseline: Option<Step>) -> Vec<Step> {
    let mut intervals = intervals(samples, booked);
    cancel(&mut intervals, LAG_MICROS);
    let seen = intervals.iter().filter(|interval| interval.open != 0).map(|interval| {
        let (kind, wait) = if interval.open < 0 { (StepKind::Issue, settle) } else { (StepKind::Increase, LAG_MICROS) };
        Step { at: interval.end, kind, delta: interval.open, due: interval.end.saturating_add(wait) }
    });
    baseline.into_iter().chain(seen).collect()
}

/// The newest reading before `dirty_from` at which a recomputation may start and still give the same
/// steps as one from the beginning: nothing before it can cancel anything after it.
pub fn fresh_start(samples: &[Sample], booked: &[Booked], dirty_from: i64) -> Option<usize> {
    let intervals = intervals(samples, booked);
    let before = samples.partition_point(|sample| sample.at < dirty_from);
    (0..before).rev().find(|at| {
        let Some(sample) = samples.get(*at) else { return false };
        let (from, to) = (sample.at - LAG_MICROS, sample.at + LAG_MICROS);
        // The intervals that end within the lag before it; the first of them may begin much earlier.
        let near = samples.partition_point(|sample| sample.at < from).saturating_sub(1);
        let Some(since) = samples.get(near).filter(|since| since.at < from) else { return false };
        let first = booked.partition_point(|row| row.at <= since.at);
        let is_unbooked = || booked.get(first..).unwrap_or_default().iter().take_while(|row| row.at <= to).all(|row| row.counted);
        let is_quiet = || intervals.get(near..*at).unwrap_or_default().iter().all(|interval| interval.open == 0);
        is_unbooked() || is_quiet()
    })
}

/// A step as it was posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// When it was seen.
    pub at: i64,
    /// Which try.
    pub revision: i64,
    /// `issue` or `adjustment`.
    pub kind: String,
    /// The movement's reason.
    pub reason: String,
    /// Signed base units that were posted: less than wanted where the book held less.
    pub delta: i64,
    /// Whether it was taken back.
    pub reversed: bool,
}

/// What must be done to the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Post so many units for a step.
    Post {
        /// For which step.
        step: Step,
        /// Its new revision.
        revision: i64,
        /// Signed base units.
        delta: i64,
    },
    /// Take a posted step back.
    Reverse(Posted),
}

impl Act {
    /// When its step was seen.
    pub fn at(&self) -> i64 {
        match self {
            Self::Post { step, .. } => step.at,
            Self::Reverse(posted) => posted.at,
        }
    }

    /// What it changes on hand.
    pub fn change(&self) -> i64 {
        match self {
            Self::Post { delta, .. } => *delta,
            Self::Reverse(posted) => -posted.delta,
        }
    }
}

/// Compares the steps that are due with what is posted: what comes in first, then what goes out,
/// oldest first, so that nothing falls below zero on the way.
pub fn acts(wanted: &[Step], posted: &[Posted]) -> Vec<Act> {
    let mut by_moment: BTreeMap<i64, Vec<&Posted>> = BTreeMap::new();
    for row in posted {
        by_moment.entry(row.at).or_default().push(row);
    }
    let wanted: BTreeMap<i64, &Step> = wanted.iter().map(|step| (step.at, step)).collect();
    let moments: BTreeSet<i64> = wanted.keys().chain(by_moment.keys()).copied().collect();
    let mut acts = Vec::new();
    for moment in moments {
        let rows = by_moment.get(&moment).map(Vec::as_slice).unwrap_or_default();
        let live: Vec<&Posted> = rows.iter().copied().filter(|row| !row.reversed).collect();
        let there: i64 = live.iter().map(|row| row.delta).sum();
        let step = wanted.get(&moment).copied();
        let is_part = step.is_some_and(|step| {
            live.iter().all(|row| row.kind == step.kind.word() && row.reason == step.kind.reason())
                && (there == 0 || there.signum() == step.delta.signum())
                && there.abs() <= step.delta.abs()
        });
        let revision = rows.iter().map(|row| row.revision + 1).max().unwrap_or(0);
        if !is_part {
            acts.extend(live.into_iter().cloned().map(Act::Reverse));
        }
        let missing = step.map_or(0, |step| if is_part { step.delta - there } else { step.delta });
        acts.extend(step.filter(|_| missing != 0).map(|step| Act::Post { step: *step, revision, delta: missing }));
    }
    acts.sort_by_key(|act| (act.change() < 0, matches!(act, Act::Post { .. }), act.at()));
    acts
}

#[cfg(test)]
mod tests;
