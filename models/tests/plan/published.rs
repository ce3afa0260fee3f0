//! Published lot-sizing and newsvendor cases, as far as the model can say them.
//!
//! From Snyder, Shen: Fundamentals of supply chain theory (2019), through the instances of stockpyl (MIT). Expressible
//! exactly: Wagner-Whitin (known demand, order cost, holding at the end of a period). By its order, not its cost: the
//! newsvendor, whose expected cost is minimised over straight pieces. Not expressible: EOQ, EPQ and discounts (continuous
//! time), (s,S) and (r,Q) (infinite horizon with a stationary policy), joint replenishment with cycle times, yield and
//! disruption, multi-echelon networks.

use wardstock_models::distribution::Distribution;
use wardstock_models::plan::{Instance, PeriodDemand, Risk};

use crate::builders::{Rng, instance, item, near, offer, plan};

fn lot_sizing(demand: &[f64], holding: f64, order_cost: f64) -> Instance {
    let mut only = item("A", demand);
    (only.holding_cost, only.shortage_cost) = (holding, 1e4);
    let mut question = instance(u32::try_from(demand.len()).unwrap(), vec![only], vec![offer("O", "A", 1, 0.0)]);
    question.suppliers[0].order_cost = order_cost;
    question
}

#[track_caller]
fn check_wagner_whitin(demand: &[f64], holding: f64, order_cost: f64, want_cost: f64, want_orders: &[i64]) {
    let planned = plan(&lot_sizing(demand, holding, order_cost));
    near(planned.objective, want_cost);
    assert!(planned.bound <= want_cost * (1.0 + 1e-9), "{}", planned.bound);
    let mut orders = vec![0; demand.len()];
    planned.orders.iter().for_each(|order| orders[order.period as usize] += order.packs);
    assert_eq!(orders, want_orders);
}

#[test]
fn wagner_whitin_as_published() {
    check_wagner_whitin(&[150.0, 100.0, 80.0, 200.0], 0.8, 120.0, 424.0, &[150, 180, 0, 200]); // problem 3.27
    check_wagner_whitin(&[730.0, 580.0, 445.0, 650.0, 880.0], 0.1, 100.0, 423.0, &[1310, 0, 1095, 0, 880]); // problem 3.29
}

/// `C_t = min over s < t of C_s + K + h sum_(s < u <= t) (u - s - 1) d_u` (Wagner, Whitin, Management Science 5, 1958).
fn wagner_whitin(demand: &[f64], holding: f64, order_cost: f64) -> f64 {
    let mut best = vec![0.0; demand.len() + 1];
    for end in 1..=demand.len() {
        let from = |start: usize| {
            let later: f64 = demand[start..end].iter().enumerate().map(|(age, units)| f64::from(age as u32) * units).sum();
            best[start] + if demand[start..end].iter().any(|units| *units > 0.0) { order_cost + holding * later } else { 0.0 }
        };
        best[end] = (0..end).map(from).fold(f64::INFINITY, f64::min);
    }
    best[demand.len()]
}

#[test]
fn wagner_whitin_by_dynamic_programming() {
    let mut rng = Rng(27);
    let (mut worst, mut sum) = (1.0_f64, 0.0);
    for _ in 0..60 {
        let demand: Vec<f64> = (0..4 + rng.below(9)).map(|_| f64::from(rng.below(4).min(1) * rng.below(200))).collect();
        let (holding, order_cost) = (0.05 + rng.unit(), 20.0 + f64::from(rng.below(300)));
        let optimum = wagner_whitin(&demand, holding, order_cost);
        let planned = plan(&lot_sizing(&demand, holding, order_cost));
        assert!(planned.bound <= optimum * (1.0 + 1e-9) + 1e-9, "bound {} above {optimum}", planned.bound);
        let ratio = if optimum > 0.0 { planned.objective / optimum } else { 1.0 };
        worst = worst.max(ratio);
        sum += ratio;
    }
    println!("Wagner-Whitin, 60 random instances: mean ratio to the optimum {:.5}, worst {worst:.5}", sum / 60.0);
    assert!(worst <= 1.005, "{worst}");
}

/// One period, demand by its law, and what is ordered.
fn newsvendor(law: impl Fn(f64) -> f64, mean: f64, holding: f64, shortage: f64) -> i64 {
    let levels: Vec<f64> = (1..200).map(|n| f64::from(n) / 200.0).collect();
    let mut only = item("A", &[mean]);
    only.demand = vec![PeriodDemand { mean, quantiles: levels.iter().map(|level| (*level, law(*level))).collect() }];
    (only.holding_cost, only.shortage_cost) = (holding, shortage);
    let mut question = instance(1, vec![only], vec![offer("O", "A", 1, 0.0)]);
    question.options.risk = Risk::Expected;
    let planned = plan(&question);
    planned.orders.iter().map(|order| order.packs).sum()
}

#[test]
fn newsvendor_orders_as_published() {
    let poisson = Distribution::poisson(6.0).unwrap();
    assert_eq!(newsvendor(|level| poisson.quantile(level), 6.0, 1.0, 4.0), 8); // example 4.7 without its fixed cost
}
