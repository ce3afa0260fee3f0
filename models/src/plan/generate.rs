//! Made-up hospitals of any size, for the bench, tests and demonstrations: a seed gives the same one everywhere.

use super::input::{Instance, Item, Lot, Offer, OpenOrder, Options, PeriodDemand, Risk, StorageClass, StorageLimit, Supplier, Ven};
use crate::convert::{ceil_to_count, count_to_f64, round_to_count};
use crate::rng::Rng;

/// Levels of the forecast's quantiles and their standard normal values.
const QUANTILES: [(f64, f64); 6] = [(0.5, 0.0), (0.8, 0.842), (0.9, 1.282), (0.95, 1.645), (0.98, 2.054), (0.99, 2.326)];
/// Pack sizes, base units.
const PACKS: [u32; 7] = [1, 5, 10, 20, 50, 100, 200];
/// Weeks of mean demand a pack or a minimum order covers at most.
const LARGEST_COVER: f64 = 4.0;
/// Share of the mean weekly spend that the budget of a week allows.
const BUDGET_SHARE: f64 = 1.02;
/// Weeks of demand that the storage of a class holds.
const STORAGE_WEEKS: f64 = 2.2;
/// Holding cost per unit and week, as a share of the price: 20 % a year.
const HOLDING_SHARE: f64 = 0.004;

/// Which hospital to make up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HospitalSize {
    /// Items at places.
    pub items: u32,
    /// Weeks planned, 1 to 520.
    pub periods: u32,
    /// Any number; the same gives the same hospital.
    pub seed: u64,
    /// Risk form; quantiles of demand are given unless it is [`Risk::Mean`].
    pub risk: Risk,
}

/// A hospital whose budget and storage bind.
///
/// Demand and unit price are lognormal (medians 20 units a week and 1.35 money, both sigma 1.2); weekly demand
/// swings by 10 % over the year, highest after about nine weeks, and 15 % from week to week. Storage classes 85/11/2/2 % (ambient, refrigerated,
/// frozen, controlled); VEN 20/50/30 % with shortage at 20, 6 and 2.5 times the price; holding 0.4 % of the price
/// a week, disposal 10 %. 1 to 3 offers with packs of 1 to 200 units and minima of 1 to 5 packs, both at most four
/// weeks of demand, lead 0 to 3 weeks. One supplier per 20 items, 2 to 250 of them, with order cost 20 to 80, line
/// cost 1 and minimum order 100 to 400. Budget 1.02 of the mean weekly spend, storage 2.2 weeks of demand of its
/// class. One lot or two at hand (0.3 to 2.2 weeks, one in five of them expiring in the horizon), half of the items
/// with an order on its way. Shelf life: 30 % none, 60 % 20 to 103 weeks, 10 % 3 to 12 weeks.
///
/// - `size`: items, weeks, seed and risk form.
///
/// Returns an instance that [`super::validate`] accepts.
///
/// # Source
/// Shares and medians: measurements of the design note `optimiser.md`; fees are our assumption.
pub fn made_up_hospital(size: HospitalSize) -> Instance {
    let mut rng = Rng::new(size.seed);
    let suppliers = (size.items / 20).clamp(2, 250);
    let mut instance = Instance {
        schema: "wardstock.plan.v1".to_owned(),
        periods: size.periods,
        period_days: 7,
        start: "2026-11-23".to_owned(),
        currency: "EUR".to_owned(),
        items: Vec::new(),
        offers: Vec::new(),
        suppliers: (0..suppliers).map(|n| supplier(n, &mut rng)).collect(),
        budget: None,
        storage: Vec::new(),
        transfers: Vec::new(),
        substitutes: Vec::new(),
        options: Options { risk: size.risk, ..Options::default() },
    };
    let mut spend = 0.0;
    let classes = [StorageClass::Ambient, StorageClass::Refrigerated, StorageClass::Frozen, StorageClass::Controlled];
    let mut litres = [0.0; 4];
    for n in 0..size.items {
        let level = (3.0 + 1.2 * rng.normal()).exp().max(0.2);
        let price = (0.3 + 1.2 * rng.normal()).exp();
        let item = item(n, size, (level, price), &mut rng);
        spend += item.demand.iter().map(|d| d.mean).sum::<f64>() * price / f64::from(size.periods);
        for (sum, &class) in litres.iter_mut().zip(&classes) {
            if item.storage_class == class {
                *sum += item.volume_ml / 1000.0 * level;
            }
        }
        add_offers(&mut instance.offers, n, suppliers, (level, price), &mut rng);
        instance.items.push(item);
    }
    let weeks = instance.items.first().map_or(0, |item| item.demand.len());
    let money = (spend * BUDGET_SHARE * 100.0).round() / 100.0;
    instance.budget = Some(vec![Some(money); weeks]);
    instance.storage = classes
        .iter()
        .zip(litres)
        .filter(|(_, litres)| *litres > 0.0)
        .map(|(&class, litres)| StorageLimit { class, litres: vec![Some(STORAGE_WEEKS * litres); weeks] })
        .collect();
    instance
}

fn supplier(n: u32, rng: &mut Rng) -> Supplier {
    Supplier {
        id: format!("S{n}"),
        name: None,
        order_cost: 20.0 + (60.0 * rng.uniform()).round(),
        line_cost: 1.0,
        min_order: 100.0 + (300.0 * rng.uniform()).round(),
        rush_cost: None,
        order_periods: None,
    }
}

fn item(n: u32, size: HospitalSize, (level, price): (f64, f64), rng: &mut Rng) -> Item {
    let (ven, factor) = match rng.below(10) {
        0 | 1 => (Ven::Vital, 20.0),
        2..=6 => (Ven::Essential, 6.0),
        _ => (Ven::NonEssential, 2.5),
    };
    let storage_class = match rng.below(100) {
        0..=84 => StorageClass::Ambient,
        85..=95 => StorageClass::Refrigerated,
        96 | 97 => StorageClass::Frozen,
        _ => StorageClass::Controlled,
    };
    // The hospital is busiest nine weeks after the start; items are up to four weeks off.
    let phase = std::f64::consts::FRAC_PI_2 - (9.0 + 8.0 * (rng.uniform() - 0.5)) * std::f64::consts::TAU / 52.0;
    let mut demand = Vec::new();
    for week in 0..size.periods {
        let season = 1.0 + 0.1 * (phase + f64::from(week) * std::f64::consts::TAU / 52.0).sin();
        let mean = (level * season * (0.15 * rng.normal() - 0.011).exp() * 100.0).round() / 100.0;
        let spread = (1.5 * mean + 0.04 * mean * mean).sqrt();
        let quantiles = match size.risk {
            Risk::Mean => Vec::new(),
            Risk::Expected | Risk::Quantile => QUANTILES.map(|(p, z)| (p, (mean + z * spread).max(0.0))).to_vec(),
        };
        demand.push(PeriodDemand { mean, quantiles });
    }
    let shelf_life_periods = match rng.below(10) {
        0..=2 => None,
        3..=8 => Some(20 + rng.below(84)),
        _ => Some(3 + rng.below(10)),
    };
    let stock = round_to_count(level * (0.3 + 1.9 * rng.uniform()));
    let expires = (rng.below(5) == 0).then(|| rng.below(size.periods));
    let arrives = rng.below(4);
    let open = rng.below(2) == 0;
    let last = shelf_life_periods.map(|life| arrives + life - 1);
    let order = OpenOrder { units: ceil_to_count(level), arrives_period: arrives, expires_period: last };
    Item {
        id: format!("I{n}@STORE"),
        name: None,
        base_unit: None,
        place: None,
        ven,
        storage_class,
        volume_ml: (3.0 + 0.8 * rng.normal()).exp(),
        shelf_life_periods,
        on_hand: vec![Lot { units: stock / 2, expires_period: expires }, Lot { units: stock - stock / 2, expires_period: None }],
        on_order: if open && arrives < size.periods { vec![order] } else { Vec::new() },
        demand,
        cumulative_demand: None,
        holding_cost: HOLDING_SHARE * price,
        shortage_cost: factor * price,
        disposal_cost: 0.1 * price,
        safety_stock: None,
        due: None,
    }
}

fn add_offers(offers: &mut Vec<Offer>, n: u32, suppliers: u32, (level, price): (f64, f64), rng: &mut Rng) {
    let most = (LARGEST_COVER * level).max(1.0);
    let fitting = PACKS.iter().filter(|&&units| f64::from(units) <= most).count();
    let choice = rng.below(u32::try_from(fitting).unwrap_or(1));
    let pack = PACKS.get(usize::try_from(choice).unwrap_or(0)).copied().unwrap_or(1);
    for m in 0..=rng.below(3) {
        // Others sell the same pack, or two in one.
        let units = if m > 0 && rng.below(3) == 0 && f64::from(2 * pack) <= most { 2 * pack } else { pack };
        let unit_price = if m == 0 { price } else { price * (0.95 + 0.2 * rng.uniform()) };
        let minimum = i64::from([1, 1, 1, 1, 1, 1, 1, 2, 2, 5].into_iter().nth(usize::try_from(rng.below(10)).unwrap_or(0)).unwrap_or(1));
        let fits = count_to_f64(minimum) * f64::from(units) <= most;
        offers.push(Offer {
            id: format!("O{n}.{m}"),
            item: format!("I{n}@STORE"),
            supplier: format!("S{}", rng.below(suppliers)),
            units_per_pack: i64::from(units),
            price: (unit_price * f64::from(units) * 100.0).round().max(1.0) / 100.0,
            moq_packs: if fits { minimum } else { 1 },
            lead_periods: rng.below(4),
            max_packs: None,
            lead_delay: Vec::new(),
        });
    }
}
