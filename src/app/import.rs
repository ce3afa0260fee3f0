//! The import files in order, each through its room: `POST /api/v1/imports` and `wardstock import` are one code.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use actix_multipart::Multipart;
use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};

use crate::access::caller::Caller;
use crate::access::route::Route;
use crate::access::{audit, role};
use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::base::table::{Outcome, Rejected, Sheet};
use crate::catalogue;
use crate::db::{Db, Tx};
use crate::web::body::Params;
use crate::{demand, orders, places, stock};

/// The files, in the order in which codes link them.
pub const FILES: [&str; 10] = [
    "places.csv",
    "suppliers.csv",
    "items.csv",
    "offers.csv",
    "substitutes.csv",
    "stock.csv",
    "movements.csv",
    "demand.csv",
    "deliveries.csv",
    "holidays.csv",
];
/// Largest upload, all files together.
const UPLOAD_BYTES_MAX: usize = 64 << 20;

/// How to import.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mode {
    /// Say what would happen, write nothing.
    pub dry_run: bool,
    /// Write the good rows although others are bad.
    pub skip_bad: bool,
}

/// What an import did.
#[derive(Debug, Clone, Default, Serialize, schemars::JsonSchema)]
pub struct Report {
    /// Rows read.
    pub read: u64,
    /// Rows that changed something.
    pub written: u64,
    /// Rows that said what is there already.
    pub unchanged: u64,
    /// Bad cells; when there are any, nothing was written unless asked to skip them.
    pub rejected: Vec<Rejected>,
    /// Whether the good rows were kept.
    pub committed: bool,
    /// The same by file.
    pub files: BTreeMap<String, Counts>,
}

/// The counts of one file.
#[derive(Debug, Clone, Default, Serialize, schemars::JsonSchema)]
pub struct Counts {
    /// Rows read.
    pub read: u64,
    /// Rows that changed something.
    pub written: u64,
    /// Rows that said what is there already.
    pub unchanged: u64,
    /// Rows with a bad cell.
    pub rejected: u64,
}

/// Imports files by name in one transaction: all good rows or, when a row is bad, none (see [`Mode`]).
///
/// # Errors
/// `invalid_input` for a file name that is not known or a file without needed columns.
pub fn run(db: &Db, actor: &str, only_site: Option<i64>, files: &BTreeMap<String, Vec<u8>>, mode: Mode) -> Result<Report> {
    let sheets = parse(files)?;
    let actor = actor.to_owned();
    let seen = Arc::new(Mutex::new(None));
    let report_to = Arc::clone(&seen);
    let done = db.write_now(move |tx| {
        let mut report = Report::default();
        for (name, sheet) in &sheets {
            report.add(name, one(tx, &actor, only_site, name, sheet)?);
        }
        report.committed = !mode.dry_run && (report.rejected.is_empty() || mode.skip_bad);
        if !report.committed {
            // An error takes the whole transaction back; the report leaves by the side.
            *report_to.lock().map_err(|cause| Error::internal(format!("an import was cut off: {cause}")))? = Some(report);
            return Err(Error::new(Code::Conflict, "nothing was written"));
        }
        let summary = serde_json::to_value(&report.files).unwrap_or_default();
        audit::record(tx, only_site.unwrap_or(0), &actor, "import", "files", &summary)?;
        Ok(report)
    });
    let rolled_back = seen.lock().map_err(|cause| Error::internal(format!("an import was cut off: {cause}")))?.take();
    rolled_back.map_or(done, Ok)
}

fn parse(files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<(&'static str, Sheet)>> {
    if let Some(unknown) = files.keys().find(|name| of_name(name).is_none()) {
        return Err(Error::field(unknown, "file_name", format!("'{unknown}' is none of {}; .xlsx is taken too", FILES.join(", "))));
    }
    if files.is_empty() {
        return Err(Error::field("files", "needed", format!("send at least one of {}", FILES.join(", "))));
    }
    let mut sheets: Vec<(&'static str, Sheet)> = Vec::with_capacity(files.len());
    for name in FILES {
        for (given, bytes) in files.iter().filter(|(given, _)| of_name(given) == Some(name)) {
            if sheets.last().is_some_and(|known| known.0 == name) {
                return Err(Error::field(given, "duplicate", format!("{name} came as CSV and as a workbook: send one of them")));
            }
            sheets.push((name, Sheet::parse(given, bytes)?));
        }
    }
    Ok(sheets)
}

/// Which of [`FILES`] is meant by a name: `items.xlsx` is `items.csv`.
pub fn of_name(given: &str) -> Option<&'static str> {
    let stem = given.strip_suffix(".csv").or_else(|| given.strip_suffix(".xlsx"))?;
    FILES.into_iter().find(|name| name.strip_suffix(".csv") == Some(stem))
}

fn one(tx: &mut Tx<'_>, actor: &str, only_site: Option<i64>, name: &str, sheet: &Sheet) -> Result<Outcome> {
    let every_site = || {
        if only_site.is_some() {
            Err(Error::new(Code::Forbidden, format!("{name} concerns every site; your token is for one")))
        } else {
            Ok(())
        }
    };
    match name {
        "places.csv" => places::import::places(tx, actor, only_site, sheet),
        "suppliers.csv" => every_site().and_then(|()| catalogue::import::suppliers(tx, actor, sheet)),
        "items.csv" => every_site().and_then(|()| catalogue::import::items(tx, actor, sheet)),
        "offers.csv" => every_site().and_then(|()| catalogue::import::offers(tx, actor, sheet)),
        "substitutes.csv" => every_site().and_then(|()| catalogue::import::substitutes(tx, actor, sheet)),
        "stock.csv" => stock::import::stock(tx, actor, only_site, sheet),
        "movements.csv" => stock::import::movements(tx, actor, only_site, sheet),
        "demand.csv" => demand::import::demand(tx, only_site, sheet),
        "holidays.csv" => demand::import::holidays::holidays(tx, actor, only_site, sheet),
        _ => every_site().and_then(|()| orders::import::deliveries(tx, actor, sheet)),
    }
}

impl Report {
    fn add(&mut self, name: &str, outcome: Outcome) {
        let bad_lines: std::collections::BTreeSet<u64> = outcome.rejected.iter().map(|bad| bad.line).collect();
        let counts = Counts {
            read: outcome.read,
            written: outcome.written,
            unchanged: outcome.unchanged,
            rejected: u64::try_from(bad_lines.len()).unwrap_or(u64::MAX),
        };
        self.read += counts.read;
        self.written += counts.written;
        self.unchanged += counts.unchanged;
        self.files.insert(name.to_owned(), counts);
        self.rejected.extend(outcome.rejected);
    }
}

/// The calls.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(&Method::POST, "/api/v1/imports", role::CATALOGUE_KEEPERS, post_imports)
            .about("imports", "Import CSV files or Excel workbooks (multipart, named as in the documentation, .csv or .xlsx); ?dry_run=true only says what would happen")
            .query::<ImportQuery>()
            .answers::<Report>(200),
    ]
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct ImportQuery {
    /// Write nothing, only say what would happen.
    #[serde(default)]
    dry_run: bool,
    /// Write the good rows although others are bad.
    #[serde(default)]
    skip_bad: bool,
}

async fn post_imports(caller: Caller, db: web::Data<Db>, query: Params<ImportQuery>, mut parts: Multipart) -> Result<HttpResponse> {
    let bad = |cause: actix_multipart::MultipartError| {
        Error::new(Code::BadRequest, format!("the upload can't be read as multipart/form-data: {cause}"))
    };
    let mut files = BTreeMap::new();
    let mut total = 0;
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(bad)?;
        let name = part.content_disposition().and_then(|about| about.get_filename().or_else(|| about.get_name()).map(str::to_owned));
        let mut bytes = Vec::new();
        while let Some(chunk) = part.next().await {
            let chunk = chunk.map_err(bad)?;
            total += chunk.len();
            if total > UPLOAD_BYTES_MAX {
                return Err(Error::new(Code::PayloadTooLarge, format!("more than {UPLOAD_BYTES_MAX} bytes; send fewer files at a time")));
            }
            bytes.extend_from_slice(&chunk);
        }
        let name = name.ok_or_else(|| Error::field("files", "file_name", "each part needs a file name"))?;
        if files.insert(name.clone(), bytes).is_some() {
            return Err(Error::field(name, "duplicate", "this file came twice"));
        }
    }
    let mode = Mode { dry_run: query.0.dry_run, skip_bad: query.0.skip_bad };
    let db = db.get_ref().clone();
    let report = tokio::task::spawn_blocking(move || run(&db, &caller.actor(), caller.site, &files, mode))
        .await
        .map_err(|cause| Error::internal("an import was cut off").because(cause))??;
    let status =
        if report.committed || mode.dry_run { actix_web::http::StatusCode::OK } else { actix_web::http::StatusCode::UNPROCESSABLE_ENTITY };
    Ok(HttpResponse::build(status).json(report))
}
