//! An uplink of a LoRaWAN device, whichever network server brought it.

use serde_json::{Value, json};

use super::Parsed;
use crate::base::time::Micros;
use crate::sensing::codec::{Codec, Measured, Quantity};

/// An uplink.
#[derive(Debug)]
pub struct Uplink {
    /// Hexadecimal digits, lower case: the device.
    pub eui: String,
    /// When it was received.
    pub at: Option<Micros>,
    /// Names it among the device's uplinks of one session.
    pub id: String,
    /// What the network server decoded.
    pub object: Option<Value>,
    /// What the device sent.
    pub payload: Option<Vec<u8>>,
}

/// Names under which decoders of network servers give a quantity.
const NAMES: [(&str, Quantity); 13] = [
    ("temperature", Quantity::Temperature),
    ("temperatureSensor", Quantity::Temperature),
    ("air_temperature", Quantity::Temperature),
    ("ambient_temperature", Quantity::Temperature),
    ("humidity", Quantity::Humidity),
    ("humiditySensor", Quantity::Humidity),
    ("air_humidity", Quantity::Humidity),
    ("relative_humidity", Quantity::Humidity),
    ("distance", Quantity::Distance),
    ("magnet_status", Quantity::Door),
    ("battery", Quantity::Battery),
    ("battery_voltage", Quantity::Voltage),
    ("batV", Quantity::Voltage),
];

impl Uplink {
    /// Its quantities as records: what was decoded first, else by the codec.
    pub(super) fn records(self, codec: Option<Codec>, raw: Value, parsed: &mut Parsed) {
        if self.eui.len() != 16 || !self.eui.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            parsed.bad("unknown_channel", "a device EUI has 16 hexadecimal digits", raw);
            return;
        }
        let decoded = self.object.as_ref().map(of_object).filter(|found| !found.is_empty());
        let found = match (decoded, codec, &self.payload) {
            (Some(found), _, _) => Some(found),
            (None, Some(codec), Some(payload)) => codec.decode(payload),
            // An uplink without a payload carries commands of the network only.
            (None, _, None) => return,
            (None, None, Some(_)) => {
                parsed.bad("unknown_codec", "say which codec the devices speak, in the address of the door: ?codec=…", raw);
                return;
            }
        };
        let Some(found) = found else {
            parsed.bad("bad_payload", "the payload is none of the codec in the address of the door", raw);
            return;
        };
        for one in found {
            parsed.pieces.push(super::Piece::Good(self.record(one)));
        }
    }

    fn record(&self, measured: Measured) -> Value {
        let Measured { quantity, value, at_seconds } = measured;
        let at = at_seconds.map(|seconds| Micros(seconds.saturating_mul(1_000_000))).or(self.at);
        let channel = format!("{}/{}", self.eui, quantity.word());
        let (kind, field, value) = match quantity {
            Quantity::Temperature => ("temp", "celsius", json!(value)),
            Quantity::Humidity => ("humidity", "rh", json!(value)),
            Quantity::Distance => ("distance", "distance_mm", json!(value)),
            Quantity::Door => ("door", "open", json!(value > 0.5)),
            Quantity::Battery => ("battery", "battery_pct", json!(value)),
            Quantity::Voltage => ("voltage", "volts", json!(value)),
        };
        json!({"kind": kind, "channel": channel, "at": at.map(Micros::to_text), "id": self.id, field: value})
    }
}

fn of_object(object: &Value) -> Vec<Measured> {
    let Some(fields) = object.as_object() else { return Vec::new() };
    let number = |value: &Value| match value {
        Value::Number(number) => number.as_f64(),
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        Value::String(text) if text == "open" => Some(1.0),
        Value::String(text) if matches!(text.as_str(), "close" | "closed") => Some(0.0),
        _ => None,
    };
    let known = |name: &str| NAMES.iter().find(|(known, _)| *known == name).map(|(_, quantity)| *quantity);
    fields.iter().filter_map(|(name, value)| Some(Measured::now(known(name)?, number(value)?))).collect()
}
