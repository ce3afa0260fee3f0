//! Zebra IoT Connector: events as one object, a list, or glued together.

use serde_json::Value;

use super::{Parsed, TagRead, stamp};

/// Reads an event. `eventNum` rises per reader and names the event.
pub fn read(event: Value, parsed: &mut Parsed) {
    let Some(tag) = event.get("data").filter(|tag| tag.is_object()) else {
        if !event.get("type").is_some_and(Value::is_string) {
            parsed.bad("unsupported_kind", "an event has a type, and data of a tag", event);
        }
        return;
    };
    let Some(hex) = tag.get("idHex").and_then(Value::as_str) else {
        // Heartbeats and answers to commands carry no tag.
        return;
    };
    let read = TagRead {
        antenna: tag.get("antenna").cloned().unwrap_or(Value::from(0)),
        epc: Some(hex.to_ascii_uppercase()),
        at: stamp(event.get("timestamp")),
        rssi_dbm: tag.get("peakRssi").and_then(Value::as_f64),
        reads: tag.get("reads").and_then(Value::as_i64),
        id: tag.get("eventNum").and_then(Value::as_i64).map(|number| number.to_string()),
    };
    parsed.tag(read, event);
}
