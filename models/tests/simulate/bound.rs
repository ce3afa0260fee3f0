//! No policy ever goes below the clairvoyant bound.

use wardstock_models::rng::Rng;
use wardstock_models::simulate::policy::{Policy, parse};
use wardstock_models::simulate::{Book, Figures, SimulateError, Timeline, clairvoyant, hospital, run};

use crate::world;

#[test]
fn two_lines_or_one_by_hand() {
    let timeline = Timeline { history: 1, measured: 2, days: 402 };
    let mut requests = vec![0; 402];
    requests[2] = 10;
    requests[102] = 10;
    let years = 400.0 / 365.0;
    // The first ten are there at no cost. Ten more kept 100 evenings: .2 x 2 x 10 x 100 / 365 = 1.10 < 8 for a line.
    let one = clairvoyant(&world(&requests, 0, timeline, None), 7);
    assert!((one * years - 0.4 * 10.0 * 100.0 / 365.0).abs() < 1e-9);
    // A thousand more kept 100 evenings cost 110: a line on the best day instead. Evenings 0, 7, .. 98 order; there on 100.
    requests[102] = 1000;
    let two = clairvoyant(&world(&requests, 0, timeline, None), 7);
    assert!((two * years - (8.0 + 0.4 * 1000.0 * 2.0 / 365.0)).abs() < 1e-9, "{}", two * years);
}

/// Orders at random: often nothing, sometimes far too much.
struct Whim(Rng);

impl Policy for Whim {
    fn units(&mut self, book: &Book<'_>) -> Result<Vec<i64>, SimulateError> {
        Ok(book.pages.iter().map(|page| if self.0.below(6) == 0 { i64::from(self.0.below(60)) - page.position() / 9 } else { 0 }).collect())
    }
}

#[test]
fn no_policy_goes_below_the_bound() {
    for seed in 0..40 {
        let mut rng = Rng::new(seed);
        let life = (rng.below(2) == 0).then_some(30);
        let asked: Vec<i64> = (0..300).map(|_| if rng.below(3) == 0 { i64::from(rng.below(20)) } else { 0 }).collect();
        let world = world(&asked, i64::from(rng.below(90)), Timeline { history: 20, measured: 60, days: 300 }, life);
        for review in [1, 7] {
            let bound = clairvoyant(&world, review);
            let cost = Figures::of(&world, &run(&world, &mut Whim(rng.clone()), review).unwrap(), bound).cost;
            assert!(cost >= bound * (1.0 - 1e-9), "seed {seed}, review {review}: {cost} below {bound}");
        }
    }
    for review in [1, 7, 30] {
        let world = hospital(5, 12, 52).unwrap();
        let bound = clairvoyant(&world, review);
        assert!(bound > 0.0);
        for name in ["open-msupply:2,1", "bhima:1", "openlmis:2", "openboxes:1,2", "par:30", "rs:0.98", "rss:1,16,6,365"] {
            let mut policy = parse(name).unwrap().policy().unwrap();
            let figures = Figures::of(&world, &run(&world, policy.as_mut(), review).unwrap(), bound);
            assert!(figures.cost >= bound && figures.ratio_to_clairvoyant.unwrap() >= 1.0, "{name}: {figures:?}");
        }
    }
}
