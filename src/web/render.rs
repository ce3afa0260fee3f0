//! One table as CSV or Excel workbook, chosen by `.csv` or `.xlsx` at the end of the path or by `Accept`; JSON otherwise.

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::workbook;
use crate::base::code::Code;
use crate::base::error::{Error, Result};

/// The media type of an Excel workbook.
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// In which form a report goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `application/json`.
    Json,
    /// `text/csv`, UTF-8, header row.
    Csv,
    /// An Excel workbook, one sheet, header row.
    Xlsx,
}

impl Format {
    /// The form that the path's end or `Accept` asks for.
    ///
    /// # Errors
    /// `not_acceptable` when none that we have is wanted.
    pub fn of(request: &HttpRequest) -> Result<Self> {
        match std::path::Path::new(request.path()).extension().and_then(|end| end.to_str()) {
            Some("csv") => return Ok(Self::Csv),
            Some("xlsx") => return Ok(Self::Xlsx),
            _ => {}
        }
        let accept = request.headers().get("accept").and_then(|value| value.to_str().ok()).unwrap_or("*/*");
        let wanted: Vec<&str> = accept.split(',').map(|part| part.split(';').next().unwrap_or_default().trim()).collect();
        if wanted.iter().any(|kind| ["application/json", "*/*", "application/*", ""].contains(kind)) {
            Ok(Self::Json)
        } else if wanted.iter().any(|kind| ["text/csv", "text/*"].contains(kind)) {
            Ok(Self::Csv)
        } else if wanted.contains(&XLSX) {
            Ok(Self::Xlsx)
        } else {
            Err(Error::new(Code::NotAcceptable, format!("'{accept}' is none of application/json, text/csv, {XLSX}")))
        }
    }
}

/// A flat table for spreadsheets.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// Column names.
    pub columns: Vec<&'static str>,
    /// Rows, each as long as `columns`.
    pub rows: Vec<Vec<String>>,
}

/// The name without the end that chose the form: a path may match `{id}` before `{id}.csv`.
pub fn stem(name: &str) -> &str {
    name.strip_suffix(".csv").or_else(|| name.strip_suffix(".xlsx")).unwrap_or(name)
}

/// The answer in the wanted form.
///
/// # Errors
/// `internal` when the rows can't be written; `payload_too_large` when a workbook can't hold them.
pub async fn answer(format: Format, value: &impl Serialize, table: impl FnOnce() -> Table) -> Result<HttpResponse> {
    match format {
        Format::Xlsx => {
            let table = table();
            // Thousands of rows take tens of milliseconds, which gateways would wait for.
            let written = tokio::task::spawn_blocking(move || workbook::bytes(&table)).await;
            let bytes = written.map_err(|cause| Error::internal("a workbook was cut off").because(cause))??;
            Ok(HttpResponse::Ok().content_type(XLSX).body(bytes))
        }
        Format::Json => Ok(HttpResponse::Ok().json(value)),
        Format::Csv => Ok(HttpResponse::Ok().content_type("text/csv; charset=utf-8").body(csv_text(&table())?)),
    }
}

fn csv_text(table: &Table) -> Result<Vec<u8>> {
    let failed = |cause: csv::Error| Error::internal("a table can't be written").because(cause);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&table.columns).map_err(failed)?;
    for row in &table.rows {
        writer.write_record(row.iter().map(|cell| guarded(cell))).map_err(failed)?;
    }
    writer.into_inner().map_err(|cause| Error::internal("a table can't be written").because(cause.to_string()))
}

/// A cell that a spreadsheet would run as a formula gets an apostrophe; numbers stay numbers.
fn guarded(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err() { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::guarded;

    #[test]
    fn formulas_are_disarmed() {
        assert_eq!(guarded("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(guarded("-12.5"), "-12.5");
        assert_eq!(guarded("plain"), "plain");
    }
}
