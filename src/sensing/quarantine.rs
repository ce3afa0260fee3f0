//! Quarantine: records that could not be used, kept raw until a mapping is mended and they are run again.

use serde::Serialize;
use serde_json::{Value, json};

use super::codec::Codec;
use super::group::{self, Load, Trust};
use super::ingest::{Arrival, Outcome};
use super::native::{Head, Record};
use super::registry::Registry;
use super::{native, store, vendor};
use crate::access::audit;
use crate::access::caller::{Caller, DeviceIdentity};
use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::base::id;
use crate::base::time::Micros;
use crate::db::Tx;
use crate::db::conn::Conn;

/// A record in quarantine.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct QuarantineView {
    /// Its id.
    #[serde(serialize_with = "id::as_string")]
    #[schemars(with = "String")]
    pub id: i64,
    /// Code of its device.
    pub device: String,
    /// Its channel as the device names it.
    pub channel: String,
    /// Why it is here.
    pub code: String,
    /// The record as it came.
    pub raw: Value,
    /// When it came.
    pub received_at: Micros,
    /// When it was run again with success; null: still here.
    pub resolved_at: Option<Micros>,
}

/// A record to be run again.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) device: DeviceIdentity,
    pub(super) record_key: String,
    pub(super) raw: String,
    pub(super) received_at: i64,
    pub(super) is_resolved: bool,
}

/// Runs a record again, by the same path and with the time at which it came. It leaves the quarantine
/// unless what it waits for is still missing.
///
/// # Errors
/// `not_found`, `forbidden` for another site, `wrong_state` when it was run with success before.
pub fn replay(tx: &mut Tx<'_>, caller: &Caller, id: i64, codec: Option<Codec>) -> Result<Outcome> {
    let held = store::desk::held_by_id(tx.conn, id)?.ok_or_else(|| Error::not_found("quarantined record", id))?;
    caller.require_site(held.device.site_id)?;
    if held.is_resolved {
        return Err(Error::new(Code::WrongState, "this record has left the quarantine already"));
    }
    let broken = || Error::internal(format!("the quarantined record {id} can't be read"));
    let raw: Value = serde_json::from_str(&held.raw).map_err(|cause| broken().because(cause))?;
    let records = vendor::again(&raw, codec).map(|records| records.into_iter().map(|record| native::read_record(0, record)));
    let records: Option<Vec<Record>> = records.and_then(|records| records.collect::<Result<_, _>>().ok());
    let Some(records) = records else {
        let message = "it still can't be made out; see its code".to_owned();
        return Ok(Outcome { index: 0, id: None, status: "quarantined", code: "unreadable", field: String::new(), message });
    };
    let own_key = held.record_key.rsplit('/').next().and_then(|text| text.parse().ok()).ok_or_else(broken)?;
    // Of a piece that holds several records each has a key of its own.
    let is_native = raw.get("kind").and_then(Value::as_str) != Some(vendor::KIND);
    let named_by = Head { device: held.device.code.clone(), boot_id: held.record_key.clone(), seq: 0, sent_at: None, lost: 0 };
    let arrival = |record: Record| {
        let arrival = Arrival::of(held.device.id, &named_by, record);
        if is_native { Arrival { dedupe_key: own_key, ..arrival } } else { arrival }
    };
    let arrivals: Vec<Arrival> = records.into_iter().map(arrival).collect();
    let load = Load { device: &held.device, arrivals: &arrivals, full: true, may_be_known: false };
    let stored = group::store(tx, &mut Registry::default(), held.device.site_id, held.received_at, &[load], Trust::Nothing)?;
    let mut outcomes: Vec<Outcome> = stored.into_iter().flat_map(|one| one.outcomes).collect();
    // The worst of them is that of the piece.
    outcomes.sort_by_key(|outcome| match outcome.status {
        "quarantined" => 0,
        "rejected" => 1,
        _ => 2,
    });
    let outcome = outcomes.into_iter().next().ok_or_else(broken)?;
    if outcome.status != "quarantined" {
        store::ingest::resolve_quarantined(tx, held.device.site_id, id)?;
        let detail = json!({"device": held.device.code, "status": outcome.status});
        audit::record(tx, held.device.site_id, &caller.actor(), "quarantine.replay", &id.to_string(), &detail)?;
    }
    Ok(outcome)
}

/// The records in quarantine of one site or all, oldest first, after an id; resolved ones only if asked for.
///
/// # Errors
/// Those of the database.
pub fn list(conn: &mut Conn, only_site: Option<i64>, resolved_too: bool, after: i64, limit: i64) -> Result<Vec<QuarantineView>> {
    store::desk::list_quarantine(conn, only_site, resolved_too, after, limit)
}
