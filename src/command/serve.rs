//! `serve`: the service.

use std::path::PathBuf;

use clap::Args;
use wardstock::app::duty::Duties;
use wardstock::app::{self, State};
use wardstock::base::clock::Clock;
use wardstock::base::code::Code;
use wardstock::base::error::{Error, Result};
use wardstock::config::Config;
use wardstock::db::nightly::Nightly;
use wardstock::db::{Db, migrate};
use wardstock::jobs::Workers;
use wardstock::sensing::retention::Keep;

use super::{Outcome, database, output};

/// Threads that answer requests.
const HTTP_THREADS: usize = 2;

#[derive(Debug, Args)]
#[command(after_help = "Example: wardstock serve --database sqlite:/var/lib/wardstock/wardstock.db --listen 127.0.0.1:8080\n         \
                        wardstock serve --role api,ingest --no-migrate --database postgres://wardstock@localhost/wardstock")]
pub(crate) struct Arguments {
    /// Leave the schema as it is.
    #[arg(long)]
    no_migrate: bool,
    /// What this program does: all, or some of api, ingest, solver, scheduler with commas; SQLite: only all.
    /// [default: all]
    #[arg(long, env = "WARDSTOCK_ROLE", value_name = "ROLES")]
    role: Option<String>,
    /// A PostgreSQL that follows the database: reports are read there, and say as of when.
    #[arg(long, env = "WARDSTOCK_READ_DATABASE", value_name = "URL", hide_env_values = true)]
    read_database: Option<String>,
    /// Days that readings are kept; older ones are refused [default: 90]
    #[arg(long, env = "WARDSTOCK_KEEP_RAW_DAYS", value_name = "DAYS")]
    keep_raw_days: Option<i64>,
    /// Days that their sums by hour are kept; sums by day stay [default: 730]
    #[arg(long, env = "WARDSTOCK_KEEP_HOUR_DAYS", value_name = "DAYS")]
    keep_hour_days: Option<i64>,
    /// A folder that gets a backup every night (SQLite); the newest 14 stay.
    #[arg(long, env = "WARDSTOCK_BACKUP_FOLDER", value_name = "FOLDER")]
    backup_folder: Option<PathBuf>,
}

pub(crate) fn run(config: &Config, arguments: &Arguments) -> Result<Outcome> {
    let target = database::target(config)?;
    let duties = Duties::parse(arguments.role.as_deref().or(config.role.as_deref()).unwrap_or("all"))?;
    duties.require_for(&target)?;
    let usual = Keep::default();
    let keep = Keep {
        raw_days: arguments.keep_raw_days.or(config.keep_raw_days).unwrap_or(usual.raw_days),
        hour_days: arguments.keep_hour_days.or(config.keep_hour_days).unwrap_or(usual.hour_days),
    }
    .check()?;
    if !arguments.no_migrate {
        migrate::up(&target, false)?;
    }
    let mut db = Db::open(&target, Clock::System)?;
    if let Some(url) = arguments.read_database.as_ref().or(config.read_database.as_ref()) {
        db = db.with_follower(&database::permitted(url, config)?)?;
    }
    let folder = arguments.backup_folder.as_ref().or(config.backup_folder.as_ref());
    let nightly = folder.map(|folder| Nightly::new(&db, folder)).transpose()?;
    let state = State { duties, keep, nightly, ..State::new(db)? };
    let workers = Workers::start(&state)?;
    let listener = bind(&config.listen)?;
    let address = listener.local_addr().map_err(|cause| Error::internal("the listener has no address").because(cause))?;
    let served = actix_web::rt::System::new().block_on(async move {
        let server = app::serve(state, listener, HTTP_THREADS)?;
        drop(output::line(&format!("listening on http://{address}")));
        if !address.ip().is_loopback() {
            tracing::warn!(%address, "plain HTTP on {address}: put a TLS proxy before it, tokens travel in clear");
        }
        tracing::info!(%address, database = %target.masked(), "listening on {address}");
        server.await
    });
    drop(workers);
    served.map_err(|cause| Error::internal("the service stopped").because(cause))?;
    Ok(Outcome::Done)
}

/// Binds the address, or says what is wrong with it.
pub(crate) fn bind(address: &str) -> Result<std::net::TcpListener> {
    std::net::TcpListener::bind(address)
        .map_err(|cause| Error::new(Code::InvalidInput, format!("can't listen on {address}: {cause}; choose another with --listen")))
}
