//! `import`: the files of a folder, or one file; the same code as `POST /api/v1/imports`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use wardstock::app::import::{self, FILES, Mode, Report};
use wardstock::base::error::{Error, Result};
use wardstock::base::table::{self, Rejected, Sheet};
use wardstock::config::Config;

use super::{Outcome, database, output};

#[derive(Debug, Args)]
#[command(after_help = "Example: wardstock import data/ --dry-run\n\nFiles, in this order: places.csv suppliers.csv items.csv offers.csv \
                        substitutes.csv stock.csv movements.csv demand.csv deliveries.csv \
                        holidays.csv; each may be an Excel workbook (.xlsx) instead")]
pub(crate) struct Arguments {
    /// A folder with import files, or one of them.
    path: PathBuf,
    /// Say what would happen, write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Write the good rows although others are bad.
    #[arg(long)]
    skip_bad: bool,
}

pub(crate) fn run(config: &Config, arguments: &Arguments, json: bool) -> Result<Outcome> {
    let files = read(&arguments.path)?;
    let db = database::open(config)?;
    let bar = output::spinner(&format!("importing {} file(s)", files.len()));
    let mode = Mode { dry_run: arguments.dry_run, skip_bad: arguments.skip_bad };
    let report = import::run(&db, database::ACTOR, None, &files, mode)?;
    bar.finish_and_clear();
    if !report.rejected.is_empty() {
        let folder = if arguments.path.is_dir() { arguments.path.as_path() } else { arguments.path.parent().unwrap_or(Path::new(".")) };
        write_rejected(folder, &files, &report.rejected)?;
    }
    output::result(json, &report, || text(&report, arguments.dry_run))?;
    if report.committed || (arguments.dry_run && report.rejected.is_empty()) {
        return Ok(Outcome::Done);
    }
    let bad =
        report.rejected.first().map(|bad| format!("{}: line {}: column {}: {} ({})", bad.file, bad.line, bad.column, bad.hint, bad.rule));
    Err(Error::field(
        "files",
        "rejected_rows",
        format!("nothing was written: {}; the bad rows stand in *.rejected.csv", bad.unwrap_or_default()),
    ))
}

fn read(path: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let unreadable = |path: &Path, cause: std::io::Error| Error::field(path.display().to_string(), "unreadable", cause.to_string());
    let mut files = BTreeMap::new();
    if path.is_dir() {
        for name in FILES.into_iter().flat_map(|name| [name.to_owned(), name.replace(".csv", ".xlsx")]) {
            let file = path.join(&name);
            if file.exists() {
                files.insert(name, std::fs::read(&file).map_err(|cause| unreadable(&file, cause))?);
            }
        }
    } else {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        files.insert(name, std::fs::read(path).map_err(|cause| unreadable(path, cause))?);
    }
    Ok(files)
}

/// Writes `FILE.rejected.csv`: the bad rows as they were, with a column that says why.
fn write_rejected(folder: &Path, files: &BTreeMap<String, Vec<u8>>, rejected: &[Rejected]) -> Result<()> {
    for (name, bytes) in files {
        let mut reasons: BTreeMap<u64, Vec<String>> = BTreeMap::new();
        for bad in rejected.iter().filter(|bad| &bad.file == name) {
            reasons.entry(bad.line).or_default().push(format!("{}: {} ({})", bad.column, bad.hint, bad.rule));
        }
        if reasons.is_empty() {
            continue;
        }
        let path = folder.join(format!("{name}.rejected.csv"));
        copy_rejected(name, bytes, &path, &reasons)?;
        output::note(&format!("bad rows of {name}: {}", path.display()));
    }
    Ok(())
}

/// Rows and reasons into a CSV file; a row may run over several lines and is known by its first.
fn copy_rejected(name: &str, bytes: &[u8], path: &Path, reasons: &BTreeMap<u64, Vec<String>>) -> Result<()> {
    let unwritable = |cause: csv::Error| Error::internal(format!("{} can't be written", path.display())).because(cause);
    let open = |delimiter: u8| csv::WriterBuilder::new().delimiter(delimiter).flexible(true).from_path(path).map_err(unwritable);
    let mut out;
    if table::is_workbook(bytes) {
        let sheet = Sheet::parse(name, bytes)?;
        out = open(b',')?;
        out.write_record(sheet.header.iter().map(String::as_str).chain(["reason"])).map_err(unwritable)?;
        for (line, cells) in &sheet.rows {
            if let Some(why) = reasons.get(line) {
                out.write_record(cells.iter().map(String::as_str).chain([why.join("; ").as_str()])).map_err(unwritable)?;
            }
        }
    } else {
        let text = String::from_utf8_lossy(bytes);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let delimiter = table::delimiter(text);
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
        out = open(delimiter)?;
        out.write_record(reader.headers().map_err(unwritable)?.iter().chain(["reason"])).map_err(unwritable)?;
        for record in reader.records().filter_map(std::result::Result::ok) {
            if let Some(why) = record.position().and_then(|at| reasons.get(&at.line())) {
                out.write_record(record.iter().chain([why.join("; ").as_str()])).map_err(unwritable)?;
            }
        }
    }
    out.flush().map_err(|cause| unwritable(cause.into()))
}

fn text(report: &Report, dry_run: bool) -> String {
    let rows: Vec<Vec<String>> = report
        .files
        .iter()
        .map(|(name, counts)| {
            vec![
                name.clone(),
                counts.read.to_string(),
                counts.written.to_string(),
                counts.unchanged.to_string(),
                counts.rejected.to_string(),
            ]
        })
        .collect();
    let mut text = output::table(&["file", "read", "written", "unchanged", "rejected"], &rows);
    for bad in report.rejected.iter().take(20) {
        text = format!("{text}\n{}:{}: {} '{}': {} ({})", bad.file, bad.line, bad.column, bad.value, bad.hint, bad.rule);
    }
    if report.rejected.len() > 20 {
        text = format!("{text}\n… and {} more", report.rejected.len() - 20);
    }
    text + match (report.committed, dry_run) {
        (true, _) => "",
        (false, true) => "\n(dry run: nothing was written)",
        (false, false) => "\n(nothing was written; mend the rows, or add --skip-bad)",
    }
}
