//! What the service is busy with when it is killed: gateways, a person, a planner. Each sends again what was not answered.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use wardstock::base::time::Micros;

use crate::scene::{Client, Served};

/// Channels of the gateway, each bound to a stock point of its own.
pub(crate) const CHANNELS: usize = 4;
/// Threads that post readings, each with a boot of its own.
const SENDERS: usize = 3;
const RECORDS: u64 = 20;

/// `SplitMix64`: the same seed, the same run.
#[derive(Clone)]
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// A batch on its way, with the names of its readings as the database will tell them.
struct Batch {
    body: Value,
    names: Vec<String>,
}

/// One thread that posts readings.
struct Sender {
    boot: String,
    seq: u64,
    chance: Chance,
    waiting: Option<Batch>,
    acknowledged: Vec<String>,
}

/// A person who books; one booking at a time.
struct Person {
    next: u64,
    chance: Chance,
    waiting: Option<(String, Value)>,
    acknowledged: Vec<String>,
}

/// All who are busy, and what they were promised.
pub(crate) struct Load {
    senders: Vec<Sender>,
    person: Person,
    pub(crate) observed: BTreeSet<String>,
    pub(crate) movements: BTreeSet<String>,
    pub(crate) plans: usize,
}

impl Load {
    pub(crate) fn new(seed: u64) -> Self {
        let senders = (0..SENDERS)
            .map(|at| Sender {
                boot: format!("boot-{at}"),
                seq: 0,
                chance: Chance(seed ^ (at as u64 + 1)),
                waiting: None,
                acknowledged: Vec::new(),
            })
            .collect();
        let person = Person { next: 0, chance: Chance(seed.wrapping_add(99)), waiting: None, acknowledged: Vec::new() };
        Self { senders, person, observed: BTreeSet::new(), movements: BTreeSet::new(), plans: 0 }
    }

    /// Everybody is busy until the service is killed after `pause`.
    pub(crate) fn run(&mut self, served: Served, admin: &str, gateway: &str, pause: Duration) {
        let base = served.base.clone();
        let client = |token: &str| Client::new(&base, Some(token.to_owned()));
        let Self { senders, person, plans, .. } = self;
        std::thread::scope(|scope| {
            for sender in senders {
                let client = client(gateway);
                scope.spawn(move || while sender.post(&client) {});
            }
            let booker = client(admin);
            scope.spawn(move || while person.book(&booker) {});
            let planner = client(admin);
            scope.spawn(move || {
                let wish = json!({"site": "H1"}).to_string();
                while let Ok(asked) = planner.try_send("POST", "/api/v1/plans", &[("content-type", "application/json")], wish.as_bytes()) {
                    *plans += usize::from(asked.status == 202);
                    std::thread::park_timeout(Duration::from_millis(150));
                }
            });
            std::thread::park_timeout(pause);
            served.kill();
        });
        self.gather();
    }

    /// Everybody is busy while something happens to the database; who is turned away comes again.
    pub(crate) fn beside(&mut self, served: &Served, admin: &str, gateway: &str, taken: &AtomicU64, during: impl FnOnce()) {
        let Self { senders, person, .. } = self;
        let stop = AtomicBool::new(false);
        let go_on = |before: usize, after: usize| {
            if after > before {
                taken.fetch_add(1, Ordering::Relaxed);
            } else {
                std::thread::park_timeout(Duration::from_millis(20));
            }
            !stop.load(Ordering::Relaxed)
        };
        std::thread::scope(|scope| {
            for sender in senders {
                let client = served.client(gateway);
                scope.spawn(move || {
                    loop {
                        let before = sender.acknowledged.len();
                        sender.post(&client);
                        if !go_on(before, sender.acknowledged.len()) {
                            return;
                        }
                    }
                });
            }
            let client = served.client(admin);
            scope.spawn(move || {
                loop {
                    let before = person.acknowledged.len();
                    person.book(&client);
                    if !go_on(before, person.acknowledged.len()) {
                        return;
                    }
                }
            });
            during();
            stop.store(true, Ordering::Relaxed);
        });
        self.gather();
    }

    /// What was not answered is sent again, until it is.
    pub(crate) fn finish(&mut self, served: &Served, admin: &str, gateway: &str) {
        for sender in &mut self.senders {
            sender.resend(&served.client(gateway));
        }
        self.person.resend(&served.client(admin));
        self.gather();
    }

    pub(crate) fn unanswered(&self) -> usize {
        self.senders.iter().filter(|sender| sender.waiting.is_some()).count() + usize::from(self.person.waiting.is_some())
    }

    fn gather(&mut self) {
        for sender in &mut self.senders {
            self.observed.extend(sender.acknowledged.drain(..));
        }
        self.movements.extend(self.person.acknowledged.drain(..));
    }
}

impl Sender {
    /// Posts what is waiting, or a new batch; `false` when nobody answers any more.
    fn post(&mut self, client: &Client) -> bool {
        if self.waiting.is_none() {
            self.seq += 1;
            self.waiting = Some(self.batch());
        }
        self.resend(client)
    }

    fn resend(&mut self, client: &Client) -> bool {
        let Some(batch) = &self.waiting else { return true };
        let body = batch.body.to_string();
        let Ok(answer) = client.try_send("POST", "/ingest/v1/observations", &[("content-type", "application/json")], body.as_bytes())
        else {
            return false;
        };
        match answer.status {
            200 | 207 => self.acknowledged.extend(self.waiting.take().into_iter().flat_map(|batch| batch.names)),
            429 | 503 => {}
            other => panic!("a batch was answered {other}: {}", answer.text),
        }
        true
    }

    /// Stamps of the last hours, none twice: each boot has its own microseconds.
    fn batch(&mut self) -> Batch {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros() as i64;
        let offset = self.boot.bytes().last().unwrap_or(0);
        let mut records = Vec::new();
        let mut names = Vec::new();
        for place in 0..RECORDS {
            let channel = format!("c{}", self.chance.below(CHANNELS as u64));
            let count = self.chance.below(400);
            // Late by up to an hour, and unique: sequence, place and boot in the last digits.
            let late = self.chance.below(3_000) as i64 * 1_000_000;
            let second = (now - late) / 1_000_000 * 1_000_000;
            let at = second + ((self.seq % 2_000) * 400 + place * 20) as i64 + i64::from(offset % 10);
            records.push(json!({"kind": "level", "channel": channel, "at": Micros(at), "count": count}));
            names.push(format!("{channel} {at} {count}"));
        }
        let body = json!({"schema": "wardstock.obs.v1", "device": "gw-1", "boot_id": self.boot, "seq": self.seq, "sent_at": Micros(now),
            "records": records});
        Batch { body, names }
    }
}

impl Person {
    fn book(&mut self, client: &Client) -> bool {
        if self.waiting.is_none() {
            self.next += 1;
            let key = format!("crash-{}", self.next);
            let kind = if self.next > 20 && self.chance.below(3) == 0 { "issue" } else { "receipt" };
            let place = ["PH", "W1"][self.chance.below(2) as usize];
            let body = json!({"kind": kind, "place": place, "item": "P1", "quantity": 1, "reason": key});
            self.waiting = Some((key, body));
        }
        self.resend(client)
    }

    fn resend(&mut self, client: &Client) -> bool {
        let Some((key, body)) = &self.waiting else { return true };
        let headers = [("content-type", "application/json"), ("idempotency-key", key.as_str())];
        let Ok(answer) = client.try_send("POST", "/api/v1/movements", &headers, body.to_string().as_bytes()) else {
            return false;
        };
        match answer.status {
            201 => self.acknowledged.extend(self.waiting.take().map(|(key, _)| key)),
            // An issue from an empty shelf: refused, so nothing to look for.
            409 => self.waiting = None,
            429 | 503 => {}
            other => panic!("a booking was answered {other}: {}", answer.text),
        }
        true
    }
}
