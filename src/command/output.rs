//! The only place that prints: results on stdout, everything else on stderr, bars on a terminal only.

#![expect(clippy::print_stderr, reason = "the command line's own output")]

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use wardstock::base::error::{Error, Result};

/// A result as text, or as JSON when that was asked for.
pub(crate) fn result(json: bool, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<()> {
    let out = if json {
        serde_json::to_string_pretty(value).map_err(|cause| Error::internal("a result is no JSON").because(cause))?
    } else {
        text()
    };
    line(&out)
}

/// Writes a result as JSON to a file.
pub(crate) fn save_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(|cause| Error::internal("a result is no JSON").because(cause))?;
    std::fs::write(path, text + "\n").map_err(|cause| Error::field(path.display().to_string(), "unwritable", cause.to_string()))
}

/// One line on stdout; a reader that went away (`| head`) is no error.
pub(crate) fn line(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(cause) if cause.kind() != std::io::ErrorKind::BrokenPipe => Err(Error::internal("stdout can't be written").because(cause)),
        _ => Ok(()),
    }
}

/// A line for the person at the terminal, on stderr.
pub(crate) fn note(text: &str) {
    eprintln!("{text}");
}

/// What went wrong, field by field, with what to do.
pub(crate) fn failure(error: &Error) {
    eprintln!("wardstock: {}", error.detail);
    if error.fields.len() > 1 {
        for field in &error.fields {
            eprintln!("  {}: {} ({})", field.pointer, field.detail, field.code);
        }
    }
    if let Some(cause) = &error.cause {
        eprintln!("  because: {cause}");
    }
    eprintln!("  what to do: {}", error.code.row().remedy);
}

/// A spinner with a message, on a terminal only.
pub(crate) fn spinner(message: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner().with_message(message.to_owned());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} [{elapsed}]") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// A bar that fills up over `steps` steps, on a terminal only.
pub(crate) fn bar(message: &str, steps: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(u64::try_from(steps).unwrap_or(u64::MAX)).with_message(message.to_owned());
    if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} [{elapsed}, {eta} left]") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}

/// Rows under headings, each column as wide as its widest cell.
pub(crate) fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .chain([&headings.get(column).copied().unwrap_or_default().to_owned()])
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let put = |cells: Vec<&str>| {
        cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    std::iter::once(put(headings.to_vec()))
        .chain(rows.iter().map(|row| put(row.iter().map(String::as_str).collect())))
        .collect::<Vec<_>>()
        .join("\n")
}
