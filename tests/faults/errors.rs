//! A disk that is full, or fails to write or to sync: nothing is promised, reads go on, and all is well once it is.

use std::path::Path;
use std::time::{Duration, Instant};

use super::disk;
use super::hospital::{Hospital, Names, Sender, url};
use crate::crash::setting;
use crate::scene::Served;

const SENDERS: u64 = 4;
/// How long each fault lasts, and how long all is well between them.
const SPAN: Duration = Duration::from_millis(400);
/// A machine that compiles beside the test is slow.
const BACK_MAX: Duration = Duration::from_secs(10);

#[test]
fn a_disk_that_fails_makes_no_promises() {
    let Some(library) = disk::library() else { return };
    let hospital = Hospital::open();
    let switch = disk::with(&hospital.path, ".fault");
    std::fs::write(&switch, "-").unwrap();
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let surroundings = [("LD_PRELOAD", path(library)), ("WARDSTOCK_DISK", path(&hospital.path)), ("WARDSTOCK_DISK_FAULT", path(&switch))];
    // Each failure is logged, and they are many.
    let served = Served::start_among(&url(&hospital.path), "off", &surroundings.each_ref().map(|(name, path)| (*name, path.as_str())));
    let start = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros() as i64 - 3_600_000_000;
    let mut senders: Vec<Sender> = (0..SENDERS).map(|number| Sender::new(number, &hospital, &served, start)).collect();
    let mut promised = Names::new();
    for round in 0..setting("WARDSTOCK_DISK_FAULTS").unwrap_or(3) {
        for (fault, name) in [("f", "a full disk"), ("w", "writes that fail"), ("s", "syncs that fail")] {
            let about = format!("{name}, round {round}");
            promised.extend(post(&mut senders, SPAN, &|answer| assert!(is_taken(answer), "{answer:?} before {about}")));
            // In place: the library looks at these very bytes.
            set(&switch, fault);
            let taken = post(&mut senders, SPAN, &|answer| {
                assert_eq!(answer.status, 503, "{answer:?} with {about}");
                assert!(answer.header("retry-after").is_some(), "{answer:?} with {about}");
            });
            assert!(taken.is_empty());
            let reader = served.client(&hospital.admin);
            for call in ["/api/v1/stock", "/api/v1/movements", "/api/v1/quarantine", "/livez"] {
                assert_eq!(reader.get(call).status, 200, "{call} with {about}");
            }
            set(&switch, "-");
            let begun = Instant::now();
            while !is_taken(&senders[1].post().unwrap()) {
                assert!(begun.elapsed() < BACK_MAX, "not back {BACK_MAX:?} after {about}");
            }
            promised.extend(senders[1].is_done());
        }
    }
    let stored = Hospital::stored(&hospital.path, "while it runs");
    assert_eq!(promised.difference(&stored).count(), 0, "answered and not stored");
    served.kill();
    let stored = Hospital::stored(&hospital.path, "after a kill");
    assert_eq!(promised.difference(&stored).count(), 0, "answered and lost");
    Hospital::is_sound(&hospital.path, "after all faults");
}

fn is_taken(answer: &crate::scene::Answer) -> bool {
    matches!(answer.status, 200 | 201)
}

fn set(switch: &Path, fault: &str) {
    use std::io::Write;
    std::fs::OpenOptions::new().write(true).open(switch).unwrap().write_all(fault.as_bytes()).unwrap();
}

/// Everybody posts for a while; what was taken.
fn post(senders: &mut [Sender], span: Duration, look: &(impl Fn(&crate::scene::Answer) + Sync)) -> Names {
    let until = Instant::now() + span;
    std::thread::scope(|scope| {
        let threads: Vec<_> = senders
            .iter_mut()
            .map(|sender| {
                scope.spawn(move || {
                    let mut taken = Names::new();
                    while Instant::now() < until {
                        let answer = sender.post().unwrap();
                        look(&answer);
                        if is_taken(&answer) {
                            taken.extend(sender.is_done());
                        }
                    }
                    taken
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}
