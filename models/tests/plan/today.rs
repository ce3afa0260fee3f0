//! What is ordered today follows each item's own levels; limits still hold.

use std::collections::BTreeMap;

use wardstock_models::plan::{Due, Instance, PlanError, Risk, SolveLimits, solve};

use super::builders::{Rng, hospital, instance, item, offer, plan, supplier};

/// Gives every item levels of its first offer; about half are due.
fn with_levels(question: &mut Instance, rng: &mut Rng) {
    let first: BTreeMap<String, (String, i64)> =
        question.offers.iter().rev().map(|o| (o.item.clone(), (o.id.clone(), o.moq_packs))).collect();
    for made in &mut question.items {
        let (offer, moq) = first[&made.id].clone();
        let position: i64 = made.on_hand.iter().map(|lot| lot.units).sum();
        let due = rng.below(2) == 0;
        let level = if due { position as f64 + 1.0 } else { (position as f64 - 5.0).max(0.0) };
        made.due = Some(Due {
            offer,
            position,
            reorder_level: Some(level),
            up_to_level: level + 50.0,
            packs: if due { moq + i64::from(rng.below(9)) } else { 0 },
            previous_packs: None,
            days_to_reorder: Some(if due { 0.0 } else { 3.5 }),
            short_before_delivery: 0.0,
            one_pack_more: None,
            one_pack_less: None,
            review_days: 1,
        });
    }
}

/// An empty item whose 20 packs of 1 are due.
fn due_now() -> Due {
    Due {
        offer: "O1".to_owned(),
        position: 0,
        reorder_level: Some(9.0),
        up_to_level: 20.0,
        packs: 20,
        previous_packs: None,
        days_to_reorder: Some(0.0),
        short_before_delivery: 0.0,
        one_pack_more: None,
        one_pack_less: None,
        review_days: 1,
    }
}

/// Packs due at once by offer.
fn today(question: &Instance) -> BTreeMap<String, i64> {
    let orders = plan(question).orders;
    orders.into_iter().filter(|order| order.period == 0 && order.day == 0).map(|order| (order.offer, order.packs)).collect()
}

#[test]
fn without_limits_today_is_each_items_own_advice() {
    for seed in 0..20 {
        let mut rng = Rng(seed);
        let mut question = hospital(12, 8, seed, Risk::Expected);
        question.budget = None;
        question.storage.clear();
        question.suppliers.iter_mut().for_each(|s| (s.order_cost, s.min_order) = (0.0, 0.0));
        with_levels(&mut question, &mut rng);
        let wanted: BTreeMap<String, i64> =
            question.items.iter().filter_map(|i| i.due.as_ref()).filter(|d| d.packs > 0).map(|d| (d.offer.clone(), d.packs)).collect();
        assert_eq!(today(&question), wanted, "seed {seed}");
    }
}

#[test]
fn with_limits_no_more_than_wanted_but_for_a_minimum_order() {
    for seed in 0..20 {
        let mut rng = Rng(seed);
        let mut question = hospital(12, 8, seed, Risk::Expected);
        with_levels(&mut question, &mut rng);
        // `plan` checks budget, storage and minimum orders.
        let ordered = today(&question);
        for due in question.items.iter().filter_map(|item| item.due.as_ref()).filter(|due| due.packs > 0) {
            let got = ordered.get(&due.offer).copied().unwrap_or(0);
            let offer = question.offers.iter().find(|offer| offer.id == due.offer).unwrap();
            let supplier = question.suppliers.iter().find(|one| one.id == offer.supplier).unwrap();
            let lines = question.offers.iter().filter(|other| other.supplier == offer.supplier);
            let value: f64 = lines.map(|other| ordered.get(&other.id).copied().unwrap_or(0) as f64 * other.price).sum();
            let as_wanted = value - (got - due.packs) as f64 * offer.price;
            assert!(got <= due.packs || as_wanted < supplier.min_order, "seed {seed}: {got} of {}", due.packs);
        }
    }
}

#[test]
fn an_order_below_its_minimum_is_filled_no_further_than_the_minimum() {
    let mut made = item("P1", &[7.0; 4]);
    made.due = Some(due_now());
    let mut question = instance(4, vec![made], vec![offer("O1", "P1", 1, 1.0)]);
    let packs = |question: &Instance| today(question).get("O1").copied();
    for (minimum, wanted) in [(15.0, 20), (25.0, 25), (25.5, 26)] {
        question.suppliers[0].min_order = minimum;
        assert_eq!(packs(&question), Some(wanted), "minimum {minimum}");
    }
    // A shelf that can't use it: nothing is ordered for an order's sake.
    question.suppliers[0].min_order = 1e6;
    assert_eq!(packs(&question), None);
}

#[test]
fn a_line_that_is_not_due_is_dated_and_says_why() {
    let mut made = item("P1", &[7.0; 4]);
    made.on_hand = vec![super::builders::lot(5, None)];
    made.due = Some(Due {
        offer: "O1".to_owned(),
        position: 5,
        reorder_level: Some(2.0),
        up_to_level: 20.0,
        packs: 0,
        previous_packs: None,
        days_to_reorder: Some(2.4),
        short_before_delivery: 0.0,
        one_pack_more: None,
        one_pack_less: None,
        review_days: 1,
    });
    let mut question = instance(4, vec![made], vec![offer("O1", "P1", 1, 1.0)]);
    question.suppliers = vec![supplier("S1")];
    let planned = plan(&question);
    let first = planned.orders.iter().find(|order| order.period == 0).unwrap();
    assert_eq!(first.day, 3);
    let text = &planned.explanations.iter().find(|why| why.period == 0).unwrap().text;
    assert!(text.contains("not due today: 5 tablets on hand and on order reach the reorder level of 2 tablets in about 3 days"), "{text}");
    question.items[0].due.as_mut().unwrap().offer = "O9".to_owned();
    let refused = solve(&question, &SolveLimits::default(), &mut |_| true).unwrap_err();
    assert!(matches!(&refused, PlanError::Invalid { field, .. } if field == "items[0].due.offer"), "{refused}");
}

#[test]
fn a_rush_is_proposed_when_the_expected_loss_exceeds_its_cost() {
    let text = |missing: f64, rush_cost: Option<f64>| {
        let mut made = item("P1", &[7.0; 4]);
        made.due = Some(Due { short_before_delivery: missing, ..due_now() });
        let mut question = instance(4, vec![made], vec![offer("O1", "P1", 1, 1.0)]);
        question.suppliers[0].rush_cost = rush_cost;
        plan(&question).explanations.remove(0).text
    };
    // A missing tablet counts as 30.
    assert!(text(3.0, Some(50.0)).contains("Ask for a rush delivery: about 3 tablets may be missing"), "{}", text(3.0, Some(50.0)));
    assert!(!text(1.0, Some(50.0)).contains("rush"));
    assert!(text(3.0, None).contains("a faster one pays if it costs less than 90"), "{}", text(3.0, None));
}

#[test]
fn what_a_pack_more_costs_must_be_a_number() {
    let mut made = item("P1", &[7.0; 4]);
    made.due = Some(Due { one_pack_more: Some(f64::NAN), ..due_now() });
    let question = instance(4, vec![made], vec![offer("O1", "P1", 1, 1.0)]);
    let refused = wardstock_models::plan::validate(&question).unwrap_err().to_string();
    assert!(refused.starts_with("items[0].due.one_pack_more is NaN"), "{refused}");
}

#[test]
fn yesterdays_advice_stays_where_changing_it_gains_little() {
    let packs = |before: Option<i64>| {
        let mut made = item("P1", &[7.0; 4]);
        // A unit costs .01 a period: 10 more for 10 / 7 periods cost .07, 40 more 1.14.
        made.due = Some(Due { previous_packs: before, ..due_now() });
        today(&instance(4, vec![made], vec![offer("O1", "P1", 1, 1.0)]))["O1"]
    };
    assert_eq!((packs(None), packs(Some(30)), packs(Some(60))), (20, 30, 20));
}
