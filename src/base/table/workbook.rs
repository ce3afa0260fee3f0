//! The first sheet of an Excel workbook as rows of text, so that an import takes it as it takes CSV.

use std::io::{Cursor, Read};

use calamine::{Data, Reader, Xlsx};
use zip::ZipArchive;

use crate::base::error::{Error, Result};

/// How every workbook begins: it is a zip archive.
const MAGIC: &[u8] = b"PK\x03\x04";
/// Bytes that a workbook may unpack to.
const UNPACKED_BYTES_MAX: u64 = 256 << 20;
/// Cells that its first sheet may span.
const CELLS_MAX: usize = 20_000_000;

/// Rows with their numbers in the sheet, all of one length; the first is the header.
pub(super) type Rows = Vec<(u64, Vec<String>)>;

/// Whether these bytes are a workbook.
pub fn is_workbook(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// The rows of the first sheet that hold anything. Numbers come without a needless fraction, dates as `2026-11-23`.
///
/// # Errors
/// `invalid_input` naming the file when it can't be read, is too large, or has a cell that is an error.
pub(super) fn rows(file: &str, bytes: &[u8]) -> Result<Rows> {
    refuse_bomb(file, bytes)?;
    let unreadable = |cause: calamine::XlsxError| {
        Error::field(file, "bad_workbook", format!("{file}: can't be read as an Excel workbook (.xlsx): {cause}"))
    };
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(unreadable)?;
    let range = book.worksheet_range_at(0).ok_or_else(|| Error::field(file, "no_sheet", format!("{file}: has no sheet")))?;
    let range = range.map_err(unreadable)?;
    let (height, width) = range.get_size();
    if height.saturating_mul(width) > CELLS_MAX {
        return Err(Error::field(file, "too_large", format!("{file}: the first sheet spans more than {CELLS_MAX} cells; send it as CSV")));
    }
    let first = u64::from(range.start().map_or(0, |start| start.0)) + 1;
    let mut rows = Vec::with_capacity(height);
    for (line, cells) in (first..).zip(range.rows()) {
        let cells = cells.iter().map(|cell| text(file, line, cell)).collect::<Result<Vec<String>>>()?;
        if cells.iter().any(|cell| !cell.is_empty()) {
            rows.push((line, cells));
        }
    }
    Ok(rows)
}

/// Unpacks it once to nowhere: what an archive says of its size is not to be relied on.
fn refuse_bomb(file: &str, bytes: &[u8]) -> Result<()> {
    let bad = |cause: String| Error::field(file, "bad_workbook", format!("{file}: can't be read as an Excel workbook (.xlsx): {cause}"));
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|cause| bad(cause.to_string()))?;
    let mut left = UNPACKED_BYTES_MAX;
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(|cause| bad(cause.to_string()))?;
        let unpacked = std::io::copy(&mut part.take(left + 1), &mut std::io::sink()).map_err(|cause| bad(cause.to_string()))?;
        left = left.checked_sub(unpacked).ok_or_else(|| {
            Error::field(file, "too_large", format!("{file}: unpacks to more than {UNPACKED_BYTES_MAX} bytes; send it as CSV"))
        })?;
    }
    Ok(())
}

fn text(file: &str, line: u64, cell: &Data) -> Result<String> {
    Ok(match cell {
        Data::Empty => String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.trim().to_owned(),
        Data::Int(number) => number.to_string(),
        // Shortest text that reads back as the same number: 12 and not 12.0.
        Data::Float(number) => number.to_string(),
        Data::Bool(truth) => truth.to_string(),
        Data::DateTime(moment) => {
            let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
            let date = format!("{year:04}-{month:02}-{day:02}");
            if (hour, minute, second) == (0, 0, 0) { date } else { format!("{date}T{hour:02}:{minute:02}:{second:02}Z") }
        }
        Data::Error(cause) => {
            return Err(Error::field(file, "error_cell", format!("{file}: line {line}: a cell holds the error {cause}; mend its formula")));
        }
    })
}
