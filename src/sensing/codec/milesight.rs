//! Milesight: channel, type, value, little endian, until the payload ends.
//!
//! Source: the maker's user guides (EM300, EM310-UDL, EM320, EM500, GS301, TS101, TS201, VS330), section "Uplink packet".

use super::{Bytes, Measured, Quantity};

pub(super) fn decode(payload: &[u8]) -> Option<Vec<Measured>> {
    let mut bytes = Bytes(payload);
    let mut found = Vec::new();
    while !bytes.0.is_empty() {
        let (channel, kind) = (bytes.byte()?, bytes.byte()?);
        match (channel, kind) {
            (_, 0x75) => found.push(Measured::now(Quantity::Battery, f64::from(bytes.byte()?))),
            (_, 0x67) => {
                found.push(Measured::now(Quantity::Temperature, tenths(bytes.pair()?)));
                // A temperature that comes as an alarm says which.
                if channel >= 0x80 {
                    bytes.byte()?;
                }
            }
            (_, 0x68) => found.push(Measured::now(Quantity::Humidity, f64::from(bytes.byte()?) / 2.0)),
            (_, 0x82) => found.push(Measured::now(Quantity::Distance, f64::from(u16::from_le_bytes(bytes.pair()?)))),
            // Water level in cm.
            (_, 0x77) => found.push(Measured::now(Quantity::Distance, f64::from(u16::from_le_bytes(bytes.pair()?)) * 10.0)),
            (0x06, 0x00) => found.push(Measured::now(Quantity::Door, f64::from(bytes.byte()?))),
            (0x20, 0xce) => found.push(kept(&mut bytes)?),
            // Position, occupancy, calibration: a byte each; gases: two.
            (_, 0x00 | 0x8e) => drop(bytes.byte()?),
            (_, 0x7d) => drop(bytes.pair()?),
            (0xff, about) => drop(bytes.take(length_about_device(about)?)?),
            _ => return None,
        }
    }
    Some(found)
}

fn tenths(pair: [u8; 2]) -> f64 {
    f64::from(i16::from_le_bytes(pair)) / 10.0
}

/// A value that the device kept while it had no network; with a byte about how it was read (TS201) or without (TS101).
fn kept(bytes: &mut Bytes<'_>) -> Option<Measured> {
    let seconds = u32::from_le_bytes(bytes.take(4)?.try_into().ok()?);
    if bytes.0.len() != 2 {
        bytes.byte()?;
    }
    let value = tenths(bytes.pair()?);
    Some(Measured { quantity: Quantity::Temperature, value, at_seconds: Some(i64::from(seconds)) })
}

/// What a device says of itself when it joins.
const fn length_about_device(kind: u8) -> Option<usize> {
    match kind {
        0x01 | 0x0b | 0x0f => Some(1),
        0x09 | 0x0a | 0xff => Some(2),
        0x08 => Some(6),
        0x16 => Some(8),
        _ => None,
    }
}
