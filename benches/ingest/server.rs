//! A server in a process of its own: the shipped program, or side C.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::Wish;
use crate::load::{self, Load};
use crate::probe;
use crate::world::World;

/// A load on a server, with what it cost the server.
#[derive(Debug, Clone, Default)]
pub(crate) struct Served {
    pub(crate) load: Load,
    pub(crate) cpu_seconds: f64,
    pub(crate) peak_mb: f64,
}

struct Running {
    child: Child,
    address: String,
}

/// Starts `program words…` and waits for its line `listening on http://…`.
fn start(program: &str, words: &[&str], log: &Path) -> Running {
    let mut child = Command::new(program)
        .args(words)
        .stdout(Stdio::piped())
        .stderr(File::create(log).unwrap())
        .spawn()
        .unwrap_or_else(|cause| panic!("{program}: {cause}"));
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("listening on http://") {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "{program} did not start; see {}", log.display());
    }
    let address = line.rsplit("http://").next().unwrap().trim().to_owned();
    std::thread::spawn(move || for _ in lines.lines() {});
    Running { child, address }
}

impl Running {
    fn stop(mut self) {
        let pid = self.child.id().to_string();
        drop(Command::new("kill").args(["-TERM", &pid]).status());
        self.child.wait().unwrap();
    }
}

/// Starts a server, loads it, and stops it.
pub(crate) fn measure(program: &str, words: &[&str], folder: &Path, world: &World, per_post: usize, wish: &Wish) -> Served {
    let running = start(program, words, &folder.join("server.log"));
    let pid = running.child.id();
    let mut before = 0.0;
    let load = load::run(&running.address, world, per_post, wish, || before = probe::cpu_seconds(pid));
    let served = Served { load, cpu_seconds: probe::cpu_seconds(pid) - before, peak_mb: probe::peak_mb(pid) };
    running.stop();
    served
}

/// Starts a server several times on one database, and shares the load among them; CPU and memory are the sums.
pub(crate) fn measure_many(program: &str, words: &[&str], copies: usize, folder: &Path, world: &World, wish: &Wish) -> Served {
    let running: Vec<Running> = (0..copies).map(|at| start(program, words, &folder.join(format!("server-{at}.log")))).collect();
    let addresses: Vec<&str> = running.iter().map(|one| one.address.as_str()).collect();
    let cpu = || running.iter().map(|one| probe::cpu_seconds(one.child.id())).sum::<f64>();
    let mut before = 0.0;
    let load = load::run(&addresses.join(","), world, 100, wish, || before = cpu());
    let peak_mb = running.iter().map(|one| probe::peak_mb(one.child.id())).sum();
    let served = Served { load, cpu_seconds: cpu() - before, peak_mb };
    running.into_iter().for_each(Running::stop);
    served
}
