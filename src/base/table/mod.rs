//! Rows of an import file with file, line and column, and what is wrong with them.

mod row;
mod sheet;
mod workbook;

use serde::Serialize;

pub use row::Row;
pub use sheet::{Sheet, delimiter};
pub use workbook::is_workbook;

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
