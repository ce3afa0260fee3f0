//! The command line: one file per subcommand.

mod audit;
mod backtest;
mod backup;
mod copy;
mod database;
mod decode;
mod demo;
mod device;
mod doctor;
mod forecast;
mod import;
mod migrate;
mod openapi;
pub(crate) mod output;
mod plan;
mod restore;
mod serve;
mod simulate;
mod token;

use clap::{Parser, Subcommand};
use wardstock::base::error::{Error, Result};
use wardstock::config::{Config, Settings};
use wardstock::telemetry;

/// Hospital inventory: shelf sensors, an exact stock ledger, and reorder plans that say why.
#[derive(Debug, Parser)]
#[command(name = "wardstock", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    settings: Settings,
    /// Print results as JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service (migrates first).
    Serve(serve::Arguments),
    /// Run a made-up hospital with live virtual sensors.
    Demo(demo::Arguments),
    /// Bring the database schema up to date.
    Migrate(migrate::Arguments),
    /// Import CSV files: places, suppliers, items, offers, stock, demand, …
    Import(import::Arguments),
    /// Make and list bearer tokens.
    #[command(subcommand)]
    Token(token::Arguments),
    /// Register devices.
    #[command(subcommand)]
    Device(device::Arguments),
    /// Plan orders: from a file, from the database, or check a plan without the solver.
    Plan(plan::Arguments),
    /// Forecast any demand table, without a database; or make a kept forecast run again.
    Forecast(forecast::Arguments),
    /// Compare ordering policies on a made-up hospital or a real record, without a database.
    Simulate(simulate::Arguments),
    /// Compare ordering policies on the hospital's own ledger.
    Backtest(backtest::Arguments),
    /// Verify the audit's hash chain.
    #[command(subcommand)]
    Audit(audit::Arguments),
    /// Copy the database while it is served, with a manifest.
    Backup(backup::Arguments),
    /// Put a backup in the database's place, after checking all of it.
    Restore(restore::Arguments),
    /// Copy a whole database into an empty one, from SQLite to PostgreSQL or back.
    Copy(copy::Arguments),
    /// Read barcodes and tags from stdin, without a database.
    Decode(decode::Arguments),
    /// Print the OpenAPI document.
    Openapi,
    /// Show settings and test database, ledger, clock and solver; check and mend what follows from the ledger.
    Doctor(doctor::Arguments),
}

/// How a command ended.
pub(crate) enum Outcome {
    /// As wished.
    Done,
    /// A check found a difference: exit code 3.
    Difference,
    /// The database is not what it must be: exit code 1.
    Damaged,
}

/// Runs the command.
pub(crate) fn run(mut cli: Cli) -> Result<Outcome> {
    if matches!(cli.command, Command::Demo(_)) {
        // A demo makes hundreds of requests a minute on its own; a line for each would bury what it says.
        cli.settings.log.get_or_insert_with(|| "warn".to_owned());
    }
    let config = Config::load(&cli.settings)?;
    telemetry::start(&config.log, config.log_json)?;
    let json = cli.json;
    match cli.command {
        Command::Serve(arguments) => serve::run(&config, &arguments),
        Command::Demo(arguments) => demo::run(&config, &arguments),

        Command::Migrate(arguments) => migrate::run(&config, &arguments, json),
        Command::Import(arguments) => import::run(&config, &arguments, json),
        Command::Token(arguments) => token::run(&config, arguments, json),
        Command::Device(arguments) => device::run(&config, arguments, json),
        Command::Plan(arguments) => plan::run(&config, &arguments, json),
        Command::Forecast(arguments) => forecast::run(&config, &arguments, json),
        Command::Simulate(arguments) => simulate::run(&arguments, json),
        Command::Backtest(arguments) => backtest::run(&config, &arguments, json),

        Command::Audit(arguments) => audit::run(&config, &arguments, json),
        Command::Backup(arguments) => backup::run(&config, &arguments, json),
        Command::Restore(arguments) => restore::run(&config, &arguments, json),
        Command::Copy(arguments) => copy::run(&config, &arguments, json),
        Command::Decode(arguments) => decode::run(&arguments),
        Command::Openapi => openapi::run(),
        Command::Doctor(arguments) => doctor::run(&config, &arguments, json),
    }
}

/// 2 for what the caller can mend in the input, 1 for work that failed.
pub(crate) fn exit_code(error: &Error) -> u8 {
    if (400..500).contains(&error.code.status()) { 2 } else { 1 }
}
