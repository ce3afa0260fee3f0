//! The rules of single fields: each broken one is named with its pointer.

use crate::base::error::{Error, FieldError, Result};
use crate::base::money::{Money, is_currency};
use crate::base::table::is_code;

/// Characters of a name at most.
pub(crate) const NAME_CHARS_MAX: usize = 200;
/// Minor units of one price or cost at most: ten thousand million in a currency with cents.
pub(crate) const MINOR_MAX: i64 = 1_000_000_000_000;
/// Days of a lead time at most: ten years.
pub(crate) const LEAD_DAYS_MAX: i64 = 3_650;

/// Collects what is wrong with an input, field by field.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    errors: Vec<FieldError>,
}

impl Checks {
    /// Says that a field breaks a rule.
    pub(crate) fn refuse(&mut self, pointer: &str, rule: &str, detail: impl Into<String>) {
        self.errors.push(FieldError::new(pointer, rule, detail));
    }

    /// A code.
    pub(crate) fn code(&mut self, pointer: &str, text: &str) {
        if !is_code(text) {
            self.refuse(pointer, "code", "1 to 64 of letters, digits, '.', '_', '-', '/'");
        }
    }

    /// A text that must say something.
    pub(crate) fn text(&mut self, pointer: &str, text: &str, chars_max: usize) {
        let chars = text.chars().count();
        if text.trim().is_empty() || chars > chars_max {
            self.refuse(pointer, "length", format!("1 to {chars_max} characters, not {chars}"));
        } else if text.chars().any(char::is_control) {
            self.refuse(pointer, "control_character", "one line of text without control characters");
        }
    }

    /// A text that may be left out; when it is there, it says something.
    pub(crate) fn maybe_text(&mut self, pointer: &str, text: Option<&str>, chars_max: usize) {
        if let Some(text) = text {
            self.text(pointer, text, chars_max);
        }
    }

    /// A whole number within a span.
    pub(crate) fn whole(&mut self, pointer: &str, value: i64, least: i64, most: i64) {
        if !(least..=most).contains(&value) {
            self.refuse(pointer, "out_of_range", format!("must be {least}..{most}, not {value}"));
        }
    }

    /// A finite number within a span.
    pub(crate) fn number(&mut self, pointer: &str, value: f64, least: f64, most: f64) {
        if !(value.is_finite() && value >= least && value <= most) {
            self.refuse(pointer, "out_of_range", format!("must be a number from {least} to {most}, not {value}"));
        }
    }

    /// One of a closed list of words.
    pub(crate) fn one_of(&mut self, pointer: &str, text: &str, words: &[&str]) {
        if !words.contains(&text) {
            self.refuse(pointer, "one_of", format!("must be one of {}, not '{text}'", words.join(", ")));
        }
    }

    /// A currency code.
    pub(crate) fn currency(&mut self, pointer: &str, text: &str) {
        if !is_currency(text) {
            self.refuse(pointer, "currency", format!("must be three capital letters, as in ISO 4217, not '{text}'"));
        }
    }

    /// An amount of 0 or more.
    pub(crate) fn money(&mut self, pointer: &str, money: &Money) {
        self.whole(&format!("{pointer}/minor"), money.minor, 0, MINOR_MAX);
        self.currency(&format!("{pointer}/currency"), &money.currency);
    }

    /// What is wrong.
    pub(crate) fn errors(self) -> Vec<FieldError> {
        self.errors
    }
}

/// Nothing wrong, or `invalid_input` with each bad field.
pub(crate) fn none(errors: Vec<FieldError>) -> Result<()> {
    if errors.is_empty() { Ok(()) } else { Err(Error::invalid(errors)) }
}

/// An empty text stands for none.
pub(crate) fn filled(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_broken_rule_is_named() {
        let mut checks = Checks::default();
        checks.code("/code", "P 1");
        checks.text("/name", " ", 200);
        checks.text("/form", "two\nlines", 200);
        checks.whole("/moq_packs", 0, 1, 9);
        checks.number("/volume_ml", f64::NAN, 0.0, 1.0);
        checks.one_of("/ven", "X", &["V", "E", "N"]);
        checks.money("/price", &Money::new(-1, "eur"));
        let found: Vec<_> = checks.errors().into_iter().map(|error| (error.pointer, error.code)).collect();
        let want = [
            ("/code", "code"),
            ("/name", "length"),
            ("/form", "control_character"),
            ("/moq_packs", "out_of_range"),
            ("/volume_ml", "out_of_range"),
            ("/ven", "one_of"),
            ("/price/minor", "out_of_range"),
            ("/price/currency", "currency"),
        ];
        assert_eq!(found, want.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
    }
}
