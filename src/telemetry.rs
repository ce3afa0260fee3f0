//! Logs: text for people, JSON lines for machines, on stderr.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::base::error::{Error, Result};

/// Starts logging; a second call changes nothing.
///
/// # Errors
/// `invalid_input` when the filter can't be read.
pub fn start(filter: &str, json: bool) -> Result<()> {
    let filter = EnvFilter::try_new(filter).map_err(|cause| Error::field("log", "filter", cause.to_string()))?;
    let colours = std::io::stderr().is_terminal();
    let to = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours);
    // Started already: in tests, or by the demo. The first start counts.
    drop(if json { to.json().try_init() } else { to.try_init() });
    Ok(())
}
