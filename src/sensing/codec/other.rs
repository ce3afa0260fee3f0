//! Codecs of a few lines each, big endian.
//!
//! Source: the makers' payload descriptions (Elsys, Netvox R726 series, `SensiEDGE` `SensiLora`, Tektelic Comfort).

use super::{Bytes, Measured, Quantity};

fn signed(pair: [u8; 2]) -> f64 {
    f64::from(i16::from_be_bytes(pair))
}

fn unsigned(pair: [u8; 2]) -> f64 {
    f64::from(u16::from_be_bytes(pair))
}

/// Type, value, until the payload ends.
pub(super) fn elsys(payload: &[u8]) -> Option<Vec<Measured>> {
    let mut bytes = Bytes(payload);
    let mut found = Vec::new();
    while let Some(kind) = bytes.byte() {
        match kind {
            0x01 => found.push(Measured::now(Quantity::Temperature, signed(bytes.pair()?) / 10.0)),
            0x02 => found.push(Measured::now(Quantity::Humidity, f64::from(bytes.byte()?))),
            0x07 => found.push(Measured::now(Quantity::Voltage, unsigned(bytes.pair()?) / 1_000.0)),
            0x0e => found.push(Measured::now(Quantity::Distance, unsigned(bytes.pair()?))),
            other => drop(bytes.take(skipped(other)?)?),
        }
    }
    Some(found)
}

/// Bytes of what is not used.
const fn skipped(kind: u8) -> Option<usize> {
    match kind {
        0x05 | 0x0d | 0x0f | 0x11 | 0x12 | 0x1a => Some(1),
        0x04 | 0x06 | 0x08 | 0x0a | 0x0c | 0x15 | 0x16 | 0x18 | 0x19 => Some(2),
        0x03 => Some(3),
        0x0b | 0x10 | 0x14 | 0x17 | 0x1b | 0x3d => Some(4),
        0x09 => Some(6),
        0x13 => Some(65),
        _ => None,
    }
}

/// Version, device, kind of report, battery, then three words; all ones: no such sensor.
pub(super) fn netvox(payload: &[u8]) -> Option<Vec<Measured>> {
    let mut bytes = Bytes(payload);
    if bytes.byte()? != 1 || bytes.byte()? != 9 {
        return None;
    }
    let kind = bytes.byte()?;
    let mut found = vec![Measured::now(Quantity::Voltage, f64::from(bytes.byte()?) / 10.0)];
    let (first, second) = (bytes.pair()?, bytes.pair()?);
    if kind == 0x0c {
        let values = [(Quantity::Temperature, first, signed(first)), (Quantity::Humidity, second, unsigned(second))];
        found.extend(values.into_iter().filter(|(_, raw, _)| *raw != [0xff; 2]).map(|(what, _, value)| Measured::now(what, value / 100.0)));
    }
    Some(found)
}

/// Words in a fixed order: pressure, temperature, humidity, then motion, light, battery.
pub(super) fn sensi_edge(payload: &[u8]) -> Option<Vec<Measured>> {
    let words: Vec<[u8; 2]> = payload.chunks_exact(2).filter_map(|pair| pair.try_into().ok()).collect();
    let [_pressure, temperature, humidity, .., battery] = words.as_slice() else { return None };
    (payload.len() == 28).then(|| {
        vec![
            Measured::now(Quantity::Temperature, signed(*temperature) / 100.0),
            Measured::now(Quantity::Humidity, unsigned(*humidity) / 100.0),
            Measured::now(Quantity::Voltage, unsigned(*battery) / 100.0),
        ]
    })
}

/// Channel, type, value, until the payload ends.
pub(super) fn tektelic(payload: &[u8]) -> Option<Vec<Measured>> {
    let mut bytes = Bytes(payload);
    let mut found = Vec::new();
    while !bytes.0.is_empty() {
        match (bytes.byte()?, bytes.byte()?) {
            (0x03, 0x67) => found.push(Measured::now(Quantity::Temperature, signed(bytes.pair()?) / 10.0)),
            (0x04, 0x68) => found.push(Measured::now(Quantity::Humidity, f64::from(bytes.byte()?) / 2.0)),
            (0x00, 0xba) => found.push(Measured::now(Quantity::Voltage, unsigned(bytes.pair()?) / 1_000.0)),
            _ => return None,
        }
    }
    Some(found)
}
