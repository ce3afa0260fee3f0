//! `decode`: barcodes and tags to product, lot, expiry and serial number, without a database.

use std::io::BufRead;

use clap::{Args, ValueEnum};
use wardstock::base::clock::Clock;
use wardstock::base::error::{Error, Result};
use wardstock::sensing::gs1::Strictness;
use wardstock::sensing::scan::{self, Kind};

use super::{Outcome, output};

#[derive(Debug, Args)]
#[command(after_help = "Example: printf ']d201040063813339311727123110A1\\\\x1d21S1\\n' | wardstock decode")]
pub(crate) struct Arguments {
    /// How the codes on stdin are written.
    #[arg(long, value_enum, default_value = "auto")]
    kind: Form,
    /// Take AIs that the dictionary does not hold, in bracketed text.
    #[arg(long)]
    allow_unknown_ais: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Form {
    Auto,
    Scan,
    ElementString,
    Bracketed,
    DigitalLink,
    EpcHex,
    EpcUri,
}

impl Form {
    fn kind(self) -> Kind {
        match self {
            Self::Auto => Kind::Auto,
            Self::Scan => Kind::Scan,
            Self::ElementString => Kind::ElementString,
            Self::Bracketed => Kind::Bracketed,
            Self::DigitalLink => Kind::DigitalLink,
            Self::EpcHex => Kind::EpcHex,
            Self::EpcUri => Kind::EpcUri,
        }
    }
}

/// One line in, one JSON object out: a code that can't be read is an answer, not a failure.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let strictness = Strictness::with_unknown_ais(arguments.allow_unknown_ais);
    let today = Clock::System.now().day();
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|cause| Error::field("stdin", "unreadable", cause.to_string()))?;
        let code = line.strip_suffix('\r').unwrap_or(&line).replace("\\x1d", "\u{1d}").replace("\\x1D", "\u{1d}");
        let read = scan::read(&code, arguments.kind.kind(), strictness, today);
        output::line(&serde_json::to_string(&read).map_err(|cause| Error::internal("a result is no JSON").because(cause))?)?;
    }
    Ok(Outcome::Done)
}
