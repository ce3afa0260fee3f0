//! The demo as a user starts it: the built program, its printed tokens, its own HTTP API.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::scene::Client;

/// Longer than any set-up or plan takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);

/// A demo that runs; it is killed when a test fails.
struct Demo {
    child: Child,
    lines: Receiver<String>,
    said: Vec<String>,
}

impl Demo {
    fn start(seconds: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_wardstock"))
            .args(["demo", "--listen", "127.0.0.1:0", "--seed", "7", "--for", seconds, "--log", "warn"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (say, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                drop(say.send(line));
            }
        });
        Self { child, lines, said: Vec::new() }
    }

    /// Waits for a line that holds `what`.
    #[track_caller]
    fn hear(&mut self, what: &str) -> String {
        if let Some(line) = self.said.iter().find(|line| line.contains(what)) {
            return line.clone();
        }
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no '{what}' in:\n{}", self.said.join("\n")));
            self.said.push(line.clone());
            if line.contains(what) {
                return line;
            }
        }
    }

    /// A client with the token that was printed for a role.
    fn user(&mut self, role: &str) -> Client {
        let base = self.hear("listening on ").split_once("listening on ").unwrap().1.to_owned();
        let row = self.hear(&format!("{role}  "));
        Client::new(&base, row.split_whitespace().last().map(str::to_owned))
    }

    /// Waits for the end; answers the exit code.
    fn end(&mut self) -> Option<i32> {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::park_timeout(Duration::from_millis(50));
        }
        None
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn stored(admin: &Client) -> i64 {
    admin.list("/api/v1/devices").iter().map(|device| device["records_stored"].as_i64().unwrap()).sum()
}

#[test]
fn a_hospital_goes_live() {
    let mut demo = Demo::start("600");
    let (admin, pharmacist) = (demo.user("admin"), demo.user("pharmacist"));
    let places = pharmacist.list("/api/v1/places");
    let kinds = |kind: &str| places.iter().filter(|place| place["kind"] == kind).count();
    assert!(kinds("site") >= 2 && kinds("ward") == 12, "{places:?}");
    assert_eq!(pharmacist.list("/api/v1/items").len(), 300);
    let channels: usize = admin
        .list("/api/v1/devices")
        .iter()
        .map(|device| {
            let bindings = admin.get(&format!("/api/v1/devices/{}/bindings", device["code"].as_str().unwrap())).want(200);
            bindings.as_array().unwrap().len()
        })
        .sum();
    assert!(channels >= 1_200, "{channels} channels");

    demo.hear("H2: planned 300 items");
    let mut plans = pharmacist.list("/api/v1/plans");
    plans.retain(|plan| plan["state"] == "done");
    assert_eq!(plans.len(), 2, "{plans:?}");
    for plan in plans {
        let lines = pharmacist.get(&format!("/api/v1/plans/{}/lines", plan["id"].as_str().unwrap())).want(200);
        let now: Vec<&Value> = lines["items"].as_array().unwrap().iter().filter(|line| line["now"] == true).collect();
        assert!((10..=150).contains(&now.len()), "{} lines to order now", now.len());
        for line in now {
            assert!(line["explanation"]["drivers"].as_object().is_some_and(|drivers| !drivers.is_empty()), "{line}");
            assert!(line["explanation"]["text"].as_str().is_some_and(|text| text.len() > 40), "{line}");
        }
    }

    let started = Instant::now();
    let first = stored(&admin);
    while stored(&admin) <= first {
        assert!(started.elapsed() < PATIENCE, "no readings arrive");
        std::thread::park_timeout(Duration::from_millis(500));
    }
    interrupt(&demo.child);
    demo.hear("readings sent");
    assert_eq!(demo.end(), Some(0));
}

#[test]
fn first_plan() {
    let mut demo = Demo::start("1");
    for site in ["H1", "H2"] {
        let line = demo.hear(&format!("{site}: planned 300 items"));
        println!("{line}");
        let cpu = line.split_once("CPU ").and_then(|(_, rest)| rest.split_once(' ')?.0.parse::<f64>().ok());
        // Where the system does not tell CPU time, the wall time of a busy machine stands in.
        let (took, most) = cpu.map_or_else(|| (millis(&line) / 1_000.0, 20.0), |cpu| (cpu, 5.0));
        assert!(took < most, "{line}");
    }
    let summary = demo.hear("readings sent");
    assert!(summary.contains("plans 2"), "{summary}");
    assert_eq!(demo.end(), Some(0));
}

fn millis(line: &str) -> f64 {
    line.split_once(" items in ").and_then(|(_, rest)| rest.split_once(' ')?.0.parse().ok()).unwrap()
}

/// Ctrl-C.
fn interrupt(child: &Child) {
    let sent = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().unwrap();
    assert!(sent.success());
}
