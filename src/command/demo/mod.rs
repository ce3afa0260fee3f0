//! `demo`: a made-up hospital in a temporary database, with live virtual sensors through the real API.

mod client;
mod formulary;
mod gateway;
mod history;
mod hospital;
mod layout;
mod live;
mod plans;
mod setup;
mod stock;
mod tally;
mod technician;

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use clap::Args;
use wardstock::app::{self, State};
use wardstock::base::error::{Error, Result};
use wardstock::config::Config;
use wardstock::jobs::Workers;

use self::client::Client;
use self::gateway::Gateway;
use self::live::{Live, Shared};
use self::setup::Ready;
use self::tally::Tally;
use self::technician::Technician;
use super::{Outcome, output, serve};

/// Threads that answer requests.
const HTTP_THREADS: usize = 2;

#[derive(Debug, Args)]
#[command(after_help = "Example: wardstock demo --listen 127.0.0.1:8080 --seed 7\n\n\
                        Everything is made up and lives in a temporary folder that goes with the process; --database is not used.")]
pub(crate) struct Arguments {
    /// Draws the hospital: the same seed gives the same one.
    #[arg(long, value_name = "N", default_value_t = 7)]
    seed: u64,
    /// Simulated seconds per second: how fast shelves empty. Stamps stay real.
    #[arg(long, value_name = "X", default_value_t = 60.0, value_parser = speed)]
    speed: f64,
    /// Stop after so many seconds, but not before both sites are planned; without: run until Ctrl-C.
    #[arg(long = "for", value_name = "SECONDS")]
    seconds: Option<u64>,
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.1..=3_600.0).contains(&value) => Ok(value),
        _ => Err("must be a number from 0.1 to 3600".into()),
    }
}

pub(crate) fn run(config: &Config, arguments: &Arguments) -> Result<Outcome> {
    let listener = serve::bind(&config.listen)?;
    let address = listener.local_addr().map_err(|cause| Error::internal("the listener has no address").because(cause))?;
    let started = Instant::now();
    let ready = setup::set_up(arguments.seed)?;
    output::note(&format!("the hospital was ready after {:.1} s", started.elapsed().as_secs_f64()));
    let state = State::new(ready.db.clone())?;
    let workers = Workers::start(&state)?;
    let base = format!("http://{address}");
    let server = Server::start(state, listener)?;
    let stop = Arc::new(AtomicBool::new(false));
    let agent = client::agent();
    let technician = Technician::new(Client::new(&agent, &base, &ready.technician), ready.db.clock().clone());
    let shared = Shared {
        speed: arguments.speed,
        clock: ready.db.clock().clone(),
        technician: Arc::new(technician),
        tally: Arc::new(Tally::default()),
        stop: Arc::clone(&stop),
    };
    output::line(&format!("listening on {base}\n\n{}", setup::guide(&ready, &base)))?;
    let live = Live::start(gateways(&ready, &agent, &base, arguments.seed), ready.desk.clone(), arguments.seed, &shared)?;
    let planner = plan(Client::new(&agent, &base, &ready.pharmacist), &base, &stop);
    let outcome = server.wait(arguments.seconds);
    // Time is up: the first plans are still waited for. Ctrl-C: they are not.
    while arguments.seconds.is_some() && !planner.is_finished() && !server.thread.is_finished() {
        std::thread::park_timeout(Duration::from_millis(100));
    }
    drop(live);
    let plans = planner.join().unwrap_or(0);
    drop(workers);
    server.stop();
    output::line(&format!("{}; plans {plans}; stock points {}", shared.tally.summary(), ready.stock_points))?;
    let Ready { folder, db, .. } = ready;
    drop(db);
    if let Err(cause) = folder.close() {
        tracing::warn!(%cause, "the demo's temporary folder is left behind");
    }
    outcome?;
    Ok(Outcome::Done)
}

fn gateways(ready: &Ready, agent: &ureq::Agent, base: &str, seed: u64) -> Vec<Gateway> {
    // The one that dies: the last of the first site's.
    let dying = ready.installed.iter().rposition(|plan| plan.site == "H1" && !plan.is_new && plan.place != "H1-PH");
    ready
        .installed
        .iter()
        .enumerate()
        .zip(0_u64..)
        .map(|((at, plan), salt)| {
            let client = Client::new(agent, base, &plan.token);
            Gateway::new(plan.clone(), client, seed.wrapping_mul(1_000_003).wrapping_add(salt), Some(at) == dying)
        })
        .collect()
}

/// Plans both sites in the background; answers how many plans were made.
fn plan(pharmacist: Client, base: &str, stop: &Arc<AtomicBool>) -> JoinHandle<usize> {
    let (stop, base) = (Arc::clone(stop), base.to_owned());
    std::thread::spawn(move || {
        let mut made = 0;
        for site in &hospital::SITES {
            match plans::first(&pharmacist, site.code, &stop) {
                Ok(Some((id, text))) => {
                    made += 1;
                    drop(output::line(&format!("{text}\n  {base}/api/v1/plans/{id}/lines")));
                }
                Ok(None) => break,
                Err(error) => {
                    // Ctrl-C ends the service a moment before it ends us: no failure then.
                    std::thread::park_timeout(Duration::from_millis(300));
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    output::note(&error.cause.map_or(error.detail, |cause| cause.to_string()));
                }
            }
        }
        made
    })
}

/// The HTTP server on a thread of its own.
struct Server {
    handle: actix_web::dev::ServerHandle,
    ended: Receiver<std::io::Result<()>>,
    thread: JoinHandle<()>,
}

impl Server {
    fn start(state: State, listener: TcpListener) -> Result<Self> {
        let (ready, started) = mpsc::channel();
        let (end, ended) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let result = actix_web::rt::System::new().block_on(async move {
                let server = app::serve(state, listener, HTTP_THREADS)?;
                drop(ready.send(server.handle()));
                server.await
            });
            drop(end.send(result));
        });
        let handle = started.recv().map_err(|cause| Error::internal("the service did not start").because(cause))?;
        Ok(Self { handle, ended, thread })
    }

    /// Waits until the time is over or the service ends, as it does on Ctrl-C.
    fn wait(&self, seconds: Option<u64>) -> Result<()> {
        let ended = match seconds {
            Some(seconds) => self.ended.recv_timeout(Duration::from_secs(seconds)),
            None => self.ended.recv().map_err(RecvTimeoutError::from),
        };
        match ended {
            Ok(Err(cause)) => Err(Error::internal("the service stopped").because(cause)),
            _ => Ok(()),
        }
    }

    fn stop(self) {
        drop(self.handle.stop(true));
        drop(self.thread.join());
    }
}
