//! What the ledger holds after readings and bookings.

use serde_json::json;

use super::*;

#[test]
fn an_authoritative_sensor_books_what_it_sees() {
    let mut scene = Scene::new(true);
    scene.bind(Mode::Authoritative, Measure::Level, "c1");
    scene.book(Kind::Receipt, 30, -600);
    scene.sees(0, 40);
    assert_eq!((scene.on_hand(), scene.net("adjustment")), (40, vec![(0, 10)]));
    scene.at(10);
    scene.sees(10, 35);
    assert_eq!((scene.on_hand(), scene.net("issue")), (35, vec![(10, -5)]));
    scene.book(Kind::Receipt, 100, 20);
    scene.at(720);
    scene.sees(720, 120);
    assert_eq!((scene.on_hand(), scene.net("issue")), (120, vec![(10, -5), (720, -15)]));
    // A day late: the step is split, and the demand lands when it was.
    scene.at(2_160);
    scene.sees(300, 131);
    scene.sees(5, 38);
    assert_eq!((scene.on_hand(), scene.net("issue")), (120, vec![(5, -2), (10, -3), (300, -4), (720, -11)]));
    assert_eq!(scene.net("adjustment"), vec![(0, 10)]);
    assert_eq!(scene.count("projection_task"), 0);
    assert!(scene.open_discrepancies().is_empty());
    // Earlier than the first reading: the baseline moves.
    scene.sees(-30, 42);
    assert_eq!((scene.on_hand(), scene.net("adjustment")), (120, vec![(-30, 12)]));
    assert_eq!(scene.net("issue")[0], (0, -2));
}

#[test]
fn filling_and_booking_are_one_event() {
    let mut scene = Scene::new(true);
    scene.bind(Mode::Authoritative, Measure::Level, "c1");
    scene.sees(0, 10);
    scene.at(15);
    scene.sees(15, 110);
    assert_eq!((scene.on_hand(), scene.count("projection_task")), (10, 1));
    assert!(scene.open_discrepancies().is_empty(), "an increase that waits is no discrepancy");
    scene.at(30);
    scene.book(Kind::Receipt, 100, 30);
    scene.at(40);
    scene.sees(40, 108);
    assert_eq!((scene.on_hand(), scene.net("issue"), scene.net("adjustment")), (108, vec![(40, -2)], vec![(0, 10)]));
    scene.at(600);
    scene.project();
    assert_eq!((scene.on_hand(), scene.count("projection_task")), (108, 0));
    // Nobody ever books this one: after the lag it is an increase.
    scene.sees(600, 128);
    assert_eq!(scene.on_hand(), 108);
    scene.at(841);
    scene.project();
    assert_eq!((scene.on_hand(), scene.net("adjustment")), (128, vec![(0, 10), (600, 20)]));
    // It is booked late after all, for the time when it happened: the increase is taken back.
    scene.at(900);
    scene.book(Kind::Receipt, 20, 590);
    assert_eq!((scene.on_hand(), scene.net("adjustment")), (128, vec![(0, 10)]));
}

#[test]
fn a_removal_booked_by_hand_too_is_one_removal() {
    let mut scene = Scene::new(true);
    scene.bind(Mode::Authoritative, Measure::Level, "c1");
    scene.sees(0, 10);
    scene.at(5);
    scene.sees(5, 2);
    assert_eq!(scene.on_hand(), 2);
    scene.book(Kind::Issue, -2, 6);
    scene.at(7);
    scene.sees(7, 2);
    assert_eq!((scene.on_hand(), scene.net("issue")), (2, vec![(5, -6)]));
    // More is seen going than the book holds.
    scene.book(Kind::Waste, -2, 8);
    scene.at(9);
    scene.sees(9, 0);
    assert_eq!(scene.on_hand(), 0);
    scene.at(400);
    scene.sees(400, 0);
    assert_eq!((scene.on_hand(), scene.open_discrepancies().len()), (0, 0));
}

#[test]
fn the_book_never_falls_below_zero() {
    let mut scene = Scene::new(true);
    scene.bind(Mode::Authoritative, Measure::Level, "c1");
    scene.sees(0, 10);
    scene.at(1);
    scene.sees(1, 60);
    scene.at(2);
    scene.sees(2, 20);
    assert_eq!((scene.on_hand(), scene.net("issue")), (0, vec![(2, -10)]));
    assert_eq!(scene.open_discrepancies().len(), 1);
    scene.at(300);
    scene.project();
    assert_eq!((scene.on_hand(), scene.net("issue"), scene.net("adjustment")), (20, vec![(2, -40)], vec![(0, 10), (1, 50)]));
    assert!(scene.open_discrepancies().is_empty());
}

#[test]
fn advice_waits_for_a_person() {
    let mut scene = Scene::new(true);
    scene.bind(Mode::Advise, Measure::Level, "c1");
    scene.book(Kind::Receipt, 40, -10);
    scene.sees(0, 40);
    assert!(scene.open_discrepancies().is_empty());
    scene.at(1);
    scene.sees(1, 35);
    let open = scene.open_discrepancies();
    assert_eq!((open[0].1, open[0].2, scene.on_hand()), (40, 35, 40));
    scene.book(Kind::Issue, -5, 2);
    assert!(scene.open_discrepancies().is_empty());
    scene.at(3);
    scene.sees(3, 30);
    let id = scene.open_discrepancies()[0].0;
    scene.write(move |tx| discrepancy::decide(tx, &admin(), id, Decision::Accept, &Why::default()));
    assert_eq!((scene.on_hand(), scene.open_discrepancies().len()), (30, 0));
    scene.at(4);
    scene.sees(4, 29);
    let id = scene.open_discrepancies()[0].0;
    scene.write(move |tx| discrepancy::decide(tx, &admin(), id, Decision::Reject, &Why::default()));
    scene.at(5);
    scene.sees(5, 29);
    assert!(scene.open_discrepancies().is_empty(), "what a person rejected does not come back");
    scene.at(6);
    scene.sees(6, 28);
    assert_eq!(scene.open_discrepancies().len(), 1);
}

#[test]
fn weights_book_too() {
    let mut scene = Scene::new(true);
    scene.bind(Mode::Authoritative, Measure::Weight, "w1");
    let weight = |minute: i64, grams: f64, stable: bool| json!([{"kind": "weight", "channel": "w1", "at": Micros(START + minute * MINUTE).to_text(), "gross_g": grams, "tare_g": 100, "stable": stable}]);
    scene.send(&weight(0, 300.3, true));
    assert_eq!(scene.on_hand(), 40);
    scene.at(3);
    scene.send(&weight(1, 250.0, false));
    scene.send(&weight(2, 162.4, true));
    assert_eq!(scene.on_hand(), 40, "neither unrest nor half a unit books");
    scene.send(&weight(3, 275.2, true));
    assert_eq!((scene.on_hand(), scene.net("issue")), (35, vec![(3, -5)]));
    assert_eq!(scene.send(&weight(3, 9_000.0, true)).1["results"][0]["code"], "out_of_range");
}
