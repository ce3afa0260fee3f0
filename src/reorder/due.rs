//! Which rows of a plan are due today, by their own levels: the question to `wardstock_models::levels` per offer. Pure.

use std::collections::HashMap;

use wardstock_models::convert::length_to_f64;
use wardstock_models::lead_time::LeadTime;
use wardstock_models::levels::{Demand, DemandPool, Lot, OpenOrder, OrderAdvice, Terms, advise};
use wardstock_models::plan::standard::{DISPOSAL_SHARE, LINE_COST};
use wardstock_models::plan::{Due, Risk};

use super::PlanRequest;
use super::gather::{Gathered, Row};
use super::instance::{self, Question};
use crate::base::money::to_major;
use crate::base::quantity::to_f64;
use crate::base::time::Day;
use crate::catalogue::offer::Offer;

/// Share of a supplier's items that are thought to share an order and its cost.
const ORDERED_TOGETHER: f64 = 0.125;

/// Adds to every item of an `expected` plan whether it is due; of several offers the one that costs least in the long run.
pub(super) fn fill(question: &mut Question, gathered: &Gathered, wish: &PlanRequest) {
    if question.instance.options.risk != Risk::Expected {
        return;
    }
    let pool = DemandPool::of(&gathered.records);
    let mut of_row: HashMap<usize, Vec<(&str, usize)>> = HashMap::new();
    let mut items_of: HashMap<i64, usize> = HashMap::new();
    for offer in &question.instance.offers {
        if let Some((row, at)) = question.lines.get(&offer.id) {
            of_row.entry(*row).or_default().push((&offer.id, *at));
            if let Some(offer) = gathered.offers.get(*at) {
                *items_of.entry(offer.supplier_id).or_insert(0) += 1;
            }
        }
    }
    for (at, (row, item)) in gathered.rows.iter().zip(&mut question.instance.items).enumerate() {
        let (Some(record), Some(forecast)) = (gathered.records.get(at), gathered.forecasts().get(at)) else { continue };
        let period_days = usize::try_from(wish.period_days()).unwrap_or(7);
        let demand = Demand::new(record, &pool, &forecast.sums, period_days, gathered.today.0);
        let mut best: Option<(f64, Due)> = None;
        for (id, offer_at) in of_row.get(&at).into_iter().flatten() {
            let Some(offer) = gathered.offers.get(*offer_at) else { continue };
            let together = items_of.get(&offer.supplier_id).copied().unwrap_or(1);
            let terms = terms(item, row, offer, gathered, (period_days, together));
            let asked = Asked { row, offer, gathered, review_days: review_days(offer, gathered, wish) };
            let advice = asked.advise(&demand, terms);
            let a_day = forecast.sums.last().map_or(0.0, |all| all.mean() / length_to_f64(forecast.sums.len() * period_days));
            let cost = advice.cost_per_day + a_day * to_major(offer.price_minor) / to_f64(offer.units_per_pack.max(1));
            if best.as_ref().is_none_or(|known| cost < known.0) {
                let before = gathered.advised.get(*id).copied();
                best = Some((cost, due(id, advice, before, (terms.units_per_pack, asked.review_days))));
            }
        }
        item.due = best.map(|best| best.1);
    }
}

fn due(offer: &str, advice: OrderAdvice, previous_packs: Option<i64>, (units_per_pack, review_days): (i64, usize)) -> Due {
    Due {
        offer: offer.to_owned(),
        position: advice.position.max(0),
        reorder_level: advice.reorder_level,
        up_to_level: advice.up_to_level,
        packs: advice.units / units_per_pack.max(1),
        previous_packs,
        days_to_reorder: Some(advice.days_to_reorder).filter(|days| days.is_finite()),
        short_before_delivery: advice.short_before_delivery,
        one_pack_more: advice.one_pack_more,
        one_pack_less: advice.one_pack_less,
        review_days: u32::try_from(review_days).unwrap_or(1),
    }
}

fn terms(
    item: &wardstock_models::plan::Item,
    row: &Row,
    offer: &Offer,
    gathered: &Gathered,
    (period_days, together): (usize, usize),
) -> Terms {
    let order_cost = gathered.suppliers.get(&offer.supplier_id).map_or(0.0, |supplier| to_major(supplier.order_cost_minor));
    let price = to_major(offer.price_minor) / to_f64(offer.units_per_pack.max(1));
    Terms {
        holding_per_day: item.holding_cost / length_to_f64(period_days.max(1)),
        shortage: item.shortage_cost,
        line: LINE_COST + order_cost / (ORDERED_TOGETHER * length_to_f64(together)).max(1.0),
        expired: (1.0 + DISPOSAL_SHARE) * price,
        shelf_life_days: row.item.shelf_life_days.and_then(|days| usize::try_from(days).ok()),
        units_per_pack: offer.units_per_pack.max(1),
        moq_packs: offer.moq_packs.max(1),
    }
}

/// Days to the next review at which this supplier can be ordered from.
fn review_days(offer: &Offer, gathered: &Gathered, wish: &PlanRequest) -> usize {
    let weekdays = gathered.suppliers.get(&offer.supplier_id).map_or(0, |supplier| supplier.order_weekdays);
    let spacing = if weekdays == 0 { 1 } else { 7_u32.div_ceil(weekdays.count_ones()) };
    usize::try_from(wish.review_days().max(i64::from(spacing))).unwrap_or(1)
}

/// One row and one of its offers.
struct Asked<'a> {
    row: &'a Row,
    offer: &'a Offer,
    gathered: &'a Gathered,
    review_days: usize,
}

impl Asked<'_> {
    fn advise(&self, demand: &Demand, terms: Terms) -> OrderAdvice {
        let today = self.gathered.today;
        let left = |expiry: Day| usize::try_from(expiry.0 + 1 - today.0).unwrap_or(0);
        let mut lots: Vec<Lot> = self.row.lots.iter().map(|(expiry, units)| Lot { units: *units, days_left: expiry.map(left) }).collect();
        lots.sort_by_key(|lot| lot.days_left.unwrap_or(usize::MAX));
        let age = |ordered: Day| usize::try_from(today.0 - ordered.0).unwrap_or(0);
        let open: Vec<OpenOrder> = self.row.open.iter().map(|open| OpenOrder { age_days: age(open.ordered), units: open.units }).collect();
        advise(&wardstock_models::levels::Question {
            demand,
            lead_days: &self.lead_days(),
            review_days: self.review_days,
            terms,
            lots: &lots,
            open: &open,
        })
    }

    /// The law of the supplier's lead time, moved by what this offer states beyond the supplier, and by the days until
    /// the supplier takes orders.
    fn lead_days(&self) -> Vec<(usize, f64)> {
        let supplier = self.gathered.suppliers.get(&self.offer.supplier_id);
        let stated = supplier.map_or(0, |supplier| supplier.lead_time_days);
        let weekdays = supplier.map_or(0, |supplier| supplier.order_weekdays);
        let today = self.gathered.today;
        let wait = super::run::order_day(today, weekdays).0 - today.0;
        let more = instance::lead_days(self.offer, self.gathered) - stated + wait;
        let law = self.gathered.lead_times.get(&self.offer.supplier_id).map_or_else(|| vec![(0, 1.0)], LeadTime::by_days);
        let moved = |days: usize| usize::try_from(i64::try_from(days).unwrap_or(i64::MAX).saturating_add(more)).unwrap_or(0);
        law.into_iter().map(|(days, chance)| (moved(days), chance)).collect()
    }
}
