//! The instance by index: what every stage of the planner reads, made once.

#![expect(clippy::indexing_slicing, reason = "shapes and ids are checked by validate before this runs")]

use std::collections::HashMap;

use super::input::{Instance, Item, Offer, Risk, Supplier, Ven};
use super::links::Links;
use super::parallel::in_chunks;
use super::risk::{Protection, Segment, price_of_low_stock};
use super::rows::Rows;
use super::walk::{Scratch, roll};
use crate::convert::{ceil_to_count, count_to_f64, period_to_index};

/// Item-periods up to which the risk term is cut into its full number of pieces.
const FINE_MAX: usize = 8_000;

/// Units that arrive without any order of this plan.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Receipt {
    /// Last period of use, capped at the number of periods ("outlives the horizon").
    pub(crate) last: usize,
    pub(crate) units: f64,
}

/// One item with its numbers.
#[derive(Debug, Clone)]
pub(crate) struct ItemModel {
    pub(crate) demand: Vec<f64>,
    /// `receipts[period]`; stock at hand is in period 0.
    pub(crate) receipts: Rows<Receipt>,
    pub(crate) life: Option<usize>,
    /// Whether nothing at hand, on order or to be ordered has its last period of use in the horizon.
    pub(crate) plain: bool,
    pub(crate) holding: f64,
    pub(crate) shortage: f64,
    pub(crate) disposal: f64,
    /// Litres per unit.
    pub(crate) volume: f64,
    /// Index of the storage limit that counts it.
    pub(crate) class: Option<usize>,
    pub(crate) offers: Vec<usize>,
    /// Price of low stock by period.
    pub(crate) risk: Rows<Segment>,
    /// Units that stand for 1 in the linear program.
    pub(crate) scale: f64,
}

impl ItemModel {
    /// Last period of use of a delivery, capped at the number of periods.
    pub(crate) fn last_use(&self, arrives: usize) -> usize {
        let end = self.demand.len();
        self.life.map_or(end, |life| (arrives + life - 1).min(end))
    }
}

/// One offer with its numbers.
#[derive(Debug, Clone)]
pub(crate) struct OfferModel {
    pub(crate) item: usize,
    pub(crate) supplier: usize,
    pub(crate) units: f64,
    pub(crate) price: f64,
    pub(crate) moq: i64,
    pub(crate) most: i64,
    pub(crate) lead: usize,
    /// Money per order line, whatever its packs.
    pub(crate) line_cost: f64,
    /// `open[period]`: an order can be placed, arrives in the horizon and its minimum can be paid.
    pub(crate) open: Vec<bool>,
}

/// One supplier with its numbers.
#[derive(Debug, Clone)]
pub(crate) struct SupplierModel {
    pub(crate) fee: f64,
    pub(crate) minimum: f64,
    pub(crate) offers: Vec<usize>,
}

/// One storage limit.
#[derive(Debug, Clone)]
pub(crate) struct ClassModel {
    pub(crate) name: &'static str,
    /// Litres given, infinite where there is no limit.
    pub(crate) given: Vec<f64>,
    /// Litres used when nothing is ordered.
    pub(crate) before: Vec<f64>,
    /// Litres no plan may exceed: the larger of the two.
    pub(crate) limit: Vec<f64>,
    pub(crate) items: Vec<usize>,
}

/// Everything by index.
#[derive(Debug, Clone)]
pub(crate) struct Model<'a> {
    pub(crate) instance: &'a Instance,
    pub(crate) periods: usize,
    /// Threads that may share work on it, at least 1; no answer depends on them.
    pub(crate) threads: usize,
    pub(crate) items: Vec<ItemModel>,
    pub(crate) offers: Vec<OfferModel>,
    pub(crate) suppliers: Vec<SupplierModel>,
    /// Money, infinite where there is no limit.
    pub(crate) budget: Vec<f64>,
    pub(crate) classes: Vec<ClassModel>,
    /// Ways between items; only the flow program reads them, every other stage plans items alone.
    pub(crate) links: Links,
}

impl<'a> Model<'a> {
    /// From an instance that [`super::validate`] has accepted.
    pub(crate) fn new(instance: &'a Instance, threads: usize) -> Self {
        let periods = period_to_index(instance.periods);
        let budget = match &instance.budget {
            Some(given) => given.iter().map(|b| b.unwrap_or(f64::INFINITY)).collect(),
            None => vec![f64::INFINITY; periods],
        };
        let mut model = Self {
            instance,
            periods,
            threads,
            items: Vec::new(),
            offers: Vec::new(),
            suppliers: instance.suppliers.iter().map(supplier_model).collect(),
            budget,
            classes: Vec::new(),
            links: Links::default(),
        };
        let items: HashMap<&str, usize> = index(instance.items.iter().map(|i| i.id.as_str()));
        model.links = Links::new(instance, &items);
        let suppliers: HashMap<&str, usize> = index(instance.suppliers.iter().map(|s| s.id.as_str()));
        model.offers = in_parts(&instance.offers, threads, |_, offer| {
            model.offer_model(offer, items[offer.item.as_str()], suppliers[offer.supplier.as_str()])
        });
        let mut by_item = vec![Vec::new(); instance.items.len()];
        for (k, offer) in model.offers.iter().enumerate() {
            by_item[offer.item].push(k);
            model.suppliers[offer.supplier].offers.push(k);
        }
        model.items = in_parts(&instance.items, threads, |i, item| model.item_model(item, by_item[i].clone()));
        model.add_classes();
        model
    }

    fn offer_model(&self, offer: &Offer, item: usize, supplier: usize) -> OfferModel {
        let lead = period_to_index(offer.lead_periods);
        let moq = offer.moq_packs.max(1);
        let most = offer.max_packs.unwrap_or(i64::MAX / 4);
        let given = &self.instance.suppliers[supplier];
        let least = (count_to_f64(moq) * offer.price).max(given.min_order);
        let allowed = |t: usize| match &given.order_periods {
            Some(listed) => listed.iter().any(|&p| period_to_index(p) == t),
            None => true,
        };
        let open = (0..self.periods)
            .map(|t| {
                most >= moq
                    && lead < self.periods - t
                    && allowed(t)
                    // A budget of zero stays a row of the program, so that it gets a price.
                    && (self.budget[t] <= 0.0 || least <= self.budget[t] * (1.0 + 1e-12) + 1e-9)
            })
            .collect();
        let (units, line_cost) = (count_to_f64(offer.units_per_pack), given.line_cost);
        OfferModel { item, supplier, units, price: offer.price, moq, most, lead, line_cost, open }
    }

    fn item_model(&self, item: &Item, offers: Vec<usize>) -> ItemModel {
        let periods = self.periods;
        let last = |given: Option<u32>| given.map_or(periods, |p| period_to_index(p).min(periods));
        let mut receipts = vec![Vec::new(); periods];
        for lot in item.on_hand.iter().filter(|lot| lot.units > 0) {
            receipts[0].push(Receipt { last: last(lot.expires_period), units: count_to_f64(lot.units) });
        }
        for order in item.on_order.iter().filter(|order| order.units > 0) {
            if let Some(slot) = receipts.get_mut(period_to_index(order.arrives_period)) {
                slot.push(Receipt { last: last(order.expires_period), units: count_to_f64(order.units) });
            }
        }
        let risk = price_of_low_stock(item, self.protection(item, &offers));
        let demand: Vec<f64> = item.demand.iter().map(|d| d.mean).collect();
        let life = item.shelf_life_periods.map(period_to_index);
        let plain = life.is_none_or(|life| life > periods) && receipts.iter().flatten().all(|receipt: &Receipt| receipt.last >= periods);
        let mean = demand.iter().sum::<f64>() / f64::from(self.instance.periods);
        ItemModel {
            demand,
            receipts: receipts.into(),
            life,
            plain,
            holding: item.holding_cost,
            shortage: item.shortage_cost,
            disposal: item.disposal_cost,
            volume: item.volume_ml / 1000.0,
            class: self.instance.storage.iter().position(|limit| limit.class == item.storage_class),
            offers,
            risk: risk.into(),
            scale: mean.max(1.0),
        }
    }

    fn protection(&self, item: &Item, offers: &[usize]) -> Protection<'a> {
        let quickest = offers.iter().map(|&k| (self.offers[k].lead + self.review(k), k)).min();
        let (window, lead, delay) = quickest.map_or((0, 0, &[][..]), |(window, k)| {
            let delay = self.instance.offers[k].lead_delay.as_slice();
            (window, self.offers[k].lead, delay)
        });
        let usual = match item.ven {
            Ven::Vital => 0.99,
            Ven::Essential => 0.95,
            Ven::NonEssential => 0.9,
        };
        let options = &self.instance.options;
        Protection {
            // Nothing can be bought: no price steers anything.
            form: if offers.is_empty() { Risk::Mean } else { options.risk },
            level: *options.service_quantile.get(&item.ven).unwrap_or(&usual),
            lead,
            window: window.clamp(1, self.periods),
            delay,
            coarse: self.instance.items.len() * self.periods > FINE_MAX,
        }
    }

    /// Longest wait from one chance to order to the next, periods, at least 1.
    fn review(&self, offer: usize) -> usize {
        let Some(listed) = &self.instance.suppliers[self.offers[offer].supplier].order_periods else {
            return 1;
        };
        let mut sorted: Vec<usize> = listed.iter().map(|&p| period_to_index(p)).collect();
        sorted.sort_unstable();
        sorted.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(1).max(1)
    }

    /// First period after `arrives` in which another order of the item could arrive.
    pub(crate) fn next_arrival(&self, item: usize, ordered: usize, arrives: usize) -> usize {
        let mut best = self.periods;
        for &k in &self.items[item].offers {
            let offer = &self.offers[k];
            let first = (ordered + 1..self.periods).filter(|&t| offer.open[t]).map(|t| t + offer.lead).find(|&a| a > arrives);
            best = best.min(first.unwrap_or(self.periods));
        }
        best
    }

    /// Packs no sensible order of this offer exceeds: what can be used after its arrival, its
    /// minimum, or the supplier's minimum, whichever is most. `extra`: units of target stock.
    pub(crate) fn most_useful(&self, offer: usize, period: usize, extra: f64) -> f64 {
        let o = &self.offers[offer];
        let item = &self.items[o.item];
        let arrives = period + o.lead;
        let end = (item.last_use(arrives) + 1).min(self.periods);
        let usable = self.links.useful(o.item, arrives, end).unwrap_or_else(|| item.demand[arrives..end].iter().sum());
        let packs = ceil_to_count((usable + extra) / o.units).max(o.moq);
        let floor = if o.price > 0.0 { (self.suppliers[o.supplier].minimum / o.price).ceil() } else { 0.0 };
        count_to_f64(packs).max(floor).min(count_to_f64(o.most))
    }

    /// Storage limits from what is used when nothing is ordered.
    pub(crate) fn add_classes(&mut self) {
        self.classes.clear();
        let none = vec![vec![0; self.periods]; self.offers.len()];
        for (c, limit) in self.instance.storage.iter().enumerate() {
            let items: Vec<usize> = (0..self.items.len()).filter(|&i| self.items[i].class == Some(c)).collect();
            let stocks = in_parts(&items, self.threads, |_, &i| {
                let mut room = Scratch::new(self.periods);
                roll(&self.items[i], &self.offers, &none, &mut room);
                room.stock
            });
            let mut before = vec![0.0; self.periods];
            for (&i, stock) in items.iter().zip(&stocks) {
                for (sum, stock) in before.iter_mut().zip(stock) {
                    *sum += self.items[i].volume * stock;
                }
            }
            let given: Vec<f64> = limit.litres.iter().map(|l| l.unwrap_or(f64::INFINITY)).collect();
            self.classes.push(ClassModel {
                name: limit.class.as_str(),
                limit: given.iter().zip(&before).map(|(g, b)| g.max(*b)).collect(),
                given,
                before,
                items,
            });
        }
    }
}

fn supplier_model(supplier: &Supplier) -> SupplierModel {
    SupplierModel { fee: supplier.order_cost, minimum: supplier.min_order, offers: Vec::new() }
}

fn index<'a>(ids: impl Iterator<Item = &'a str>) -> HashMap<&'a str, usize> {
    ids.enumerate().map(|(i, id)| (id, i)).collect()
}

/// `make(number, one)` of every one of `all`, in order.
fn in_parts<T: Sync, R: Send>(all: &[T], threads: usize, make: impl Fn(usize, &T) -> R + Sync) -> Vec<R> {
    let each = 512;
    let part = |n: usize| all.iter().enumerate().skip(n * each).take(each).map(|(i, one)| make(i, one)).collect::<Vec<R>>();
    let mut results = Vec::with_capacity(all.len());
    for part in in_chunks(all.len().div_ceil(each), threads, part) {
        results.extend(part);
    }
    results
}
