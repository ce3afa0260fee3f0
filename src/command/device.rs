//! `device`: gateways and readers.

use clap::Subcommand;
use wardstock::access::device::{self, NewDevice};
use wardstock::base::error::Result;
use wardstock::config::Config;

use super::{Outcome, database, output};

#[derive(Debug, Subcommand)]
pub(crate) enum Arguments {
    /// Register a device; its token is printed this once.
    #[command(after_help = "Example: wardstock device add gw-1 --site H1 --name 'Pharmacy gateway' --approve")]
    Add {
        /// Its code, which it names in each batch.
        code: String,
        /// For people.
        #[arg(long, default_value = "")]
        name: String,
        /// Code of its site; may be left out while there is one site only.
        #[arg(long)]
        site: Option<String>,
        /// Use what it sends at once.
        #[arg(long)]
        approve: bool,
    },
}

pub(crate) fn run(config: &Config, arguments: Arguments, json: bool) -> Result<Outcome> {
    let db = database::open(config)?;
    let Arguments::Add { code, name, site, approve } = arguments;
    let wish = NewDevice { code, name, site, approve };
    let issued = db.write_now(move |tx| device::register(tx, database::ACTOR, None, &wish))?;
    output::result(json, &issued, || issued.token.clone())?;
    Ok(Outcome::Done)
}
