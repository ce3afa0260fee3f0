//! Files of temperature loggers: the text reports of Berlinger (Fridge-tag, Q-tag), and a plain CSV.
//!
//! Stamps have no offset: the site's time zone says what they mean. Where a logger lost its sensor it writes `--.-`:
//! no value is made up for it. Alarms are added up as the logger judged them; limits differ from unit to unit.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, TimeZone};
use chrono_tz::Tz;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Parsed, Piece};
use crate::base::time::Micros;

/// What a file says, in short.
#[derive(Debug, Clone, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Logged {
    /// Make and model as the file names it; null for CSV.
    pub model: Option<String>,
    /// The logger's own number; null for CSV.
    pub serial: Option<String>,
    /// First stamp.
    pub from: Option<Micros>,
    /// Last stamp.
    pub to: Option<Micros>,
    /// Days with a daily record.
    pub days: u64,
    /// Values with a stamp.
    pub values: u64,
    /// Stamps at which the logger had no sensor.
    pub missing: u64,
    /// Minutes in alarm, by the number of the alarm in the file.
    pub alarm_minutes: BTreeMap<String, i64>,
}

/// Reads a file; `name` stands for a logger that has no number of its own.
///
/// # Errors
/// What is wrong with a file that is none of these.
pub fn parse(text: &str, name: &str, zone: Tz) -> Result<(Logged, Parsed), String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut file = File { zone, logged: Logged::default(), parsed: Parsed::default() };
    if text.starts_with("Device:") {
        file.berlinger(text)?;
    } else {
        file.csv(text, name)?;
    }
    Ok((file.logged, file.parsed))
}

struct File {
    zone: Tz,
    logged: Logged,
    parsed: Parsed,
}

/// Where in a Berlinger report a line stands.
#[derive(Default)]
struct Section<'a> {
    part: &'a str,
    day: Option<&'a str>,
    alarm: Option<&'a str>,
}

impl File {
    fn berlinger(&mut self, text: &str) -> Result<(), String> {
        let value_of = |name: &str| text.lines().find_map(|line| line.trim().strip_prefix(name)).map(str::trim);
        let serial = value_of("Serial:").filter(|serial| !serial.is_empty() && serial.len() <= 40);
        let serial = serial.ok_or("the report names no serial number")?.to_owned();
        self.logged.model = value_of("Device:").map(str::to_owned);
        self.logged.serial = Some(serial.clone());
        let mut section = Section::default();
        for line in text.lines() {
            let word = line.trim();
            let indent = line.len() - line.trim_start().len();
            if indent == 0 {
                section = Section { part: word, ..Section::default() };
            } else if section.part == "Data:" {
                self.sample(word, &serial);
            } else if section.part == "Hist:" {
                self.day(indent, word, &serial, &mut section);
            } else if section.part == "Res:" && indent == 2 && word.ends_with(':') {
                section.alarm = Some(word.trim_end_matches(':'));
            } else if section.part == "Res:"
                && let (Some(alarm), Some(minutes)) = (section.alarm, field(word, "t A:"))
            {
                self.alarm(alarm, minutes);
            }
        }
        if self.logged.values == 0 && self.logged.days == 0 {
            return Err("the report holds neither days nor values".to_owned());
        }
        Ok(())
    }

    /// A line of the part with one value per interval.
    fn sample(&mut self, line: &str, serial: &str) {
        let mut cells = line.split('\t');
        let (Some(stamp), Some(value)) = (cells.next(), cells.next()) else { return };
        let Some(at) = self.moment(stamp, "%Y-%m-%d %H:%M") else { return };
        match value.trim().parse::<f64>() {
            Ok(celsius) => self.value(at, celsius, &format!("{serial}/temperature"), "temp"),
            Err(_) if value.contains("--") => self.logged.missing += 1,
            Err(_) => self.parsed.bad("bad_unit", "no temperature", json!(line)),
        }
    }

    /// A line of the part with one record per day; its smallest and largest value are values with a stamp of their own.
    fn day<'a>(&mut self, indent: usize, word: &'a str, serial: &str, section: &mut Section<'a>) {
        match (indent, word.split_once(':')) {
            (1, _) => *section = Section { part: section.part, ..Section::default() },
            (2, Some(("Date", date))) => {
                section.day = Some(date.trim());
                self.logged.days += 1;
            }
            (2, Some((name @ ("Min T" | "Max T"), _))) => {
                let (value, time) = (field(word, &format!("{name}:")), field(word, &format!("TS {name}:")));
                let (Some(date), Some(time)) = (section.day, time) else { return };
                if let (Some(at), Some(celsius)) =
                    (self.moment(&format!("{date} {time}"), "%Y-%m-%d %H:%M"), value.and_then(|value| value.parse().ok()))
                {
                    let which = if name == "Min T" { "daily-min" } else { "daily-max" };
                    self.value(at, celsius, &format!("{serial}/{which}"), "temp");
                }
            }
            (2, Some((name, _))) => section.alarm = (name == "Alarm").then_some(""),
            (3, Some((number, ""))) if section.alarm.is_some() => section.alarm = Some(number),
            (4, Some(("t Acc", _))) => {
                if let (Some(alarm), Some(minutes)) = (section.alarm.filter(|alarm| !alarm.is_empty()), field(word, "t Acc:")) {
                    self.alarm(alarm, minutes);
                }
            }
            _ => {}
        }
    }

    fn alarm(&mut self, number: &str, minutes: &str) {
        let sum = self.logged.alarm_minutes.entry(number.to_owned()).or_default();
        *sum = sum.saturating_add(minutes.parse::<i64>().unwrap_or(0).max(0));
    }

    /// Columns `at` and `celsius`, and `rh` if it is there.
    fn csv(&mut self, text: &str, name: &str) -> Result<(), String> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
        let headers = reader.headers().map_err(|cause| format!("neither a report of Berlinger nor CSV: {cause}"))?.clone();
        let column = |wanted: &str| headers.iter().position(|name| name.eq_ignore_ascii_case(wanted));
        let (Some(at_column), Some(celsius_column)) = (column("at"), column("celsius")) else {
            return Err("neither a report of Berlinger, which begins with 'Device:', nor CSV with the columns at and celsius".to_owned());
        };
        let rh_column = column("rh");
        for record in reader.records() {
            let Ok(record) = record else {
                self.parsed.bad("bad_unit", "a line that is no CSV", Value::Null);
                continue;
            };
            let cell = |column: Option<usize>| column.and_then(|column| record.get(column)).filter(|cell| !cell.is_empty());
            let shown = json!(record.iter().collect::<Vec<_>>());
            let Some(at) = cell(Some(at_column)).and_then(|text| self.stamp(text)) else {
                self.parsed.bad("bad_timestamp", "at is no time such as 2026-11-23 08:00", shown);
                continue;
            };
            match cell(Some(celsius_column)).map(str::parse::<f64>) {
                Some(Ok(celsius)) => self.value(at, celsius, &format!("{name}/temperature"), "temp"),
                Some(Err(_)) => self.parsed.bad("bad_unit", "celsius is no number", shown),
                None => self.logged.missing += 1,
            }
            if let Some(Ok(rh)) = cell(rh_column).map(str::parse::<f64>) {
                self.value(at, rh, &format!("{name}/humidity"), "humidity");
            }
        }
        Ok(())
    }

    fn value(&mut self, at: Micros, value: f64, channel: &str, kind: &str) {
        self.logged.values += 1;
        self.logged.from = Some(self.logged.from.map_or(at, |from| from.min(at)));
        self.logged.to = Some(self.logged.to.map_or(at, |to| to.max(at)));
        let field = if kind == "temp" { "celsius" } else { "rh" };
        self.parsed.pieces.push(Piece::Good(json!({"kind": kind, "channel": channel, "at": at.to_text(), field: value})));
    }

    /// With an offset, or as the logger's clock showed it.
    fn stamp(&self, text: &str) -> Option<Micros> {
        let with_offset = text.parse::<DateTime<chrono::FixedOffset>>().ok().map(|at| Micros(at.timestamp_micros()));
        let forms = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"];
        with_offset.or_else(|| forms.iter().find_map(|form| self.moment(text, form)))
    }

    /// In the hour that comes twice the first is meant; a time that does not exist is none.
    fn moment(&self, text: &str, form: &str) -> Option<Micros> {
        let local = NaiveDateTime::parse_from_str(text.trim(), form).ok()?;
        self.zone.from_local_datetime(&local).earliest().map(|at| Micros(at.timestamp_micros()))
    }
}

/// The value of a name among others on a line: `Min T: +4.0, TS Min T: 00:42`.
fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.split(", ").find_map(|part| part.trim().strip_prefix(name)).map(str::trim).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::parse;
    use chrono_tz::Tz;

    #[test]
    fn a_report_has_days_values_and_gaps() {
        let text = "Device: Q-tag Fridge-tag 2 L\r\nConf:\r\n Serial: 77\r\n Alarm:\r\n  0:\r\n   T AL: +2.0, t AL: 60\r\nHist:\r\n 1:\r\n  Date: 2026-11-22\r\n  \
            Min T: +4.0, TS Min T: 00:42\r\n  Max T: +6.2, TS Max T: 09:52\r\n  Alarm:\r\n   0:\r\n    t Acc: 0\r\n   1:\r\n    t Acc: 312, TS A: 14:55\r\n  \
            Int Sensor timeout:\r\n   t AccST: 9\r\nData:\r\n\tyyyy-MM-dd hh:mm\tT\tOut of limits\r\n\t2026-11-22 10:00\t-5.5\tx\r\n\t2026-11-22 10:05\t--.-\tx\r\n";
        let (logged, parsed) = parse(text, "fridge", Tz::Europe__Berlin).unwrap();
        assert_eq!((logged.serial.as_deref(), logged.days, logged.values, logged.missing), (Some("77"), 1, 3, 1));
        assert_eq!(logged.alarm_minutes.get("1"), Some(&312));
        assert_eq!(logged.from.unwrap().to_text(), "2026-11-21T23:42:00Z");
        assert_eq!(parsed.pieces.len(), 3);
    }

    #[test]
    fn a_table_has_its_columns_in_any_order() {
        let text = "celsius,at,rh\n4.5,2026-11-22 10:00,50\n,2026-11-22 10:05,\nx,2026-11-22 10:10,\n5,soon,\n6,2026-11-22T10:00:00Z\n";
        let (logged, parsed) = parse(text, "fridge", Tz::UTC).unwrap();
        assert_eq!((logged.values, logged.missing, parsed.pieces.len()), (3, 1, 5));
        assert!(parse("hello", "fridge", Tz::UTC).is_err() && parse("", "fridge", Tz::UTC).is_err());
        assert!(parse("Device: x\n Serial: 7\n", "fridge", Tz::UTC).is_err());
    }
}
