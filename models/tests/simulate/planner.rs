//! Our planner in the loop: it fills shelves, and the same seed gives the same orders.

use wardstock_models::simulate::{Figures, Knobs, Wardstock, clairvoyant, hospital, run};

#[test]
fn the_planner_keeps_shelves_filled() {
    let world = hospital(3, 8, 26).unwrap();
    let bound = clairvoyant(&world, 7);
    let walked = || run(&world, &mut Wardstock::new(Knobs::default()), 7).unwrap();
    let outcome = walked();
    let figures = Figures::of(&world, &outcome, bound);
    assert!(figures.unit_fill > 0.97 && figures.cost >= bound, "{figures:?}");
    assert_eq!(outcome, walked());
}
