//! The short way through a well-formed JSON batch: one pass, texts borrowed from the body. Pure.
//!
//! Whatever is not plainly well-formed (another type, an unknown or repeated field, an escape) sends the whole
//! document the long way, which names every fault; so both ways agree on what they take.

use serde::Deserialize;
use serde_json::{Map, Number, Value};

use super::native::{self, NUMBER_MAX, Record, Rejected, Sample};
use crate::base::time::Micros;

/// A record as it came.
#[derive(Debug, Clone, PartialEq)]
pub enum Raw {
    /// JSON.
    Whole(Value),
    /// A level of which nothing but the text of its stamp is lost by reading it.
    Level {
        /// The stamp as it came.
        at: Box<str>,
    },
}

impl Record {
    /// The record as it came, as JSON.
    pub fn raw_text(&self) -> String {
        match (&self.raw, &self.sample) {
            (Raw::Level { at }, Sample::Level { count }) => {
                let mut value = serde_json::json!({"kind": "level", "channel": self.channel, "at": at, "count": count});
                if let (Some(id), Some(fields)) = (&self.id, value.as_object_mut()) {
                    fields.insert("id".to_owned(), Value::String(id.clone()));
                }
                value.to_string()
            }
            (Raw::Whole(value), _) => value.to_string(),
            // A level's raw belongs to a level.
            (Raw::Level { at }, _) => at.to_string(),
        }
    }
}

/// A batch as it stands in the body.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document<'a> {
    schema: Option<Value>,
    device: Option<Value>,
    boot_id: Option<Value>,
    seq: Option<Value>,
    sent_at: Option<Value>,
    gap: Option<Value>,
    #[serde(borrow)]
    pub(super) records: Vec<Line<'a>>,
}

/// One record; only texts, numbers and truth values.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line<'a> {
    id: Option<&'a str>,
    kind: Option<&'a str>,
    channel: Option<&'a str>,
    at: Option<&'a str>,
    count: Option<i64>,
    gross_g: Option<Number>,
    tare_g: Option<Number>,
    stable: Option<bool>,
    battery_pct: Option<Number>,
    firmware: Option<&'a str>,
}

/// Reads a body the short way; none: take the long way.
pub(super) fn document(bytes: &[u8]) -> Option<Document<'_>> {
    // A list would be read as the fields in their order.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    serde_json::from_slice(bytes).ok()
}

impl Document<'_> {
    /// Everything but the records.
    pub(super) fn head(&mut self) -> Value {
        let fields = [
            ("schema", self.schema.take()),
            ("device", self.device.take()),
            ("boot_id", self.boot_id.take()),
            ("seq", self.seq.take()),
            ("sent_at", self.sent_at.take()),
            ("gap", self.gap.take()),
        ];
        Value::Object(fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect())
    }
}

/// The stamp that was read last: a batch often has one for all its records.
#[derive(Default)]
pub(super) struct LastStamp<'a>(Option<(&'a str, Micros)>);

impl<'a> LastStamp<'a> {
    fn read(&mut self, text: &'a str) -> Option<Micros> {
        if let Some((known, at)) = self.0
            && known == text
        {
            return Some(at);
        }
        let at = Micros::parse(text).ok()?;
        self.0 = Some((text, at));
        Some(at)
    }
}

impl<'a> Line<'a> {
    /// The record, or the rule that it breaks.
    pub(super) fn read(self, index: usize, last: &mut LastStamp<'a>) -> Result<Record, Rejected> {
        self.level(index, last).map_or_else(|| native::read_record(index, self.value()), Ok)
    }

    /// A level without anything odd about it.
    fn level(&self, index: usize, last: &mut LastStamp<'a>) -> Option<Record> {
        let others = self.gross_g.is_some() || self.tare_g.is_some() || self.battery_pct.is_some();
        if self.kind != Some("level") || others || self.stable.is_some() || self.firmware.is_some() {
            return None;
        }
        let count = self.count.filter(|count| (0..=NUMBER_MAX).contains(count))?;
        let channel = self.channel.filter(|text| (1..=64).contains(&text.len()))?;
        let at = self.at?;
        let id = match self.id {
            Some(text) if !(1..=128).contains(&text.len()) => return None,
            id => id.map(str::to_owned),
        };
        let record = Record {
            index,
            id,
            channel: channel.to_owned(),
            at: Some(last.read(at)?),
            sample: Sample::Level { count },
            raw: Raw::Level { at: at.into() },
        };
        Some(record)
    }

    /// The record as JSON, as it came.
    fn value(self) -> Value {
        let text = |value: Option<&str>| value.map(|text| Value::String(text.to_owned()));
        let fields = [
            ("id", text(self.id)),
            ("kind", text(self.kind)),
            ("channel", text(self.channel)),
            ("at", text(self.at)),
            ("count", self.count.map(Value::from)),
            ("gross_g", self.gross_g.map(Value::Number)),
            ("tare_g", self.tare_g.map(Value::Number)),
            ("stable", self.stable.map(Value::Bool)),
            ("battery_pct", self.battery_pct.map(Value::Number)),
            ("firmware", text(self.firmware)),
        ];
        let fields: Map<String, Value> = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        Value::Object(fields)
    }
}

#[cfg(test)]
mod tests {
    use crate::sensing::native::{self, Format};

    /// Both ways take the same: an unknown field in the head alone sends a document the long way.
    #[track_caller]
    fn check(records: &str) {
        let body = |more: &str| {
            format!("{{\"schema\":\"wardstock.obs.v1\",\"device\":\"d\",\"boot_id\":\"b\",\"seq\":1{more},\"records\":[{records}]}}")
        };
        let short = native::parse(body("").as_bytes(), Format::Json).unwrap();
        let long = native::parse(body(",\"x\":1").as_bytes(), Format::Json).unwrap();
        assert_eq!(short.head, long.head);
        assert_eq!(short.records.len(), long.records.len());
        for (short, long) in short.records.iter().zip(&long.records) {
            match (short, long) {
                (Ok(short), Ok(long)) => {
                    assert_eq!((&short.id, &short.channel, short.at, &short.sample), (&long.id, &long.channel, long.at, &long.sample));
                    assert_eq!(short.raw_text(), long.raw_text());
                }
                _ => assert_eq!(short.as_ref().err(), long.as_ref().err()),
            }
        }
    }

    #[test]
    fn both_ways_agree() {
        for at in ["", ",\"at\":\"2026-11-23T08:00:00Z\"", ",\"at\":\"2026-11-23T09:00:00.25+01:00\"", ",\"at\":\"x\"", ",\"at\":7"] {
            for rest in [
                "\"kind\":\"level\",\"channel\":\"c1\",\"count\":4",
                "\"kind\":\"level\",\"channel\":\"c1\",\"count\":4,\"id\":\"a\"",
                "\"kind\":\"level\",\"channel\":\"c1\",\"count\":4,\"id\":7",
                "\"kind\":\"level\",\"channel\":\"c1\",\"count\":4.0",
                "\"kind\":\"level\",\"channel\":\"c1\",\"count\":4.5",
                "\"kind\":\"level\",\"channel\":\"c1\",\"count\":-1",
                "\"kind\":\"level\",\"channel\":\"c1\",\"count\":4,\"unknown\":[1]",
                "\"kind\":\"level\",\"channel\":\"c\\u00e9\",\"count\":4",
                "\"kind\":\"level\",\"count\":4",
                "\"kind\":\"weight\",\"channel\":\"w\",\"gross_g\":120.25,\"tare_g\":20",
                "\"kind\":\"status\",\"battery_pct\":88,\"firmware\":\"1.2\"",
                "\"kind\":\"status\",\"battery_pct\":188",
                "\"channel\":\"c1\"",
            ] {
                check(&format!("{{{rest}{at}}}"));
            }
        }
        check("7");
        check("[\"c1\"]");
    }
}
