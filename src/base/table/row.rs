//! One row while it is being read: each cell by its rule, what is wrong collected.

use std::collections::HashMap;
use std::rc::Rc;

use super::{Rejected, Sheet, is_code};
use crate::base::money;
use crate::base::quantity::UNITS_MAX;
use crate::base::time::{Day, Micros};

/// One row while it is being read.
#[derive(Debug)]
pub struct Row<'a> {
    pub(super) sheet: &'a Sheet,
    /// Its line in the file.
    pub line: u64,
    pub(super) cells: &'a [String],
    pub(super) index: Rc<HashMap<&'a str, usize>>,
    /// What is wrong with it so far.
    pub rejected: Vec<Rejected>,
}

impl Row<'_> {
    /// Says that a cell breaks a rule.
    pub fn reject(&mut self, column: &str, rule: &str, hint: impl Into<String>) {
        let value = self.raw(column).to_owned();
        self.rejected.push(Rejected {
            file: self.sheet.file.clone(),
            line: self.line,
            column: column.to_owned(),
            value,
            rule: rule.to_owned(),
            hint: hint.into(),
        });
    }

    fn raw(&self, column: &str) -> &str {
        self.index.get(column).and_then(|at| self.cells.get(*at)).map_or("", String::as_str)
    }

    /// The text of a cell; `None` when empty or absent.
    pub fn text(&self, column: &str) -> Option<String> {
        let raw = self.raw(column);
        (!raw.is_empty()).then(|| raw.to_owned())
    }

    /// The text of a cell that must not be empty.
    pub fn needed(&mut self, column: &str) -> String {
        if let Some(text) = self.text(column) {
            text
        } else {
            self.reject(column, "needed", "this cell must not be empty");
            String::new()
        }
    }

    /// A code: 1..64 of letters, digits, `.`, `_`, `-`, `/`.
    pub fn code(&mut self, column: &str) -> String {
        let text = self.needed(column);
        if !text.is_empty() && !is_code(&text) {
            self.reject(column, "code", "1 to 64 of letters, digits, '.', '_', '-', '/'");
        }
        text
    }

    /// A whole number within a span; `None` when empty.
    pub fn integer(&mut self, column: &str, least: i64, most: i64) -> Option<i64> {
        let text = self.text(column)?;
        match text.parse::<i64>() {
            Ok(value) if (least..=most).contains(&value) => Some(value),
            Ok(_) => {
                self.reject(column, "out_of_range", format!("must be {least}..{most}"));
                None
            }
            Err(_) => {
                self.reject(column, "integer", "must be a whole number");
                None
            }
        }
    }

    /// A whole number that must be there.
    pub fn needed_integer(&mut self, column: &str, least: i64, most: i64) -> i64 {
        if self.text(column).is_none() {
            self.reject(column, "needed", "this cell must not be empty");
        }
        self.integer(column, least, most).unwrap_or(least)
    }

    /// A quantity in base units, 0 or more.
    pub fn quantity(&mut self, column: &str) -> i64 {
        self.needed_integer(column, 0, UNITS_MAX)
    }

    /// A finite number within a span; `None` when empty.
    pub fn number(&mut self, column: &str, least: f64, most: f64) -> Option<f64> {
        let text = self.text(column)?;
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() && value >= least && value <= most => Some(value),
            _ => {
                self.reject(column, "number", format!("must be a number from {least} to {most}"));
                None
            }
        }
    }

    /// `true` or `false`; `None` when empty.
    pub fn boolean(&mut self, column: &str) -> Option<bool> {
        match self.text(column)?.to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Some(true),
            "false" | "no" | "0" => Some(false),
            _ => {
                self.reject(column, "boolean", "must be true or false");
                None
            }
        }
    }

    /// A day; `None` when empty.
    pub fn day(&mut self, column: &str) -> Option<Day> {
        match Day::parse(&self.text(column)?) {
            Ok(day) => Some(day),
            Err(hint) => {
                self.reject(column, "date", hint);
                None
            }
        }
    }

    /// A moment; a bare day stands for its first moment. `None` when empty.
    pub fn moment(&mut self, column: &str) -> Option<Micros> {
        let text = self.text(column)?;
        if let Ok(at) = Micros::parse(&text).or_else(|_| Day::parse(&text).map(Day::start)) {
            Some(at)
        } else {
            self.reject(column, "time", "must be RFC 3339 with offset, or YYYY-MM-DD");
            None
        }
    }

    /// One of a closed list of words; `None` when empty.
    pub fn one_of(&mut self, column: &str, words: &[&str]) -> Option<String> {
        let text = self.text(column)?;
        if words.contains(&text.as_str()) {
            Some(text)
        } else {
            self.reject(column, "one_of", format!("must be one of {}", words.join(", ")));
            None
        }
    }

    /// A currency code.
    pub fn currency(&mut self, column: &str) -> String {
        let text = self.needed(column);
        if !text.is_empty() && !money::is_currency(&text) {
            self.reject(column, "currency", "must be three capital letters, as in ISO 4217");
        }
        text
    }
}
