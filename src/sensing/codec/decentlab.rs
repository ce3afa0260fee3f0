//! Decentlab: protocol 2, device, flags, then words for each flag, big endian. What the words mean is known by the model.
//!
//! Source: the maker's datasheets DL-DS18, DL-SHT35, DL-ISD.

use super::{Bytes, Measured, Quantity};

/// What the first flag stands for.
#[derive(Clone, Copy)]
pub(super) enum Sensor {
    Ds18,
    Sht35,
    Isd,
}

pub(super) fn decode(payload: &[u8], sensor: Sensor) -> Option<Vec<Measured>> {
    let mut bytes = Bytes(payload);
    if bytes.byte()? != 2 {
        return None;
    }
    bytes.pair()?;
    let flags = u16::from_be_bytes(bytes.pair()?);
    let mut word = || bytes.pair().map(|pair| f64::from(u16::from_be_bytes(pair)));
    let mut found = Vec::new();
    if flags & 1 == 1 {
        match sensor {
            Sensor::Ds18 => found.push(Measured::now(Quantity::Temperature, (word()? - 32_768.0) / 16.0)),
            Sensor::Sht35 => {
                found.push(Measured::now(Quantity::Temperature, 175.0 * word()? / 65_535.0 - 45.0));
                found.push(Measured::now(Quantity::Humidity, 100.0 * word()? / 65_535.0));
            }
            // The size of a stem, thousandths of mm of a gauge: a length like any other.
            Sensor::Isd => found.push(Measured::now(Quantity::Distance, word()? / 1_000.0)),
        }
    }
    if flags & 2 == 2 {
        found.push(Measured::now(Quantity::Voltage, word()? / 1_000.0));
    }
    Some(found)
}
