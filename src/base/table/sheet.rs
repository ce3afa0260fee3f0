//! A file split into a header and rows of text.

use std::collections::HashMap;
use std::rc::Rc;

use super::workbook;
use super::{Rejected, Row};
use crate::base::error::{Error, Result};

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
    /// Splits CSV with a header row, comma or semicolon, whichever the header uses; of an Excel workbook the first sheet.
    ///
    /// # Errors
    /// `invalid_input` when the file is no UTF-8 text and no workbook, or has no header.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self> {
        if workbook::is_workbook(bytes) {
            return Self::of_workbook(file, bytes);
        }
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
        let mut sheet = Self::with_header(file, header)?;
        for record in reader.records() {
            sheet.take(record);
        }
        Ok(sheet)
    }

    fn with_header(file: &str, header: Vec<String>) -> Result<Self> {
        if header.iter().all(String::is_empty) {
            return Err(Error::field(file, "no_header", format!("{file}: the first line must name the columns")));
        }
        Ok(Self { file: file.to_owned(), header, rows: Vec::new(), broken: Vec::new() })
    }

    fn of_workbook(file: &str, bytes: &[u8]) -> Result<Self> {
        let mut rows = workbook::rows(file, bytes)?.into_iter();
        let mut sheet = Self::with_header(file, rows.next().map(|row| row.1).unwrap_or_default())?;
        // Cells without a name above them, as notes beside the table.
        let width = sheet.header.iter().rposition(|name| !name.is_empty()).map_or(0, |at| at + 1);
        sheet.header.truncate(width);
        for (line, mut cells) in rows {
            if cells.iter().skip(width).all(String::is_empty) {
                cells.truncate(width);
                sheet.rows.push((line, cells));
            } else {
                sheet.refuse_width(line, cells.len());
            }
        }
        Ok(sheet)
    }

    fn refuse_width(&mut self, line: u64, columns: usize) {
        self.broken.push(Rejected {
            file: self.file.clone(),
            line,
            column: String::new(),
            value: format!("{columns} columns"),
            rule: "column_count".into(),
            hint: format!("the header has {} columns; quote cells that hold a comma", self.header.len()),
        });
    }

    fn take(&mut self, record: csv::Result<csv::StringRecord>) {
        match record {
            Ok(record) => {
                let line = record.position().map_or(0, csv::Position::line);
                if record.len() == self.header.len() {
                    self.rows.push((line, record.iter().map(str::to_owned).collect()));
                } else {
                    self.refuse_width(line, record.len());
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
        let index = Rc::new(self.header.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect::<HashMap<_, _>>());
        self.rows.iter().map(move |(line, cells)| Row { sheet: self, line: *line, cells, index: index.clone(), rejected: Vec::new() })
    }
}
