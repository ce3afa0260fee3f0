//! Doors for gateways that are as their vendors made them: the body is kept as it came, what can be used is stored
//! as if it had come by the native door, and the rest goes into quarantine, since such a gateway can mend nothing.

pub mod http;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::adapter::{Parsed, Piece, Vendor};
use super::codec::Codec;
use super::group::{self, Load, Trust};
use super::ingest::{self, Arrival, Receipt};
use super::native::{self, Head};
use super::registry::Registry;
use super::store;
use super::store::ingest::Apart;
use crate::access::caller::DeviceIdentity;
use crate::base::error::Result;
use crate::base::id;
use crate::db::Tx;
use crate::db::hot::HealthRow;

/// The kind of a kept piece that is no record of the native form.
pub(super) const KIND: &str = "vendor";

/// A body of a vendor's gateway.
#[derive(Debug)]
pub(super) struct VendorPost {
    pub(super) device: DeviceIdentity,
    /// The last part but one of the door's address.
    pub(super) door: &'static str,
    pub(super) codec: Option<Codec>,
    pub(super) body: String,
    pub(super) sha256: String,
    pub(super) parsed: Parsed,
}

/// Takes a body in; the same bytes again change nothing.
///
/// # Errors
/// Those of the database.
pub(super) fn take(tx: &mut Tx<'_>, post: VendorPost) -> Result<Receipt> {
    let VendorPost { device, door, codec, body, sha256, parsed } = post;
    let Parsed { pieces, lost } = parsed;
    let says_something = !pieces.is_empty() || lost > 0;
    let post_id = tx.id();
    let mut receipt = Receipt { batch: id::to_wire(post_id), ..Receipt::default() };
    if says_something && !store::vendor::insert_post(tx, &device, post_id, door, &body, &sha256)? {
        receipt.duplicate = u64::try_from(pieces.len()).unwrap_or(u64::MAX);
        return Ok(receipt);
    }
    // What has neither id nor stamp is named by its place in these bytes.
    let head = Head { device: device.code.clone(), boot_id: sha256, seq: 0, sent_at: None, lost };
    let (mut arrivals, mut apart) = (Vec::with_capacity(pieces.len()), Vec::new());
    for (index, piece) in pieces.into_iter().enumerate() {
        match piece {
            Piece::Good(record) => match native::read_record(index, record.clone()) {
                Ok(record) => arrivals.push(Arrival::of(device.id, &head, record)),
                Err(rejected) => apart.push((rejected.code, record)),
            },
            Piece::Bad { code, raw, .. } => {
                let kept = json!({"kind": KIND, "door": door, "codec": codec.map(Codec::word), "record": raw});
                apart.push((code, kept));
            }
        }
    }
    store_arrivals(tx, &device, &arrivals, lost, &apart, &mut receipt)?;
    Ok(receipt)
}

fn store_arrivals(
    tx: &mut Tx<'_>,
    device: &DeviceIdentity,
    arrivals: &[Arrival],
    lost: i64,
    apart: &[(&'static str, Value)],
    receipt: &mut Receipt,
) -> Result<()> {
    let received_at = tx.now.0;
    let mut registry = Registry::default();
    registry.refresh(tx, device.site_id)?;
    // The device's row first, as the lanes of the native door take it: nobody waits in a ring.
    registry.hear_others(tx, device.site_id, &BTreeSet::from([device.id]))?;
    let load = Load { device, arrivals, full: false, may_be_known: false };
    let sorted = group::store(tx, &mut registry, device.site_id, received_at, &[load], Trust::Nothing)?.pop().unwrap_or_default();
    receipt.stored = sorted.plain;
    for mut outcome in sorted.outcomes {
        // A gateway as its vendor made it can't mend what another would be told to.
        if outcome.status == "rejected" {
            if let Some(arrival) = arrivals.iter().find(|arrival| arrival.record.index == outcome.index) {
                store::ingest::insert_quarantined(tx, device, received_at, &[(arrival, outcome.code)])?;
            }
            outcome.status = "quarantined";
        }
        receipt.add(outcome, false);
    }
    for (code, raw) in apart {
        let raw = raw.to_string();
        let record_key = format!("{}/0/{}", device.id, ingest::key_of(device.id, &raw));
        store::ingest::keep_apart(tx, device, received_at, &Apart { record_key, channel: "", code, raw: &raw })?;
        receipt.quarantined += 1;
    }
    let count = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let before = store::ingest::health(tx.conn, device)?;
    let row = HealthRow {
        device_id: device.id,
        last_event_at: before.last_event_at.max(sorted.seen.newest_at),
        boot_id: before.boot_id.unwrap_or_default(),
        last_seq: before.last_seq,
        battery_pct: sorted.seen.battery_pct,
        firmware: sorted.seen.firmware,
        stored: count(receipt.stored),
        quarantined: count(receipt.quarantined),
        rejected: 0,
        lost: before.lost.saturating_add(lost),
    };
    store::ingest::put_health(tx, device.site_id, &[row])
}

/// A kept piece read again: the records that it holds by now; none while it still can't be made out.
pub(super) fn again(raw: &Value, codec: Option<Codec>) -> Option<Vec<Value>> {
    if raw.get("kind").and_then(Value::as_str) != Some(KIND) {
        return Some(vec![raw.clone()]);
    }
    let word = |name: &str| raw.get(name).and_then(Value::as_str);
    let vendor = word("door").and_then(Vendor::of)?;
    let codec = codec.or_else(|| word("codec").and_then(Codec::of));
    let mut parsed = Parsed::default();
    vendor.read(raw.get("record").cloned().unwrap_or_default(), codec, &mut parsed);
    let good = |piece| match piece {
        Piece::Good(record) => Some(record),
        Piece::Bad { .. } => None,
    };
    parsed.pieces.into_iter().map(good).collect()
}
