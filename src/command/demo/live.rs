//! The live part: a handful of threads that run all gateways, each gateway in its own second of the interval.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use wardstock::base::clock::Clock;
use wardstock::base::error::{Error, Result};
use wardstock::base::quantity::from_f64;
use wardstock_models::rng::Rng;

use super::gateway::Gateway;
use super::stock::Shelf;
use super::tally::Tally;
use super::technician::Technician;

/// Threads that gateways share.
const THREADS: usize = 3;
/// Simulated seconds between two reports of a gateway.
const REPORT_SECONDS: f64 = 900.0;
/// How often the pharmacy's desk books what it handed out.
const DESK_EVERY: Duration = Duration::from_secs(20);

/// What all threads share.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    pub(super) speed: f64,
    pub(super) clock: Clock,
    pub(super) technician: Arc<Technician>,
    pub(super) tally: Arc<Tally>,
    pub(super) stop: Arc<AtomicBool>,
}

/// The running threads; they stop when this is dropped.
#[derive(Debug)]
pub(super) struct Live {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Live {
    /// Switches everything on.
    ///
    /// # Errors
    /// `internal` when a thread can't be started.
    pub(super) fn start(gateways: Vec<Gateway>, desk: Vec<Shelf>, seed: u64, shared: &Shared) -> Result<Self> {
        let mut live = Self { stop: Arc::clone(&shared.stop), threads: Vec::new() };
        let every = Duration::from_secs_f64((REPORT_SECONDS / shared.speed).clamp(0.5, REPORT_SECONDS));
        let step = every / u32::try_from(gateways.len().max(1)).unwrap_or(1);
        let start = Instant::now();
        let mut parts: Vec<Vec<(Instant, Gateway)>> = (0..THREADS).map(|_| Vec::new()).collect();
        let mut due = start;
        for (at, gateway) in gateways.into_iter().enumerate() {
            due += step;
            if let Some(part) = parts.get_mut(at % THREADS) {
                part.push((due, gateway));
            }
        }
        for (at, part) in parts.into_iter().enumerate() {
            let shared = shared.clone();
            live.run(&format!("gateways-{at}"), move || gateways_loop(part, every, &shared))?;
        }
        let shared = shared.clone();
        live.run("desk", move || desk_loop(&desk, seed, &shared))?;
        Ok(live)
    }

    fn run(&mut self, name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(work)
            .map_err(|cause| Error::internal("a thread of the demo did not start").because(cause))?;
        self.threads.push(thread);
        Ok(())
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.thread().unpark();
            drop(thread.join());
        }
    }
}

impl Shared {
    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Waits until a moment or until told to stop.
    fn wait_until(&self, moment: Instant) {
        while !self.is_stopped() {
            let rest = moment.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                return;
            }
            std::thread::park_timeout(rest);
        }
    }
}

fn gateways_loop(mut share: Vec<(Instant, Gateway)>, every: Duration, shared: &Shared) {
    while !shared.is_stopped() {
        let Some((due, gateway)) = share.iter_mut().min_by_key(|(due, _)| *due) else { return };
        shared.wait_until(*due);
        if shared.is_stopped() {
            return;
        }
        gateway.turn(shared.speed, &shared.clock, &shared.technician, &shared.tally);
        // A service that is slower than its sensors is not flooded: turns are left out.
        *due = (*due + every).max(Instant::now());
    }
}

/// The desk hands out what wards don't keep.
fn desk_loop(desk: &[Shelf], seed: u64, shared: &Shared) {
    let mut rng = Rng::new(seed);
    let days = DESK_EVERY.as_secs_f64() * shared.speed / 86_400.0;
    let mut due = Instant::now() + DESK_EVERY;
    loop {
        shared.wait_until(due);
        for shelf in desk {
            if shared.is_stopped() {
                return;
            }
            // Units go out in handfuls, not one by one.
            let handful = (shelf.rate * 2.0).max(1.0).round();
            let units = from_f64(rng.poisson(shelf.rate * days / handful) * handful);
            if units > 0 {
                shared.technician.hand_out(shelf, units);
            }
        }
        due += DESK_EVERY;
    }
}
