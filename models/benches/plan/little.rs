//! Small random instances with every rule of the contract.

use wardstock_models::plan::{
    Instance, Item, Lot, Offer, OpenOrder, Options, PeriodDemand, Risk, StorageClass, StorageLimit, Supplier, Ven,
};
use wardstock_models::rng::Rng;

/// 1 to 20 items over 3 to 5 periods, 1 to 3 suppliers; the same seed gives the same instance.
///
/// Packs of 1 to 12 units, minima of 1 to 3 packs, lead 0 to 2, order costs 0 to 40, line costs 0 to 3, every second
/// instance with minimum orders, budget (.5 to 1.2 of the mean spend) or storage; without storage limits half of the
/// items expire after 1 to 5 periods. Disposal costs at least what holding to the end does.
pub(crate) fn instance(seed: u64) -> Instance {
    let mut rng = Rng::new(seed);
    let periods = 3 + rng.below(3);
    let items = 1 + rng.below(20);
    let suppliers = 1 + rng.below(3);
    let (orders, minimum, lines) = (rng.below(4) > 0, rng.below(2) == 0, rng.below(2) == 0);
    let mut question = Instance {
        schema: "wardstock.plan.v1".to_owned(),
        periods,
        period_days: 7,
        start: "2026-11-23".to_owned(),
        currency: "EUR".to_owned(),
        items: Vec::new(),
        offers: Vec::new(),
        suppliers: Vec::new(),
        budget: None,
        storage: Vec::new(),
        transfers: Vec::new(),
        substitutes: Vec::new(),
        options: Options { risk: Risk::Mean, ..Options::default() },
    };
    for n in 0..suppliers {
        question.suppliers.push(Supplier {
            id: format!("S{n}"),
            name: None,
            order_cost: if orders { f64::from(rng.below(40)) } else { 0.0 },
            line_cost: if lines { f64::from(rng.below(7)) / 2.0 } else { 0.0 },
            min_order: if minimum { f64::from(20 + rng.below(80)) } else { 0.0 },
            rush_cost: None,
            order_periods: (rng.below(5) == 0).then(|| (0..periods).step_by(2).collect()),
        });
    }
    let (mut spend, mut litres) = (0.0, 0.0);
    for n in 0..items {
        let price = (0.3 + rng.normal()).exp();
        let made = item(n, periods, price, &mut rng);
        spend += price * made.demand.iter().map(|d| d.mean).sum::<f64>() / f64::from(periods);
        litres += made.volume_ml / 1000.0 * made.demand.iter().map(|d| d.mean).sum::<f64>() / f64::from(periods);
        for m in 0..=rng.below(2) {
            question.offers.push(offer((n, m), suppliers, price, &mut rng));
        }
        question.items.push(made);
    }
    if rng.below(2) == 0 {
        question.budget = Some((0..periods).map(|_| Some((spend * (50.0 + 70.0 * rng.uniform())).round() / 100.0)).collect());
    }
    if rng.below(2) == 0 {
        // First expired first out is not the cheapest order of issue where storage binds, and the exact program has
        // no other: so either storage or expiry.
        for item in &mut question.items {
            item.shelf_life_periods = None;
            item.on_hand.iter_mut().for_each(|lot| lot.expires_period = None);
            item.on_order.iter_mut().for_each(|order| order.expires_period = None);
        }
        let limit = litres * (0.5 + 2.0 * rng.uniform());
        question.storage = vec![StorageLimit { class: StorageClass::Ambient, litres: vec![Some(limit); periods as usize] }];
    }
    question
}

fn item(n: u32, periods: u32, price: f64, rng: &mut Rng) -> Item {
    let level = (1.8 + 0.8 * rng.normal()).exp();
    let demand = (0..periods).map(|_| PeriodDemand { mean: level * (0.5 + rng.uniform()), quantiles: Vec::new() }).collect();
    let holding_cost = price * 0.03 * rng.uniform();
    let some = |rng: &mut Rng| i64::from(rng.below(20)) * (level.ceil() as i64) / 10;
    let arrives_period = rng.below(periods);
    Item {
        id: format!("I{n}"),
        name: None,
        base_unit: None,
        place: None,
        ven: Ven::Essential,
        storage_class: StorageClass::Ambient,
        volume_ml: 10.0 + 50.0 * rng.uniform(),
        shelf_life_periods: (rng.below(2) == 0).then(|| 1 + rng.below(5)),
        on_hand: vec![Lot { units: some(rng), expires_period: Some(rng.below(periods)) }, Lot { units: some(rng), expires_period: None }],
        on_order: vec![OpenOrder { units: some(rng) / 2, arrives_period, expires_period: Some(arrives_period + rng.below(4)) }],
        demand,
        cumulative_demand: None,
        holding_cost,
        shortage_cost: price * [2.5, 6.0, 20.0][rng.below(3) as usize],
        disposal_cost: holding_cost * f64::from(periods) + price * 0.2 * rng.uniform(),
        safety_stock: None,
        due: None,
    }
}

fn offer((n, m): (u32, u32), suppliers: u32, price: f64, rng: &mut Rng) -> Offer {
    let units = 1 + rng.below(12);
    Offer {
        id: format!("O{n}.{m}"),
        item: format!("I{n}"),
        supplier: format!("S{}", rng.below(suppliers)),
        units_per_pack: i64::from(units),
        price: (price * f64::from(units) * (90.0 + 20.0 * rng.uniform())).round().max(1.0) / 100.0,
        moq_packs: i64::from([1, 1, 1, 2, 3][rng.below(5) as usize]),
        lead_periods: rng.below(3),
        max_packs: (rng.below(6) == 0).then(|| i64::from(3 + rng.below(6))),
        lead_delay: Vec::new(),
    }
}
