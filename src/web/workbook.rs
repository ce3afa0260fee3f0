//! A flat table as an Excel workbook: numbers as numbers, days as days, text that is never run as a formula.

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::render::Table;
use crate::base::error::{Error, Result};

/// Columns that name something: a code of digits stays text, or the spreadsheet drops its zeros.
const NAMES: [&str; 16] = [
    "order",
    "plan",
    "site",
    "supplier",
    "place",
    "item",
    "name",
    "lot",
    "gtin",
    "code",
    "id",
    "device",
    "channel",
    "currency",
    "unit",
    "base_unit",
];
/// Characters that a cell holds.
const CELL_CHARS_MAX: usize = 32_767;
/// Rows that a sheet holds, the header included.
const ROWS_MAX: usize = 1_048_576;
/// Widest column, pixels.
const WIDTH_MAX: u32 = 400;
/// Digits of a number that a spreadsheet keeps.
const DIGITS_MAX: usize = 15;

/// The workbook's bytes: bold header that stays in sight and on every printed page, filters, columns as wide as their cells.
///
/// # Errors
/// `payload_too_large` when a sheet can't hold the rows.
pub(super) fn bytes(table: &Table) -> Result<Vec<u8>> {
    if table.rows.len() >= ROWS_MAX {
        let code = crate::base::code::Code::PayloadTooLarge;
        return Err(Error::new(
            code,
            format!("{} rows; a spreadsheet holds {ROWS_MAX}: narrow the question, or take CSV", table.rows.len()),
        ));
    }
    write(table).map_err(|cause| Error::internal("a workbook can't be written").because(cause))
}

fn write(table: &Table) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let (bold, day) = (Format::new().set_bold(), Format::new().set_num_format("yyyy-mm-dd"));
    for (column, name) in (0..).zip(&table.columns) {
        sheet.write_string_with_format(0, column, *name, &bold)?;
    }
    for (row, cells) in (1..).zip(&table.rows) {
        for ((column, cell), name) in (0..).zip(cells).zip(&table.columns) {
            put(sheet, (row, column), cell, NAMES.contains(name), &day)?;
        }
    }
    let last = (u32::try_from(table.rows.len()).unwrap_or(u32::MAX), u16::try_from(table.columns.len()).unwrap_or(u16::MAX));
    sheet.set_freeze_panes(1, 0)?;
    if let (rows @ 1.., columns @ 1..) = last {
        sheet.autofilter(0, 0, rows, columns - 1)?;
    }
    sheet.set_repeat_rows(0, 0)?.set_landscape().set_print_fit_to_pages(1, 0).set_autofit_max_width(WIDTH_MAX).autofit();
    book.save_to_buffer()
}

fn put(sheet: &mut Worksheet, (row, column): (u32, u16), cell: &str, is_name: bool, day: &Format) -> Result<(), XlsxError> {
    if cell.is_empty() {
        return Ok(());
    }
    if let Some(number) = number(cell).filter(|_| !is_name) {
        sheet.write_number(row, column, number)?;
    } else if let Some(date) = date(cell) {
        sheet.write_datetime_with_format(row, column, &date, day)?;
    } else if cell.chars().nth(CELL_CHARS_MAX).is_some() {
        let cut: String = cell.chars().take(CELL_CHARS_MAX - 1).chain(['…']).collect();
        sheet.write_string(row, column, cut)?;
    } else {
        sheet.write_string(row, column, cell)?;
    }
    Ok(())
}

/// A plain decimal number that a spreadsheet keeps to the last digit.
fn number(cell: &str) -> Option<f64> {
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let has_zeros_in_front = whole.len() > 1 && whole.starts_with('0');
    if all_digits(whole) && all_digits(part) && !has_zeros_in_front && digits.len() <= DIGITS_MAX { cell.parse().ok() } else { None }
}

/// `2026-11-23`, from 1900 on, where the days of a spreadsheet begin.
fn date(cell: &str) -> Option<ExcelDateTime> {
    let shape = cell.len() == 10
        && cell.bytes().enumerate().all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    if shape && cell >= "1900-01-01" { ExcelDateTime::parse_from_str(cell).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::table::Sheet;

    #[test]
    fn what_is_written_reads_back_as_it_was() {
        let cells = ["00012", "-12.50", "=1+1", "2026-11-23", "", "12345678901234567890", "1e5", "naïve, \"quoted\""];
        let columns = vec!["item", "price", "note", "on", "empty", "long", "power", "text"];
        let table = Table { columns, rows: vec![cells.iter().map(|cell| (*cell).to_owned()).collect()] };
        let sheet = Sheet::parse("x.xlsx", &bytes(&table).unwrap()).unwrap();
        assert_eq!(sheet.header, table.columns);
        let want = ["00012", "-12.5", "=1+1", "2026-11-23", "", "12345678901234567890", "1e5", "naïve, \"quoted\""];
        assert_eq!(sheet.rows, [(2, want.map(str::to_owned).to_vec())]);
    }

    #[test]
    fn codes_of_digits_stay_text_and_numbers_become_numbers() {
        assert_eq!(number("-12.5"), Some(-12.5));
        for text in ["", "-", "1.", ".5", "007", "1e5", "NaN", "inf", "+1", "1,5", "1234567890123456"] {
            assert_eq!(number(text), None, "{text}");
        }
        assert!(date("2026-02-30").is_none() && date("0001-01-01").is_none() && date("2026-11-23").is_some());
    }
}
