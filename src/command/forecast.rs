//! `forecast`: any demand table, without a database.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use wardstock::base::error::{Error, Result};
use wardstock::base::table::{Rejected, Sheet};
use wardstock::base::time::Day;
use wardstock_models::distribution::Distribution;
use wardstock_models::forecast::{self, Forecast};
use wardstock_models::series::{PeriodDemand, PeriodLength, Series};

use super::{Outcome, output};

/// The largest quantity that a cell may hold.
const QUANTITY_MAX: f64 = 1e15;
/// Periods between the first and the last date of one series.
const PERIODS_MAX: usize = 20_000;

#[derive(Debug, Args)]
#[command(after_help = "Example: wardstock forecast --input demand.csv --horizon 3 --period month --output forecast.csv\n\n\
                        Input: CSV with the columns series, date, quantity (empty: not known), and optionally stocked_out (0..1) and a group \
                        column.\nOutput: CSV with the mean and quantiles of each step, and of the demand summed over the steps so far (sum_…).")]
pub(crate) struct Arguments {
    /// Demand in long form: series, date, quantity.
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// Column that says which series are forecast together.
    #[arg(long, value_name = "COLUMN")]
    group: Option<String>,
    /// Periods to forecast.
    #[arg(long, value_name = "H")]
    horizon: usize,
    /// Length of a period.
    #[arg(long, value_enum)]
    period: Period,
    /// Levels of the quantiles.
    #[arg(long, value_delimiter = ',', default_values_t = [0.5, 0.8, 0.9, 0.95, 0.98])]
    quantiles: Vec<f64>,
    /// Write here instead of stdout.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Period {
    Day,
    Week,
    Month,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    if let Some(level) = arguments.quantiles.iter().find(|level| !(**level > 0.0 && **level < 1.0)) {
        return Err(Error::field("quantiles", "out_of_range", format!("{level} is not between 0 and 1")));
    }
    let name = arguments.input.display().to_string();
    let bytes = std::fs::read(&arguments.input).map_err(|cause| Error::field(&name, "unreadable", format!("{name}: {cause}")))?;
    let series = read(&Sheet::parse(&name, &bytes)?, arguments)?;
    let bar = output::spinner(&format!("forecasting {} series", series.len()));
    let made = forecast::forecast(&series, arguments.horizon).map_err(|cause| Error::field("horizon", "forecast", cause.to_string()))?;
    bar.finish_and_clear();
    let text = write(&series, &made, arguments)?;
    match &arguments.output {
        Some(path) => {
            std::fs::write(path, text).map_err(|cause| Error::field(path.display().to_string(), "unwritable", cause.to_string()))?;
        }
        None => output::line(text.trim_end())?,
    }
    Ok(Outcome::Done)
}

/// One row of the input.
struct Point {
    line: u64,
    demand: PeriodDemand,
    group: Option<String>,
}

fn read(sheet: &Sheet, arguments: &Arguments) -> Result<Vec<Series>> {
    let mut needed = vec!["series", "date", "quantity"];
    needed.extend(arguments.group.as_deref());
    sheet.require(&needed)?;
    let mut rejected: Vec<Rejected> = sheet.broken.clone();
    let mut by_series: BTreeMap<String, BTreeMap<Day, Point>> = BTreeMap::new();
    for mut row in sheet.rows() {
        let series = row.needed("series");
        let date = row.day("date");
        if date.is_none() && row.text("date").is_none() {
            row.reject("date", "needed", "this cell must not be empty");
        }
        let quantity = row.number("quantity", 0.0, QUANTITY_MAX);
        let stocked_out = row.number("stocked_out", 0.0, 1.0).unwrap_or(0.0);
        let demand = quantity.map_or_else(PeriodDemand::unknown, |quantity| PeriodDemand::partly_empty(quantity, stocked_out));
        let group = arguments.group.as_deref().and_then(|column| row.text(column));
        let Some(date) = date.map(|date| arguments.period.start_of(date)) else {
            rejected.extend(row.rejected);
            continue;
        };
        let points = by_series.entry(series.clone()).or_default();
        if let Some(before) = points.get(&date) {
            let hint = format!("series '{series}' has this period on line {} already", before.line);
            row.reject("date", "duplicate", hint);
        }
        if row.rejected.is_empty() {
            points.insert(date, Point { line: row.line, demand, group });
        }
        rejected.extend(row.rejected);
    }
    if let Some(bad) = rejected.first() {
        let more = rejected.len() - 1;
        let detail = format!(
            "{}: line {}: column {}: '{}': {} ({}); {more} more bad cells",
            bad.file, bad.line, bad.column, bad.value, bad.hint, bad.rule
        );
        return Err(Error::field(&bad.file, &bad.rule, detail));
    }
    by_series.into_iter().map(|(name, points)| series_of(&name, &points, arguments.period)).collect()
}

fn series_of(name: &str, points: &BTreeMap<Day, Point>, period: Period) -> Result<Series> {
    let first = points.keys().next().copied().unwrap_or_default();
    let last = points.keys().next_back().copied().unwrap_or_default();
    let mut periods = Vec::new();
    let mut at = first;
    while at <= last {
        periods.push(points.get(&at).map_or_else(PeriodDemand::unknown, |point| point.demand));
        if periods.len() > PERIODS_MAX {
            return Err(Error::field(
                name,
                "out_of_range",
                format!("series '{name}' spans more than {PERIODS_MAX} periods: is a date wrong?"),
            ));
        }
        at = period.next(at);
    }
    let on_grid = periods.iter().filter(|demand| **demand != PeriodDemand::unknown()).count();
    let known = points.values().filter(|point| point.demand != PeriodDemand::unknown()).count();
    if on_grid != known {
        return Err(Error::field(
            name,
            "mixed_periods",
            format!("series '{name}': not every date is a whole number of periods after {}", first.to_text()),
        ));
    }
    let group = points.values().find_map(|point| point.group.clone());
    Series::new(name, group, period.length(), first.0, periods).map_err(|cause| Error::field(name, "series", cause.to_string()))
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

fn write(series: &[Series], made: &[Forecast], arguments: &Arguments) -> Result<String> {
    let levels = &arguments.quantiles;
    let mut header: Vec<String> = ["series", "step", "date", "mean"].map(str::to_owned).to_vec();
    header.extend(levels.iter().map(|level| format!("q{level}")));
    header.push("sum_mean".into());
    header.extend(levels.iter().map(|level| format!("sum_q{level}")));
    header.extend(["method", "share_censored"].map(str::to_owned));
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |cause: csv::Error| Error::internal("the forecast can't be written").because(cause);
    writer.write_record(&header).map_err(failed)?;
    for (series, forecast) in series.iter().zip(made) {
        let mut date = Day(series.first_day());
        for _ in 0..series.len() {
            date = arguments.period.next(date);
        }
        for (step, (alone, sum)) in (1..).zip(forecast.steps.iter().zip(&forecast.sums)) {
            let mut row = vec![series.id().to_owned(), i64::to_string(&step), date.to_text()];
            row.extend(figures(alone, levels));
            row.extend(figures(sum, levels));
            row.extend([forecast.method.as_str().to_owned(), forecast.share_censored.to_string()]);
            writer.write_record(&row).map_err(failed)?;
            date = arguments.period.next(date);
        }
    }
    let bytes = writer.into_inner().map_err(|cause| Error::internal("the forecast can't be written").because(cause.to_string()))?;
    String::from_utf8(bytes).map_err(|cause| Error::internal("the forecast is no text").because(cause))
}

fn figures(of: &Distribution, levels: &[f64]) -> Vec<String> {
    std::iter::once(of.mean()).chain(levels.iter().map(|level| of.quantile(*level))).map(|value| value.to_string()).collect()
}
