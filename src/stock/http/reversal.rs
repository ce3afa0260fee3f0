//! Taking a movement back: a transfer with both its halves.

use actix_web::web;
use serde::Deserialize;

use super::movement::booked;
use crate::access::caller::Caller;
use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::base::time::Micros;
use crate::db::Db;
use crate::stock::movement::{Entry, Kind, LotChoice, Source};
use crate::stock::record;
use crate::stock::store::{self, MovementView};
use crate::web::body::Posted;
use crate::web::idempotency::{Answer, once};

/// Why a movement is taken back.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reversal {
    reason: String,
}

pub(super) async fn post_reversal(caller: Caller, db: web::Data<Db>, path: web::Path<String>, posted: Posted) -> Result<Answer> {
    let why: Reversal = posted.json()?;
    if why.reason.trim().is_empty() {
        return Err(Error::field("/reason", "needed", "say why"));
    }
    let name = path.into_inner();
    once(&db, caller.actor(), &posted, move |tx| {
        let unknown = || Error::not_found("movement", &name);
        let id: i64 = name.parse().ok().ok_or_else(unknown)?;
        let row = store::movement_by_id(tx.conn, id)?.ok_or_else(unknown)?;
        caller.require_site(row.site_id)?;
        if row.source == Source::Sensor.word() {
            return Err(Error::new(Code::WrongState, "a sensor's movement is mended by a count or by its later readings"));
        }
        if row.reversal_of.is_some() || store::is_reversed(tx.conn, row.site_id, id)? {
            return Err(Error::new(Code::WrongState, "this movement is taken back already, or takes one back itself"));
        }
        let mut entries = vec![reversal(&row, &why.reason, &caller)];
        if row.kind == Kind::Transfer.word() {
            // One half alone would make stock out of nothing, or lose it.
            let parted = || Error::new(Code::WrongState, "the other half of this transfer is not in the ledger; count both places");
            let other = store::other_half(tx.conn, row.site_id, id)?.ok_or_else(parted)?;
            let other = store::movement_by_id(tx.conn, other)?.ok_or_else(parted)?;
            entries.push(reversal(&other, &why.reason, &caller));
        }
        booked(record(tx, row.site_id, &entries)?)
    })
    .await
}

fn reversal(row: &MovementView, reason: &str, caller: &Caller) -> Entry {
    Entry {
        stock_point_id: row.stock_point_id,
        item_id: row.item_id,
        lot: LotChoice::Id(row.lot_id),
        kind: Kind::of(&row.kind).unwrap_or(Kind::Adjustment),
        quantity_delta: -row.quantity_delta,
        requested_units: None,
        source: Source::Person,
        source_key: format!("reversal/{}", row.id),
        event_at: Micros(row.event_at),
        reason: Some(reason.to_owned()),
        actor: caller.actor(),
        reversal_of: Some(row.id),
    }
}
