//! The first plan of each site, asked for as the pharmacist would.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wardstock::base::error::{Error, Result};

use super::client::Client;

/// How long a plan may take before the demo gives up on it.
const PATIENCE: Duration = Duration::from_mins(5);
/// The thread that solves plans, as the system names it.
const SOLVER_THREAD: &str = "job-solve";
/// Clock ticks a second in `/proc`: 100 on Linux, whatever the kernel's own rate.
const TICKS: f64 = 100.0;

/// Asks for a plan of a site and waits for it; answers its id and a line about it. None when told to stop.
///
/// # Errors
/// `internal` when the plan fails or nobody answers.
pub(super) fn first(pharmacist: &Client, site: &str, stop: &AtomicBool) -> Result<Option<(String, String)>> {
    let started = Instant::now();
    let cpu_before = solver_cpu_seconds();
    let asked = pharmacist.post("/api/v1/plans", json!({"site": site}).to_string().as_bytes())?;
    let id = asked.body.get("id").and_then(Value::as_str).map(str::to_owned);
    let Some(id) = id.filter(|_| asked.is_good()) else {
        return Err(Error::internal(format!("no plan of {site}: {} {}", asked.status, asked.body)));
    };
    while started.elapsed() < PATIENCE {
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let plan = pharmacist.get(&format!("/api/v1/plans/{id}"))?;
        match plan.body.get("state").and_then(Value::as_str) {
            Some("done") => {
                let cpu = solver_cpu_seconds().zip(cpu_before).map(|(after, before)| after - before);
                let text = describe(pharmacist, site, &id, &plan.body, started.elapsed(), cpu)?;
                return Ok(Some((id, text)));
            }
            Some("failed") => return Err(Error::internal(format!("the plan of {site} failed: {}", plan.body))),
            _ => std::thread::park_timeout(Duration::from_millis(100)),
        }
    }
    Err(Error::internal(format!("the plan of {site} took more than {} seconds", PATIENCE.as_secs())))
}

fn describe(pharmacist: &Client, site: &str, id: &str, plan: &Value, took: Duration, cpu: Option<f64>) -> Result<String> {
    let lines = pharmacist.get(&format!("/api/v1/plans/{id}/lines"))?;
    let lines = lines.body.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    let now: Vec<&Value> = lines.iter().filter(|line| line.get("now").and_then(Value::as_bool) == Some(true)).collect();
    let minor: i64 = now.iter().filter_map(|line| line.pointer("/cost/minor").and_then(Value::as_i64)).sum();
    let items = plan.pointer("/answer/projection").and_then(Value::as_array).map_or(0, |rows| {
        rows.iter().filter_map(|row| row.get("item").and_then(Value::as_str)).collect::<std::collections::BTreeSet<_>>().len()
    });
    let solve_ms = plan.pointer("/answer/statistics/solve_ms").and_then(Value::as_u64).unwrap_or(0);
    let gap = plan.pointer("/answer/gap").and_then(Value::as_f64).unwrap_or(f64::NAN);
    let cpu = cpu.map_or_else(|| "not known".to_owned(), |seconds| format!("{seconds:.2} s"));
    Ok(format!(
        "{site}: planned {items} items in {} ms (CPU {cpu}; solver {solve_ms} ms; {:.0} % of its cost is stock for safety and for after the 13 weeks, or not \
         proven): {} lines to order now, {}.{:02} EUR; {} more \
         lines in the outlook",
        took.as_millis(),
        gap * 100.0,
        now.len(),
        minor / 100,
        minor % 100,
        lines.len() - now.len()
    ))
}

/// CPU seconds of the solving thread so far; none where the system doesn't tell.
fn solver_cpu_seconds() -> Option<f64> {
    let tasks = std::fs::read_dir("/proc/self/task").ok()?;
    tasks.flatten().find_map(|task| {
        let stat = std::fs::read_to_string(task.path().join("stat")).ok()?;
        let (head, tail) = stat.rsplit_once(") ")?;
        if !head.ends_with(SOLVER_THREAD) {
            return None;
        }
        let fields: Vec<&str> = tail.split(' ').collect();
        // utime and stime, counted from the state after the name.
        let ticks: f64 = [11, 12].iter().filter_map(|at| fields.get(*at)?.parse::<f64>().ok()).sum();
        Some(ticks / TICKS)
    })
}
