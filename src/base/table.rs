//! Rows of an import file with file, line and column, and what is wrong with them.

use std::collections::HashMap;

use serde::Serialize;

use super::error::{Error, Result};
use super::quantity::UNITS_MAX;
use super::time::{Day, Micros};

/// One bad cell of an import file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Rejected {
    /// File name, as sent.
    pub file: String,
    /// Line in the file, the header being line 1.
    pub line: u64,
    /// Column name; empty when the whole row is meant.
    pub column: String,
    /// What stood there.
    pub value: String,
    /// The rule it breaks.
    pub rule: String,
    /// What to do.
    pub hint: String,
}

/// What importing one file did. Good rows are written and bad ones listed; whether bad rows undo the
/// good ones is decided where the transaction is (`app::import`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Outcome {
    /// Rows read.
    pub read: u64,
    /// Rows that changed something.
    pub written: u64,
    /// Rows that said what is there already.
    pub unchanged: u64,
    /// Bad cells, by line.
    pub rejected: Vec<Rejected>,
}

impl Outcome {
    /// An outcome that starts with the rows that could not even be split.
    pub fn of(sheet: &Sheet) -> Self {
        Self {
            read: u64::try_from(sheet.rows.len() + sheet.broken.len()).unwrap_or(u64::MAX),
            rejected: sheet.broken.clone(),
            ..Self::default()
        }
    }
}

/// A parsed file: header and rows, all as text.
#[derive(Debug)]
pub struct Sheet {
    /// File name, as sent.
    pub file: String,
    /// Column names, trimmed.
    pub header: Vec<String>,
    /// Rows with their line numbers.
    pub rows: Vec<(u64, Vec<String>)>,
    /// Rows that could not even be split into columns.
    pub broken: Vec<Rejected>,
}

/// What parts the cells: comma or semicolon, whichever the header uses more.
pub fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    if first.matches(';').count() > first.matches(',').count() { b';' } else { b',' }
}

impl Sheet {
    /// Splits CSV with a header row; comma or semicolon, whichever the header uses.
    ///
    /// # Errors
    /// `invalid_input` when the file is no UTF-8 text, or has no header.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self> {
        let text = std::str::from_utf8(bytes).map_err(|cause| {
            Error::field(file, "not_utf8", format!("{file}: byte {} is no UTF-8; save the file as CSV UTF-8", cause.valid_up_to()))
        })?;
        if text.contains('\0') {
            return Err(Error::field(file, "nul", format!("{file}: holds the character U+0000; save the file as CSV UTF-8")));
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let delimiter = delimiter(text);
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
        let header: Vec<String> = reader
            .headers()
            .map_err(|cause| Error::field(file, "bad_header", format!("{file}: {cause}")))?
            .iter()
            .map(str::to_owned)
            .collect();
        if header.iter().all(String::is_empty) {
            return Err(Error::field(file, "no_header", format!("{file}: the first line must name the columns")));
        }
        let mut sheet = Self { file: file.to_owned(), header, rows: Vec::new(), broken: Vec::new() };
        for record in reader.records() {
            sheet.take(record);
        }
        Ok(sheet)
    }

    fn take(&mut self, record: csv::Result<csv::StringRecord>) {
        match record {
            Ok(record) => {
                let line = record.position().map_or(0, csv::Position::line);
                if record.len() == self.header.len() {
                    self.rows.push((line, record.iter().map(str::to_owned).collect()));
                } else {
                    self.broken.push(Rejected {
                        file: self.file.clone(),
                        line,
                        column: String::new(),
                        value: format!("{} columns", record.len()),
                        rule: "column_count".into(),
                        hint: format!("the header has {} columns; quote cells that hold a comma", self.header.len()),
                    });
                }
            }
            Err(cause) => self.broken.push(Rejected {
                file: self.file.clone(),
                line: cause.position().map_or(0, csv::Position::line),
                column: String::new(),
                value: String::new(),
                rule: "csv".into(),
                hint: cause.to_string(),
            }),
        }
    }

    /// Checks that the needed columns are there.
    ///
    /// # Errors
    /// `invalid_input` naming each missing column.
    pub fn require(&self, columns: &[&str]) -> Result<()> {
        let missing: Vec<_> = columns.iter().filter(|name| !self.header.iter().any(|have| have == *name)).copied().collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(Error::field(&self.file, "missing_column", format!("{}: line 1: missing column(s) {}", self.file, missing.join(", "))))
        }
    }

    /// The rows, each as a [`Row`] that collects what is wrong with it.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let index = std::rc::Rc::new(self.header.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect::<HashMap<_, _>>());
        self.rows.iter().map(move |(line, cells)| Row { sheet: self, line: *line, cells, index: index.clone(), rejected: Vec::new() })
    }
}

/// One row while it is being read.
#[derive(Debug)]
pub struct Row<'a> {
    sheet: &'a Sheet,
    /// Its line in the file.
    pub line: u64,
    cells: &'a [String],
    index: std::rc::Rc<HashMap<&'a str, usize>>,
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
        if !text.is_empty() && !super::money::is_currency(&text) {
            self.reject(column, "currency", "must be three capital letters, as in ISO 4217");
        }
        text
    }
}

/// Whether a text may be a code.
pub fn is_code(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_cells_are_named() {
        let sheet = Sheet::parse("stock.csv", b"place;item;quantity\nW1;P1;12\nW1;P 2;-3\nW1;P3\n").unwrap();
        assert_eq!(sheet.broken.len(), 1);
        assert_eq!(sheet.broken[0].line, 4);
        let rows: Vec<_> = sheet
            .rows()
            .map(|mut row| {
                let read = (row.code("place"), row.code("item"), row.quantity("quantity"));
                (read, row.rejected)
            })
            .collect();
        assert_eq!(rows[0].0.2, 12);
        assert!(rows[0].1.is_empty());
        let columns: Vec<_> = rows[1].1.iter().map(|bad| (bad.column.as_str(), bad.line)).collect();
        assert_eq!(columns, [("item", 3), ("quantity", 3)]);
    }

    #[test]
    fn missing_columns_are_named() {
        let sheet = Sheet::parse("items.csv", b"code,name\n").unwrap();
        let error = sheet.require(&["code", "ven"]).unwrap_err();
        assert!(error.detail.contains("ven"));
        assert!(Sheet::parse("items.csv", &[0xff, 0xfe]).is_err());
    }
}
