//! The made-up hospital: sites and wards, suppliers, items with their offers, and who uses how much of what.

use wardstock::base::quantity::{from_f64, to_f64};
use wardstock::base::time::Day;
use wardstock_models::rng::Rng;

use super::formulary::{self, Product, Usage};

/// Items in the catalogue.
const ITEMS: usize = 300;
/// Share of items whose use changes for good within the year.
const SHIFT_SHARE: f64 = 0.10;

/// A hospital with its own store.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site {
    pub(super) code: &'static str,
    name: &'static str,
    pub(super) store: &'static str,
    /// Code, name and what it is for.
    pub(super) wards: [(&'static str, &'static str, &'static str); 6],
    /// Size: factor on all demand.
    scale: f64,
}

/// The sites.
pub(super) const SITES: [Site; 2] = [
    Site {
        code: "H1",
        name: "Riverside Hospital",
        store: "H1-PH",
        wards: [
            ("H1-ED", "Emergency department", "acute"),
            ("H1-ICU", "Intensive care", "acute"),
            ("H1-OR", "Operating theatres", "theatre"),
            ("H1-MED", "Internal medicine", "medical"),
            ("H1-PAED", "Paediatrics", "children"),
            ("H1-ONC", "Oncology", "cancer"),
        ],
        scale: 1.0,
    },
    Site {
        code: "H2",
        name: "Hillside Clinic",
        store: "H2-PH",
        wards: [
            ("H2-ED", "Emergency department", "acute"),
            ("H2-ICU", "Intermediate care", "acute"),
            ("H2-OR", "Operating theatres", "theatre"),
            ("H2-MED", "Internal medicine", "medical"),
            ("H2-MAT", "Maternity", "birth"),
            ("H2-GER", "Geriatrics", "medical"),
        ],
        scale: 0.55,
    },
];

struct Supplier {
    code: &'static str,
    name: &'static str,
    lead_days: i64,
    lead_sd: f64,
    order_cost_minor: i64,
    min_order_minor: i64,
    weekdays: &'static str,
    /// Factor on the usual price.
    price: f64,
}

const WHOLESALER: usize = 0;
const GENERICS: usize = 1;
const HOSPITAL_LINE: usize = 2;
const COLD_CHAIN: usize = 3;
const FLUIDS: usize = 4;
const TENDER: usize = 5;

#[rustfmt::skip]
const SUPPLIERS: [Supplier; 6] = [
    Supplier { code: "NORDMED", name: "Nordmed Wholesale", lead_days: 2, lead_sd: 0.7, order_cost_minor: 300, min_order_minor: 6_000, weekdays: "mon,tue,wed,thu,fri", price: 1.10 },
    Supplier { code: "ALPHAGEN", name: "Alphagen Generics", lead_days: 4, lead_sd: 1.2, order_cost_minor: 500, min_order_minor: 6_000, weekdays: "mon,thu", price: 0.97 },
    Supplier { code: "KLINIPHARM", name: "Klinipharm Hospital Line", lead_days: 6, lead_sd: 1.8, order_cost_minor: 600, min_order_minor: 8_000, weekdays: "tue", price: 0.93 },
    Supplier { code: "BIOCOLD", name: "Biocold Speciality", lead_days: 5, lead_sd: 1.5, order_cost_minor: 1500, min_order_minor: 15_000, weekdays: "mon,wed", price: 0.98 },
    Supplier { code: "INFUSIO", name: "Infusio Fluids", lead_days: 3, lead_sd: 1.0, order_cost_minor: 1800, min_order_minor: 15_000, weekdays: "tue,fri", price: 0.88 },
    Supplier { code: "TENDER", name: "Regional Tender Agency", lead_days: 13, lead_sd: 3.5, order_cost_minor: 900, min_order_minor: 40_000, weekdays: "thu", price: 0.82 },
];

/// An item and how it is used at a site of size 1.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) code: String,
    pub(super) product: Product,
    /// Base units per day; for slow items: per event.
    mean: f64,
    /// Shape of the gamma-Poisson of fast items.
    shape: f64,
    /// Chance of an event per day; slow items only.
    chance: f64,
}

/// An item at a site.
#[derive(Debug)]
pub(super) struct Use {
    pub(super) site: &'static Site,
    pub(super) item: usize,
    scale: f64,
    /// The day of the history at which use changes, and by which factor.
    shift: Option<(i64, f64)>,
    /// The wards that keep it, with their share of its use; empty: handed out by the store.
    pub(super) wards: Vec<(usize, f64)>,
}

/// The hospital.
#[derive(Debug)]
pub(super) struct Hospital {
    pub(super) today: Day,
    pub(super) items: Vec<Item>,
    pub(super) uses: Vec<Use>,
}

impl Hospital {
    /// Draws a hospital.
    pub(super) fn new(seed: u64, today: Day) -> Self {
        let mut rng = Rng::new(seed);
        let items: Vec<Item> =
            formulary::products().into_iter().take(ITEMS).enumerate().map(|(at, product)| Item::draw(at, product, &mut rng)).collect();
        let mut uses = Vec::with_capacity(items.len() * SITES.len());
        for site in &SITES {
            for (at, item) in items.iter().enumerate() {
                uses.push(Use::draw(site, at, item, &mut rng));
            }
        }
        Self { today, items, uses }
    }

    /// The item of a use.
    pub(super) fn item(&self, of: &Use) -> Option<&Item> {
        self.items.get(of.item)
    }

    /// `items.csv`.
    pub(super) fn items_csv(&self) -> String {
        let mut text = String::from("code,name,form,strength,base_unit,atc,ven,storage_class,controlled,volume_ml,shelf_life_days,group\n");
        for Item { code, product: of, .. } in &self.items {
            let controlled = of.storage_class == "controlled";
            line(
                &mut text,
                format_args!(
                    "{code},\"{}\",{},{},{},{},{},{},{controlled},{:.1},{},{}",
                    of.name,
                    of.form.name,
                    of.strength,
                    of.form.base_unit,
                    of.atc,
                    of.ven,
                    of.storage_class,
                    of.form.volume_ml,
                    of.form.shelf_life_days,
                    of.group
                ),
            );
        }
        text
    }

    /// `offers.csv`: one to three per item.
    pub(super) fn offers_csv(&self, rng: &mut Rng) -> String {
        let mut text = String::from("item,supplier,units_per_pack,price_minor,currency,moq_packs\n");
        for item in &self.items {
            let product = &item.product;
            let unit_cents = product.cents * (0.10 * rng.normal()).exp();
            for (at, supplier) in sellers(item, rng).into_iter().enumerate() {
                let Some(seller) = SUPPLIERS.get(supplier) else { continue };
                let pack = item.pack(match (supplier, product.usage) {
                    (TENDER, _) => 2,
                    (_, Usage::Fast) => 2 - at.min(1),
                    (_, Usage::Slow) => 0,
                    _ => 1 - at.min(1),
                });
                let discount = if pack >= 50 { 0.94 } else { 1.0 };
                let price = from_f64((unit_cents * seller.price * discount * (0.05 * rng.normal()).exp() * to_f64(pack)).max(5.0));
                let moq = if supplier == TENDER && rng.uniform() < 0.5 { 2 } else { 1 };
                line(&mut text, format_args!("{},{},{pack},{price},EUR,{moq}", item.code, seller.code));
            }
        }
        text
    }
}

/// `places.csv`; cold capacity is `cold_litres` per site.
pub(super) fn places_csv(cold_litres: &[f64]) -> String {
    let mut text = String::from(
        "code,name,kind,parent,timezone,capacity_ambient_litres,capacity_refrigerated_litres,capacity_frozen_litres,capacity_controlled_litres\n",
    );
    for (site, cold) in SITES.iter().zip(cold_litres) {
        line(&mut text, format_args!("{},{},site,,Europe/Berlin,,,,", site.code, site.name));
        line(&mut text, format_args!("{},Central pharmacy of {},store,{},,,{cold:.0},20,", site.store, site.name, site.code));
        for (code, name, _) in site.wards {
            line(&mut text, format_args!("{code},{name},ward,{},,,,,", site.code));
        }
    }
    text
}

/// Adds a line to a file.
pub(super) fn line(text: &mut String, words: std::fmt::Arguments<'_>) {
    *text += &words.to_string();
    text.push('\n');
}

/// `suppliers.csv`.
pub(super) fn suppliers_csv() -> String {
    let mut text = String::from("code,name,lead_time_days,lead_time_sd_days,order_cost_minor,min_order_minor,currency,order_weekdays\n");
    for of in &SUPPLIERS {
        line(
            &mut text,
            format_args!(
                "{},{},{},{},{},{},EUR,\"{}\"",
                of.code, of.name, of.lead_days, of.lead_sd, of.order_cost_minor, of.min_order_minor, of.weekdays
            ),
        );
    }
    text
}

/// `deliveries.csv`: about one a week and supplier, now and then late, the newest still open.
pub(super) fn deliveries_csv(today: Day, rng: &mut Rng) -> String {
    let mut text = String::from("supplier,item,ordered_on,promised_on,received_on,packs\n");
    for of in &SUPPLIERS {
        let mut ordered = today.plus(-364);
        while ordered < today {
            let late = if rng.uniform() < 0.04 { 3 + i64::from(rng.below(9)) } else { 0 };
            let took = (of.lead_days + from_f64(of.lead_sd * rng.normal()) + late).max(1);
            let received = ordered.plus(took);
            let received = if received < today { received.to_text() } else { String::new() };
            line(&mut text, format_args!("{},,{},{},{received},", of.code, ordered.to_text(), ordered.plus(of.lead_days).to_text()));
            ordered = ordered.plus(5 + i64::from(rng.below(5)));
        }
    }
    text
}

/// Who sells an item, the usual seller first.
fn sellers(item: &Item, rng: &mut Rng) -> Vec<usize> {
    let product = &item.product;
    let is_cold = matches!(product.storage_class, "refrigerated" | "frozen");
    let mut sellers = match (is_cold, product.form.base_unit, product.storage_class) {
        (true, ..) => vec![COLD_CHAIN],
        (_, "bag", _) => vec![FLUIDS],
        (.., "controlled") => vec![WHOLESALER],
        _ if product.cents < 150.0 => vec![GENERICS],
        _ => vec![HOSPITAL_LINE],
    };
    let mut add = |seller: usize, chance: f64| {
        if rng.uniform() < chance && !sellers.contains(&seller) {
            sellers.push(seller);
        }
    };
    add(WHOLESALER, 0.75);
    if !is_cold && product.storage_class != "controlled" {
        add(HOSPITAL_LINE, 0.2);
        if product.usage == Usage::Fast {
            add(TENDER, 0.45);
        }
    }
    sellers.truncate(3);
    sellers
}

impl Item {
    fn draw(at: usize, product: Product, rng: &mut Rng) -> Self {
        // What is dear is used less.
        let reach = if product.cents > 250.0 { 0.6 } else { 1.0 };
        let draw = rng.uniform() * reach;
        let factor = product.form.use_factor;
        let mean = match product.usage {
            Usage::Fast => 3.0 * 20.0_f64.powf(draw) * factor,
            Usage::Medium => 0.4 * 7.5_f64.powf(draw) * factor,
            Usage::Seasonal => 1.0 * 20.0_f64.powf(draw) * factor,
            Usage::Slow => (2.0 + 8.0 * draw) * if product.cents > 5_000.0 { 0.3 } else { factor.max(0.5) },
        };
        Self { code: format!("P{:03}", at + 1), mean, shape: 3.0 + 7.0 * rng.uniform(), chance: 0.02 + 0.13 * rng.uniform(), product }
    }

    /// A pack of the form, not more than a month of the large site.
    fn pack(&self, choice: usize) -> i64 {
        let most = (self.mean_per_day() * 30.0).max(1.0);
        let packs = self.product.form.packs;
        let fits = packs.iter().take(choice + 1).rev().find(|pack| to_f64(**pack) <= most);
        let smallest = packs.first().copied().unwrap_or(1);
        fits.copied().unwrap_or(if self.product.cents > 1_000.0 { 1 } else { smallest })
    }

    fn mean_per_day(&self) -> f64 {
        if self.product.usage == Usage::Slow { self.chance * self.mean } else { self.mean }
    }
}

impl Use {
    fn draw(site: &'static Site, at: usize, item: &Item, rng: &mut Rng) -> Self {
        let shift = (rng.uniform() < SHIFT_SHARE).then(|| (60 + i64::from(rng.below(240)), if rng.uniform() < 0.5 { 1.8 } else { 0.5 }));
        let count = match item.product.usage {
            Usage::Fast => 3 + rng.below(3),
            Usage::Seasonal => 1 + rng.below(3),
            Usage::Medium => 1 + rng.below(3) / 2,
            Usage::Slow => rng.below(4) / 3,
        };
        let mut order: Vec<(bool, u64, usize)> =
            site.wards.iter().enumerate().map(|(ward, (_, _, purpose))| (!suits(item.product.group, purpose), rng.bits(), ward)).collect();
        order.sort_unstable();
        let weights: Vec<(usize, f64)> =
            order.into_iter().take(usize::try_from(count).unwrap_or(1)).map(|(_, _, ward)| (ward, rng.gamma(3.0, 1.0))).collect();
        let sum: f64 = weights.iter().map(|(_, weight)| weight).sum();
        let wards = weights.into_iter().map(|(ward, weight)| (ward, weight / sum)).collect();
        Self { site, item: at, scale: site.scale * (0.25 * rng.normal()).exp(), shift, wards }
    }

    /// Expected units on a day of the history (0 = a year ago) without the weekday pattern.
    pub(super) fn rate(&self, item: &Item, day: i64, date: Day) -> f64 {
        let shifted = self.shift.filter(|(from, _)| day >= *from).map_or(1.0, |(_, factor)| factor);
        let season = match item.product.usage {
            // The year's peak is in the middle of January.
            Usage::Seasonal => 1.0 + 0.7 * (std::f64::consts::TAU * (to_f64(date.0) - 15.0) / 365.25).cos(),
            _ => 1.0,
        };
        item.mean_per_day() * self.scale * shifted * season
    }

    /// Units asked for on one day.
    pub(super) fn draw_day(&self, item: &Item, day: i64, date: Day, rng: &mut Rng) -> i64 {
        let rate = self.rate(item, day, date);
        let weekday = if date.weekday() < 5 { 1.15 } else { 0.62 };
        let units = match item.product.usage {
            Usage::Slow => {
                if rng.uniform() >= item.chance {
                    return 0;
                }
                // A geometric size with the mean of an event.
                let size = (rate / item.chance).max(1.0);
                if size < 1.001 { 1.0 } else { 1.0 + (rng.uniform().ln() / (1.0 - 1.0 / size).ln()).floor() }
            }
            Usage::Fast => {
                let mean = rng.gamma(item.shape, rate * weekday / item.shape);
                rng.poisson(mean)
            }
            Usage::Medium | Usage::Seasonal => rng.poisson(rate * weekday),
        };
        from_f64(units)
    }

    /// Units of a usual event: 1 unless the item is slow.
    pub(super) fn event_size(&self, item: &Item) -> f64 {
        if item.product.usage == Usage::Slow { (item.mean * self.scale).max(1.0) } else { 1.0 }
    }
}

/// Whether a group of drugs belongs on a kind of ward before others.
fn suits(group: &str, purpose: &str) -> bool {
    match group {
        "anaesthetics" | "blood products" => matches!(purpose, "theatre" | "acute"),
        "emergency" => purpose == "acute",
        "oncology" | "haematology" | "antifungals" => purpose == "cancer",
        "obstetrics" => matches!(purpose, "birth" | "theatre"),
        "vaccines" => matches!(purpose, "children" | "birth"),
        "endocrine" | "cardiovascular" | "neurology" | "gastrointestinal" => purpose == "medical",
        _ => false,
    }
}
