//! Moments and days: UTC microseconds and days since 1970-01-01; RFC 3339 in and out.

use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::error::FieldError;

/// Microseconds of one day.
pub const DAY_MICROS: i64 = 86_400_000_000;

/// A moment: microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Micros(pub i64);

impl Micros {
    /// Reads RFC 3339 with an offset; more digits than microseconds are cut off.
    ///
    /// # Errors
    /// A text that says what is wrong with the value.
    pub fn parse(text: &str) -> Result<Self, String> {
        DateTime::parse_from_rfc3339(text)
            .map(|at| Self(at.timestamp_micros()))
            .map_err(|cause| format!("'{text}' is no RFC 3339 time with offset ({cause})"))
    }

    /// RFC 3339 in UTC with `Z`; microseconds are kept where there are any.
    pub fn to_text(self) -> String {
        DateTime::<Utc>::from_timestamp_micros(self.0).map_or_else(
            || format!("@{}us", self.0),
            |at| {
                let digits = if self.0 % 1_000_000 == 0 { SecondsFormat::Secs } else { SecondsFormat::Micros };
                at.to_rfc3339_opts(digits, true)
            },
        )
    }

    /// The UTC day that holds this moment.
    pub fn day(self) -> Day {
        Day(self.0.div_euclid(DAY_MICROS))
    }

    /// This moment moved by some seconds, held at the ends of the range.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }
}

/// A UTC calendar day: days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Day(pub i64);

impl Day {
    /// Reads `YYYY-MM-DD`.
    ///
    /// # Errors
    /// A text that says what is wrong with the value.
    pub fn parse(text: &str) -> Result<Self, String> {
        let date =
            NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|cause| format!("'{text}' is no date of the form YYYY-MM-DD ({cause})"))?;
        Ok(Self(i64::from(date.num_days_from_ce()) - i64::from(epoch().num_days_from_ce())))
    }

    /// `YYYY-MM-DD`.
    pub fn to_text(self) -> String {
        self.date().format("%Y-%m-%d").to_string()
    }

    /// Its first moment.
    pub fn start(self) -> Micros {
        Micros(self.0.saturating_mul(DAY_MICROS))
    }

    /// The day some days later (or earlier, if negative).
    #[must_use]
    pub fn plus(self, days: i64) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// Monday = 0 .. Sunday = 6.
    pub fn weekday(self) -> u32 {
        self.date().weekday().num_days_from_monday()
    }

    fn date(self) -> NaiveDate {
        epoch().checked_add_signed(chrono::Duration::try_days(self.0).unwrap_or_default()).unwrap_or_default()
    }
}

fn epoch() -> NaiveDate {
    NaiveDate::default()
}

/// A span of days, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
}

impl Period {
    /// Reads `from` and `to`; without them the `default_days` days up to `today`.
    ///
    /// # Errors
    /// One field error per end that is no date, or when `from` is after `to`.
    pub fn parse(from: Option<&str>, to: Option<&str>, today: Day, default_days: i64) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut read = |name: &str, text: Option<&str>, or: Day| match text.map(Day::parse) {
            None => or,
            Some(Ok(day)) => day,
            Some(Err(detail)) => {
                errors.push(FieldError::new(name, "bad_date", detail));
                or
            }
        };
        let to = read("to", to, today);
        let from = read("from", from, to.plus(1 - default_days));
        if errors.is_empty() && from > to {
            errors.push(FieldError::new("from", "out_of_range", format!("'from' ({}) is after 'to' ({})", from.to_text(), to.to_text())));
        }
        if errors.is_empty() { Ok(Self { from, to }) } else { Err(errors) }
    }
}

macro_rules! text_form {
    ($kind:ident, $format:literal, $example:literal) => {
        impl Serialize for $kind {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(&self.to_text())
            }
        }
        impl<'de> Deserialize<'de> for $kind {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                $kind::parse(&text).map_err(serde::de::Error::custom)
            }
        }
        impl schemars::JsonSchema for $kind {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($kind).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({"type": "string", "format": $format, "examples": [$example]})
            }
        }
        impl std::fmt::Display for $kind {
            fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                to.write_str(&self.to_text())
            }
        }
    };
}
text_form!(Micros, "date-time", "2026-11-23T08:00:00Z");
text_form!(Day, "date", "2026-11-23");

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(input: &str, want: &str) {
        assert_eq!(Micros::parse(input).unwrap().to_text(), want);
    }

    #[test]
    fn times_come_out_in_utc() {
        check("2026-11-23T08:00:00Z", "2026-11-23T08:00:00Z");
        check("2026-11-23T08:00:00.123456789+02:00", "2026-11-23T06:00:00.123456Z");
        assert!(Micros::parse("2026-11-23 08:00").is_err());
        assert!(Micros::parse("2026-11-23T08:00:00").is_err());
    }

    #[test]
    fn days_and_moments_agree() {
        let day = Day::parse("2026-11-22").unwrap();
        assert_eq!(day.weekday(), 6);
        assert_eq!(day.start().day(), day);
        assert_eq!(day.plus(1).to_text(), "2026-11-23");
        assert_eq!(Micros(-1).day(), Day(-1));
        assert!(Day::parse("2026-02-30").is_err());
    }
}
