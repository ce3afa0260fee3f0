//! The table of forecasts: quantiles of each step, and of the sums over the steps so far.

use wardstock::base::error::{Error, Result};
use wardstock::base::time::Day;
use wardstock_models::distribution::Distribution;
use wardstock_models::forecast::Forecast;
use wardstock_models::series::Series;

use super::Period;

/// The table of forecasts.
pub(super) fn write(series: &[Series], made: &[Forecast], levels: &[f64], period: Period) -> Result<String> {
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
            date = period.next(date);
        }
        for (step, (alone, sum)) in (1..).zip(forecast.steps.iter().zip(&forecast.sums)) {
            let mut row = vec![series.id().to_owned(), i64::to_string(&step), date.to_text()];
            row.extend(figures(alone, levels));
            row.extend(figures(sum, levels));
            row.extend([forecast.method.as_str().to_owned(), forecast.share_censored.to_string()]);
            writer.write_record(&row).map_err(failed)?;
            date = period.next(date);
        }
    }
    let bytes = writer.into_inner().map_err(|cause| Error::internal("the forecast can't be written").because(cause.to_string()))?;
    String::from_utf8(bytes).map_err(|cause| Error::internal("the forecast is no text").because(cause))
}

fn figures(of: &Distribution, levels: &[f64]) -> Vec<String> {
    std::iter::once(of.mean()).chain(levels.iter().map(|level| of.quantile(*level))).map(|value| value.to_string()).collect()
}
