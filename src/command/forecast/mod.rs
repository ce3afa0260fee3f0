//! `forecast`: any demand table, without a database; and a kept run again.

mod accuracy;
mod flags;
mod known;
mod read;
mod replay;
mod write;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use wardstock::base::error::{Error, Result};
use wardstock::base::table::{Rejected, Sheet};
use wardstock::base::time::Day;
use wardstock::config::Config;
use wardstock_models::forecast;
use wardstock_models::series::PeriodLength;

use super::{Outcome, output};

#[derive(Debug, Args)]
#[command(after_help = "Example: wardstock forecast --input demand.csv --horizon 3 --period month --output forecast.csv\n\n\
                        Input: CSV with the columns series, date, quantity (empty: not known), and optionally stocked_out (0..1) and a group \
                        column and a column predecessor (the series whose place this one takes).\nOutput: CSV with the mean and quantiles of each step, and of the demand summed over the steps so far (sum_…).\n\n\
                        A forecast run that a database keeps is made again, and compared to the bit, with\n  \
                        wardstock forecast --replay newest --database sqlite:wardstock.db\nExit code 3 when anything differs.")]
pub(crate) struct Arguments {
    /// Demand in long form: series, date, quantity.
    #[arg(long, value_name = "FILE", required_unless_present = "replay")]
    input: Option<PathBuf>,
    /// Column that says which series are forecast together.
    #[arg(long, value_name = "COLUMN")]
    group: Option<String>,
    /// Periods to forecast.
    #[arg(long, value_name = "H", required_unless_present = "replay")]
    horizon: Option<usize>,
    /// Length of a period.
    #[arg(long, value_enum, required_unless_present = "replay")]
    period: Option<Period>,
    /// Levels of the quantiles.
    #[arg(long, value_delimiter = ',', default_values_t = [0.5, 0.8, 0.9, 0.95, 0.98])]
    quantiles: Vec<f64>,
    /// Write here instead of stdout.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Days without usual work: CSV with the column date.
    #[arg(long, value_name = "FILE", conflicts_with = "replay")]
    holidays: Option<PathBuf>,
    /// Times with other demand: CSV with the columns series (empty: all), group (empty: all), `first_day`, `last_day`, factor.
    #[arg(long, value_name = "FILE", conflicts_with = "replay")]
    events: Option<PathBuf>,
    /// Write here how the last 12 forecasts of each series compare with what came.
    #[arg(long, value_name = "FILE", conflicts_with = "replay")]
    accuracy: Option<PathBuf>,
    /// Make the forecasts of a kept run again and compare each figure to the bit: its id, or newest.
    #[arg(long, value_name = "ID", conflicts_with_all = ["input", "horizon", "period"])]
    replay: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Period {
    Day,
    Week,
    Month,
}

impl Period {
    fn length(self) -> PeriodLength {
        match self {
            Self::Day => PeriodLength::Day,
            Self::Week => PeriodLength::Week,
            Self::Month => PeriodLength::Month,
        }
    }

    /// Months begin on their first day; days and weeks where the file says.
    fn start_of(self, date: Day) -> Day {
        if self != Self::Month {
            return date;
        }
        let day_of_month: i64 = date.to_text().get(8..10).and_then(|text| text.parse().ok()).unwrap_or(1);
        date.plus(1 - day_of_month)
    }

    fn next(self, date: Day) -> Day {
        match self {
            Self::Day => date.plus(1),
            Self::Week => date.plus(7),
            Self::Month => self.start_of(date.plus(31)),
        }
    }
}

pub(crate) fn run(config: &Config, arguments: &Arguments, json: bool) -> Result<Outcome> {
    if let Some(name) = &arguments.replay {
        return replay::run(config, name, json);
    }
    let (Some(input), Some(horizon), Some(period)) = (&arguments.input, arguments.horizon, arguments.period) else {
        return Err(Error::field("forecast", "needed", "say --input FILE, --horizon H and --period, or --replay ID"));
    };
    if let Some(level) = arguments.quantiles.iter().find(|level| !(**level > 0.0 && **level < 1.0)) {
        return Err(Error::field("quantiles", "out_of_range", format!("{level} is not between 0 and 1")));
    }
    let (series, predecessors) = read::read(&sheet(input)?, arguments.group.as_deref(), period)?;
    let circumstances = known::read(arguments.holidays.as_deref(), arguments.events.as_deref(), predecessors, &series)?;
    let bar = output::spinner(&format!("forecasting {} series", series.len()));
    let failed = |cause: forecast::ForecastError| Error::field("horizon", "forecast", cause.to_string());
    let (made, records) = if arguments.accuracy.is_some() {
        let monitored = accuracy::monitor(&series, &circumstances, horizon).map_err(failed)?;
        (monitored.forecasts, monitored.series)
    } else {
        (forecast::forecast_in(&series, &circumstances, horizon).map_err(failed)?, Vec::new())
    };
    bar.finish_and_clear();
    for note in flags::notes(&made) {
        output::note(&note);
    }
    if let Some(path) = &arguments.accuracy {
        save(path, &accuracy::text(&made, &records)?)?;
    }
    let text = write::write(&series, &made, &arguments.quantiles, period)?;
    match &arguments.output {
        Some(path) => save(path, &text)?,
        None => output::line(text.trim_end())?,
    }
    Ok(Outcome::Done)
}

fn sheet(path: &Path) -> Result<Sheet> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|cause| Error::field(&name, "unreadable", format!("{name}: {cause}")))?;
    Sheet::parse(&name, &bytes)
}

fn save(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).map_err(|cause| Error::field(path.display().to_string(), "unwritable", cause.to_string()))
}

/// The first bad cell, and how many more there are.
fn none_rejected(rejected: &[Rejected]) -> Result<()> {
    let Some(bad) = rejected.first() else { return Ok(()) };
    let more = if rejected.len() > 1 { format!("; {} more bad cells", rejected.len() - 1) } else { String::new() };
    let detail = format!("{}: line {}: column {}: '{}': {} ({}){more}", bad.file, bad.line, bad.column, bad.value, bad.hint, bad.rule);
    Err(Error::field(&bad.file, &bad.rule, detail))
}
