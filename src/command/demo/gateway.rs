//! A virtual gateway: shelves that empty, sensors that err, batches that come twice, late, or not at all.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wardstock::base::clock::Clock;
use wardstock::base::quantity::{from_f64, to_f64};
use wardstock_models::rng::Rng;

use super::client::Client;
use super::layout::{Channel, Installed};
use super::tally::Tally;
use super::technician::Technician;

/// Share of batches sent twice, byte for byte.
const TWICE: f64 = 0.02;
/// Share of batches kept back for one turn.
const HELD_BACK: f64 = 0.01;
/// Chance per turn that the network goes away.
const OUTAGE: f64 = 0.008;
/// Chance that a level sensor is one off; rarer where its count is booked.
const FLICKER: f64 = 0.0005;
const FLICKER_BOOKED: f64 = 0.0001;
/// Share of hand bookings that are forgotten.
const FORGOTTEN: f64 = 0.02;
/// Chance per turn that somebody comes to fill shelves.
const WALKS_BY: f64 = 0.12;
/// Scale noise in grams.
const NOISE_G: f64 = 0.25;
/// Batches that a gateway can buffer.
const BUFFER_MAX: usize = 200;
/// The dying gateway's last words come within this time.
const DEAD_AFTER: Duration = Duration::from_mins(1);

/// A gateway at work.
#[derive(Debug)]
pub(super) struct Gateway {
    plan: Installed,
    client: Client,
    rng: Rng,
    boot_id: String,
    seq: i64,
    turn: u64,
    battery_pct: f64,
    buffer: VecDeque<Vec<u8>>,
    quiet_until: Option<Instant>,
    started: Instant,
    last: Option<Instant>,
    /// It stops after its first minute and is never heard again.
    dies: bool,
}

impl Gateway {
    /// Switches a gateway on.
    pub(super) fn new(plan: Installed, client: Client, seed: u64, dies: bool) -> Self {
        let mut rng = Rng::new(seed);
        let now = Instant::now();
        Self {
            boot_id: format!("{:016x}", rng.bits()),
            battery_pct: 40.0 + 60.0 * rng.uniform(),
            plan,
            client,
            rng,
            seq: 0,
            turn: 0,
            buffer: VecDeque::new(),
            quiet_until: None,
            started: now,
            last: None,
            dies,
        }
    }

    /// One turn: what was taken since the last, what the sensors see, what reaches the service, what people then do.
    pub(super) fn turn(&mut self, speed: f64, clock: &Clock, technician: &Technician, tally: &Tally) {
        let now = Instant::now();
        // The first report is what lies there; from then on units are taken.
        let days = self.last.map_or(0.0, |last| (now - last).as_secs_f64() * speed / 86_400.0);
        self.last = Some(now);
        self.turn += 1;
        if !self.plan.is_new {
            self.take(days, technician);
        }
        if self.is_off(now) {
            return;
        }
        let batch = self.batch(clock);
        if self.buffer.len() < BUFFER_MAX {
            self.buffer.push_back(batch);
        }
        if self.is_reachable(now) {
            self.send(tally);
        }
        if !self.plan.is_new {
            self.tend(technician, tally);
        }
    }

    /// What patients need takes units from the shelves; a shelf never goes below empty. Where no sensor books,
    /// people do, and forget one in fifty: the sensor will tell. Stores book all they do: their shelves follow.
    fn take(&mut self, days: f64, technician: &Technician) {
        for channel in &mut self.plan.channels {
            let point = &mut channel.shelf;
            if !point.is_ward() {
                point.units = technician.book_of(point).unwrap_or(point.units);
                continue;
            }
            let taken = from_f64(self.rng.poisson(point.rate * days)).min(point.units);
            if taken > 0 && (channel.mode == "authoritative" || self.rng.uniform() < FORGOTTEN || technician.issue(point, taken)) {
                point.units -= taken;
            }
        }
    }

    fn is_off(&self, now: Instant) -> bool {
        self.dies && now - self.started > DEAD_AFTER
    }

    /// Starts and ends outages; a gateway that was cut off for long may have restarted.
    fn is_reachable(&mut self, now: Instant) -> bool {
        match self.quiet_until {
            Some(until) if now < until => return false,
            Some(_) => {
                self.quiet_until = None;
                if self.rng.uniform() < 0.3 {
                    self.boot_id = format!("{:016x}", self.rng.bits());
                    self.seq = 0;
                }
            }
            None => {}
        }
        if self.rng.uniform() < OUTAGE {
            self.quiet_until = Some(now + Duration::from_secs(30 + u64::from(self.rng.below(150))));
            return false;
        }
        self.rng.uniform() >= HELD_BACK
    }

    fn batch(&mut self, clock: &Clock) -> Vec<u8> {
        self.seq += 1;
        let at = clock.now().to_text();
        let mut records: Vec<Value> = self.plan.channels.iter().map(|channel| sample(channel, &at, &mut self.rng)).collect();
        if self.turn % 20 == 1 {
            self.battery_pct = (self.battery_pct - 0.05).max(5.0);
            records.push(json!({"kind": "status", "at": at, "battery_pct": self.battery_pct.round(), "firmware": "demo-1"}));
        }
        let batch = json!({
            "schema": "wardstock.obs.v1", "device": self.plan.code, "boot_id": self.boot_id, "seq": self.seq,
            "sent_at": at, "records": records,
        });
        batch.to_string().into_bytes()
    }

    /// Sends what is buffered, oldest first; what is not taken stays for the next turn.
    fn send(&mut self, tally: &Tally) {
        while let Some(batch) = self.buffer.front() {
            match self.client.post("/ingest/v1/observations", batch) {
                Ok(answer) if answer.is_good() => {
                    tally.batch(&answer);
                    if self.rng.uniform() < TWICE && self.client.post("/ingest/v1/observations", batch).is_ok_and(|again| again.is_good()) {
                        tally.repeated();
                    }
                }
                Ok(answer) if answer.status == 429 || answer.status >= 500 => return tally.put_off(),
                Ok(_) => tally.batch_refused(),
                Err(_) => return tally.put_off(),
            }
            self.buffer.pop_front();
        }
    }

    /// People walk by now and then and fill what is low.
    fn tend(&mut self, technician: &Technician, tally: &Tally) {
        if self.rng.uniform() >= WALKS_BY {
            return;
        }
        for channel in &mut self.plan.channels {
            let point = &mut channel.shelf;
            if point.is_ward() && point.units < point.par && self.rng.uniform() < 0.6 {
                let moved = technician.refill(point);
                point.units += moved;
                tally.refill(moved);
            }
        }
    }
}

/// What a sensor says.
fn sample(channel: &Channel, at: &str, rng: &mut Rng) -> Value {
    let units = channel.shelf.units;
    let Some(tare_g) = channel.tare_g else {
        let flicker = if channel.mode == "authoritative" { FLICKER_BOOKED } else { FLICKER };
        let off = if rng.uniform() < flicker { if rng.uniform() < 0.5 { 1 } else { -1 } } else { 0 };
        return json!({"kind": "level", "channel": channel.code, "at": at, "count": (units + off).max(0)});
    };
    let gross_g = tare_g + to_f64(units) * channel.shelf.unit_grams + NOISE_G * rng.normal();
    json!({"kind": "weight", "channel": channel.code, "at": at, "gross_g": (gross_g * 100.0).round() / 100.0, "stable": rng.uniform() >= 0.01})
}
