//! Everything a backtest needs, read in one go from the site's own book; the read ends before any policy walks.

use std::collections::{BTreeMap, HashMap};

use wardstock_models::lead_time::Delivery;
use wardstock_models::plan::Ven;
use wardstock_models::simulate::{Article, Offered, Record};

use super::compare::Course;
use super::notes::{self, Facts};
use super::{Backtest, BacktestRequest, refused};
use crate::base::error::{Error, Result};
use crate::base::time::Day;
use crate::catalogue::item::{self, Item};
use crate::catalogue::offer;
use crate::catalogue::supplier::{self, Supplier};
use crate::db::conn::Conn;
use crate::demand::record::{self, SiteDemand};
use crate::orders::lead_time;
use crate::places::{self, PlaceKey, par, planning};
use crate::stock::shelf_life;

/// Days of the record that are looked at: three years, as a forecast does.
const HISTORY_DAYS: i64 = 3 * 364;

/// A site's record, ready to be walked.
#[derive(Debug, Clone)]
pub struct Gathered {
    site: String,
    from: Day,
    to: Day,
    record: Record,
    facts: Facts,
}

/// Reads the record of a site up to the day before `today`.
///
/// - `items_max`: items kept, those whose demand is worth most.
///
/// # Errors
/// `invalid_input` when nothing was asked for, or nobody offers what was.
pub fn gather(conn: &mut Conn, site: &PlaceKey, today: Day, items_max: usize) -> Result<Gathered> {
    let demand = record::of_site(conn, site.site_id, today, HISTORY_DAYS)?.ok_or_else(|| nothing(site))?;
    let items: HashMap<i64, Item> = item::all(conn)?.into_iter().map(|item| (item.id, item)).collect();
    let suppliers: HashMap<i64, Supplier> = supplier::all(conn)?.into_iter().map(|supplier| (supplier.id, supplier)).collect();
    let deliveries = deliveries(conn, &suppliers)?;
    let mut facts = Facts { deliveries: deliveries.iter().filter(|one| one.received_day.is_some()).count(), ..Facts::default() };
    let offers = offers(conn, site.site_id, today, &items, &suppliers, &mut facts)?;
    let codes = |item_id: &i64| items.get(item_id).map_or_else(|| item_id.to_string(), |item| item.code.clone());
    let requests = demand.items.iter().map(|(item_id, of_item)| (codes(item_id), of_item.requests.clone())).collect();
    let (mut record, nobody) = Record::new(offers, requests, &deliveries).map_err(|cause| refused("suppliers", &cause))?;
    if record.articles().is_empty() {
        return Err(Error::field(
            "site",
            "empty",
            format!("{}: nobody offers any of the {} items that were asked for", site.code, nobody.len()),
        ));
    }
    facts.not_offered = nobody;
    facts.beyond_limit = record.keep_dearest(items_max);
    count(&demand, &record, &codes, &mut facts);
    Ok(Gathered { site: site.code.clone(), from: demand.from, to: demand.to, record, facts })
}

fn nothing(site: &PlaceKey) -> Error {
    let detail = format!(
        "{}: there is no demand on record: a backtest needs at least 56 days of issues (movements.csv, or booked here) or of demand.csv",
        site.code
    );
    Error::field("site", "empty", detail)
}

impl Gathered {
    /// What was asked for, and by whom it is offered.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// First and last day of the record.
    pub fn span(&self) -> (Day, Day) {
        (self.from, self.to)
    }

    /// Walks the policies of a course through it; `watch` as in [`Course::compare`].
    ///
    /// # Errors
    /// `invalid_input` when the record is too short for the weeks measured, or a policy orders what no shelf holds.
    pub fn walk(&self, wish: &BacktestRequest, course: &Course, watch: &(dyn Fn(usize, usize) -> bool + Sync)) -> Result<Option<Backtest>> {
        let weeks = Some(wish.weeks_of(self.record.days()));
        let timeline = self.record.timeline(weeks).map_err(|cause| {
            let detail = format!("{}, {} to {}: {cause}; import more, or measure fewer weeks", self.site, self.from, self.to);
            Error::field("weeks", "too_little_history", detail)
        })?;
        let comparison = match course.compare(|seed| self.record.world(seed, weeks), watch) {
            Ok(comparison) => comparison,
            Err(wardstock_models::simulate::SimulateError::Stopped) => return Ok(None),
            Err(cause) => return Err(refused("policies", &cause)),
        };
        let notes = notes::of(&self.facts, &self.record, self.from, timeline, &course.policies);
        Ok(Some(Backtest { site: self.site.clone(), from: self.from, to: self.to, notes, comparison }))
    }
}

/// All offers that hold today, in the main currency, each with what is known of its article.
fn offers(
    conn: &mut Conn,
    site_id: i64,
    today: Day,
    items: &HashMap<i64, Item>,
    suppliers: &HashMap<i64, Supplier>,
    facts: &mut Facts,
) -> Result<Vec<Offered>> {
    let levels = own_levels(conn, site_id)?;
    let lives = shelf_life::as_received(conn, site_id, today.plus(-HISTORY_DAYS))?;
    let offers = offer::newest_on(conn, today)?;
    let currency = offer::main_currency(&offers).unwrap_or_default().to_owned();
    let mut offered = Vec::with_capacity(offers.len());
    for offer in offers.iter().filter(|offer| offer.currency == currency) {
        let (Some(item), Some(supplier)) = (items.get(&offer.item_id), suppliers.get(&offer.supplier_id)) else { continue };
        let stated = offer.lead_time_days.unwrap_or(supplier.lead_time_days).max(1);
        let life = lives.get(&item.id).copied();
        if life.is_some() {
            facts.lives_from_lots.insert(item.code.clone());
        }
        let article = Article {
            id: item.code.clone(),
            ven: match item.ven.as_str() {
                "V" => Ven::Vital,
                "N" => Ven::NonEssential,
                _ => Ven::Essential,
            },
            supplier: supplier.code.clone(),
            units_per_pack: offer.units_per_pack,
            price_minor: offer.price_minor,
            moq_packs: offer.moq_packs,
            lead_time_days: usize::try_from(stated).unwrap_or(1),
            shelf_life_days: life.or(item.shelf_life_days).and_then(|days| usize::try_from(days).ok()),
            par_level: levels.get(&item.id).copied(),
        };
        offered.push(Offered { article, lead_time_sd_days: supplier.lead_time_sd_days });
    }
    facts.currency = currency;
    Ok(offered)
}

/// A site's own par levels, by item: the sum over its places, where a place that orders are planned for has one.
///
/// All places are one shelf here, so what all of them are filled up to is its level. Where only wards have levels, nobody
/// has said how much the store behind them shall hold.
fn own_levels(conn: &mut Conn, site_id: i64) -> Result<BTreeMap<i64, i64>> {
    let levels = par::of_site(conn, site_id)?;
    let planned: Vec<i64> = planning::planning_points(conn, site_id)?.into_iter().map(|point| point.place.id).collect();
    let mut sums: BTreeMap<i64, (i64, bool)> = BTreeMap::new();
    for ((place_id, item_id), point) in places::stock_points_of_site(conn, site_id)? {
        if let Some(level) = levels.get(&point).and_then(|levels| levels.par_level) {
            let sum = sums.entry(item_id).or_default();
            sum.0 = sum.0.saturating_add(level);
            sum.1 |= planned.contains(&place_id);
        }
    }
    Ok(sums.into_iter().filter(|(_, (_, is_planned))| *is_planned).map(|(item_id, (level, _))| (item_id, level)).collect())
}

fn deliveries(conn: &mut Conn, suppliers: &HashMap<i64, Supplier>) -> Result<Vec<Delivery>> {
    let of = |one: lead_time::DeliveryRecord| {
        Some(Delivery {
            supplier: suppliers.get(&one.supplier_id)?.code.clone(),
            ordered_day: one.ordered_day.0,
            promised_day: one.promised_day.map(|day| day.0),
            received_day: one.received_day.map(|day| day.0),
        })
    };
    Ok(lead_time::history(conn)?.into_iter().filter_map(of).collect())
}

/// Counts what the record says of empty shelves, over the items that are compared.
fn count(demand: &SiteDemand, record: &Record, code: &dyn Fn(&i64) -> String, facts: &mut Facts) {
    let kept: Vec<&str> = record.articles().iter().map(|article| article.id.as_str()).collect();
    for (item_id, of_item) in &demand.items {
        if kept.binary_search(&code(item_id).as_str()).is_ok() {
            facts.unmet_units += of_item.unmet_units;
            facts.touched_days += of_item.touched_days;
            facts.empty_days += of_item.empty_days;
        }
    }
}
