//! The Things Stack: uplinks; joins and locations say nothing of a shelf.

use serde_json::Value;

use super::lorawan::Uplink;
use super::{Parsed, from_base64, stamp};
use crate::sensing::codec::Codec;

/// Reads a message.
pub fn read(message: Value, codec: Option<Codec>, parsed: &mut Parsed) {
    let Some(eui) = message.pointer("/end_device_ids/dev_eui").and_then(Value::as_str).map(str::to_ascii_lowercase) else {
        parsed.bad("unknown_channel", "a message names its device: end_device_ids.dev_eui", message);
        return;
    };
    let Some(body) = message.get("uplink_message") else { return };
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let address = message.pointer("/end_device_ids/dev_addr").and_then(Value::as_str);
    // A counter of 0 is left out.
    let frame = body.get("f_cnt").and_then(Value::as_i64).unwrap_or(0);
    let uplink = Uplink {
        eui,
        at: stamp(body.get("received_at")).or_else(|| stamp(message.get("received_at"))),
        id: format!("{}/{frame}", text("session_key_id").or(address).unwrap_or_default()),
        object: body.get("decoded_payload").filter(|object| object.is_object()).cloned(),
        payload: text("frm_payload").filter(|data| !data.is_empty()).and_then(from_base64),
    };
    uplink.records(codec, message, parsed);
}
