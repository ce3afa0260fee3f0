//! GS1: what barcodes say. Pure: no clock, no table.
//!
//! A scan becomes [`Element`]s, application identifiers (AIs) with values, by one of the ways in which GS1 writes
//! them: element strings ([`element_string`]), the bracketed text under a barcode, Digital Link URIs
//! ([`digital_link`]); [`symbology`] tells which one a scanner sent, [`lost`] mends a scan without separators.
//! [`rules`] judges AIs against each other.

mod codes;
pub mod date;
pub mod dictionary;
pub mod digital_link;
pub mod element_string;
pub mod lint;
pub mod lost;
pub mod national;
pub mod rules;
pub mod symbology;
mod table;

/// An AI with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Two to four digits.
    pub ai: String,
    /// As it stands behind the AI.
    pub value: String,
}

/// Why a code can't be read.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Fault {
    /// A stable word: see `docs/api.md`, scans.
    pub code: &'static str,
    /// What was found and what is allowed.
    pub detail: String,
    /// Characters of the input before the bad one, where one can be named.
    pub position: Option<usize>,
}

impl Fault {
    /// A fault at a place of the input.
    pub fn at(position: usize, code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), position: Some(position) }
    }

    /// A fault of the whole input.
    pub fn whole(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), position: None }
    }

    /// A rule of the dictionary that a value broke, from a place of the input on.
    fn broken(position: usize, ai: &str, value: &str, broken: lint::Broken) -> Self {
        Self::at(position + broken.at, code_of(broken.rule), format!("({ai}) '{value}' breaks the rule {}", broken.rule))
    }
}

/// The word on the wire for a rule of the dictionary.
fn code_of(rule: &str) -> &'static str {
    let speaks_of = |words: &[&str]| words.iter().any(|word| rule.contains(word));
    if speaks_of(&["check_digit", "check_pair", "iban_checksum"]) {
        "check_digit"
    } else if speaks_of(&["date", "month", "day", "hour", "minute", "second"]) {
        "bad_date"
    } else if speaks_of(&["character"]) {
        "bad_character"
    } else {
        "bad_value"
    }
}

/// What to do about AIs that the dictionary does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// The code is refused.
    Refused,
    /// Taken in bracketed text, where brackets say where they end.
    Allowed,
    /// Taken in the query of a Digital Link too.
    AllowedInLinks,
}

/// How strictly codes are read.
#[derive(Debug, Clone, Copy)]
pub struct Strictness {
    /// AIs that are not known.
    pub unknown: Unknown,
    /// Digital Links may leave out the zeros before a GTIN.
    pub short_gtins: bool,
    /// Digital Links may say `gtin` for `01`.
    pub key_words: bool,
}

impl Strictness {
    /// What the standards say.
    pub const STANDARD: Self = Self { unknown: Unknown::Refused, short_gtins: false, key_words: false };
}

/// The value of an AI among others.
pub fn value<'a>(elements: &'a [Element], ai: &str) -> Option<&'a str> {
    elements.iter().find(|element| element.ai == ai).map(|element| element.value.as_str())
}
