//! `deliveries.csv`: what suppliers took before, from which lead times are learned.

use std::collections::{BTreeSet, HashMap};

use sha2::{Digest, Sha256};

use super::lead_time::DeliveryRecord;
use super::store;
use crate::access::audit;
use crate::base::error::Result;
use crate::base::quantity::UNITS_MAX;
use crate::base::table::{Outcome, Row, Sheet};
use crate::base::time::Day;
use crate::catalogue::item::{self, Item};
use crate::db::Tx;
use crate::web::body::hex;

/// What rows of the file refer to, loaded once.
struct Names {
    suppliers: HashMap<String, i64>,
    items: HashMap<String, Item>,
}

/// A row that was found good.
struct Delivery {
    key: String,
    record: DeliveryRecord,
    packs: Option<i64>,
}

/// Imports `deliveries.csv`. A row is known again by supplier, item, days of order and promise, and packs (equal
/// rows are numbered), so importing the file again changes nothing, or fills in what has been received since.
///
/// # Errors
/// `invalid_input` when a column is missing; those of the database.
pub fn deliveries(tx: &mut Tx<'_>, actor: &str, sheet: &Sheet) -> Result<Outcome> {
    sheet.require(&["supplier", "ordered_on"])?;
    let column = |name: &str| sheet.rows().filter_map(|row| row.text(name)).collect::<BTreeSet<_>>();
    let names = Names { suppliers: store::supplier_ids(tx.conn, &column("supplier"))?, items: item::by_codes(tx.conn, &column("item"))? };
    let mut outcome = Outcome::of(sheet);
    let mut repeats: HashMap<String, u64> = HashMap::new();
    let mut good = Vec::new();
    for mut row in sheet.rows() {
        match read(&mut row, &names, tx.now.day(), &mut repeats) {
            Some(delivery) if row.rejected.is_empty() => good.push(delivery),
            _ => outcome.rejected.extend(row.rejected),
        }
    }
    let keys: Vec<String> = good.iter().map(|delivery| delivery.key.clone()).collect();
    let known = store::delivery::received_days(tx.conn, &keys)?;
    for delivery in &good {
        match (known.get(&delivery.key), delivery.record.received_day) {
            (None, _) => store::delivery::insert(tx, &delivery.key, &delivery.record, delivery.packs)?,
            (Some(before), Some(day)) if *before != Some(day) => store::delivery::set_received_day(tx, &delivery.key, day)?,
            // A file that is older than what we know does not reopen a delivery.
            (Some(_), _) => {
                outcome.unchanged += 1;
                continue;
            }
        }
        outcome.written += 1;
    }
    if outcome.written > 0 {
        audit::record(tx, 0, actor, "import.deliveries", &sheet.file, &serde_json::json!({"written": outcome.written}))?;
    }
    Ok(outcome)
}

fn read(row: &mut Row<'_>, names: &Names, today: Day, repeats: &mut HashMap<String, u64>) -> Option<Delivery> {
    let supplier_code = row.code("supplier");
    let supplier_id = names.suppliers.get(&supplier_code).copied();
    if supplier_id.is_none() && !supplier_code.is_empty() {
        row.reject("supplier", "unknown", "import suppliers.csv first, or mend the code");
    }
    let item_code = row.text("item");
    let item_id = item_code.as_ref().and_then(|code| names.items.get(code)).map(|item| item.id);
    if item_id.is_none() && item_code.is_some() {
        row.reject("item", "unknown", "import items.csv first, or mend the code");
    }
    let ordered_day = row.day("ordered_on");
    if row.text("ordered_on").is_none() {
        row.reject("ordered_on", "needed", "this cell must not be empty");
    }
    let promised_day = row.day("promised_on");
    let received_day = row.day("received_on");
    let packs = row.integer("packs", 1, UNITS_MAX);
    for (column, day) in [("promised_on", promised_day), ("received_on", received_day)] {
        if day.zip(ordered_day).is_some_and(|(day, ordered)| day < ordered) {
            row.reject(column, "out_of_range", "lies before ordered_on");
        }
    }
    // The first places on earth are a day ahead of UTC.
    if received_day.is_some_and(|day| day > today.plus(1)) {
        row.reject("received_on", "future", "a receipt can't lie in the future; leave it empty while it is open");
    }
    let record = DeliveryRecord { supplier_id: supplier_id?, item_id, ordered_day: ordered_day?, promised_day, received_day };
    let name = [
        supplier_code,
        item_code.unwrap_or_default(),
        record.ordered_day.to_text(),
        promised_day.map(Day::to_text).unwrap_or_default(),
        packs.map(|packs| packs.to_string()).unwrap_or_default(),
    ]
    .join("\u{1f}");
    let number = repeats.entry(name.clone()).or_default();
    *number += 1;
    let key = hex(&Sha256::digest(format!("{name}\u{1f}{number}").as_bytes()));
    Some(Delivery { key, record, packs })
}
