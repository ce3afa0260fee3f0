//! What lies on the shelves when the demo starts: lots with expiry, par levels, some items low, a few out.

use wardstock::base::quantity::{from_f64, to_f64};
use wardstock::base::time::Day;
use wardstock_models::rng::Rng;

use super::formulary::Usage;
use super::history::DAYS;
use super::hospital::{Hospital, Item, SITES, Use, line};

/// Cold capacity over what lies there: the plan must respect it, and feels it.
const COLD_HEADROOM: f64 = 1.25;

/// A place with an item, and what really lies there.
#[derive(Debug, Clone)]
pub(super) struct Shelf {
    pub(super) site: &'static str,
    pub(super) store: &'static str,
    pub(super) place: &'static str,
    pub(super) item: String,
    pub(super) name: String,
    pub(super) usage: Usage,
    pub(super) controlled: bool,
    pub(super) unit_grams: f64,
    /// Expected units a day taken here.
    pub(super) rate: f64,
    pub(super) par: i64,
    pub(super) max: i64,
    pub(super) units: i64,
}

impl Shelf {
    /// Whether it is a ward's.
    pub(super) fn is_ward(&self) -> bool {
        self.place != self.store
    }
}

/// The opening stock.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) shelves: Vec<Shelf>,
    pub(super) csv: String,
    /// Litres that fit into each site's cold store.
    pub(super) cold_litres: Vec<f64>,
}

/// Draws the opening stock.
pub(super) fn open(hospital: &Hospital, rng: &mut Rng) -> Opening {
    let mut opening = Opening {
        shelves: Vec::new(),
        csv: String::from("place,item,quantity,lot,expiry,par_level,max_level,counted_at\n"),
        cold_litres: vec![0.0; SITES.len()],
    };
    for of in &hospital.uses {
        let Some(item) = hospital.item(of) else { continue };
        let before = opening.shelves.len();
        keep(hospital, of, item, rng, &mut opening);
        if item.product.storage_class == "refrigerated" {
            let units: i64 = opening.shelves.iter().skip(before).map(|shelf| shelf.units).sum();
            let at = SITES.iter().position(|site| site.code == of.site.code).unwrap_or(0);
            if let Some(litres) = opening.cold_litres.get_mut(at) {
                *litres += to_f64(units) * item.product.form.volume_ml / 1_000.0;
            }
        }
    }
    for litres in &mut opening.cold_litres {
        *litres = (*litres * COLD_HEADROOM / 10.0).ceil() * 10.0;
    }
    opening
}

/// One item of one site: its store and its wards.
fn keep(hospital: &Hospital, of: &Use, item: &Item, rng: &mut Rng, opening: &mut Opening) {
    let today = hospital.today;
    let rate = of.rate(item, DAYS, today);
    let life = to_f64(item.product.form.shelf_life_days);
    let in_store = store_units(of, item, rate, rng);
    let mut lots = lots(in_store, today, life, rng);
    // Now and then a lot is near its day; rarely with more in it than will be used until then.
    if let (true, Some(first)) = (lots.len() > 1 && rng.uniform() < 0.10, lots.first_mut()) {
        let days = 8 + i64::from(rng.below(36));
        let most = ceil(rate * to_f64(days) * (0.3 + 1.2 * rng.uniform()));
        first.expiry = today.plus(days);
        first.units = first.units.min(most);
    }
    let event = of.event_size(item);
    let there = lots.iter().map(|lot| lot.units).sum();
    let store = shelf(of, item, of.site.store, rate, ceil(rate * 8.0 + event), ceil(rate * 150.0 + 9.0 * event), there);
    for lot in &lots {
        put(&mut opening.csv, &store, lot, today);
    }
    let usual = lots.first().cloned().unwrap_or_else(|| Lot { code: code(rng), expiry: today.plus(from_f64(life * 0.5)), units: 0 });
    opening.shelves.push(store);
    for (ward, share) in &of.wards {
        let Some((place, _, _)) = of.site.wards.get(*ward) else { continue };
        let rate = rate * share;
        let (par, max) = (ceil(rate * 1.5 + 0.5 * event), ceil(rate * 4.0 + 2.0 * event));
        let units = match rng.uniform() {
            draw if draw < 0.015 => 0,
            draw if draw < 0.06 => par / 2,
            _ => par + from_f64(to_f64(max - par) * (0.25 + 0.75 * rng.uniform())),
        };
        let shelf = shelf(of, item, place, rate, par, max, units);
        put(&mut opening.csv, &shelf, &Lot { units, ..usual.clone() }, today);
        opening.shelves.push(shelf);
    }
}

fn store_units(of: &Use, item: &Item, rate: f64, rng: &mut Rng) -> i64 {
    let event = of.event_size(item);
    let days = |from: f64, to: f64, rng: &mut Rng| from + (to - from) * rng.uniform();
    let cover = match rng.uniform() {
        draw if draw < 0.012 => return 0,
        draw if draw < 0.055 => days(1.0, 6.0, rng),
        draw if draw < 0.085 => days(140.0, 220.0, rng),
        _ => match item.product.usage {
            Usage::Fast => days(28.0, 75.0, rng),
            Usage::Medium => days(40.0, 120.0, rng),
            Usage::Seasonal => days(32.0, 80.0, rng),
            Usage::Slow => return ceil(rate * days(80.0, 240.0, rng) + event * days(2.5, 5.0, rng)),
        },
    };
    ceil(rate * cover)
}

fn ceil(units: f64) -> i64 {
    from_f64(units.ceil()).max(1)
}

fn shelf(of: &Use, item: &Item, place: &'static str, rate: f64, par: i64, max: i64, units: i64) -> Shelf {
    let product = &item.product;
    Shelf {
        site: of.site.code,
        store: of.site.store,
        place,
        item: item.code.clone(),
        name: product.name.clone(),
        usage: product.usage,
        controlled: product.storage_class == "controlled",
        unit_grams: product.form.grams,
        rate,
        par,
        max: max.max(par + 1),
        units,
    }
}

#[derive(Debug, Clone)]
struct Lot {
    code: String,
    expiry: Day,
    units: i64,
}

/// One to three lots, first to expire first; an empty shelf has one with nothing in it.
fn lots(units: i64, today: Day, life: f64, rng: &mut Rng) -> Vec<Lot> {
    let count = if units > 30 { 1 + i64::from(rng.below(3)) } else { 1 };
    let mut lots: Vec<Lot> = (0..count)
        .map(|at| Lot {
            code: code(rng),
            expiry: today.plus(from_f64(life * (0.35 + 0.6 * rng.uniform()))),
            units: if at == 0 { units - units / count * (count - 1) } else { units / count },
        })
        .collect();
    lots.sort_by_key(|lot| lot.expiry);
    // Something forgotten: a little that is past its day.
    if units > 10 && rng.uniform() < 0.006 {
        lots.push(Lot { code: code(rng), expiry: today.plus(-2 - i64::from(rng.below(9))), units: 1 + units / 40 });
    }
    lots
}

fn code(rng: &mut Rng) -> String {
    format!("{}{:05}", char::from(b'A' + u8::try_from(rng.below(20)).unwrap_or(0)), rng.below(100_000))
}

fn put(csv: &mut String, shelf: &Shelf, lot: &Lot, today: Day) {
    let (code, expiry) = if lot.units == 0 { (String::new(), String::new()) } else { (lot.code.clone(), lot.expiry.to_text()) };
    line(csv, format_args!("{},{},{},{code},{expiry},{},{},{}", shelf.place, shelf.item, lot.units, shelf.par, shelf.max, today.to_text()));
}
