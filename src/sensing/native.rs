//! The native format `wardstock.obs.v1`: bytes in, a head and records out; one bad record never fails the batch. Pure.

use serde_json::Value;

use super::adapter::is_epc;
pub use super::quick::Raw;
use super::quick::{self, LastStamp};
use crate::base::code::Code;
use crate::base::error::{Error, FieldError, Result};
use crate::base::quantity::{from_f64, to_f64};
use crate::base::time::Micros;

/// The only schema that this door takes.
pub const SCHEMA: &str = "wardstock.obs.v1";
/// Records in one batch.
pub const RECORDS_MAX: usize = 5_000;
/// Bytes of one batch, unpacked.
pub const BYTES_MAX: usize = 1024 * 1024;
/// The largest number that a record may carry.
pub(super) const NUMBER_MAX: i64 = 1_000_000_000;

/// How the body is cut into records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON document.
    Json,
    /// The head on the first line, then one record a line.
    Lines,
}

impl Format {
    /// The format of a content type (lower case, without parameters).
    ///
    /// # Errors
    /// `unsupported_media_type`.
    pub fn of(content_type: &str) -> Result<Self> {
        match content_type {
            "" | "application/json" => Ok(Self::Json),
            "application/x-ndjson" | "application/ndjson" | "application/jsonl" | "application/x-jsonlines" => Ok(Self::Lines),
            other => Err(Error::new(
                Code::UnsupportedMediaType,
                format!("'{other}' is not taken here; send application/json or application/x-ndjson"),
            )),
        }
    }
}

/// What names a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Code of the device that speaks.
    pub device: String,
    /// Changes whenever the device's counters restart.
    pub boot_id: String,
    /// Counts batches of one boot.
    pub seq: i64,
    /// The device's clock when it sent.
    pub sent_at: Option<Micros>,
    /// Records that the device says it lost.
    pub lost: i64,
}

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sample {
    /// A count of base units.
    Level {
        /// Base units.
        count: i64,
    },
    /// A load.
    Weight {
        /// Milligrams, less the record's own tare.
        net_mg: i64,
        /// Whether the scale had come to rest.
        stable: bool,
    },
    /// What the device says about itself.
    Status {
        /// 0..100.
        battery_pct: Option<i64>,
        /// Its program's version.
        firmware: Option<String>,
    },
    /// What no shelf is bound to: a temperature, a door, a tag that was read.
    Measured {
        /// Its word.
        kind: &'static str,
        /// In the kind's unit: see [`MEASURED`].
        value: i64,
    },
}

/// Kinds that need no binding: word, field, units stored per unit sent, smallest, largest.
pub const MEASURED: [(&str, &str, f64, f64, f64); 5] = [
    // m°C
    ("temp", "celsius", 1_000.0, -273.15, 1_000.0),
    // 0.01 %
    ("humidity", "rh", 100.0, 0.0, 100.0),
    // mm
    ("distance", "distance_mm", 1.0, 0.0, 1_000_000.0),
    // %
    ("battery", "battery_pct", 1.0, 0.0, 100.0),
    // mV
    ("voltage", "volts", 1_000.0, 0.0, 1_000.0),
];

impl Sample {
    /// Its word on the wire and in the database.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Level { .. } => "level",
            Self::Weight { .. } => "weight",
            Self::Status { .. } => "status",
            Self::Measured { kind, .. } => kind,
        }
    }
}

/// One good record.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// The sender's own name for it.
    pub id: Option<String>,
    /// Which line of the device; empty: the device itself.
    pub channel: String,
    /// The device's stamp.
    pub at: Option<Micros>,
    /// What it says.
    pub sample: Sample,
    /// As it came.
    pub raw: Raw,
}

/// A record that the sender can mend; only its count is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// The sender's own name for it.
    pub id: Option<String>,
    /// From the closed list of record codes.
    pub code: &'static str,
    /// JSON pointer into the batch.
    pub field: String,
    /// What was found and what is allowed.
    pub message: String,
}

/// A parsed body.
#[derive(Debug, Clone)]
pub struct Batch {
    /// What names it.
    pub head: Head,
    /// Its records in their order, each good or bad by itself.
    pub records: Vec<Result<Record, Rejected>>,
}

/// Reads a body.
///
/// # Errors
/// `bad_json`, `wrong_schema`, `payload_too_large`: the whole batch is refused and nothing is kept.
pub fn parse(bytes: &[u8], format: Format) -> Result<Batch> {
    if bytes.len() > BYTES_MAX {
        return Err(Error::new(Code::PayloadTooLarge, format!("{} bytes; this door takes {BYTES_MAX} at a time", bytes.len())));
    }
    if format == Format::Json
        && let Some(mut document) = quick::document(bytes)
    {
        check_count(document.records.len())?;
        let head = read_head(&document.head())?;
        let mut last = LastStamp::default();
        let records = document.records.into_iter().enumerate().map(|(index, line)| line.read(index, &mut last)).collect();
        return Ok(Batch { head, records });
    }
    let (head, records) = match format {
        Format::Json => document(bytes)?,
        Format::Lines => lines(bytes)?,
    };
    check_count(records.len())?;
    let head = read_head(&head)?;
    let records = records.into_iter().enumerate().map(|(index, record)| read_record(index, record)).collect();
    Ok(Batch { head, records })
}

fn check_count(records: usize) -> Result<()> {
    if records > RECORDS_MAX {
        return Err(Error::new(Code::PayloadTooLarge, format!("{records} records; this door takes {RECORDS_MAX} at a time")));
    }
    Ok(())
}

type Parts = (Value, Vec<Value>);

fn document(bytes: &[u8]) -> Result<Parts> {
    let mut body: Value =
        serde_json::from_slice(bytes).map_err(|cause| Error::new(Code::BadJson, format!("the body is not JSON: {cause}")))?;
    match body.get_mut("records").map(Value::take) {
        Some(Value::Array(records)) => Ok((body, records)),
        _ => Err(wrong("/records", "needed", "a list of records")),
    }
}

/// A line that is no JSON stands as a text, which no record is: it is rejected alone.
fn lines(bytes: &[u8]) -> Result<Parts> {
    let mut lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let head = serde_json::from_slice(lines.next().unwrap_or_default())
        .map_err(|cause| Error::new(Code::BadJson, format!("the first line, the head, is not JSON: {cause}")))?;
    let records = lines
        .take(RECORDS_MAX + 1)
        .map(|line| serde_json::from_slice(line).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(line).into_owned())))
        .collect();
    Ok((head, records))
}

fn wrong(pointer: &str, rule: &str, detail: impl Into<String>) -> Error {
    let detail = detail.into();
    let mut error = Error::new(Code::WrongSchema, format!("{pointer}: {detail}"));
    error.fields.push(FieldError::new(pointer, rule, detail));
    error
}

fn read_head(head: &Value) -> Result<Head> {
    let word = |name: &str, most: usize| {
        head.get(name)
            .and_then(Value::as_str)
            .filter(|text| (1..=most).contains(&text.len()))
            .map(str::to_owned)
            .ok_or_else(|| wrong(&format!("/{name}"), "needed", format!("a text of 1 to {most} bytes")))
    };
    if head.get("schema").and_then(Value::as_str) != Some(SCHEMA) {
        return Err(wrong("/schema", "one_of", format!("must be \"{SCHEMA}\"")));
    }
    let seq = head.get("seq").and_then(Value::as_i64).filter(|seq| *seq >= 0);
    let sent_at = match head.get("sent_at") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(Micros::parse(text).map_err(|detail| wrong("/sent_at", "time", detail))?),
        Some(_) => return Err(wrong("/sent_at", "time", "must be a text, RFC 3339 with offset")),
    };
    let lost = match head.get("gap") {
        None | Some(Value::Null) => 0,
        Some(gap) => gap.get("lost").and_then(Value::as_i64).unwrap_or(0).clamp(0, NUMBER_MAX),
    };
    Ok(Head {
        device: word("device", 64)?,
        boot_id: word("boot_id", 128)?,
        seq: seq.ok_or_else(|| wrong("/seq", "needed", "a whole number, 0 or more"))?,
        sent_at,
        lost,
    })
}

/// Reads one record of a batch.
///
/// # Errors
/// The rule that it breaks.
pub fn read_record(index: usize, raw: Value) -> Result<Record, Rejected> {
    let id = match raw.get("id") {
        Some(Value::String(text)) if (1..=128).contains(&text.len()) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let refuse = |code: &'static str, field: &str, message: String| Rejected {
        index,
        id: id.clone(),
        code,
        field: if field.is_empty() { format!("/records/{index}") } else { format!("/records/{index}/{field}") },
        message,
    };
    if !raw.is_object() {
        return Err(refuse("unsupported_kind", "", "a record is a JSON object".into()));
    }
    let sample = read_sample(&raw).map_err(|(code, field, message)| refuse(code, field, message))?;
    let channel = match (&sample, raw.get("channel").and_then(Value::as_str)) {
        (Sample::Status { .. }, _) => String::new(),
        (Sample::Measured { kind: "tag_read", .. }, _) => {
            tag_channel(&raw).map_err(|(code, field, message)| refuse(code, field, message))?
        }
        (_, Some(text)) if (1..=64).contains(&text.len()) => text.to_owned(),
        _ => return Err(refuse("unknown_channel", "channel", "a text of 1 to 64 bytes".into())),
    };
    let at = match raw.get("at") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(Micros::parse(text).map_err(|message| refuse("bad_timestamp", "at", message))?),
        Some(_) => return Err(refuse("bad_timestamp", "at", "must be a text, RFC 3339 with offset".into())),
    };
    Ok(Record { index, id, channel, at, sample, raw: Raw::Whole(raw) })
}

type Broken = (&'static str, &'static str, String);

fn read_sample(raw: &Value) -> Result<Sample, Broken> {
    match raw.get("kind").and_then(Value::as_str) {
        Some("level") => Ok(Sample::Level { count: whole(raw, "count", NUMBER_MAX)? }),
        Some("weight") => {
            let gross_mg = milligrams(raw, "gross_g")?.ok_or(("bad_unit", "gross_g", "the gross weight in grams is needed".to_owned()))?;
            let tare_mg = milligrams(raw, "tare_g")?.unwrap_or(0);
            let stable = raw.get("stable").and_then(Value::as_bool).unwrap_or(true);
            Ok(Sample::Weight { net_mg: gross_mg - tare_mg, stable })
        }
        Some("status") => {
            let battery_pct = match raw.get("battery_pct") {
                None | Some(Value::Null) => None,
                Some(Value::Number(number)) if number.as_f64().is_some_and(|value| (0.0..=100.0).contains(&value)) => {
                    number.as_f64().map(from_f64)
                }
                Some(other) => return Err(("out_of_range", "battery_pct", format!("{other} is no number 0..100"))),
            };
            let firmware = raw.get("firmware").and_then(Value::as_str).map(|text| text.chars().take(64).collect());
            Ok(Sample::Status { battery_pct, firmware })
        }
        Some("door") => flag("door", raw, "open"),
        Some("button") => flag("button", raw, "pressed"),
        Some("tag_read") => {
            let rssi = raw.get("rssi_dbm").and_then(Value::as_f64).filter(|rssi| (-200.0..=100.0).contains(rssi));
            Ok(Sample::Measured { kind: "tag_read", value: rssi.map_or(0, |rssi| from_f64(rssi * 100.0)) })
        }
        Some(other) => measured(other, raw),
        None => Err(("unsupported_kind", "kind", format!("the kind is needed: one of {KINDS}"))),
    }
}

/// The kinds, for people.
const KINDS: &str = "level, weight, status, tag_read, temp, humidity, distance, door, button, battery, voltage";

fn flag(kind: &'static str, raw: &Value, field: &'static str) -> Result<Sample, Broken> {
    let is_set = raw.get(field).and_then(Value::as_bool).ok_or_else(|| ("out_of_range", field, "must be true or false".to_owned()))?;
    Ok(Sample::Measured { kind, value: i64::from(is_set) })
}

fn measured(word: &str, raw: &Value) -> Result<Sample, Broken> {
    let Some((kind, field, scale, min, max)) = MEASURED.iter().find(|(kind, ..)| *kind == word) else {
        let shown: String = word.chars().take(40).collect();
        return Err(("unsupported_kind", "kind", format!("'{shown}' is none of {KINDS}")));
    };
    let value = raw.get(*field).and_then(Value::as_f64).ok_or_else(|| ("bad_unit", *field, "a number is needed".to_owned()))?;
    if !(*min..=*max).contains(&value) {
        return Err(("out_of_range", field, format!("{value} is not within {min}..{max}")));
    }
    Ok(Sample::Measured { kind, value: from_f64(value * scale) })
}

/// A tag under an antenna is a channel of its own, so that what was read of it lies together.
fn tag_channel(raw: &Value) -> Result<String, Broken> {
    let epc = raw.get("epc").and_then(Value::as_str).unwrap_or_default().to_ascii_uppercase();
    if !is_epc(&epc) {
        return Err(("bad_epc", "epc", "must be an even number of 8 to 52 hexadecimal digits".into()));
    }
    let antenna = match raw.get("antenna") {
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::String(text)) => text.clone(),
        _ => String::new(),
    };
    let channel = format!("{antenna}/{epc}");
    if antenna.is_empty() || channel.len() > 64 {
        return Err(("unknown_channel", "antenna", "a number, or a text that leaves room for the EPC in 63 bytes".into()));
    }
    Ok(channel)
}

fn whole(raw: &Value, field: &'static str, most: i64) -> Result<i64, Broken> {
    let Some(Value::Number(number)) = raw.get(field) else {
        return Err(("bad_unit", field, format!("must be a whole number 0..{most}")));
    };
    let value = number.as_f64().unwrap_or(f64::NAN);
    if !(0.0..=to_f64(most)).contains(&value) {
        return Err(("out_of_range", field, format!("{number} is not within 0..{most}")));
    }
    if value.fract() != 0.0 {
        return Err(("bad_unit", field, format!("{number} is no whole number of base units")));
    }
    Ok(number.as_i64().unwrap_or_else(|| from_f64(value)))
}

fn milligrams(raw: &Value, field: &'static str) -> Result<Option<i64>, Broken> {
    match raw.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) => match number.as_f64() {
            Some(grams) if grams.abs() <= to_f64(NUMBER_MAX) => Ok(Some(from_f64(grams * 1_000.0))),
            _ => Err(("out_of_range", field, format!("{number} is not within ±{NUMBER_MAX} g"))),
        },
        Some(other) => {
            Err(("bad_unit", field, format!("{} is no number of grams", other.to_string().chars().take(40).collect::<String>())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = r#""schema":"wardstock.obs.v1","device":"gw-1","boot_id":"b1","seq":17,"sent_at":"2026-11-23T08:00:00Z""#;

    #[track_caller]
    fn check(record: &str, want: Result<Sample, (&str, &str)>) {
        let body = format!("{{{HEAD},\"records\":[{record}]}}");
        let batch = parse(body.as_bytes(), Format::Json).unwrap();
        let got = batch.records.into_iter().next().unwrap().map(|record| record.sample);
        match (got, want) {
            (Ok(got), Ok(want)) => assert_eq!(got, want),
            (Err(got), Err((code, field))) => assert_eq!((got.code, got.field.as_str()), (code, field)),
            (got, want) => panic!("{got:?} is not {want:?}"),
        }
    }

    #[track_caller]
    fn check_whole(body: &str, format: Format, want: Code) {
        assert_eq!(parse(body.as_bytes(), format).unwrap_err().code, want);
    }

    #[test]
    fn records_are_good_or_bad_by_themselves() {
        check(r#"{"kind":"level","channel":"c1","count":40}"#, Ok(Sample::Level { count: 40 }));
        check(r#"{"kind":"level","channel":"c1","count":40.0}"#, Ok(Sample::Level { count: 40 }));
        check(r#"{"kind":"level","channel":"c1","count":-1}"#, Err(("out_of_range", "/records/0/count")));
        check(r#"{"kind":"level","channel":"c1","count":1.5}"#, Err(("bad_unit", "/records/0/count")));
        check(r#"{"kind":"level","channel":"c1","count":1e300}"#, Err(("out_of_range", "/records/0/count")));
        check(r#"{"kind":"level","channel":"c1","count":1000000001}"#, Err(("out_of_range", "/records/0/count")));
        check(r#"{"kind":"level","channel":"c1","count":"NaN"}"#, Err(("bad_unit", "/records/0/count")));
        check(r#"{"kind":"level","channel":"c1","count":null}"#, Err(("bad_unit", "/records/0/count")));
        check(r#"{"kind":"level","channel":"c1"}"#, Err(("bad_unit", "/records/0/count")));
        check(r#"{"kind":"level","count":4}"#, Err(("unknown_channel", "/records/0/channel")));
        check(r#"{"kind":"level","channel":"c1","count":4,"at":"yesterday"}"#, Err(("bad_timestamp", "/records/0/at")));
        check(r#"{"kind":"level","channel":"c1","count":4,"at":7}"#, Err(("bad_timestamp", "/records/0/at")));
        check(r#"{"kind":"weight","channel":"w","gross_g":120.25,"tare_g":20}"#, Ok(Sample::Weight { net_mg: 100_250, stable: true }));
        check(r#"{"kind":"weight","channel":"w","gross_g":1,"stable":false}"#, Ok(Sample::Weight { net_mg: 1_000, stable: false }));
        check(r#"{"kind":"weight","channel":"w","gross_g":"1"}"#, Err(("bad_unit", "/records/0/gross_g")));
        check(r#"{"kind":"weight","channel":"w","gross_g":1e12}"#, Err(("out_of_range", "/records/0/gross_g")));
        check(
            r#"{"kind":"status","battery_pct":88,"firmware":"1.2"}"#,
            Ok(Sample::Status { battery_pct: Some(88), firmware: Some("1.2".into()) }),
        );
        check(r#"{"kind":"status","battery_pct":101}"#, Err(("out_of_range", "/records/0/battery_pct")));
        check(r#"{"kind":"tag_read","antenna":1,"epc":"30"}"#, Err(("bad_epc", "/records/0/epc")));
        check(r#"{"kind":"tag_read","epc":"3034257BF400B7800004CB2F"}"#, Err(("unknown_channel", "/records/0/antenna")));
        check(
            r#"{"kind":"tag_read","antenna":1,"epc":"3034257bf400b7800004cb2f","rssi_dbm":-62.5}"#,
            Ok(Sample::Measured { kind: "tag_read", value: -6_250 }),
        );
        check(r#"{"kind":"temp","channel":"t","celsius":-70.25}"#, Ok(Sample::Measured { kind: "temp", value: -70_250 }));
        check(r#"{"kind":"temp","channel":"t","celsius":"cold"}"#, Err(("bad_unit", "/records/0/celsius")));
        check(r#"{"kind":"temp","channel":"t","celsius":-300}"#, Err(("out_of_range", "/records/0/celsius")));
        check(r#"{"kind":"temp","celsius":4}"#, Err(("unknown_channel", "/records/0/channel")));
        check(r#"{"kind":"door","channel":"d","open":true}"#, Ok(Sample::Measured { kind: "door", value: 1 }));
        check(r#"{"kind":"door","channel":"d"}"#, Err(("out_of_range", "/records/0/open")));
        check(r#"{"kind":"smell","channel":"d"}"#, Err(("unsupported_kind", "/records/0/kind")));
        check("7", Err(("unsupported_kind", "/records/0")));
    }

    #[test]
    fn whole_batches_are_refused() {
        check_whole("{", Format::Json, Code::BadJson);
        check_whole("[]", Format::Json, Code::WrongSchema);
        check_whole(r#"{"schema":"other","records":[]}"#, Format::Json, Code::WrongSchema);
        check_whole(&format!("{{{HEAD}}}"), Format::Json, Code::WrongSchema);
        check_whole(r#"{"schema":"wardstock.obs.v1","records":[]}"#, Format::Json, Code::WrongSchema);
        check_whole(&"[".repeat(10_000), Format::Json, Code::BadJson);
        check_whole(&" ".repeat(BYTES_MAX + 1), Format::Json, Code::PayloadTooLarge);
        check_whole(&format!("{{{HEAD},\"records\":[{}7]}}", "7,".repeat(RECORDS_MAX)), Format::Json, Code::PayloadTooLarge);
        check_whole("", Format::Lines, Code::BadJson);
        assert_eq!(Format::of("text/html").unwrap_err().code, Code::UnsupportedMediaType);
    }

    #[test]
    fn lines_are_records() {
        let body = format!(
            "{{{HEAD},\"gap\":{{\"lost\":3}}}}\n{{\"kind\":\"level\",\"channel\":\"c1\",\"count\":1}}\r\n\nbroken\n{{\"kind\":\"status\"}}"
        );
        let batch = parse(body.as_bytes(), Format::Lines).unwrap();
        assert_eq!((batch.head.seq, batch.head.lost, batch.records.len()), (17, 3, 3));
        assert!(batch.records[0].is_ok() && batch.records[1].is_err() && batch.records[2].is_ok());
    }
}
