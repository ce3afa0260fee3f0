//! Instances for tests: a small seeded generator and builders.

use wardstock_models::plan::{
    Instance, Item, Lot, Offer, Options, PeriodDemand, Planned, Risk, SolveLimits, StorageClass, StorageLimit, Supplier, Ven, check, solve,
};

/// `SplitMix64`: a small seeded generator for tests.
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: u32) -> u32 {
        u32::try_from(self.next() % u64::from(n)).unwrap()
    }

    pub(crate) fn unit(&mut self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).unwrap()) / 4_294_967_296.0
    }
}

pub(crate) fn item(id: &str, demand: &[f64]) -> Item {
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
        demand: demand.iter().map(|&mean| PeriodDemand { mean, quantiles: Vec::new() }).collect(),
        cumulative_demand: None,
        holding_cost: 0.01,
        shortage_cost: 30.0,
        disposal_cost: 0.5,
        safety_stock: None,
        due: None,
    }
}

pub(crate) fn offer(id: &str, item: &str, units_per_pack: i64, price: f64) -> Offer {
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

pub(crate) fn supplier(id: &str) -> Supplier {
    Supplier { id: id.to_owned(), name: None, order_cost: 0.0, line_cost: 0.0, min_order: 0.0, rush_cost: None, order_periods: None }
}

pub(crate) fn instance(periods: u32, items: Vec<Item>, offers: Vec<Offer>) -> Instance {
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
        options: Options { risk: Risk::Mean, ..Options::default() },
    }
}

#[track_caller]
pub(crate) fn plan(instance: &Instance) -> Planned {
    let planned = solve(instance, &SolveLimits::default(), &mut |_| true).unwrap();
    let report = check(instance, &planned);
    assert!(report.is_accepted(), "{:#?}", report.problems);
    planned
}

#[track_caller]
pub(crate) fn near(found: f64, want: f64) {
    assert!((found - want).abs() <= 1e-6 * want.abs().max(1.0), "{found}, expected {want}");
}

pub(crate) fn lot(units: i64, expires_period: Option<u32>) -> Lot {
    Lot { units, expires_period }
}

pub(crate) fn tiny(rng: &mut Rng) -> Instance {
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
        made.on_hand = vec![lot(i64::from(rng.below(8)), Some(rng.below(4))), lot(i64::from(rng.below(4)), None)];
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
        question.storage = vec![StorageLimit { class: StorageClass::Ambient, litres }];
    }
    question.suppliers[0].order_cost = f64::from(rng.below(2)) * 4.0;
    question.suppliers[0].min_order = f64::from(rng.below(2)) * 10.0;
    question.suppliers[0].line_cost = f64::from(rng.below(3)) * 1.5;
    if rng.below(2) == 0 {
        question.budget = Some((0..periods).map(|_| Some(rng.unit() * 25.0)).collect());
    }
    question
}

/// A hospital of `items` items over `periods` weeks with budget and storage that bind.
pub(crate) fn hospital(items: u32, periods: u32, seed: u64, risk: Risk) -> Instance {
    let mut rng = Rng(seed);
    let mut made_items = Vec::new();
    let mut offers = Vec::new();
    let suppliers = 2 + items / 60;
    let (mut spend, mut cold) = (0.0, 0.0);
    for n in 0..items {
        let id = format!("I{n}@STORE");
        let level = (rng.unit() * 5.0).exp();
        let demand: Vec<f64> = (0..periods).map(|_| level * (0.7 + 0.6 * rng.unit())).collect();
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
            entry.quantiles = [(0.5, 0.0), (0.8, 0.84), (0.9, 1.28), (0.95, 1.64), (0.98, 2.05)]
                .map(|(p, z): (f64, f64)| (p, (entry.mean + z * sd).max(0.0)))
                .to_vec();
        }
        let stock = i64::from(rng.below(30)) * (level as i64) / 10;
        made.on_hand = vec![lot(stock / 2, Some(rng.below(periods))), lot(stock / 2, None)];
        spend += level * price;
        for m in 0..=rng.below(2) {
            let units = i64::from([1, 5, 10, 20, 50][rng.below(5) as usize]);
            let mut o =
                offer(&format!("O{n}.{m}"), &id, units, price * f64::from(i32::try_from(units).unwrap()) * (0.9 + 0.2 * rng.unit()));
            o.supplier = format!("S{}", rng.below(suppliers) + 1);
            o.lead_periods = rng.below(4);
            o.moq_packs = i64::from(1 + rng.below(3));
            offers.push(o);
        }
        made_items.push(made);
    }
    let mut question = instance(periods, made_items, offers);
    question.suppliers =
        (1..=suppliers).map(|n| Supplier { order_cost: 25.0, line_cost: 2.0, min_order: 100.0, ..supplier(&format!("S{n}")) }).collect();
    let budget = (spend * 102.0).round() / 100.0;
    question.budget = Some(vec![Some(budget); periods as usize]);
    question.storage = vec![StorageLimit { class: StorageClass::Refrigerated, litres: vec![Some(2.2 * cold); periods as usize] }];
    question.options.risk = risk;
    question
}
