//! `items.csv`, `suppliers.csv`, `offers.csv`, `deliveries.csv`: who offers what, and how long it takes.

use std::collections::BTreeMap;
use std::path::Path;

use wardstock::base::error::Result;
use wardstock::base::table::Sheet;
use wardstock_models::lead_time::Delivery;
use wardstock_models::plan::Ven;
use wardstock_models::simulate::{Article, Offered};

use super::{accept, needed, optional};

const COUNT_MAX: i64 = 1_000_000_000;
const LEAD_DAYS_MAX: i64 = 3_650;

/// Stated days and their spread, by supplier.
type Stated = BTreeMap<String, (i64, f64)>;

/// All offers, and what suppliers took.
pub(super) fn read(folder: &Path) -> Result<(Vec<Offered>, Vec<Delivery>)> {
    let items = items(&needed(folder, "items.csv")?)?;
    let stated = suppliers(&needed(folder, "suppliers.csv")?)?;
    let deliveries = optional(folder, "deliveries.csv")?.map_or_else(|| Ok(Vec::new()), |sheet| deliveries(&sheet))?;
    let mut offered = Vec::new();
    for offer in offers(&needed(folder, "offers.csv")?)? {
        let Some((ven, shelf_life_days)) = items.get(&offer.item) else { continue };
        let Some((lead, sd)) = stated.get(&offer.supplier) else { continue };
        let lead = offer.lead_time_days.unwrap_or(*lead).max(1);
        let article = Article {
            id: offer.item,
            ven: *ven,
            supplier: offer.supplier,
            units_per_pack: offer.units_per_pack,
            price_minor: offer.price_minor,
            moq_packs: offer.moq_packs,
            lead_time_days: usize::try_from(lead).unwrap_or(1),
            shelf_life_days: *shelf_life_days,
            par_level: None,
        };
        offered.push(Offered { article, lead_time_sd_days: *sd });
    }
    Ok((offered, deliveries))
}

fn items(sheet: &Sheet) -> Result<BTreeMap<String, (Ven, Option<usize>)>> {
    sheet.require(&["code", "ven"])?;
    let mut rejected = sheet.broken.clone();
    let mut items = BTreeMap::new();
    for mut row in sheet.rows() {
        let code = row.code("code");
        let ven = match row.one_of("ven", &["V", "E", "N"]).as_deref() {
            Some("V") => Ven::Vital,
            Some("N") => Ven::NonEssential,
            _ => Ven::Essential,
        };
        let life = row.integer("shelf_life_days", 1, 36_500).and_then(|days| usize::try_from(days).ok());
        items.insert(code, (ven, life));
        rejected.extend(row.rejected);
    }
    accept(&rejected)?;
    Ok(items)
}

fn suppliers(sheet: &Sheet) -> Result<Stated> {
    sheet.require(&["code", "lead_time_days"])?;
    let mut rejected = sheet.broken.clone();
    let mut stated = Stated::new();
    for mut row in sheet.rows() {
        let code = row.code("code");
        let days = row.needed_integer("lead_time_days", 0, LEAD_DAYS_MAX);
        let sd = row.number("lead_time_sd_days", 0.0, 3_650.0).unwrap_or(0.0);
        stated.insert(code, (days, sd));
        rejected.extend(row.rejected);
    }
    accept(&rejected)?;
    Ok(stated)
}

struct Row {
    item: String,
    supplier: String,
    units_per_pack: i64,
    price_minor: i64,
    moq_packs: i64,
    lead_time_days: Option<i64>,
}

fn offers(sheet: &Sheet) -> Result<Vec<Row>> {
    sheet.require(&["item", "supplier", "units_per_pack", "price_minor"])?;
    let mut rejected = sheet.broken.clone();
    let mut offers = Vec::new();
    for mut row in sheet.rows() {
        offers.push(Row {
            item: row.code("item"),
            supplier: row.code("supplier"),
            units_per_pack: row.needed_integer("units_per_pack", 1, COUNT_MAX),
            price_minor: row.needed_integer("price_minor", 0, COUNT_MAX),
            moq_packs: row.integer("moq_packs", 1, COUNT_MAX).unwrap_or(1),
            lead_time_days: row.integer("lead_time_days", 0, LEAD_DAYS_MAX),
        });
        rejected.extend(row.rejected);
    }
    accept(&rejected)?;
    Ok(offers)
}

fn deliveries(sheet: &Sheet) -> Result<Vec<Delivery>> {
    sheet.require(&["supplier", "ordered_on"])?;
    let mut rejected = sheet.broken.clone();
    let mut deliveries = Vec::new();
    for mut row in sheet.rows() {
        let supplier = row.code("supplier");
        let (ordered, promised, received) = (row.day("ordered_on"), row.day("promised_on"), row.day("received_on"));
        if let Some(ordered) = ordered {
            deliveries.push(Delivery {
                supplier,
                ordered_day: ordered.0,
                promised_day: promised.map(|day| day.0),
                received_day: received.map(|day| day.0),
            });
        }
        rejected.extend(row.rejected);
    }
    accept(&rejected)?;
    Ok(deliveries)
}
