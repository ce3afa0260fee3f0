//! A hospital's record from its import files: which articles, what was asked for on which day, who delivers how late.

mod demand;
mod trade;

use std::path::Path;

use wardstock::base::error::{Error, Result};
use wardstock::base::table::{Rejected, Sheet};
use wardstock_models::simulate::{Record, SimulateError};

/// Reads a folder: its record, and what was left out, for the person at the terminal.
pub(super) fn read(folder: &Path) -> Result<(Record, Vec<String>)> {
    let (offers, deliveries) = trade::read(folder)?;
    let requests = demand::read(&needed(folder, "demand.csv")?)?;
    let (record, nobody) = Record::new(offers, requests, &deliveries).map_err(|cause| refused(&cause))?;
    if record.articles().is_empty() {
        let folder = folder.display().to_string();
        return Err(Error::field(&folder, "empty", format!("{folder}: no item has both demand and an offer")));
    }
    let mut notes = Vec::new();
    if !nobody.is_empty() {
        notes.push(format!("{} items with demand are left out: they are not in items.csv, or nobody offers them", nobody.len()));
    }
    Ok((record, notes))
}

fn refused(cause: &SimulateError) -> Error {
    Error::field("suppliers.csv", "lead_time", cause.to_string())
}

/// A file that must be there.
fn needed(folder: &Path, name: &str) -> Result<Sheet> {
    optional(folder, name)?.ok_or_else(|| Error::field(name, "needed", format!("{}: the file is not there", folder.join(name).display())))
}

/// A file that may be there.
fn optional(folder: &Path, name: &str) -> Result<Option<Sheet>> {
    let path = folder.join(name);
    match std::fs::read(&path) {
        Ok(bytes) => Sheet::parse(&path.display().to_string(), &bytes).map(Some),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(Error::field(name, "unreadable", format!("{}: {cause}", path.display()))),
    }
}

/// The first bad cell, if there is one.
fn accept(rejected: &[Rejected]) -> Result<()> {
    let Some(bad) = rejected.first() else { return Ok(()) };
    let more = rejected.len() - 1;
    let detail = format!(
        "{}: line {}: column {}: '{}': {} ({}); {more} more bad cells",
        bad.file, bad.line, bad.column, bad.value, bad.hint, bad.rule
    );
    Err(Error::field(&bad.file, &bad.rule, detail))
}
