//! The machine: how long a durable write takes, what a process has used.

use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Instant;

/// Median milliseconds of 8 kB written and synced; void if it differs by more than 2x between start and end.
pub(crate) fn fdatasync_ms(folder: &Path) -> f64 {
    let mut file = tempfile::tempfile_in(folder).unwrap();
    let page = [7_u8; 8_192];
    let mut taken: Vec<f64> = (0..200)
        .map(|_| {
            let started = Instant::now();
            file.seek(SeekFrom::End(0)).unwrap();
            file.write_all(&page).unwrap();
            file.sync_data().unwrap();
            started.elapsed().as_secs_f64() * 1_000.0
        })
        .collect();
    taken.sort_by(f64::total_cmp);
    taken[taken.len() / 2]
}

/// A folder in memory would make every commit free.
pub(crate) fn is_on_a_disk(folder: &Path) -> bool {
    let real = folder.canonicalize().unwrap();
    let mounts = std::fs::read_to_string("/proc/mounts").unwrap();
    let best = mounts
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ').skip(1);
            Some((words.next()?, words.next()?))
        })
        .filter(|(at, _)| real.starts_with(at))
        .max_by_key(|(at, _)| at.len());
    best.is_some_and(|(_, kind)| kind != "tmpfs" && kind != "ramfs")
}

/// CPU seconds of a process so far, user and system.
pub(crate) fn cpu_seconds(pid: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: f64 = after.split_whitespace().skip(11).take(2).filter_map(|word| word.parse::<f64>().ok()).sum();
    ticks / 100.0
}

/// The most memory that a process has held, in MB.
pub(crate) fn peak_mb(pid: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|word| word.parse::<f64>().ok()).unwrap_or_default() / 1_024.0
}

/// The percentile of sorted microseconds, in ms.
pub(crate) fn percentile(sorted: &[u32], share: f64) -> f64 {
    let at = ((sorted.len() as f64 * share) as usize).min(sorted.len().saturating_sub(1));
    f64::from(sorted.get(at).copied().unwrap_or_default()) / 1_000.0
}
