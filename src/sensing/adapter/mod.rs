//! What vendors' gateways send, made into records of the native form. Pure, one vendor per file.
//!
//! A body is cut into pieces, each good or bad by itself: a bad one goes into quarantine, since a gateway that is
//! told of it can only send it again, or drop the rest.

pub mod chirpstack;
pub mod generic;
pub mod impinj;
pub mod logger;
pub mod lorawan;
pub mod ttn;
pub mod zebra;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::{Value, json};

use crate::base::time::Micros;
use crate::sensing::codec::Codec;

/// Which vendor's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vendor {
    /// Impinj R700.
    Impinj,
    /// Zebra IoT Connector.
    Zebra,
    /// ChirpStack 3 and 4.
    Chirpstack,
    /// The Things Stack.
    Ttn,
    /// LLRP and Intel RSP as JSON, LORIOT.
    Generic,
}

impl Vendor {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Impinj, Self::Zebra, Self::Chirpstack, Self::Ttn, Self::Generic];

    /// Its word in the address of its door.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Impinj => "impinj",
            Self::Zebra => "zebra",
            Self::Chirpstack => "chirpstack",
            Self::Ttn => "ttn",
            Self::Generic => "generic",
        }
    }

    /// The vendor of a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|vendor| vendor.word() == word)
    }

    /// Cuts a body into pieces.
    ///
    /// # Errors
    /// What is wrong with a body that is no JSON at all.
    pub fn parse(self, bytes: &[u8], codec: Option<Codec>) -> Result<Parsed, String> {
        let (documents, rest) = documents(bytes)?;
        let mut parsed = Parsed::default();
        for document in documents {
            self.read(document, codec, &mut parsed);
        }
        if let Some(rest) = rest {
            parsed.bad("bad_json", "the body was cut off here", Value::String(rest));
        }
        Ok(parsed)
    }

    /// Reads one document of a body, or one piece that was kept.
    pub fn read(self, document: Value, codec: Option<Codec>, parsed: &mut Parsed) {
        match self {
            Self::Impinj => impinj::read(document, parsed),
            Self::Zebra => zebra::read(document, parsed),
            Self::Chirpstack => chirpstack::read(document, codec, parsed),
            Self::Ttn => ttn::read(document, codec, parsed),
            Self::Generic => generic::read(document, codec, parsed),
        }
    }
}

/// A piece of a body.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// A record of the native form.
    Good(Value),
    /// What can't be made one.
    Bad {
        /// From the closed list of record codes.
        code: &'static str,
        /// What was found and what to do.
        message: String,
        /// As it came.
        raw: Value,
    },
}

/// The pieces of a body.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parsed {
    /// In their order.
    pub pieces: Vec<Piece>,
    /// Records that the gateway says it lost.
    pub lost: i64,
}

impl Parsed {
    fn bad(&mut self, code: &'static str, message: impl Into<String>, raw: Value) {
        self.pieces.push(Piece::Bad { code, message: message.into(), raw });
    }

    /// A tag that an antenna read.
    fn tag(&mut self, read: TagRead, raw: Value) {
        let TagRead { antenna, epc, at, rssi_dbm, reads, id } = read;
        let Some(epc) = epc.filter(|epc| is_epc(epc)) else {
            self.bad("bad_epc", "the EPC is no even number of 8 to 52 hexadecimal digits", raw);
            return;
        };
        let mut record = json!({"kind": "tag_read", "antenna": antenna, "epc": epc});
        if let Some(fields) = record.as_object_mut() {
            fields.extend(at.map(|at| ("at".to_owned(), Value::String(at.to_text()))));
            fields.extend(rssi_dbm.map(|rssi| ("rssi_dbm".to_owned(), json!(rssi))));
            fields.extend(reads.map(|reads| ("reads".to_owned(), json!(reads))));
            fields.extend(id.map(|id| ("id".to_owned(), Value::String(id))));
        }
        self.pieces.push(Piece::Good(record));
    }
}

/// What an antenna saw.
#[derive(Debug, Default)]
struct TagRead {
    antenna: Value,
    epc: Option<String>,
    at: Option<Micros>,
    rssi_dbm: Option<f64>,
    reads: Option<i64>,
    id: Option<String>,
}

/// Whether a text may be the memory of a tag.
pub(in crate::sensing) fn is_epc(text: &str) -> bool {
    (8..=52).contains(&text.len()) && text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The JSON documents of a body, lists opened, with or without anything between them; and what follows the last good one.
fn documents(bytes: &[u8]) -> Result<(Vec<Value>, Option<String>), String> {
    let mut stream = serde_json::Deserializer::from_slice(bytes).into_iter::<Value>();
    let mut found = Vec::new();
    let mut is_first = true;
    loop {
        match stream.next() {
            None => return Ok((found, None)),
            Some(Ok(Value::Array(list))) => found.extend(list),
            Some(Ok(other)) => found.push(other),
            Some(Err(cause)) if is_first => return Err(format!("the body is not JSON: {cause}")),
            Some(Err(_)) => {
                let rest = bytes.get(stream.byte_offset()..).unwrap_or_default();
                return Ok((found, Some(String::from_utf8_lossy(rest).chars().take(2_000).collect())));
            }
        }
        is_first = false;
    }
}

/// Bytes of base 64 in either alphabet, with or without padding.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    let plain: String = text
        .trim_end_matches('=')
        .chars()
        .map(|sign| {
            if sign == '-' {
                '+'
            } else if sign == '_' {
                '/'
            } else {
                sign
            }
        })
        .collect();
    STANDARD_NO_PAD.decode(plain).ok()
}

/// Bytes as upper-case hexadecimal digits.
fn to_hex(bytes: &[u8]) -> String {
    crate::web::body::hex(bytes).to_ascii_uppercase()
}

/// A stamp with an offset, also one without a colon; more digits than microseconds are cut off.
fn stamp(value: Option<&Value>) -> Option<Micros> {
    let text = value?.as_str()?;
    text.parse::<chrono::DateTime<chrono::FixedOffset>>().ok().map(|at| Micros(at.timestamp_micros()))
}

#[cfg(test)]
mod tests {
    use super::{Piece, Vendor, documents, from_base64, stamp, to_hex};
    use serde_json::json;

    #[test]
    fn stamps_and_base_64_as_vendors_write_them() {
        for text in ["2024-11-21T13:20:53.319-0600", "2024-11-21T19:20:53.319Z", "2024-11-21T19:20:53.319000999+00:00"] {
            assert_eq!(stamp(Some(&json!(text))).unwrap().to_text(), "2024-11-21T19:20:53.319000Z");
        }
        assert!(stamp(Some(&json!("yesterday"))).is_none() && stamp(Some(&json!(7))).is_none());
        for text in ["ftqQOAUQAnEAAsCu", "-_8=", "-_8", "+/8="] {
            assert!(from_base64(text).is_some(), "{text}");
        }
        assert_eq!(to_hex(&from_base64("ftqQOAUQAnEAAsCu").unwrap()), "7EDA9038051002710002C0AE");
        assert!(from_base64("é").is_none());
    }

    #[test]
    fn documents_may_be_glued_listed_or_cut() {
        assert_eq!(documents(b"{\"a\":1}{\"b\":2}\n[3,4]").unwrap(), (vec![json!({"a": 1}), json!({"b": 2}), json!(3), json!(4)], None));
        assert_eq!(documents(b"{}{\"a\":").unwrap(), (vec![json!({})], Some("{\"a\":".to_owned())));
        assert_eq!(documents(b"").unwrap(), (vec![], None));
        assert!(documents(b"nonsense").is_err());
        assert!(documents("[".repeat(10_000).as_bytes()).is_err());
    }

    #[test]
    fn what_no_vendor_sends_is_ignored_or_kept_apart_and_never_panics() {
        let odd = [
            json!(null),
            json!(7),
            json!("x"),
            json!({}),
            json!({"eventType": "tagInventory"}),
            json!({"data": 7}),
            json!({"params": {"data": [7]}}),
        ];
        for vendor in Vendor::ALL {
            assert_eq!(Vendor::of(vendor.word()), Some(vendor));
            for document in &odd {
                let parsed = vendor.parse(document.to_string().as_bytes(), None).unwrap();
                assert!(parsed.pieces.iter().all(|piece| matches!(piece, Piece::Bad { .. })), "{vendor:?}: {document}");
            }
        }
    }
}
