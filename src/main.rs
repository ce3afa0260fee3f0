//! The program: arguments in, one command, an exit code out.

#![forbid(unsafe_code)]

mod command;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = command::Cli::parse();
    match command::run(cli) {
        Ok(command::Outcome::Done) => ExitCode::SUCCESS,
        Ok(command::Outcome::Difference) => ExitCode::from(3),
        Ok(command::Outcome::Damaged) => ExitCode::from(1),
        Err(error) => {
            command::output::failure(&error);
            ExitCode::from(command::exit_code(&error))
        }
    }
}
