//! One item's advice by hand.

use super::*;
use crate::distribution::Distribution;

const TERMS: Terms =
    Terms { holding_per_day: 0.01, shortage: 100.0, line: 8.0, expired: 5.0, shelf_life_days: None, units_per_pack: 10, moq_packs: 1 };

fn steady(per_week: f64) -> Demand {
    let sums: Vec<Distribution> =
        (1..=13).map(|weeks| Distribution::poisson(per_week * f64::from(weeks)).expect("a mean above 0")).collect();
    Demand::Smooth(SmoothDemand::new(&sums, 7, [1.0; 7]))
}

fn ask(demand: &Demand, on_hand: i64, open: &[OpenOrder], lead: &[(usize, f64)]) -> OrderAdvice {
    advise(&Question { demand, lead_days: lead, review_days: 1, terms: TERMS, lots: &[Lot { units: on_hand, days_left: None }], open })
}

const PUNCTUAL: [(usize, f64); 1] = [(3, 1.0)];

#[test]
fn an_empty_shelf_is_filled_in_whole_packs_and_a_full_one_waits() {
    let demand = steady(70.0);
    let empty = ask(&demand, 0, &[], &PUNCTUAL);
    // Four days need 40 units, with a margin of a few times sqrt 40; Harris: sqrt(2 x 8 x 10 / .01) = 126.
    let reorder = empty.reorder_level.expect("worth keeping");
    assert!((50.0..70.0).contains(&reorder), "{reorder}");
    assert!((150.0..230.0).contains(&empty.up_to_level), "{}", empty.up_to_level);
    assert!(empty.units % 10 == 0 && empty.units >= 150);
    let full = ask(&demand, 200, &[], &PUNCTUAL);
    assert_eq!(full.units, 0);
    assert!((full.days_to_reorder - (200.0 - reorder) / 10.0).abs() < 1e-9);
    let coming = ask(&demand, 0, &[OpenOrder { age_days: 0, units: 200 }], &PUNCTUAL);
    assert_eq!(coming.units, 0, "what is on order counts");
}

#[test]
fn a_pack_more_or_less_than_the_best_costs_more_and_ever_more() {
    let demand = steady(70.0);
    let ask = |units_per_pack: i64| {
        let terms = Terms { units_per_pack, ..TERMS };
        advise(&Question { demand: &demand, lead_days: &PUNCTUAL, review_days: 1, terms, lots: &[], open: &[] })
    };
    let cost = |advice: OrderAdvice| {
        let both = advice.one_pack_more.zip(advice.one_pack_less).expect("an order of several packs");
        assert!(both.0 > -1e-3 && both.1 > -1e-3, "{both:?}");
        both.0 + both.1
    };
    assert!(cost(ask(40)) > 4.0 * cost(ask(10)), "{:?} {:?}", ask(40), ask(10));
    let full = advise(&Question {
        demand: &demand,
        lead_days: &PUNCTUAL,
        review_days: 1,
        terms: TERMS,
        lots: &[Lot { units: 300, days_left: None }],
        open: &[],
    });
    assert_eq!((full.one_pack_more, full.one_pack_less), (None, None));
}

#[test]
fn dearer_shortage_and_longer_lead_raise_the_reorder_level() {
    let demand = steady(70.0);
    let level = |lead: usize, shortage: f64| {
        let terms = Terms { shortage, ..TERMS };
        let lead_days = [(lead, 1.0)];
        let question = Question { demand: &demand, lead_days: &lead_days, review_days: 1, terms, lots: &[], open: &[] };
        advise(&question).reorder_level.unwrap_or(-1.0)
    };
    assert!(level(3, 100.0) > level(3, 10.0));
    assert!(level(9, 100.0) > level(3, 100.0) + 50.0);
}

#[test]
fn what_expires_is_not_stocked_up() {
    let demand = steady(7.0);
    let life = |days: Option<usize>| {
        let terms = Terms { shelf_life_days: days, units_per_pack: 1, ..TERMS };
        let question = Question { demand: &demand, lead_days: &PUNCTUAL, review_days: 1, terms, lots: &[], open: &[] };
        advise(&question).up_to_level
    };
    assert!(life(Some(14)) < life(None) - 10.0);
    assert!(life(Some(14)) < 20.0);
}

#[test]
fn a_late_order_is_replaced_only_when_waiting_is_dear() {
    let demand = steady(70.0);
    // One in a hundred takes 30 days instead of 3.
    let lead = [(3, 0.99), (30, 0.01)];
    let late = [OpenOrder { age_days: 8, units: 150 }];
    let poor = ask(&demand, 40, &late, &lead);
    assert_eq!((poor.replaced, poor.position), (150, 40));
    assert!(poor.units > 0);
    let rich = ask(&demand, 400, &late, &lead);
    assert_eq!((rich.replaced, rich.units), (0, 0));
    let young = ask(&demand, 40, &[OpenOrder { age_days: 1, units: 150 }], &lead);
    assert_eq!(young.replaced, 0, "not late yet");
}

#[test]
fn what_is_missing_before_the_next_delivery() {
    let demand = steady(70.0);
    // 3 days need 30 with nothing at hand, one day 10 with an order that comes tomorrow; the grid is a few units wide.
    assert!((ask(&demand, 0, &[], &PUNCTUAL).short_before_delivery - 30.0).abs() < 1.5);
    let tomorrow = OpenOrder { age_days: 2, units: 200 };
    assert!((ask(&demand, 0, &[tomorrow], &PUNCTUAL).short_before_delivery - 10.0).abs() < 1.5);
    assert!(ask(&demand, 100, &[], &PUNCTUAL).short_before_delivery < 1e-6);
}

#[test]
fn lumpy_demand_keeps_its_mean() {
    let mut record = DemandRecord::default();
    (0..1_000).for_each(|day| record.add(day, if day % 20 == 0 { 5 } else { 0 }));
    assert!(record.is_lumpy());
    let pool = DemandPool::of(&[record]);
    let demand = Demand::new(&record, &pool, &[], 7, 1_000);
    assert!((demand.mean_per_day() - 0.25).abs() < 0.01, "{}", demand.mean_per_day());
    let grid = law::Grid::new(1);
    let mut laws = demand.laws(grid, 30);
    let mean: f64 = laws.row(30).iter().map(|below| 1.0 - below).sum();
    assert!((mean - 7.5).abs() < 0.3, "{mean}");
    let advice = ask(&demand, 0, &[], &PUNCTUAL);
    assert!(advice.units > 0);
}

#[test]
fn nothing_asked_for_is_not_ordered() {
    let record = DemandRecord::of(0, &[0; 50]);
    let demand = Demand::new(&record, &DemandPool::of(&[record]), &[], 7, 50);
    let advice = ask(&demand, 0, &[], &PUNCTUAL);
    assert_eq!((advice.units, advice.reorder_level), (0, None));
    assert!(advice.cost_per_day < 0.05, "{}", advice.cost_per_day);
}

#[test]
fn what_expires_before_more_can_come_does_not_count() {
    let lot = |units, days_left| Lot { units, days_left };
    // 2 a day: of the first 30 units 10 can be used in 5 days; the next lot lasts.
    assert_eq!(lasting(&[lot(30, Some(5)), lot(8, Some(90)), lot(4, None)], 2.0, 12.0), 22);
    assert_eq!(lasting(&[lot(30, Some(20))], 2.0, 12.0), 30);
    assert_eq!(lasting(&[lot(6, Some(4)), lot(10, Some(6))], 2.0, 12.0), 12);
}
