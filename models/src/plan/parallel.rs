//! Work shared between threads: the only file that makes any. Results don't depend on their number.

use std::sync::{Mutex, PoisonError};

/// Fills `slots` in parts of `each`: `work(state, first, part)` is called once per part, `first` being the number of
/// the part's first slot. Which thread does a part is left open, so `work` must not let its answer depend on what
/// `state` has seen before.
///
/// - `threads`: at least 1, this one included.
/// - `start`: makes the room a thread works in.
pub(crate) fn fill<T: Send, S>(
    slots: &mut [T],
    (each, threads): (usize, usize),
    start: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, usize, &mut [T]) + Sync,
) {
    let each = each.max(1);
    let parts = slots.len().div_ceil(each);
    let queue = Mutex::new(slots.chunks_mut(each).enumerate());
    let run = || {
        let mut state = start();
        loop {
            // A thread that panicked held no part of another: the queue is as good as before.
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((n, part)) = next else {
                return;
            };
            work(&mut state, n * each, part);
        }
    };
    if threads <= 1 || parts <= 1 {
        run();
        return;
    }
    std::thread::scope(|scope| {
        for _ in 1..threads.min(parts) {
            scope.spawn(run);
        }
        run();
    });
}

/// Runs `work` on every chunk number below `chunks`; results in order.
pub(crate) fn in_chunks<T: Send>(chunks: usize, threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let mut slots: Vec<Option<T>> = Vec::new();
    slots.resize_with(chunks, || None);
    fill(&mut slots, (1, threads), || (), |(), n, part| part.iter_mut().for_each(|slot| *slot = Some(work(n))));
    slots.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_for_any_number_of_threads() {
        for threads in [1, 2, 5] {
            assert_eq!(in_chunks(100, threads, |n| n * n), (0..100).map(|n| n * n).collect::<Vec<_>>());
            let mut slots = vec![0; 103];
            fill(
                &mut slots,
                (7, threads),
                || 1,
                |one, first, part| {
                    part.iter_mut().enumerate().for_each(|(n, slot)| *slot = first + n + *one);
                },
            );
            assert_eq!(slots, (1..=103).collect::<Vec<_>>());
        }
        assert!(in_chunks(0, 4, |n| n).is_empty());
    }
}
