//! Discrepancies: belief and book differ, and a person decides. At most one is open per stock point.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::belief::Estimate;
use super::store;
use crate::access::audit;
use crate::access::caller::Caller;
use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::base::id;
use crate::base::time::Micros;
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::db::outbox::{self, Topic};
use crate::stock;
use crate::stock::movement::{Entry, Kind, LotChoice, Source};

/// A discrepancy as it is listed.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct DiscrepancyView {
    /// Its id.
    #[serde(serialize_with = "id::as_string")]
    #[schemars(with = "String")]
    pub id: i64,
    /// Place code.
    pub place: String,
    /// Item code.
    pub item: String,
    /// What the book held.
    pub book_units: i64,
    /// What the sensor saw.
    pub estimate_units: i64,
    /// `open`, `accepted`, `rejected` or `closed`.
    pub state: String,
    /// When it was seen first.
    pub opened_at: Micros,
    /// When it was decided, or went away by itself.
    pub resolved_at: Option<Micros>,
    /// Who decided; null: nobody yet, or it went away by itself.
    pub resolved_by: Option<String>,
}

/// Where a discrepancy stands.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) site_id: i64,
    pub(super) id: i64,
    pub(super) stock_point_id: i64,
    pub(super) item_id: i64,
    pub(super) book_units: i64,
    pub(super) estimate_units: i64,
    pub(super) state: String,
}

/// What a person decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The sensor is right: the book is put right.
    Accept,
    /// The book is right.
    Reject,
}

/// Why a person decides so.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Why {
    /// For the ledger and the audit.
    pub reason: Option<String>,
}

/// Opens, refreshes or closes the discrepancy of a stock point.
///
/// `books` are the figures that the estimate may agree with (the book at the time of the reading, and now:
/// people take, then book). A difference that a person has rejected is not opened again until it changes.
pub(super) fn judge(tx: &mut Tx<'_>, site_id: i64, stock_point_id: i64, books: &[i64], estimate: &Estimate) -> Result<()> {
    let agrees = books.iter().any(|book| (estimate.low..=estimate.high).contains(book));
    let open = store::desk::open_discrepancy(tx.conn, site_id, stock_point_id)?;
    let book = books.last().copied().unwrap_or_default();
    match (agrees, open) {
        (true, None) => Ok(()),
        (true, Some(open)) => {
            store::desk::resolve_discrepancy(tx, site_id, open.id, "closed", None)?;
            announce(tx, site_id, stock_point_id, "closed")
        }
        (false, Some(open)) if (open.book_units, open.estimate_units) == (book, estimate.units) => Ok(()),
        (false, Some(open)) => store::desk::refresh_discrepancy(tx, site_id, open.id, book, estimate.units),
        (false, None) => {
            if store::desk::last_rejected_difference(tx.conn, site_id, stock_point_id)? == Some(estimate.units - book) {
                return Ok(());
            }
            store::desk::insert_discrepancy(tx, site_id, stock_point_id, book, estimate.units)?;
            announce(tx, site_id, stock_point_id, "open")
        }
    }
}

fn announce(tx: &mut Tx<'_>, site_id: i64, stock_point_id: i64, state: &str) -> Result<()> {
    for (place, item) in store::ingest::names_of_stock_points(tx.conn, site_id, &[stock_point_id])? {
        outbox::push(tx, site_id, Topic::Stock, &json!({"place": place, "item": item, "discrepancy": state}))?;
    }
    Ok(())
}

/// Decides an open discrepancy. Accepting books the difference between estimate and book as an adjustment;
/// movements since then stand.
///
/// # Errors
/// `not_found`, `forbidden` for another site, `wrong_state` when it is decided already,
/// `insufficient_stock` when what is missing has been booked out since.
pub fn decide(tx: &mut Tx<'_>, caller: &Caller, id: i64, decision: Decision, why: &Why) -> Result<()> {
    let found = store::desk::discrepancy_by_id(tx.conn, id)?.ok_or_else(|| Error::not_found("discrepancy", id))?;
    caller.require_site(found.site_id)?;
    if found.state != "open" {
        return Err(Error::new(Code::WrongState, format!("this discrepancy is {} already", found.state)));
    }
    let difference = found.estimate_units - found.book_units;
    let reason = why.reason.clone().filter(|text| !text.trim().is_empty()).unwrap_or_else(|| "discrepancy accepted".to_owned());
    let (state, action) = match decision {
        Decision::Accept => ("accepted", "discrepancy.accept"),
        Decision::Reject => ("rejected", "discrepancy.reject"),
    };
    if decision == Decision::Accept && difference != 0 {
        let entry = Entry {
            stock_point_id: found.stock_point_id,
            item_id: found.item_id,
            lot: LotChoice::Fefo,
            kind: Kind::Adjustment,
            quantity_delta: difference,
            requested_units: None,
            source: Source::Person,
            source_key: format!("discrepancy/{id}"),
            event_at: tx.now,
            reason: Some(reason),
            actor: caller.actor(),
            reversal_of: None,
        };
        stock::record(tx, found.site_id, &[entry])?;
    }
    store::desk::resolve_discrepancy(tx, found.site_id, id, state, Some(&caller.actor()))?;
    let detail = json!({"book": found.book_units, "estimate": found.estimate_units, "reason": why.reason});
    audit::record(tx, found.site_id, &caller.actor(), action, &id.to_string(), &detail)?;
    announce(tx, found.site_id, found.stock_point_id, state)
}

/// The discrepancies of one site or all, oldest first, after an id; of one state or all.
///
/// # Errors
/// Those of the database.
pub fn list(conn: &mut Conn, only_site: Option<i64>, state: &str, after: i64, limit: i64) -> Result<Vec<DiscrepancyView>> {
    store::desk::list_discrepancies(conn, only_site, state, after, limit)
}
