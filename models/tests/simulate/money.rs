//! The budget is never exceeded, whoever orders; short lists are cut by rank.

use wardstock_models::simulate::policy::{Policy, parse};
use wardstock_models::simulate::{Allocation, Book, Knobs, Page, SimulateError, Timeline, Wardstock, World, hospital, run, run_within};

fn kept(world: &World, policy: &mut dyn Policy, per_review: i64) {
    let outcome = run_within(world, policy, 7, per_review).unwrap();
    let mut spent = 0;
    for (review, money) in (1..).zip(&outcome.spent) {
        spent += money;
        assert!(spent <= review * per_review, "{spent} spent by review {review}");
    }
    assert!(spent > 0);
}

#[test]
fn no_policy_spends_more_than_there_is() {
    let world = hospital(4, 8, 26).unwrap();
    let free = run(&world, parse("rss:1,25,4,365").unwrap().policy().unwrap().as_mut(), 7).unwrap().spent;
    let per_review = free.iter().sum::<i64>() / i64::try_from(free.len()).unwrap() * 7 / 10;
    for name in ["rss:1,25,4,365", "open-msupply:3,1.5", "bhima:1", "openlmis:3", "openboxes:1,2", "par:30", "rs:0.98", "wardstock"] {
        kept(&world, parse(name).unwrap().policy().unwrap().as_mut(), per_review);
    }
}

#[test]
fn ordering_by_prices_keeps_a_budget_too() {
    let world = hospital(4, 3, 1).unwrap();
    let by_prices = Knobs { allocation: Allocation::Priced, ..Knobs::default() };
    kept(&world, &mut Wardstock::new(by_prices), 20_000);
}

#[test]
fn with_money_enough_a_budget_changes_nothing() {
    let world = hospital(4, 6, 10).unwrap();
    for name in ["rss:1,25,4,365", "wardstock"] {
        let policy = || parse(name).unwrap().policy().unwrap();
        assert_eq!(run(&world, policy().as_mut(), 7).unwrap(), run_within(&world, policy().as_mut(), 7, 1_000_000_000).unwrap());
    }
}

/// Wants ten packs of everything, the last article first.
struct Greedy;

impl Policy for Greedy {
    fn units(&mut self, book: &Book<'_>) -> Result<Vec<i64>, SimulateError> {
        Ok(vec![50; book.pages.len()])
    }

    fn rank(&self, page: &Page<'_>) -> f64 {
        if page.article.id == "B" { 0.0 } else { 1.0 }
    }
}

#[test]
fn a_short_list_is_cut_line_by_line_and_the_rest_carries_over() {
    let timeline = Timeline { history: 1, measured: 2, days: 15 };
    let one = crate::world(&[1; 15], 0, timeline, None);
    let first = one.articles()[0].clone();
    let second = wardstock_models::simulate::Article { id: "B".into(), ..first.clone() };
    let world = World::new(vec![first, second], timeline, vec![vec![1; 15]; 2], vec![vec![2; 15]; 2], vec![0, 0]).unwrap();
    // Packs cost 1000. 12,500: ten of B, two of A, 500 left; then 13,000: ten of B, three of A.
    let outcome = run_within(&world, &mut Greedy, 7, 12_500).unwrap();
    assert_eq!(outcome.spent, [12_000, 13_000]);
    assert_eq!(outcome.tallies.iter().map(|tally| tally.packs).collect::<Vec<_>>(), [3, 10]);
    assert_eq!(run_within(&world, &mut Greedy, 7, 999).unwrap().spent, [0, 1_000], "carried over");
    assert_eq!(run_within(&world, &mut Greedy, 7, -5).unwrap().spent, [0, 0]);
}
