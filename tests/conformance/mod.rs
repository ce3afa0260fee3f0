//! Real input: the service against data sets that lie beside the repository, when they are there.

mod epc_truth;
mod forecast_truth;
mod gs1_truth;
mod ledger_truth;
mod logger_truth;
mod lorawan_truth;
mod sensor_truth;
mod tally;

use std::path::PathBuf;

/// A file of the shared data, or a loud word that it is not there.
fn shared(path: &str) -> Option<String> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(path);
    if let Ok(text) = std::fs::read_to_string(&file) {
        return Some(text);
    }
    eprintln!("SKIPPED: the conformance data {} are not there", file.display());
    None
}
