//! The built program, as an operator runs it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::Client;

/// Longer than any start takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Runs the program on a database until it ends.
pub(crate) fn program(url: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wardstock")).args(arguments).args(["--database", url, "--log", "warn"]).output().unwrap()
}

/// `wardstock serve` as a process of its own; it is killed when a test fails.
pub(crate) struct Served {
    child: Child,
    pub(crate) base: String,
    /// From the start of the process to the first good answer of `/readyz`.
    pub(crate) ready_after: Duration,
}

impl Served {
    /// Starts the service and waits until it is ready.
    #[track_caller]
    pub(crate) fn start(url: &str) -> Self {
        Self::start_as(url, "error", &[], &[])
    }

    /// As [`Served::start`], with more words on the command line.
    #[track_caller]
    pub(crate) fn start_with(url: &str, more: &[&str]) -> Self {
        Self::start_as(url, "error", more, &[])
    }

    /// As [`Served::start`], with a log filter, and these variables in its environment.
    #[track_caller]
    pub(crate) fn start_among(url: &str, log: &str, surroundings: &[(&str, &str)]) -> Self {
        Self::start_as(url, log, &[], surroundings)
    }

    #[track_caller]
    fn start_as(url: &str, log: &str, more: &[&str], surroundings: &[(&str, &str)]) -> Self {
        let started = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_wardstock"))
            .args(["serve", "--listen", "127.0.0.1:0", "--log", log, "--database", url])
            .args(more)
            .envs(surroundings.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let base = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("the service did not start: '{line}'")).to_owned();
        let stranger = Client::new(&base, None);
        while !stranger.try_send("GET", "/readyz", &[], b"").is_ok_and(|answer| answer.status == 200) {
            assert!(started.elapsed() < PATIENCE, "the service is not ready after {PATIENCE:?}");
            std::thread::park_timeout(Duration::from_millis(5));
        }
        Self { child, base, ready_after: started.elapsed() }
    }

    /// Somebody with a token.
    pub(crate) fn client(&self, token: &str) -> Client {
        Client::new(&self.base, Some(token.to_owned()))
    }

    /// SIGKILL: nothing is flushed, nobody is told.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
