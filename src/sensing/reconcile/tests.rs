use super::*;

const MINUTE: i64 = 60_000_000;
const SETTLE: i64 = 2 * MINUTE;

fn samples(list: &[(i64, i64)]) -> Vec<Sample> {
    list.iter().map(|(at, units)| Sample { at: at * MINUTE, milliunits: units * 1_000 }).collect()
}

fn booked(list: &[(i64, i64)]) -> Vec<Booked> {
    list.iter().map(|(at, delta)| Booked { at: at * MINUTE, delta: *delta, counted: false }).collect()
}

#[track_caller]
fn check(seen: &[(i64, i64)], moved: &[(i64, i64)], want: &[(i64, i64)]) {
    let steps = wanted(&samples(seen), &booked(moved), SETTLE, None);
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
        wanted(&samples(&[(0, 40), (10, last)]), &count(delta), SETTLE, None).iter().map(|step| step.delta).collect()
    };
    assert_eq!(steps(40, 3), Vec::<i64>::new());
    assert_eq!(steps(40, -2), Vec::<i64>::new());
    assert_eq!(steps(35, -5), Vec::<i64>::new());
    assert_eq!(steps(35, -2), vec![-3]);
}

#[test]
fn creep_is_no_step() {
    let creep: Vec<Sample> = (0..20).map(|at| Sample { at: at * MINUTE, milliunits: 40_000 - at * 100 }).collect();
    assert!(wanted(&creep, &[], SETTLE, None).is_empty());
}

#[test]
fn waits_differ() {
    let steps = wanted(&samples(&[(0, 40), (10, 30), (20, 40)]), &[], SETTLE, None);
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
    Sample(Sample),
    Booked(Booked),
}

/// The ledger as the room keeps it, without a database.
#[derive(Default)]
struct Ledger {
    samples: BTreeMap<i64, i64>,
    booked: Vec<Booked>,
    posted: Vec<Posted>,
    pending_from: i64,
    fresh_starts: usize,
}

impl Ledger {
    fn hear(&mut self, news: News, now: i64) {
        let dirty = match news {
            News::Sample(sample) => {
                self.samples.insert(sample.at, sample.milliunits);
                sample.at
            }
            News::Booked(row) => {
                self.booked.push(row);
                self.booked.sort_by_key(|row| row.at);
                row.at
            }
        };
        self.project(now, dirty);
    }

    /// As the room does it: from a fresh start where there is one, and only what comes after it.
    fn project(&mut self, now: i64, dirty: i64) {
        let dirty = dirty.min(std::mem::replace(&mut self.pending_from, i64::MAX));
        let seen = self.seen();
        let horizon = now.max(seen.last().map_or(0, |sample| sample.at));
        let mut steps = wanted(&seen, &self.booked, SETTLE, None);
        let mut after = i64::MIN;
        if let Some(start) = fresh_start(&seen, &self.booked, dirty) {
            after = seen[start].at;
            let tail: Vec<Booked> = self.booked.iter().copied().filter(|row| row.at > after).collect();
            steps.retain(|step| step.at > after);
            assert_eq!(wanted(&seen[start..], &tail, SETTLE, None), steps, "a recomputation from a fresh start differs");
            self.fresh_starts += 1;
        }
        let (due, pending): (Vec<Step>, Vec<Step>) = steps.into_iter().partition(|step| step.due <= horizon);
        self.pending_from = pending.iter().map(|step| step.at).min().unwrap_or(i64::MAX);
        let posted: Vec<Posted> = self.posted.iter().filter(|row| row.at > after).cloned().collect();
        for act in acts(&due, &posted) {
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
        let posted: Vec<Posted> = self.posted.iter().filter(|row| row.at > after).cloned().collect();
        assert!(acts(&due, &posted).is_empty(), "a second look finds nothing to do");
    }

    fn seen(&self) -> Vec<Sample> {
        self.samples.iter().map(|(at, milliunits)| Sample { at: *at, milliunits: *milliunits }).collect()
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
        news.push(News::Sample(Sample { at, milliunits: units * 1_000 + dice.roll(300) - 150 }));
    }
    news
}

#[test]
fn order_repetition_and_delay_change_nothing() {
    let mut dice = Dice(20_261_122);
    let mut fresh_starts = 0;
    for _ in 0..300 {
        let news = story(&mut dice);
        let end = 10_000 * MINUTE;
        let (mut in_order, mut shuffled) = (Ledger::default(), Ledger::default());
        for one in &news {
            let at = match one {
                News::Sample(sample) => sample.at,
                News::Booked(row) => row.at,
            };
            in_order.hear(*one, at);
        }
        let mut arrivals = news.clone();
        arrivals.extend(news.iter().filter(|one| matches!(one, News::Sample(_))).filter(|_| dice.roll(5) == 0).copied());
        dice.shuffle(&mut arrivals);
        for (at, one) in arrivals.into_iter().enumerate() {
            shuffled.hear(one, i64::try_from(at).unwrap() * 60 * MINUTE);
        }
        in_order.project(end, i64::MAX);
        shuffled.project(end, i64::MAX);
        fresh_starts += in_order.fresh_starts + shuffled.fresh_starts;
        let whole = wanted(&in_order.seen(), &in_order.booked, SETTLE, None);
        assert_eq!(in_order.net(), whole.iter().map(|step| (step.at, step.delta)).collect());
        assert_eq!(in_order.net(), shuffled.net());
    }
    assert!(fresh_starts > 1_000, "only {fresh_starts} fresh starts: the test shows little");
}
