//! The planner against hand-worked cases, brute force and its own independent judge.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    clippy::type_complexity,
    reason = "tests fail by panicking, draw small numbers and print what they measured"
)]

use wardstock_models::plan::{
    Instance, Item, Lot, Offer, OpenOrder, Options, PeriodDemand, PlanError, Planned, Reason, Risk,
    SolveLimits, Status, StorageClass, StorageLimit, Supplier, Ven, check, solve,
};

/// `SplitMix64`: a small seeded generator for tests.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u32) -> u32 {
        u32::try_from(self.next() % u64::from(n)).unwrap()
    }

    fn unit(&mut self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).unwrap()) / 4_294_967_296.0
    }
}

fn item(id: &str, demand: &[f64]) -> Item {
    Item {
        id: id.to_owned(),
        name: Some(format!("Item {id}")),
        base_unit: Some("tablet".to_owned()),
        place: None,
        ven: Ven::Essential,
        storage_class: StorageClass::Ambient,
        volume_ml: 0.0,
        shelf_life_periods: None,
        on_hand: Vec::new(),
        on_order: Vec::new(),
        demand: demand
            .iter()
            .map(|&mean| PeriodDemand {
                mean,
                quantiles: Vec::new(),
            })
            .collect(),
        cumulative_demand: None,
        holding_cost: 0.01,
        shortage_cost: 30.0,
        disposal_cost: 0.5,
        safety_stock: None,
    }
}

fn offer(id: &str, item: &str, units_per_pack: i64, price: f64) -> Offer {
    Offer {
        id: id.to_owned(),
        item: item.to_owned(),
        supplier: "S1".to_owned(),
        units_per_pack,
        price,
        moq_packs: 1,
        lead_periods: 0,
        max_packs: None,
        lead_delay: Vec::new(),
    }
}

fn supplier(id: &str) -> Supplier {
    Supplier {
        id: id.to_owned(),
        name: None,
        order_cost: 0.0,
        min_order: 0.0,
        order_periods: None,
    }
}

fn instance(periods: u32, items: Vec<Item>, offers: Vec<Offer>) -> Instance {
    Instance {
        schema: "wardstock.plan.v1".to_owned(),
        periods,
        period_days: 7,
        start: "2026-11-23".to_owned(),
        currency: "EUR".to_owned(),
        items,
        offers,
        suppliers: vec![supplier("S1")],
        budget: None,
        storage: Vec::new(),
        transfers: Vec::new(),
        substitutes: Vec::new(),
        options: Options {
            risk: Risk::Mean,
            ..Options::default()
        },
    }
}

#[track_caller]
fn plan(instance: &Instance) -> Planned {
    let planned = solve(instance, &SolveLimits::default(), &mut |_| true).unwrap();
    let report = check(instance, &planned);
    assert!(report.is_accepted(), "{:#?}", report.problems);
    planned
}

#[track_caller]
fn near(found: f64, want: f64) {
    assert!(
        (found - want).abs() <= 1e-6 * want.abs().max(1.0),
        "{found}, expected {want}"
    );
}

fn lot(units: i64, expires_period: Option<u32>) -> Lot {
    Lot {
        units,
        expires_period,
    }
}

#[test]
fn two_lots_are_used_first_expired_first_and_the_rest_disposed_of_in_time() {
    // 10 units usable until the end of period 0, 10 that last; demand 4, 4, 4.
    let mut only = item("A", &[4.0, 4.0, 4.0]);
    only.on_hand = vec![lot(10, None), lot(10, Some(0))];
    let planned = plan(&instance(3, vec![only], Vec::new()));
    let rows: Vec<(f64, f64, f64)> = planned
        .projection
        .iter()
        .map(|r| (r.stock, r.unmet, r.disposed))
        .collect();
    assert_eq!(rows, [(10.0, 0.0, 6.0), (6.0, 0.0, 0.0), (2.0, 0.0, 0.0)]);
    near(planned.objective, 0.01 * 18.0 + 0.5 * 6.0);
    near(planned.bound, planned.objective);
    assert_eq!(planned.status, Status::Optimal);
}

#[test]
fn a_later_delivery_that_expires_first_is_used_first() {
    // 5 units at hand never expire; 5 arrive in period 1 and expire with it. Demand 0, 4, 4.
    let mut only = item("A", &[0.0, 4.0, 4.0]);
    only.on_hand = vec![lot(5, None)];
    only.on_order = vec![OpenOrder {
        units: 5,
        arrives_period: 1,
        expires_period: Some(1),
    }];
    let planned = plan(&instance(3, vec![only], Vec::new()));
    let stock: Vec<f64> = planned.projection.iter().map(|r| r.stock).collect();
    assert_eq!(stock, [5.0, 5.0, 1.0]);
    near(planned.projection[1].disposed, 1.0);
}

#[test]
fn the_bound_is_exact_where_a_later_delivery_expires_first() {
    // Period 0 uses 4 of 5 lasting units; 5 arrive in period 1 and expire with it, unused.
    let mut only = item("A", &[4.0, 0.0, 4.0]);
    only.on_hand = vec![lot(5, None)];
    only.on_order = vec![OpenOrder {
        units: 5,
        arrives_period: 1,
        expires_period: Some(1),
    }];
    let mut question = instance(3, vec![only], vec![offer("O", "A", 1, 2.0)]);
    question.budget = Some(vec![Some(0.0); 3]);
    let planned = plan(&question);
    near(planned.projection[1].stock, 1.0);
    near(planned.projection[1].disposed, 5.0);
    near(planned.cost.shortage, 90.0);
    assert!(planned.gap < 1e-6, "{}", planned.gap);
}

#[test]
fn rules_of_suppliers_are_kept() {
    // 25 units in period 2; orders only in periods 0 and 3, at most 2 packs, minimum value 30.
    let only = item("A", &[0.0, 0.0, 25.0, 0.0]);
    let mut capped = offer("O", "A", 10, 10.0);
    capped.max_packs = Some(2);
    let mut question = instance(4, vec![only], vec![capped, offer("P", "A", 5, 20.0)]);
    question.suppliers[0].order_periods = Some(vec![0, 3]);
    question.suppliers[0].min_order = 30.0;
    question.suppliers[0].order_cost = 7.0;
    let planned = plan(&question);
    let lines: Vec<(&str, u32, i64)> = planned
        .orders
        .iter()
        .map(|o| (o.offer.as_str(), o.period, o.packs))
        .collect();
    assert_eq!(lines, [("O", 0, 2), ("P", 0, 1)]);
    near(planned.objective, 20.0 + 20.0 + 7.0 + 0.5);
    // The minimum alone is not worth 200 for one item that needs one pack worth 5.
    let mut cheap = item("A", &[1.0]);
    cheap.shortage_cost = 5.0;
    let mut question = instance(1, vec![cheap], vec![offer("O", "A", 1, 1.0)]);
    question.suppliers[0].min_order = 200.0;
    assert!(plan(&question).orders.is_empty());
}

#[test]
fn risk_forms_hold_more_stock_than_the_mean_form() {
    let mut only = item("A", &[20.0, 20.0, 20.0, 20.0]);
    only.ven = Ven::Vital;
    let mut question = instance(4, vec![only], vec![offer("O", "A", 1, 1.0)]);
    let stock = |question: &Instance| plan(question).projection[1].stock;
    near(stock(&question), 0.0);
    question.options.risk = Risk::Quantile;
    // Poisson, one period: z(0.99) * sqrt(20) is 10.4; whole packs round it.
    let target = stock(&question);
    assert!((10.0..13.0).contains(&target), "{target}");
    question.options.risk = Risk::Expected;
    assert!(stock(&question) > 8.0);
    question.options.risk = Risk::Mean;
    question.items[0].safety_stock = Some(vec![6.0; 4]);
    near(stock(&question), 6.0);
}

#[test]
fn random_delay_asks_for_more_stock() {
    let mut question = instance(
        6,
        vec![item("A", &[20.0; 6])],
        vec![offer("O", "A", 1, 1.0)],
    );
    question.options.risk = Risk::Expected;
    let punctual = plan(&question).projection[3].stock;
    question.offers[0].lead_delay = vec![(0, 0.8), (1, 0.15), (2, 0.05)];
    assert!(plan(&question).projection[3].stock > punctual + 5.0);
}

#[test]
fn an_order_cannot_outlive_its_shelf_life() {
    // Shelf life 2: one order in period 0 serves periods 0 and 1 only; orders only in period 0.
    let mut only = item("A", &[10.0, 10.0, 10.0]);
    only.shelf_life_periods = Some(2);
    let mut question = instance(3, vec![only], vec![offer("O", "A", 10, 5.0)]);
    question.suppliers[0].order_periods = Some(vec![0]);
    let planned = plan(&question);
    assert_eq!(planned.orders[0].packs, 2);
    near(planned.cost.shortage, 300.0);
    near(planned.objective, 10.0 + 0.1 + 300.0);
    near(planned.bound, planned.objective);
}

/// Wagner and Whitin by dynamic programming over the period of the next order, one unit a pack.
fn wagner_whitin(demand: &[f64], fee: f64, holding: f64, price: f64) -> f64 {
    let n = demand.len();
    let mut best = vec![0.0; n + 1];
    for from in (0..n).rev() {
        best[from] = f64::INFINITY;
        let mut cost = fee;
        for to in from..n {
            cost += demand[to] * (price + holding * f64::from(u32::try_from(to - from).unwrap()));
            best[from] = f64::min(best[from], cost + best[to + 1]);
        }
    }
    best[0]
}

#[test]
fn lot_sizes_are_near_wagner_and_whitin_and_the_bound_is_below() {
    let mut rng = Rng(3);
    let mut worst: f64 = 0.0;
    for _ in 0..40 {
        let demand: Vec<f64> = (0..12).map(|_| f64::from(rng.below(90) + 10)).collect();
        let fee = f64::from(rng.below(120) + 20);
        let mut only = item("A", &demand);
        only.holding_cost = 0.5;
        only.shortage_cost = 100.0;
        let mut question = instance(12, vec![only], vec![offer("O", "A", 1, 2.0)]);
        question.suppliers[0].order_cost = fee;
        let planned = plan(&question);
        let best = wagner_whitin(&demand, fee, 0.5, 2.0);
        assert!(planned.bound <= best + 1e-6 && planned.objective >= best - 1e-6);
        worst = worst.max(planned.objective / best - 1.0);
    }
    assert!(worst < 0.05, "worst {worst}");
}

/// Every plan of up to `most` packs per offer and period, judged by the checker alone.
fn brute_force(question: &Instance, most: i64) -> f64 {
    let slots: Vec<(usize, u32)> = (0..question.offers.len())
        .flat_map(|k| (0..question.periods).map(move |t| (k, t)))
        .collect();
    let none = litres_without_orders(question);
    let mut best = f64::INFINITY;
    let mut packs = vec![0_i64; slots.len()];
    loop {
        if let Some(cost) = cost_of(question, &slots, &packs, &none) {
            best = best.min(cost);
        }
        let mut n = 0;
        while n < packs.len() && packs[n] == most {
            packs[n] = 0;
            n += 1;
        }
        if n == packs.len() {
            return best;
        }
        packs[n] += 1;
    }
}

/// Cost of a plan by a walk written for this test; `None` when it breaks a rule.
fn cost_of(
    question: &Instance,
    slots: &[(usize, u32)],
    packs: &[i64],
    none: &[f64],
) -> Option<f64> {
    let mut cost = 0.0;
    let mut spent = vec![0.0; usize::try_from(question.periods).unwrap()];
    let mut arrivals: Vec<(String, u32, i64)> = Vec::new();
    for (&(k, t), &n) in slots.iter().zip(packs) {
        let offer = &question.offers[k];
        if n > 0 && n < offer.moq_packs {
            return None;
        }
        let money = f64::from(i32::try_from(n).unwrap()) * offer.price;
        spent[usize::try_from(t).unwrap()] += money;
        cost += money;
        let arrives = t + offer.lead_periods;
        arrivals.push((offer.item.clone(), arrives, n * offer.units_per_pack));
    }
    for (t, &money) in spent.iter().enumerate() {
        let limit = question.budget.as_ref().and_then(|b| b[t]);
        if limit.is_some_and(|limit| money > limit + 1e-9) {
            return None;
        }
        if money > 0.0 {
            cost += question.suppliers[0].order_cost;
            if money < question.suppliers[0].min_order - 1e-9 {
                return None;
            }
        }
    }
    let mut litres = vec![0.0; spent.len()];
    for item in &question.items {
        let mut shelf: Vec<(u32, f64)> = Vec::new();
        for (t, demand) in (0..).zip(&item.demand) {
            for lot in item.on_hand.iter().filter(|_| t == 0) {
                let units = f64::from(i32::try_from(lot.units).unwrap());
                shelf.push((lot.expires_period.unwrap_or(u32::MAX), units));
            }
            for (_, _, units) in arrivals.iter().filter(|a| a.0 == item.id && a.1 == t) {
                let last = item
                    .shelf_life_periods
                    .map_or(u32::MAX, |life| t + life - 1);
                shelf.push((last, f64::from(i32::try_from(*units).unwrap())));
            }
            shelf.sort_by_key(|lot| lot.0);
            let mut wanted = demand.mean;
            for lot in &mut shelf {
                let taken = lot.1.min(wanted);
                lot.1 -= taken;
                wanted -= taken;
            }
            cost += item.shortage_cost * wanted;
            let dead: f64 = shelf.iter().filter(|l| l.0 == t).map(|l| l.1).sum();
            cost += item.disposal_cost * dead;
            shelf.retain(|l| l.0 != t);
            let left = shelf.iter().map(|l| l.1).sum::<f64>();
            cost += item.holding_cost * left;
            litres[t as usize] += item.volume_ml / 1000.0 * left;
        }
    }
    if let (Some(limit), true) = (question.storage.first(), packs.iter().any(|&n| n > 0)) {
        for (t, given) in limit.litres.iter().enumerate() {
            if litres[t] > given.unwrap().max(none[t]) + 1e-9 {
                return None;
            }
        }
    }
    Some(cost)
}

/// Litres of stock at the end of each period when nothing is ordered.
fn litres_without_orders(question: &Instance) -> Vec<f64> {
    let mut idle = question.clone();
    idle.offers.clear();
    let planned = solve(&idle, &SolveLimits::default(), &mut |_| true).unwrap();
    let mut litres = vec![0.0; question.periods as usize];
    for row in &planned.projection {
        let item = question.items.iter().find(|i| i.id == row.item).unwrap();
        litres[row.period as usize] += item.volume_ml / 1000.0 * row.stock;
    }
    litres
}

fn tiny(rng: &mut Rng) -> Instance {
    let periods = 3;
    let mut items = Vec::new();
    let mut offers = Vec::new();
    for n in 0..2 {
        let id = format!("I{n}");
        let demand: Vec<f64> = (0..periods).map(|_| rng.unit() * 12.0).collect();
        let mut made = item(&id, &demand);
        made.holding_cost = rng.unit() * 0.3;
        made.shortage_cost = 1.0 + rng.unit() * 5.0;
        made.shelf_life_periods = Some(1 + rng.below(3));
        made.on_hand = vec![
            lot(i64::from(rng.below(8)), Some(rng.below(4))),
            lot(i64::from(rng.below(4)), None),
        ];
        items.push(made);
        let units = i64::from(3 + rng.below(5));
        let mut made = offer(&format!("O{n}"), &id, units, 1.0 + rng.unit() * 9.0);
        made.moq_packs = i64::from(1 + rng.below(2));
        made.lead_periods = rng.below(2);
        offers.push(made);
    }
    let mut question = instance(periods, items, offers);
    if rng.below(2) == 0 {
        for made in &mut question.items {
            made.volume_ml = 500.0 + 1000.0 * rng.unit();
        }
        let litres = (0..periods).map(|_| Some(rng.unit() * 12.0)).collect();
        question.storage = vec![StorageLimit {
            class: StorageClass::Ambient,
            litres,
        }];
    }
    question.suppliers[0].order_cost = f64::from(rng.below(2)) * 4.0;
    question.suppliers[0].min_order = f64::from(rng.below(2)) * 10.0;
    if rng.below(2) == 0 {
        question.budget = Some((0..periods).map(|_| Some(rng.unit() * 25.0)).collect());
    }
    question
}

#[test]
fn tiny_plans_are_near_brute_force_and_bounds_below_it() {
    let mut rng = Rng(11);
    let (mut sum, mut best_sum) = (0.0, 0.0);
    for round in 0..60 {
        let question = tiny(&mut rng);
        let planned = plan(&question);
        let best = brute_force(&question, 5);
        assert!(planned.bound <= best + 1e-6, "round {round}");
        assert!(planned.bound <= planned.objective);
        sum += planned.objective;
        best_sum += best;
    }
    println!("tiny: plans {sum:.2}, brute force {best_sum:.2}");
    assert!(sum <= best_sum * 1.02, "{sum} against {best_sum}");
}

/// A hospital of `items` items over `periods` weeks with budget and storage that bind.
fn hospital(items: u32, periods: u32, seed: u64, risk: Risk) -> Instance {
    let mut rng = Rng(seed);
    let mut made_items = Vec::new();
    let mut offers = Vec::new();
    let suppliers = 2 + items / 60;
    let (mut spend, mut cold) = (0.0, 0.0);
    for n in 0..items {
        let id = format!("I{n}@STORE");
        let level = (rng.unit() * 5.0).exp();
        let demand: Vec<f64> = (0..periods)
            .map(|_| level * (0.7 + 0.6 * rng.unit()))
            .collect();
        let price = (rng.unit() * 3.0 - 1.0).exp();
        let mut made = item(&id, &demand);
        made.ven = [Ven::Vital, Ven::Essential, Ven::NonEssential][rng.below(3) as usize];
        let factor = [20.0, 6.0, 2.5][made.ven as usize];
        made.shortage_cost = factor * price;
        made.holding_cost = 0.004 * price;
        made.disposal_cost = 0.1 * price;
        made.volume_ml = 5.0 + 30.0 * rng.unit();
        if rng.below(7) == 0 {
            made.storage_class = StorageClass::Refrigerated;
            cold += made.volume_ml / 1000.0 * level;
        }
        if rng.below(2) == 0 {
            made.shelf_life_periods = Some(2 + rng.below(20));
        }
        for entry in &mut made.demand {
            let sd = (entry.mean * 2.0).sqrt();
            entry.quantiles = [
                (0.5, 0.0),
                (0.8, 0.84),
                (0.9, 1.28),
                (0.95, 1.64),
                (0.98, 2.05),
            ]
            .map(|(p, z): (f64, f64)| (p, (entry.mean + z * sd).max(0.0)))
            .to_vec();
        }
        let stock = i64::from(rng.below(30)) * (level as i64) / 10;
        made.on_hand = vec![
            lot(stock / 2, Some(rng.below(periods))),
            lot(stock / 2, None),
        ];
        spend += level * price;
        for m in 0..=rng.below(2) {
            let units = i64::from([1, 5, 10, 20, 50][rng.below(5) as usize]);
            let mut o = offer(
                &format!("O{n}.{m}"),
                &id,
                units,
                price * f64::from(i32::try_from(units).unwrap()) * (0.9 + 0.2 * rng.unit()),
            );
            o.supplier = format!("S{}", rng.below(suppliers) + 1);
            o.lead_periods = rng.below(4);
            o.moq_packs = i64::from(1 + rng.below(3));
            offers.push(o);
        }
        made_items.push(made);
    }
    let mut question = instance(periods, made_items, offers);
    question.suppliers = (1..=suppliers)
        .map(|n| Supplier {
            order_cost: 25.0,
            min_order: 100.0,
            ..supplier(&format!("S{n}"))
        })
        .collect();
    let budget = (spend * 102.0).round() / 100.0;
    question.budget = Some(vec![Some(budget); periods as usize]);
    question.storage = vec![StorageLimit {
        class: StorageClass::Refrigerated,
        litres: vec![Some(2.2 * cold); periods as usize],
    }];
    question.options.risk = risk;
    question
}

#[test]
fn generated_hospitals_pass_the_judge_in_every_risk_form() {
    for (seed, risk) in [(1, Risk::Mean), (2, Risk::Quantile), (3, Risk::Expected)] {
        let question = hospital(30, 8, seed, risk);
        let planned = plan(&question);
        assert!(planned.bound > 0.0 && planned.bound <= planned.objective);
        assert!(planned.risk.bound <= planned.risk.objective);
        assert!(planned.risk.gap < 0.2, "{risk:?}: {}", planned.risk.gap);
        for row in &planned.explanations {
            assert!(
                row.text.contains("Item I") && row.text.contains("EUR"),
                "{}",
                row.text
            );
            let d = &row.drivers;
            assert!((0.0..=1.0).contains(&d.stockout_probability_with));
            assert!(d.stockout_probability_with <= d.stockout_probability_without + 1e-12);
        }
    }
}

#[test]
fn the_same_instance_gives_the_same_plan() {
    let question = hospital(25, 6, 9, Risk::Expected);
    assert_eq!(plan(&question), plan(&question));
}

#[test]
fn tampered_plans_are_refused() {
    let question = hospital(12, 6, 5, Risk::Mean);
    let planned = plan(&question);
    for n in 0..planned.orders.len() {
        for step in [-1, 1] {
            let mut tampered = planned.clone();
            tampered.orders[n].packs += step;
            assert!(
                !check(&question, &tampered).is_accepted(),
                "order {n} {step:+}"
            );
        }
    }
    let rows: [(&str, fn(&mut Planned)); 6] = [
        ("order", |p| p.orders[0].offer = "nobody".to_owned()),
        ("objective", |p| p.objective *= 0.99),
        ("bound", |p| p.bound = p.objective * 1.01),
        ("cost", |p| p.cost.holding += 1.0),
        ("projection", |p| p.projection[0].stock += 1.0),
        ("explanation", |p| p.explanations.clear()),
    ];
    for (row, tamper) in rows {
        let mut tampered = planned.clone();
        tamper(&mut tampered);
        let report = check(&question, &tampered);
        assert!(report.problems.iter().any(|p| p.row == row), "{row}");
    }
}

#[test]
fn more_budget_never_raises_the_bound() {
    let mut before = f64::INFINITY;
    for share in [0.0, 0.3, 0.6, 0.9, 1.2, 2.0] {
        let mut question = hospital(20, 6, 4, Risk::Mean);
        for money in question.budget.iter_mut().flatten().flatten() {
            *money *= share;
        }
        let planned = plan(&question);
        assert!(planned.bound <= before * (1.0 + 1e-6) + 1e-6);
        before = planned.bound;
    }
}

#[test]
fn prices_have_the_right_sign_and_size() {
    // 10 units wanted at 1 each, shortage 30, budget for 4: one money more avoids 30 - 1.
    let mut question = instance(1, vec![item("A", &[10.0])], vec![offer("O", "A", 1, 1.0)]);
    question.budget = Some(vec![Some(4.0)]);
    let planned = plan(&question);
    assert_eq!(planned.orders[0].packs, 4);
    near(planned.prices.budget[0], 29.0);
    let advice = &planned.advice[0];
    assert_eq!((advice.limit.as_str(), advice.period), ("budget", 0));
    near(advice.would_avoid, 29.0 * advice.raise_by);

    // Storage: stock of period 0 is what period 1 uses; 2 litres hold 2 of 10 units.
    let mut cold = item("A", &[0.0, 10.0]);
    cold.storage_class = StorageClass::Refrigerated;
    cold.volume_ml = 1000.0;
    let mut question = instance(2, vec![cold], vec![offer("O", "A", 1, 1.0)]);
    question.suppliers[0].order_periods = Some(vec![0]);
    question.storage = vec![StorageLimit {
        class: StorageClass::Refrigerated,
        litres: vec![Some(2.0), None],
    }];
    let planned = plan(&question);
    assert_eq!(planned.orders[0].packs, 2);
    near(planned.prices.storage[0].litres[0], 30.0 - 1.0 - 0.01);
    near(planned.prices.storage[0].litres[1], 0.0);
    let row = &planned.explanations[0];
    assert_eq!(row.reason, Reason::StorageLimited);
    assert_eq!(row.drivers.asked_packs, Some(10));
}

#[test]
fn the_chance_of_running_out_follows_the_quantiles_given() {
    // 5 at hand, 10 a pack; cumulative demand of 2 periods is 12 at the median, 15 at 0.9.
    let mut only = item("A", &[6.0, 6.0]);
    only.on_hand = vec![lot(5, None)];
    let entry = |mean, quantiles: &[(f64, f64)]| PeriodDemand {
        mean,
        quantiles: quantiles.to_vec(),
    };
    only.cumulative_demand = Some(vec![
        entry(6.0, &[(0.5, 5.0), (0.9, 9.0)]),
        entry(12.0, &[(0.5, 12.0), (0.9, 15.0)]),
    ]);
    let mut question = instance(2, vec![only], vec![offer("O", "A", 10, 5.0)]);
    question.suppliers[0].order_periods = Some(vec![0]);
    let planned = plan(&question);
    let d = &planned.explanations[0].drivers;
    assert_eq!((d.packs, d.on_hand, d.next_arrival_period), (1, 5, 2));
    near(d.forecast_until_next_arrival, 12.0);
    near(d.stockout_probability_with, 0.1);
    near(d.stockout_probability_without, 1.0);
    near(d.stockout_probability_before_arrival, 0.0);
    // 15 units against 6 a week: 2.5 weeks.
    near(d.cover_days_after, 17.5);
    let less = d.one_pack_less.as_ref().unwrap();
    near(less.stockout_probability, 1.0);
    near(less.cost_change, 7.0 * 30.0 - 5.0 - 0.01 * (9.0 + 3.0));
    assert!(d.one_pack_more.as_ref().unwrap().stockout_probability < 0.01);
}

#[test]
fn items_held_back_by_the_budget_are_explained() {
    let mut dear = item("A", &[10.0]);
    dear.shortage_cost = 5.0;
    let mut question = instance(
        1,
        vec![dear, item("B", &[10.0])],
        vec![offer("OA", "A", 10, 20.0), offer("OB", "B", 10, 20.0)],
    );
    question.budget = Some(vec![Some(30.0)]);
    let planned = plan(&question);
    assert_eq!(planned.orders.len(), 1);
    let held = planned
        .explanations
        .iter()
        .find(|e| e.offer == "OA")
        .unwrap();
    assert_eq!(
        (held.reason, held.drivers.packs),
        (Reason::BudgetLimited, 0)
    );
    assert_eq!(held.drivers.asked_packs, Some(1));
    assert!(held.text.contains("budget"), "{}", held.text);
}

#[test]
fn a_zero_budget_orders_nothing_and_has_a_price() {
    let mut question = instance(
        2,
        vec![item("A", &[5.0, 5.0])],
        vec![offer("O", "A", 5, 5.0)],
    );
    question.budget = Some(vec![Some(0.0), Some(0.0)]);
    let planned = plan(&question);
    assert!(planned.orders.is_empty());
    near(planned.objective, 300.0);
    near(planned.bound, 300.0);
    assert!(planned.prices.budget[0] > 0.0 && !planned.advice.is_empty());
}

#[test]
fn stock_above_capacity_is_stated_and_nothing_adds_to_it() {
    let mut full = item("A", &[1.0, 1.0, 30.0]);
    full.volume_ml = 1000.0;
    full.on_hand = vec![lot(20, None)];
    let mut question = instance(3, vec![full], vec![offer("O", "A", 1, 1.0)]);
    question.storage = vec![StorageLimit {
        class: StorageClass::Ambient,
        litres: vec![Some(10.0); 3],
    }];
    let planned = plan(&question);
    assert_eq!(planned.notes.len(), 2);
    assert!(planned.orders.iter().all(|o| o.period == 2));
    near(planned.projection[0].stock, 19.0);
    near(planned.cost.shortage, 0.0);
}

#[test]
fn odd_instances_have_a_plan() {
    let empty = plan(&instance(3, Vec::new(), Vec::new()));
    assert!(empty.orders.is_empty() && empty.objective.abs() < 1e-12);

    let mut none = instance(2, vec![item("A", &[5.0, 5.0])], Vec::new());
    none.suppliers.clear();
    near(plan(&none).objective, 300.0);

    let mut far = offer("O", "A", 5, 5.0);
    far.lead_periods = 9;
    let late = plan(&instance(2, vec![item("A", &[5.0, 5.0])], vec![far]));
    assert!(late.orders.is_empty());

    let mut least = offer("O", "A", 5, 5.0);
    least.moq_packs = 10;
    let mut dear = instance(2, vec![item("A", &[5.0, 5.0])], vec![least]);
    dear.budget = Some(vec![Some(49.0); 2]);
    assert!(plan(&dear).orders.is_empty());

    let idle = plan(&instance(
        2,
        vec![item("A", &[0.0, 0.0])],
        vec![offer("O", "A", 5, 5.0)],
    ));
    assert!(idle.orders.is_empty());

    let mut dying = item("A", &[0.0]);
    dying.on_hand = vec![lot(7, Some(0))];
    near(
        plan(&instance(1, vec![dying], Vec::new())).cost.disposal,
        3.5,
    );

    for risk in [Risk::Mean, Risk::Expected, Risk::Quantile] {
        let huge = item("A", &[1e9, 1e9, 1e9]);
        let mut question = instance(3, vec![huge], vec![offer("O", "A", 7, 0.5)]);
        question.options.risk = risk;
        question.budget = Some(vec![Some(6e7); 3]);
        assert!(!plan(&question).orders.is_empty());
    }
}

#[test]
fn wild_magnitudes_never_break_a_rule() {
    let mut rng = Rng(77);
    for round in 0..150 {
        let mut question = tiny(&mut rng);
        question.options.risk = [Risk::Mean, Risk::Quantile, Risk::Expected][round % 3];
        let mut wild = |most: f64| (rng.unit() * most.ln()).exp() * f64::from(1 + rng.below(9));
        for item in &mut question.items {
            for entry in &mut item.demand {
                entry.mean = wild(1e9);
            }
            item.on_hand[0].units = wild(1e9) as i64;
            item.holding_cost = wild(1e3);
            item.shortage_cost = wild(1e6);
            item.volume_ml = wild(1e5);
        }
        for offer in &mut question.offers {
            offer.price = wild(1e6);
            offer.units_per_pack = wild(1e4) as i64;
            offer.moq_packs = wild(1e3) as i64;
        }
        for money in question.budget.iter_mut().flatten().flatten() {
            *money = wild(1e11);
        }
        plan(&question);
    }
}

#[test]
fn bad_instances_are_named() {
    let good = instance(
        2,
        vec![item("A", &[5.0, 5.0])],
        vec![offer("O", "A", 5, 5.0)],
    );
    let cases: [(&str, fn(&mut Instance)); 9] = [
        ("periods", |q| q.periods = 0),
        ("items[0].holding_cost", |q| q.items[0].holding_cost = -1.0),
        ("items[0].demand[1].mean", |q| {
            q.items[0].demand[1].mean = f64::NAN;
        }),
        ("items[0].demand", |q| {
            q.items[0].demand.pop();
        }),
        ("offers[0].item", |q| q.offers[0].item = "X".to_owned()),
        ("offers[0].units_per_pack", |q| {
            q.offers[0].units_per_pack = 0;
        }),
        ("items[1].id", |q| q.items.push(q.items[0].clone())),
        ("budget", |q| q.budget = Some(vec![None])),
        ("items[0].demand[0].quantiles[1]", |q| {
            q.items[0].demand[0].quantiles = vec![(0.5, 7.0), (0.8, 6.0)];
        }),
    ];
    for (field, spoil) in cases {
        let mut bad = good.clone();
        spoil(&mut bad);
        match solve(&bad, &SolveLimits::default(), &mut |_| true) {
            Err(PlanError::Invalid { field: found, .. }) => assert_eq!(found, field),
            other => panic!("{field}: {other:?}"),
        }
    }
}

#[test]
fn a_short_time_limit_or_a_stop_still_gives_a_plan() {
    let question = hospital(60, 13, 6, Risk::Expected);
    let limits = SolveLimits {
        time_limit_s: 0.01,
        ..SolveLimits::default()
    };
    let planned = solve(&question, &limits, &mut |_| true).unwrap();
    assert!(check(&question, &planned).is_accepted());
    let planned = solve(&question, &SolveLimits::default(), &mut |_| false).unwrap();
    assert!(check(&question, &planned).is_accepted());
    assert_eq!(planned.status, Status::TimeLimit);
}

fn timed(items: u32, risk: Risk) {
    let question = hospital(items, 13, 7, risk);
    let begin = std::time::Instant::now();
    let mut on_stage = |stage: &wardstock_models::plan::Stage| {
        let seconds = begin.elapsed().as_secs_f64();
        println!(
            "  {seconds:.2} s {} {:?} {:?}",
            stage.name, stage.objective, stage.bound
        );
        true
    };
    let planned = solve(&question, &SolveLimits::default(), &mut on_stage).unwrap();
    println!(
        "{items} x 13 {risk:?}: {:.2} s, {} orders, gap {:.4}, risk gap {:.4}, {} columns",
        begin.elapsed().as_secs_f64(),
        planned.orders.len(),
        planned.gap,
        planned.risk.gap,
        planned.statistics.columns
    );
    println!("  {:?}", planned.cost);
    let report = check(&question, &planned);
    assert!(report.is_accepted(), "{:#?}", report.problems);
}

#[test]
fn three_hundred_items_for_a_quarter() {
    for risk in [Risk::Mean, Risk::Quantile, Risk::Expected] {
        timed(300, risk);
    }
}
