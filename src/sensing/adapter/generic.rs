//! Forms of bridges without a door of their own: LLRP reports and Intel RSP messages as JSON, LORIOT.

use serde_json::Value;

use super::lorawan::Uplink;
use super::{Parsed, TagRead, from_base64, to_hex};
use crate::base::time::Micros;
use crate::sensing::codec::Codec;

/// Reads a document by its form.
pub fn read(document: Value, codec: Option<Codec>, parsed: &mut Parsed) {
    if let Some(tags) = document.get("TagReportData").and_then(Value::as_array) {
        for tag in tags {
            llrp(tag, parsed);
        }
    } else if document.get("jsonrpc").is_some() {
        rsp(&document, parsed);
    } else if document.get("EUI").is_some() {
        loriot(document, codec, parsed);
    } else if !is_llrp_without_tags(&document) {
        parsed.bad("unsupported_kind", "none of the forms that are known here: LLRP, Intel RSP, LORIOT", document);
    }
}

/// Answers and notices of readers name no tag.
fn is_llrp_without_tags(document: &Value) -> bool {
    ["ReaderEventNotificationData", "LLRPStatus", "RFSurveyReportData"].iter().any(|name| document.get(name).is_some())
}

/// All fields but the EPC may be null; `EPCData` may stand empty beside a filled `EPC96`.
fn llrp(tag: &Value, parsed: &mut Parsed) {
    let bytes = |pointer: &str| tag.pointer(pointer).and_then(Value::as_str).and_then(from_base64).filter(|bytes| !bytes.is_empty());
    let number = |name: &str| tag.get(name).and_then(Value::as_i64);
    let read = TagRead {
        antenna: tag.get("AntennaID").filter(|antenna| !antenna.is_null()).cloned().unwrap_or(Value::from(0)),
        epc: bytes("/EPC96/EPC").or_else(|| bytes("/EPCData/EPC")).map(|bytes| to_hex(&bytes)),
        // Microseconds; a reader that only knows how long it runs gets the time of receipt.
        at: number("LastSeenUTC").or_else(|| number("FirstSeenUTC")).map(Micros),
        rssi_dbm: tag.get("PeakRSSI").and_then(Value::as_f64),
        reads: number("TagSeenCount"),
        id: None,
    };
    parsed.tag(read, tag.clone());
}

/// Arrivals and departures that the controller has smoothed already; milliseconds.
fn rsp(message: &Value, parsed: &mut Parsed) {
    if message.get("method").and_then(Value::as_str) != Some("inventory_event") {
        return;
    }
    for event in message.pointer("/params/data").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default() {
        let text = |name: &str| event.get(name).and_then(Value::as_str);
        if text("event_type") == Some("departed") {
            continue;
        }
        let read = TagRead {
            antenna: Value::String(text("location").unwrap_or("0").to_owned()),
            epc: text("epc_code").map(str::to_ascii_uppercase),
            at: event.get("timestamp").and_then(Value::as_i64).map(|millis| Micros(millis.saturating_mul(1_000))),
            ..TagRead::default()
        };
        parsed.tag(read, event.clone());
    }
}

/// The first copy of an uplink (`rx`) and the same again with all gateways (`gw`): one record.
fn loriot(message: Value, codec: Option<Codec>, parsed: &mut Parsed) {
    let text = |name: &str| message.get(name).and_then(Value::as_str);
    if !matches!(text("cmd"), Some("rx" | "gw")) {
        return;
    }
    let number = |name: &str| message.get(name).and_then(Value::as_i64);
    let payload = text("data").unwrap_or_default();
    let bytes: Option<Vec<u8>> = (0..payload.len()).step_by(2).map(|at| u8::from_str_radix(payload.get(at..at + 2)?, 16).ok()).collect();
    let head: String = payload.chars().take(64).collect();
    let uplink = Uplink {
        eui: text("EUI").unwrap_or_default().to_ascii_lowercase(),
        at: number("ts").map(|millis| Micros(millis.saturating_mul(1_000))),
        // There is no session, so the payload tells a counter that began anew.
        id: format!("{}/{}/{head}", number("fcnt").unwrap_or(0), number("port").unwrap_or(0)),
        object: None,
        payload: bytes.filter(|bytes| !bytes.is_empty()),
    };
    uplink.records(codec, message, parsed);
}
