//! Impinj R700: a list of events; an empty one is a sign of life.
//!
//! Source: Impinj Reader Configuration API 1.7. Only `epc` in base 64 is on by default, so work from it alone.

use serde_json::Value;

use super::{Parsed, TagRead, from_base64, stamp, to_hex};

/// Reads an event; of kinds that say nothing of tags, only what was lost.
pub fn read(event: Value, parsed: &mut Parsed) {
    let Some(kind) = event.get("eventType").and_then(Value::as_str) else {
        parsed.bad("unsupported_kind", "an event has an eventType", event);
        return;
    };
    match kind {
        "tagInventory" => {
            let tag = event.get("tagInventoryEvent").cloned().unwrap_or_default();
            let epc = tag.get("epc").and_then(Value::as_str).and_then(from_base64).map(|bytes| to_hex(&bytes));
            let read = TagRead {
                antenna: tag.get("antennaPort").cloned().unwrap_or(Value::from(0)),
                epc: epc.or_else(|| tag.get("epcHex").and_then(Value::as_str).map(str::to_owned)),
                at: stamp(tag.get("lastSeenTime")).or_else(|| stamp(event.get("timestamp"))),
                rssi_dbm: tag.get("peakRssiCdbm").and_then(Value::as_f64).map(|rssi| rssi / 100.0),
                ..TagRead::default()
            };
            parsed.tag(read, event);
        }
        // The reader threw events away: absence says nothing meanwhile.
        "overflow" => {
            let purged = event.pointer("/overflowEvent/eventsPurged").and_then(Value::as_i64).unwrap_or(1);
            parsed.lost = parsed.lost.saturating_add(purged.max(0));
        }
        _ => {}
    }
}
