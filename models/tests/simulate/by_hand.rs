//! Small worlds walked on paper.

use wardstock_models::simulate::policy::{Par, Policy};
use wardstock_models::simulate::{Article, Book, Figures, SimulateError, Timeline, World, run};

use crate::world;

/// Orders what it is told, evening by evening.
struct Script(Vec<i64>);

impl Policy for Script {
    fn units(&mut self, book: &Book<'_>) -> Result<Vec<i64>, SimulateError> {
        assert_eq!(book.pages[0].requested.len(), book.day + 1, "nothing of the future");
        assert_eq!(book.pages[0].issued.len(), book.day + 1);
        Ok(vec![if self.0.is_empty() { 0 } else { self.0.remove(0) }])
    }
}

#[test]
fn a_week_on_paper() {
    let timeline = Timeline { history: 1, measured: 2, days: 6 };
    let world = world(&[3, 3, 3, 3, 3, 3], 4, timeline, None);
    // Evening of day 0: 7 units make 2 packs, there on day 2. Shelf in the evenings of days 1 to 5: 1, 8, 5, 2, 0.
    // On day 5 only 2 of 3 are there. Evening of day 4: a pack that comes too late.
    let outcome = run(&world, &mut Script(vec![7, 0, 0, 0, 1]), 1).unwrap();
    let tally = outcome.tallies[0];
    assert_eq!((tally.requested, tally.issued, tally.unit_days), (12, 11, 8 + 5 + 2));
    assert_eq!((tally.lines, tally.packs, tally.empty_days, tally.expired), (1, 1, 1, 0));
    let figures = Figures::of(&world, &outcome, 0.0);
    let years = 4.0 / 365.0;
    let want = (0.2 / 365.0 * 15.0 * 2.0 + 8.0 + 6.0 * 2.0) / years;
    assert!((figures.cost - want).abs() < 1e-9, "{} {want}", figures.cost);
    assert!((figures.unit_fill - 11.0 / 12.0).abs() < 1e-12);
    assert!((figures.spend - 10.0 / years).abs() < 1e-9);
    assert_eq!(figures.ratio_to_clairvoyant, None);
}

#[test]
fn lots_expire_before_they_are_handed_out() {
    let timeline = Timeline { history: 1, measured: 2, days: 6 };
    // Fresh on day 1 with 3 days of use: gone on the morning of day 4.
    let world = world(&[1, 1, 1, 1, 1, 1], 9, timeline, Some(3));
    let tally = run(&world, &mut Script(Vec::new()), 1).unwrap().tallies[0];
    assert_eq!((tally.issued, tally.expired, tally.unmet()), (2, 6, 2));
}

#[test]
fn reviews_are_spaced() {
    let timeline = Timeline { history: 1, measured: 2, days: 15 };
    let world = world(&[1; 15], 3, timeline, None);
    let par = &mut Par { days: 30.0, netted: true };
    // Evenings 0, 7 and 14; the first, of the history, is not counted.
    assert_eq!(run(&world, par, 7).unwrap().tallies[0].lines, 1);
    let outcome = run(&world, &mut Script(vec![1; 15]), 1).unwrap();
    assert_eq!((outcome.orders, outcome.tallies[0].lines), (13 - 1, 12));
}

#[test]
fn an_own_par_level_takes_the_place_of_the_formula() {
    let timeline = Timeline { history: 1, measured: 2, days: 15 };
    let counts = |par_level| {
        let article = Article { par_level, ..world(&[1; 15], 3, timeline, None).articles()[0].clone() };
        let own = World::new(vec![article], timeline, vec![vec![1; 15]], vec![vec![2; 15]], vec![3]).unwrap();
        let tally = run(&own, &mut Par { days: 2.0, netted: true }, 7).unwrap().tallies[0];
        (tally.packs, tally.unit_days)
    };
    // The formula wants 2 units: none on evening 0, a pack on evening 7, there in the evenings of days 9 to 12.
    assert_eq!(counts(None), (1, 1 + 4 + 3 + 2 + 1));
    // 12 units: 2 packs on evening 0, 5 left on evening 7 with 6 asked for: 2 packs again.
    let evenings = (1..=15).map(|day| 3 + if day >= 2 { 10 } else { 0 } + if day >= 9 { 10 } else { 0 } - day);
    assert_eq!(counts(Some(12)), (2, evenings.skip(1).take(13).sum::<i64>()));
    assert_eq!(counts(Some(0)), (0, 1));
}

#[test]
fn absurd_orders_and_shapes_are_refused() {
    let timeline = Timeline { history: 1, measured: 2, days: 6 };
    let world = world(&[1; 6], 0, timeline, None);
    assert_eq!(run(&world, &mut Script(vec![i64::MAX]), 1).unwrap_err(), SimulateError::TooLarge);
    let bad = wardstock_models::simulate::World::new(Vec::new(), timeline, Vec::new(), Vec::new(), Vec::new());
    assert!(bad.unwrap_err().to_string().contains("0 articles"));
    assert!(wardstock_models::simulate::hospital(1, 3, 0).is_err());
}
