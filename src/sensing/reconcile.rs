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
pub struct Reading {
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
    last_booking: Option<i64>,
}

fn intervals(readings: &[Reading], booked: &[Booked]) -> Vec<Interval> {
    let mut at = 0;
    readings
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
            let mut moments = within.iter().filter(|row| !row.counted).map(|row| row.at);
            let first_booking = moments.next();
            let last_booking = moments.next_back().or(first_booking);
            Interval { start: before.at, end: after.at, open, booked_part, first_booking, last_booking }
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
            let by_later = later.booked_part.abs() > 0 && later.first_booking.is_some_and(|booking| booking - old.end <= lag);
            let by_old = old.booked_part.abs() > 0 && old.last_booking.is_some_and(|booking| later.start - booking <= lag);
            let most = [(by_later, later.booked_part), (by_old, old.booked_part)]
                .into_iter()
                .map(|(counts, part)| if counts { part.abs() } else { 0 })
                .max()
                .unwrap_or(0);
            let both = old.open.abs().min(later.open.abs()).min(most);
            for one in [&mut *old, &mut *later] {
                one.open -= one.open.signum() * both;
                one.booked_part = one.booked_part.signum() * one.booked_part.abs().min(one.open.abs());
            }
        }
    }
}

/// The steps that follow from readings and bookings, both sorted by time, one reading per moment.
///
/// `booked` holds the movements after the first reading; `settle` is how long a step waits before it
/// is posted; `baseline` is the step of the first reading, where that is the first of the binding.
pub fn wanted(readings: &[Reading], booked: &[Booked], settle: i64, baseline: Option<Step>) -> Vec<Step> {
    let mut intervals = intervals(readings, booked);
    cancel(&mut intervals, LAG_MICROS);
    let seen = intervals.iter().filter(|interval| interval.open != 0).map(|interval| {
        let (kind, wait) = if interval.open < 0 { (StepKind::Issue, settle) } else { (StepKind::Increase, LAG_MICROS) };
        Step { at: interval.end, kind, delta: interval.open, due: interval.end.saturating_add(wait) }
    });
    baseline.into_iter().chain(seen).collect()
}

/// The newest reading before `dirty_from` at which a recomputation may start and still give the same
/// steps as one from the beginning: nothing before it can cancel anything after it.
///
/// `known_from` is since when readings and bookings are loaded.
pub fn fresh_start(readings: &[Reading], booked: &[Booked], known_from: i64, dirty_from: i64) -> Option<usize> {
    let intervals = intervals(readings, booked);
    let before = readings.partition_point(|reading| reading.at < dirty_from);
    (0..before).rev().find(|at| {
        let Some(reading) = readings.get(*at) else { return false };
        let (from, to) = (reading.at - LAG_MICROS, reading.at + LAG_MICROS);
        if from < known_from {
            return false;
        }
        let first = booked.partition_point(|row| row.at < from);
        let is_unbooked = booked.get(first..).unwrap_or_default().iter().take_while(|row| row.at <= to).all(|row| row.counted);
        let is_quiet = || {
            readings.first().is_some_and(|first| first.at <= from)
                && intervals.iter().take(*at).rev().take_while(|interval| interval.end >= from).all(|interval| interval.open == 0)
        };
        is_unbooked || is_quiet()
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
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000_000;
    const SETTLE: i64 = 2 * MINUTE;

    fn readings(list: &[(i64, i64)]) -> Vec<Reading> {
        list.iter().map(|(at, units)| Reading { at: at * MINUTE, milliunits: units * 1_000 }).collect()
    }

    fn booked(list: &[(i64, i64)]) -> Vec<Booked> {
        list.iter().map(|(at, delta)| Booked { at: at * MINUTE, delta: *delta, counted: false }).collect()
    }

    #[track_caller]
    fn check(seen: &[(i64, i64)], moved: &[(i64, i64)], want: &[(i64, i64)]) {
        let steps = wanted(&readings(seen), &booked(moved), SETTLE, None);
        assert_eq!(steps.iter().map(|step| (step.at / MINUTE, step.delta)).collect::<Vec<_>>(), want);
    }

    #[test]
    fn steps_follow_from_readings_and_bookings() {
        check(&[], &[], &[]);
        check(&[(0, 40)], &[], &[]);
        check(&[(0, 40), (10, 35)], &[], &[(10, -5)]);
        check(&[(0, 40), (10, 40), (20, 38)], &[], &[(20, -2)]);
        check(&[(0, 40), (720, 120)], &[(1, 100)], &[(720, -20)]);
        check(&[(0, 40), (10, 35)], &[(5, -5)], &[]);
        check(&[(0, 10), (15, 110), (40, 110)], &[(30, 100)], &[]);
        check(&[(0, 10), (15, 110), (40, 105)], &[(30, 100)], &[(40, -5)]);
        check(&[(0, 10), (15, 10), (40, 110)], &[(10, 100)], &[]);
        check(&[(0, 10), (15, 110), (400, 110)], &[(300, 100)], &[(15, 100), (400, -100)]);
        check(&[(0, 40), (10, 35), (15, 35)], &[(12, -5)], &[]);
        check(&[(0, 40), (10, 30), (20, 40)], &[], &[(10, -10), (20, 10)]);
    }

    #[test]
    fn a_late_reading_splits_a_step() {
        check(&[(0, 40), (2_000, 30)], &[], &[(2_000, -10)]);
        check(&[(0, 40), (900, 34), (2_000, 30)], &[], &[(900, -6), (2_000, -4)]);
    }

    #[test]
    fn a_count_moves_no_goods() {
        let count = |delta| vec![Booked { at: 5 * MINUTE, delta, counted: true }];
        let steps = |last, delta| -> Vec<i64> {
            wanted(&readings(&[(0, 40), (10, last)]), &count(delta), SETTLE, None).iter().map(|step| step.delta).collect()
        };
        assert_eq!(steps(40, 3), Vec::<i64>::new());
        assert_eq!(steps(40, -2), Vec::<i64>::new());
        assert_eq!(steps(35, -5), Vec::<i64>::new());
        assert_eq!(steps(35, -2), vec![-3]);
    }

    #[test]
    fn creep_is_no_step() {
        let creep: Vec<Reading> = (0..20).map(|at| Reading { at: at * MINUTE, milliunits: 40_000 - at * 100 }).collect();
        assert!(wanted(&creep, &[], SETTLE, None).is_empty());
    }

    #[test]
    fn waits_differ() {
        let steps = wanted(&readings(&[(0, 40), (10, 30), (20, 40)]), &[], SETTLE, None);
        assert_eq!(steps.iter().map(|step| step.due).collect::<Vec<_>>(), vec![10 * MINUTE + SETTLE, 20 * MINUTE + LAG_MICROS]);
    }

    /// Numbers that look random and are the same on every run.
    struct Dice(u64);

    impl Dice {
        fn roll(&mut self, sides: i64) -> i64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i64::try_from((self.0 >> 33) % u64::try_from(sides).unwrap()).unwrap()
        }

        fn shuffle<T>(&mut self, list: &mut [T]) {
            for at in (1..list.len()).rev() {
                let other = usize::try_from(self.roll(i64::try_from(at + 1).unwrap())).unwrap();
                list.swap(at, other);
            }
        }
    }

    #[derive(Clone, Copy)]
    enum News {
        Reading(Reading),
        Booked(Booked),
    }

    /// The ledger as the room keeps it, without a database.
    #[derive(Default)]
    struct Ledger {
        readings: BTreeMap<i64, i64>,
        booked: Vec<Booked>,
        posted: Vec<Posted>,
    }

    impl Ledger {
        fn hear(&mut self, news: News, now: i64) {
            let dirty = match news {
                News::Reading(reading) => {
                    self.readings.insert(reading.at, reading.milliunits);
                    reading.at
                }
                News::Booked(row) => {
                    self.booked.push(row);
                    self.booked.sort_by_key(|row| row.at);
                    row.at
                }
            };
            self.project(now, dirty);
        }

        fn project(&mut self, now: i64, dirty: i64) {
            let seen: Vec<Reading> = self.readings.iter().map(|(at, milliunits)| Reading { at: *at, milliunits: *milliunits }).collect();
            let horizon = now.max(seen.last().map_or(0, |reading| reading.at));
            let all = wanted(&seen, &self.booked, SETTLE, None);
            if let Some(start) = fresh_start(&seen, &self.booked, i64::MIN + LAG_MICROS * 2, dirty) {
                let from = seen[start].at;
                let tail: Vec<Booked> = self.booked.iter().copied().filter(|row| row.at > from).collect();
                let want: Vec<Step> = all.iter().copied().filter(|step| step.at > from).collect();
                assert_eq!(wanted(&seen[start..], &tail, SETTLE, None), want, "a recomputation from a fresh start differs");
            }
            let due: Vec<Step> = all.into_iter().filter(|step| step.due <= horizon).collect();
            for act in acts(&due, &self.posted) {
                match act {
                    Act::Post { step, revision, delta } => self.posted.push(Posted {
                        at: step.at,
                        revision,
                        kind: step.kind.word().into(),
                        reason: step.kind.reason().into(),
                        delta,
                        reversed: false,
                    }),
                    Act::Reverse(taken) => {
                        self.posted.iter_mut().filter(|row| (row.at, row.revision) == (taken.at, taken.revision)).for_each(|row| {
                            assert!(!row.reversed, "reversed twice");
                            row.reversed = true;
                        });
                    }
                }
            }
            assert!(acts(&due, &self.posted).is_empty(), "a second look finds nothing to do");
        }

        fn net(&self) -> BTreeMap<i64, i64> {
            let mut net = BTreeMap::new();
            for row in self.posted.iter().filter(|row| !row.reversed) {
                *net.entry(row.at).or_insert(0) += row.delta;
            }
            net
        }
    }

    fn story(dice: &mut Dice) -> Vec<News> {
        let mut news = Vec::new();
        let (mut at, mut units) = (0, 100);
        for _ in 0..5 + dice.roll(25) {
            at += (1 + dice.roll(100)) * MINUTE;
            let change = match dice.roll(6) {
                0 => dice.roll(50),
                1..=3 => -dice.roll(10).min(units),
                _ => 0,
            };
            units += change;
            if change != 0 && dice.roll(2) == 0 {
                let when = at + (dice.roll(400) - 200) * MINUTE + 1;
                news.push(News::Booked(Booked { at: when, delta: change, counted: dice.roll(12) == 0 }));
            }
            news.push(News::Reading(Reading { at, milliunits: units * 1_000 + dice.roll(300) - 150 }));
        }
        news
    }

    #[test]
    fn order_repetition_and_delay_change_nothing() {
        let mut dice = Dice(20_261_122);
        for _ in 0..300 {
            let news = story(&mut dice);
            let end = 10_000 * MINUTE;
            let (mut in_order, mut shuffled) = (Ledger::default(), Ledger::default());
            for one in &news {
                let at = match one {
                    News::Reading(reading) => reading.at,
                    News::Booked(row) => row.at,
                };
                in_order.hear(*one, at);
            }
            let mut arrivals = news.clone();
            arrivals.extend(news.iter().filter(|one| matches!(one, News::Reading(_))).filter(|_| dice.roll(5) == 0).copied());
            dice.shuffle(&mut arrivals);
            for (at, one) in arrivals.into_iter().enumerate() {
                shuffled.hear(one, i64::try_from(at).unwrap() * 60 * MINUTE);
            }
            in_order.project(end, 0);
            shuffled.project(end, 0);
            assert_eq!(in_order.net(), shuffled.net());
        }
    }
}
