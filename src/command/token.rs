//! `token`: bearer tokens for people and programs.

use clap::Subcommand;
use wardstock::access::role::Role;
use wardstock::access::token::{self, NewToken};
use wardstock::base::error::{Error, Result};
use wardstock::base::time::{Day, Micros};
use wardstock::config::Config;

use super::{Outcome, database, output};

#[derive(Debug, Subcommand)]
pub(crate) enum Arguments {
    /// Make a token; it is printed this once, and nothing else is.
    #[command(after_help = "Example: wardstock token create --role pharmacist --name 'Pharmacy desk'")]
    Create {
        /// What it may do.
        #[arg(long, value_enum)]
        role: Role,
        /// Whose, or what for.
        #[arg(long)]
        name: String,
        /// Code of the only site it may see.
        #[arg(long, value_name = "CODE")]
        place: Option<String>,
        /// Last day, YYYY-MM-DD.
        #[arg(long, value_name = "DATE")]
        expires: Option<String>,
    },
    /// List tokens, without secrets.
    List,
    /// End a token at once.
    Revoke {
        /// Its id.
        id: i64,
    },
}

pub(crate) fn run(config: &Config, arguments: Arguments, json: bool) -> Result<Outcome> {
    let db = database::open(config)?;
    match arguments {
        Arguments::Create { role, name, place, expires } => {
            let expires = expires.map(|text| Day::parse(&text).map_err(|hint| Error::field("expires", "date", hint))).transpose()?;
            let wish = NewToken { name, role, site: place, expires };
            let issued = db.write_now(move |tx| token::issue(tx, database::ACTOR, &wish))?;
            output::result(json, &issued, || issued.token.clone())?;
        }
        Arguments::List => {
            let tokens = db.read_now(token::list)?;
            let rows: Vec<Vec<String>> = tokens
                .iter()
                .map(|row| {
                    let day = |at: Option<Micros>| at.map(Micros::to_text).unwrap_or_default();
                    vec![
                        row.id.to_string(),
                        row.role.word().into(),
                        row.name.clone(),
                        row.site.clone().unwrap_or_default(),
                        day(row.expires_at),
                        day(row.revoked_at),
                    ]
                })
                .collect();
            output::result(json, &tokens, || output::table(&["id", "role", "name", "site", "expires", "revoked"], &rows))?;
        }
        Arguments::Revoke { id } => db.write_now(move |tx| token::revoke(tx, database::ACTOR, id))?,
    }
    Ok(Outcome::Done)
}
