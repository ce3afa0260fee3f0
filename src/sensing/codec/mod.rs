//! Payloads of LoRaWAN devices: bytes in, quantities out. Pure.
//!
//! A network server that decodes sends an object and needs none of this; most send bytes. Which codec a network's
//! devices speak is said in the address of its door (`?codec=milesight`). What has no use for stock, cold chain or
//! device health (motion, light, air quality) is skipped, and stays in the raw body.

mod decentlab;
mod milesight;
mod other;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// °C.
    Temperature,
    /// % relative humidity.
    Humidity,
    /// mm.
    Distance,
    /// 1: open.
    Door,
    /// %.
    Battery,
    /// V.
    Voltage,
}

impl Quantity {
    /// Its word, the last part of its channel's name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Temperature => "temperature",
            Self::Humidity => "humidity",
            Self::Distance => "distance",
            Self::Door => "door",
            Self::Battery => "battery",
            Self::Voltage => "voltage",
        }
    }
}

/// One value of a payload.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// What.
    pub quantity: Quantity,
    /// In its unit.
    pub value: f64,
    /// Seconds since 1970 where the payload carries the time, as kept values do.
    pub at_seconds: Option<i64>,
}

impl Measured {
    /// A value of now.
    pub(super) fn now(quantity: Quantity, value: f64) -> Self {
        Self { quantity, value, at_seconds: None }
    }
}

/// A way in which a family of devices writes its payloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// Channel, type, value: EM300, EM310, EM320, EM500, GS301, TS101, TS201, VS330 and others of the maker.
    Milesight,
    /// DL-DS18.
    DecentlabDs18,
    /// DL-SHT35.
    DecentlabSht35,
    /// DL-ISD.
    DecentlabIsd,
    /// ERS2 and others of the maker.
    Elsys,
    /// R72624.
    NetvoxR72624,
    /// `SensiLora` 2.0.
    SensiEdge,
    /// Comfort.
    Tektelic,
}

impl Codec {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Milesight,
        Self::DecentlabDs18,
        Self::DecentlabSht35,
        Self::DecentlabIsd,
        Self::Elsys,
        Self::NetvoxR72624,
        Self::SensiEdge,
        Self::Tektelic,
    ];

    /// Its word in the address of a door.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Milesight => "milesight",
            Self::DecentlabDs18 => "decentlab-ds18",
            Self::DecentlabSht35 => "decentlab-sht35",
            Self::DecentlabIsd => "decentlab-isd",
            Self::Elsys => "elsys",
            Self::NetvoxR72624 => "netvox-r72624",
            Self::SensiEdge => "sensiedge",
            Self::Tektelic => "tektelic-comfort",
        }
    }

    /// The codec of a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.word() == word)
    }

    /// Reads a payload; `None` when it is none of this codec.
    pub fn decode(self, payload: &[u8]) -> Option<Vec<Measured>> {
        match self {
            Self::Milesight => milesight::decode(payload),
            Self::DecentlabDs18 => decentlab::decode(payload, decentlab::Sensor::Ds18),
            Self::DecentlabSht35 => decentlab::decode(payload, decentlab::Sensor::Sht35),
            Self::DecentlabIsd => decentlab::decode(payload, decentlab::Sensor::Isd),
            Self::Elsys => other::elsys(payload),
            Self::NetvoxR72624 => other::netvox(payload),
            Self::SensiEdge => other::sensi_edge(payload),
            Self::Tektelic => other::tektelic(payload),
        }
    }
}

/// Bytes taken from the head.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn pair(&mut self) -> Option<[u8; 2]> {
        self.take(2)?.try_into().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::{Codec, Quantity};

    #[test]
    fn every_codec_has_a_word_and_refuses_what_is_cut_off() {
        for codec in Codec::ALL {
            assert_eq!(Codec::of(codec.word()), Some(codec));
            for length in 0..40 {
                // Nothing panics, whatever the bytes are.
                for seed in 0..=255_u8 {
                    let payload: Vec<u8> = (0..length).map(|at: u8| at.wrapping_mul(37).wrapping_add(seed)).collect();
                    let _ = codec.decode(&payload);
                }
            }
        }
        assert_eq!(Codec::Milesight.decode(&[0x03, 0x67, 0x34]), None);
        assert_eq!(Codec::DecentlabSht35.decode(&[2, 3, 14, 0, 3, 100]), None);
    }

    #[test]
    fn the_payload_of_the_design() {
        // AXVcA2c0AQRoZQ==: 92 %, 30.8 °C, 50.5 %.
        let found = Codec::Milesight.decode(&[0x01, 0x75, 0x5c, 0x03, 0x67, 0x34, 0x01, 0x04, 0x68, 0x65]).unwrap();
        let found: Vec<(Quantity, f64)> = found.iter().map(|one| (one.quantity, one.value)).collect();
        assert_eq!(found, [(Quantity::Battery, 92.0), (Quantity::Temperature, 30.8), (Quantity::Humidity, 50.5)]);
    }
}
