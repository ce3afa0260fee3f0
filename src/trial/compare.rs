//! Policies through the worlds of several seeds, on as many threads as wanted; the result does not depend on them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use wardstock_models::simulate::{Comparison, SimulateError, Trial, World, policy, trial};

/// Which policies, how often, in how many worlds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// Policies as on the command line; the first is set against the others.
    pub policies: Vec<String>,
    /// One world each.
    pub seeds: Vec<u64>,
    /// Days from review to review.
    pub review_days: usize,
    /// Threads; at most one per seed is of use.
    pub threads: usize,
}

/// What all threads of a comparison share.
struct Shared<'a, W> {
    course: &'a Course,
    world: W,
    watch: &'a (dyn Fn(usize, usize) -> bool + Sync),
    next_seed: AtomicUsize,
    reviews: AtomicUsize,
    failed: AtomicBool,
    made: Mutex<Vec<Result<Trial, SimulateError>>>,
}

impl Course {
    /// Compares the policies in `world(seed)` of each seed.
    ///
    /// - `watch`: told before each review how many are over and how many there are in all; `false` stops everything.
    ///
    /// # Errors
    /// What [`trial`] and `world` refuse; [`SimulateError::Stopped`].
    pub fn compare<W>(&self, world: W, watch: &(dyn Fn(usize, usize) -> bool + Sync)) -> Result<Comparison, SimulateError>
    where
        W: Fn(u64) -> Result<World, SimulateError> + Sync,
    {
        let shared = Shared {
            course: self,
            world,
            watch,
            next_seed: AtomicUsize::new(0),
            reviews: AtomicUsize::new(0),
            failed: AtomicBool::new(false),
            made: Mutex::new(Vec::new()),
        };
        std::thread::scope(|scope| {
            for _ in 0..self.threads.clamp(1, self.seeds.len().max(1)) {
                scope.spawn(|| shared.work());
            }
        });
        let made = shared.made.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        // When one world is refused the others stop: its reason counts, not theirs.
        let reason = made.iter().find_map(|one| one.as_ref().err().filter(|cause| **cause != SimulateError::Stopped));
        if let Some(cause) = reason {
            return Err(cause.clone());
        }
        Ok(Comparison::of(self.policies.clone(), made.into_iter().collect::<Result<Vec<_>, _>>()?))
    }

    /// Policies that walk a world; the clairvoyant bound does not.
    fn walking(&self) -> usize {
        self.policies.iter().filter(|name| policy::parse(name).is_ok_and(|policy| policy.policy().is_some())).count()
    }
}

impl<W> Shared<'_, W>
where
    W: Fn(u64) -> Result<World, SimulateError> + Sync,
{
    /// Takes seed after seed.
    fn work(&self) {
        while let Some(seed) = self.course.seeds.get(self.next_seed.fetch_add(1, Ordering::Relaxed)) {
            let made = (self.world)(*seed).and_then(|world| self.trial(&world, *seed));
            if made.is_err() {
                self.failed.store(true, Ordering::Relaxed);
            }
            self.made.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(made);
        }
    }

    fn trial(&self, world: &World, seed: u64) -> Result<Trial, SimulateError> {
        let Course { policies, seeds, review_days, .. } = self.course;
        let all = world.reviews(*review_days) * self.course.walking() * seeds.len();
        trial(world, seed, policies, *review_days, &mut || {
            !self.failed.load(Ordering::Relaxed) && (self.watch)(self.reviews.fetch_add(1, Ordering::Relaxed), all)
        })
    }
}

#[cfg(test)]
mod tests {
    use wardstock_models::simulate::hospital;

    use super::*;

    fn course(policies: &[&str], threads: usize) -> Course {
        Course { policies: policies.iter().map(|name| (*name).to_owned()).collect(), seeds: (1..=3).collect(), review_days: 7, threads }
    }

    #[test]
    fn threads_do_not_matter_and_every_review_is_told() {
        let told = AtomicUsize::new(0);
        let compare = |threads| {
            told.store(0, Ordering::Relaxed);
            let watch = |done: usize, all: usize| {
                told.fetch_add(1, Ordering::Relaxed);
                done < all
            };
            let compared = course(&["par:30", "rs:0.95", "clairvoyant"], threads).compare(|seed| hospital(seed, 2, 4), &watch).unwrap();
            (compared, told.load(Ordering::Relaxed))
        };
        let (one, reviews) = compare(1);
        assert_eq!(reviews, 3 * 2 * hospital(1, 2, 4).unwrap().reviews(7));
        assert_eq!(compare(3), (one, reviews));
    }

    #[test]
    fn it_stops_when_told_and_names_what_was_refused() {
        let stopped = course(&["par:30"], 2).compare(|seed| hospital(seed, 2, 4), &|done, _| done < 5);
        assert_eq!(stopped, Err(SimulateError::Stopped));
        let refused = course(&["hmis:1"], 2).compare(|seed| hospital(seed, 2, 4), &|_, _| true);
        assert!(refused.unwrap_err().to_string().contains("hmis:1"));
    }
}
