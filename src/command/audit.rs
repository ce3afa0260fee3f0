//! `audit`: is the chain whole?

use clap::Subcommand;
use serde_json::json;
use wardstock::access::audit;
use wardstock::base::error::Result;
use wardstock::config::Config;

use super::{Outcome, database, output};

#[derive(Debug, Subcommand)]
pub(crate) enum Arguments {
    /// Walk every hash chain; exit code 3 when one is broken.
    Verify,
}

pub(crate) fn run(config: &Config, arguments: &Arguments, json: bool) -> Result<Outcome> {
    let Arguments::Verify = arguments;
    let (entries, breaks) = database::open(config)?.read_now(audit::verify)?;
    output::result(json, &json!({"entries": entries, "breaks": breaks}), || {
        let mut text = format!("{entries} entries, {} broken links", breaks.len());
        for broken in &breaks {
            text = format!("{text}\nsite {} entry {}: {}", broken.site_id, broken.seq, broken.rule);
        }
        text
    })?;
    Ok(if breaks.is_empty() { Outcome::Done } else { Outcome::Difference })
}
