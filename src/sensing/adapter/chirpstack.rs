//! ChirpStack: uplinks of version 4, and of version 3, which writes EUIs in base 64 and what it decoded as a text.

use serde_json::Value;

use super::lorawan::Uplink;
use super::{Parsed, from_base64, stamp, to_hex};
use crate::sensing::codec::Codec;

/// Reads an uplink; other events (join, ack, log) are not brought here.
pub fn read(event: Value, codec: Option<Codec>, parsed: &mut Parsed) {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);
    let old_eui = text("/devEUI").and_then(from_base64).map(|bytes| to_hex(&bytes));
    let Some(eui) = text("/deviceInfo/devEui").map(str::to_owned).or(old_eui) else {
        parsed.bad("unknown_channel", "an uplink names its device: deviceInfo.devEui", event);
        return;
    };
    let receptions = event.get("rxInfo").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let heard = receptions.iter().filter_map(|one| stamp(one.get("time")).or_else(|| stamp(one.get("gwTime")))).max();
    let object = event.get("object").cloned().or_else(|| text("/objectJSON").and_then(|text| serde_json::from_str(text).ok()));
    let frame = event.get("fCnt").and_then(Value::as_i64).unwrap_or(0);
    let uplink = Uplink {
        eui: eui.to_ascii_lowercase(),
        at: stamp(event.get("time")).or(heard),
        // Frames are counted anew at each join, with a new address.
        id: format!("{}/{frame}", text("/devAddr").unwrap_or_default()),
        object: object.filter(Value::is_object),
        payload: text("/data").filter(|data| !data.is_empty()).and_then(from_base64),
    };
    uplink.records(codec, event, parsed);
}
