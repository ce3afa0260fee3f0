//! Everything a plan needs, read in one go; the read ends before the solver starts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sha2::{Digest, Sha256};
use wardstock_models::forecast::Forecast;
use wardstock_models::lead_time::{Delivery, LeadTime};
use wardstock_models::levels::DemandRecord;

use super::{PlanRequest, store};
use crate::base::error::{Error, Result};
use crate::base::quantity::to_f64;
use crate::base::time::Day;
use crate::catalogue::item::{self, Item};
use crate::catalogue::offer::{self, Offer};
use crate::catalogue::substitute::{self, Substitute};
use crate::catalogue::supplier::{self, Supplier};
use crate::db::conn::Conn;
use crate::demand::circumstances::{self, Subject};
use crate::demand::history::{self, Wanted};
use crate::demand::input::{Made, RunInput};
use crate::demand::run::Target;
use crate::orders::{lead_time, position};
use crate::places::{self, PlaceKey, capacity, planning};
use crate::stock::level;

/// Weeks of history that a forecast looks at.
const HISTORY_DAYS: i64 = 3 * 364;
/// Completed deliveries of a supplier below which its promise counts more than its record.
const DELIVERIES_MIN: usize = 5;

/// Number of the planning point, and item code.
type RowKey = (usize, String);

/// One item at one planning point: a row of the plan.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) item: Item,
    pub(super) place: PlaceKey,
    /// The stock point of the item at the planning place: orders arrive there.
    pub(super) stock_point_id: i64,
    /// Usable lots: (expiry, units).
    pub(super) lots: Vec<(Option<Day>, i64)>,
    /// Open orders.
    pub(super) open: Vec<Open>,
}

impl Row {
    /// Its name in the instance.
    pub(super) fn id(&self) -> String {
        circumstances::series_id(&self.item.code, &self.place.code)
    }

    fn subject(&self) -> Subject {
        Subject {
            id: self.id(),
            item_id: self.item.id,
            predecessor_id: self.item.predecessor_id,
            place_id: self.place.id,
            group: self.item.forecast_group.clone(),
        }
    }
}

/// Units on their way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open {
    pub(super) ordered: Day,
    pub(super) expected: Day,
    pub(super) units: i64,
}

/// All that was read; the forecasts come next, when no connection waits for them.
#[derive(Debug)]
pub(super) struct Facts {
    rows: Vec<Row>,
    advised: HashMap<String, i64>,
    records: Vec<DemandRecord>,
    input: RunInput,
    offers: Vec<Offer>,
    substitutes: Vec<Substitute>,
    suppliers: HashMap<i64, Supplier>,
    lead_times: HashMap<i64, LeadTime>,
    litres: HashMap<String, Option<f64>>,
}

impl Facts {
    /// Forecasts demand.
    pub(super) fn forecast(self) -> Result<Gathered> {
        let Self { rows, advised, records, input, offers, substitutes, suppliers, lead_times, litres } = self;
        let (today, made) = (input.start, input.forecast()?);
        Ok(Gathered { today, rows, advised, records, made, offers, substitutes, suppliers, lead_times, litres })
    }
}

/// All that a plan needs.
#[derive(Debug)]
pub(super) struct Gathered {
    pub(super) today: Day,
    pub(super) rows: Vec<Row>,
    /// What the plan before advised to order now and nobody ordered: offer in the instance -> packs.
    pub(super) advised: HashMap<String, i64>,
    /// What the single days of the rows say; then of archived items, as the forecasts.
    pub(super) records: Vec<DemandRecord>,
    /// The forecasts: those of the rows first, then of archived items whose place others take.
    pub(super) made: Made,
    pub(super) offers: Vec<Offer>,
    /// Of all items, also of those that are in no row.
    pub(super) substitutes: Vec<Substitute>,
    pub(super) suppliers: HashMap<i64, Supplier>,
    pub(super) lead_times: HashMap<i64, LeadTime>,
    pub(super) litres: HashMap<String, Option<f64>>,
}

impl Gathered {
    /// The forecasts of the rows.
    pub(super) fn forecasts(&self) -> &[Forecast] {
        self.made.monitored.forecasts.get(..self.rows.len()).unwrap_or_default()
    }

    /// For which stock point each row is forecast; none while there is none: accepting an order makes it.
    pub(super) fn targets(&self) -> Vec<Option<Target>> {
        let target = |row: &Row| Target { stock_point_id: row.stock_point_id, place: row.place.code.clone(), item: row.item.code.clone() };
        self.rows.iter().map(|row| (row.stock_point_id != 0).then(|| target(row))).collect()
    }
}

/// Reads stock, orders, demand, offers and capacities of a site.
pub(super) fn gather(conn: &mut Conn, site_id: i64, today: Day, wish: &PlanRequest) -> Result<Facts> {
    let (gone, rows): (Vec<_>, Vec<_>) = rows(conn, site_id, today)?.into_iter().partition(|(row, _)| row.item.archived);
    let forecast_rows = || rows.iter().chain(&gone);
    let wanted: Vec<Wanted> = forecast_rows().map(|(row, members)| series_of(row, members)).collect();
    let subjects: Vec<Subject> = forecast_rows().map(|(row, _)| row.subject()).collect();
    let rows: Vec<Row> = rows.into_iter().map(|(row, _)| row).collect();
    let periods = HISTORY_DAYS / wish.period_days();
    let (series, records) = history::series(conn, site_id, &wanted, today, wish.period_days(), periods)?;
    let (from, until) = (today.plus(-periods * wish.period_days()), today.plus(wish.periods() * wish.period_days()));
    let known = circumstances::of_site(conn, site_id, &subjects, from, until)?;
    let horizon = usize::try_from(wish.periods()).unwrap_or(1);
    let input = RunInput::new(today, wish.period_days(), horizon, series, known);
    let suppliers: HashMap<i64, Supplier> = supplier::all(conn)?.into_iter().map(|supplier| (supplier.id, supplier)).collect();
    let offers = offer::newest_on(conn, today)?;
    let substitutes = substitute::all(conn)?;
    let lead_times = lead_times(conn, &suppliers, today)?;
    let litres = capacity::litres(conn, site_id)?;
    let advised = store::advised_now(conn, site_id, today)?;
    Ok(Facts { rows, advised, records, input, offers, substitutes, suppliers, lead_times, litres })
}

fn series_of(row: &Row, members: &[i64]) -> Wanted {
    Wanted { id: row.id(), group: row.item.forecast_group.clone(), stock_point_ids: members.to_vec() }
}

/// The rows of the plan, each with the stock points pooled into it.
fn rows(conn: &mut Conn, site_id: i64, today: Day) -> Result<Vec<(Row, Vec<i64>)>> {
    let points = planning::planning_points(conn, site_id)?;
    let place_to_point: HashMap<i64, usize> =
        points.iter().enumerate().flat_map(|(at, point)| point.members.iter().map(move |place_id| (*place_id, at))).collect();
    let items: HashMap<i64, Item> = item::forecast(conn)?.into_iter().map(|item| (item.id, item)).collect();
    let stock_points = places::stock_points_of_site(conn, site_id)?;
    let mut members: BTreeMap<RowKey, (i64, BTreeSet<i64>)> = BTreeMap::new();
    let mut owner: HashMap<i64, RowKey> = HashMap::new();
    for ((place_id, item_id), stock_point_id) in &stock_points {
        if let (Some(at), Some(item)) = (place_to_point.get(place_id), items.get(item_id)) {
            let key = (*at, item.code.clone());
            members.entry(key.clone()).or_insert_with(|| (*item_id, BTreeSet::new())).1.insert(*stock_point_id);
            owner.insert(*stock_point_id, key);
        }
    }
    let mut lots: HashMap<RowKey, Vec<(Option<Day>, i64)>> = HashMap::new();
    for lot in level::usable_lots(conn, site_id, today)? {
        if let Some(key) = owner.get(&lot.stock_point_id) {
            lots.entry(key.clone()).or_default().push((lot.expiry, lot.quantity));
        }
    }
    let mut open: HashMap<RowKey, Vec<Open>> = HashMap::new();
    for line in position::open_lines(conn, site_id)? {
        if let Some(key) = owner.get(&line.stock_point_id) {
            open.entry(key.clone()).or_default().push(Open { ordered: line.ordered_day, expected: line.expected_day, units: line.units });
        }
    }
    let mut rows = Vec::with_capacity(members.len());
    for (key, (item_id, stock_point_ids)) in members {
        let (Some(point), Some(item)) = (points.get(key.0), items.get(&item_id)) else { continue };
        let row = Row {
            item: item.clone(),
            place: point.place.clone(),
            // Not there yet when only wards keep it: accepting an order makes it.
            stock_point_id: stock_points.get(&(point.place.id, item_id)).copied().unwrap_or(0),
            lots: lots.remove(&key).unwrap_or_default(),
            open: open.remove(&key).unwrap_or_default(),
        };
        rows.push((row, stock_point_ids.into_iter().collect()));
    }
    Ok(rows)
}

fn lead_times(conn: &mut Conn, suppliers: &HashMap<i64, Supplier>, today: Day) -> Result<HashMap<i64, LeadTime>> {
    let mut deliveries = Vec::new();
    let mut completed: HashMap<i64, usize> = HashMap::new();
    for record in lead_time::history(conn)? {
        if record.received_day.is_some_and(|day| day <= today) {
            *completed.entry(record.supplier_id).or_insert(0) += 1;
        }
        deliveries.push(Delivery {
            supplier: record.supplier_id.to_string(),
            ordered_day: record.ordered_day.0,
            promised_day: record.promised_day.map(|day| day.0),
            received_day: record.received_day.map(|day| day.0),
        });
    }
    suppliers
        .values()
        .map(|supplier| {
            let stated = || LeadTime::from_promise(to_f64(supplier.lead_time_days), supplier.lead_time_sd_days);
            let law = if completed.get(&supplier.id).copied().unwrap_or(0) >= DELIVERIES_MIN {
                LeadTime::from_deliveries(&deliveries, &supplier.id.to_string(), today.0).or_else(|_| stated())
            } else {
                stated()
            };
            law.map(|law| (supplier.id, law)).map_err(|cause| Error::internal("a supplier has no valid lead time").because(cause))
        })
        .collect()
}

/// SHA-256 of an instance: the same input gives the same plan.
pub(super) fn fingerprint(instance: &str) -> String {
    crate::web::body::hex(&Sha256::digest(instance.as_bytes()))
}
