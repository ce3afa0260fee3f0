//! How the last forecasts of each series compare with what came.

use wardstock::base::error::{Error, Result};
use wardstock::demand::accuracy::AccuracyView;
use wardstock::demand::input::ORIGINS;
use wardstock_models::forecast::monitor::{self, Accuracy, Monitored};
use wardstock_models::forecast::{Circumstances, Forecast, ForecastError};
use wardstock_models::series::Series;

/// Forecasts with their record over sums of up to 4 periods.
pub(super) fn monitor(series: &[Series], circumstances: &Circumstances, horizon: usize) -> Result<Monitored, ForecastError> {
    monitor::monitored(series, circumstances, horizon, horizon.min(4), ORIGINS)
}

/// One row per series; figures are empty where nothing could be scored.
pub(super) fn text(made: &[Forecast], records: &[Accuracy]) -> Result<String> {
    let failed = |cause: csv::Error| Error::internal("the accuracy can't be written").because(cause);
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = ["series", "method", "scored", "bias", "tracking_signal", "coverage_80", "coverage_95", "loss", "loss_naive"];
    writer.write_record(header.iter().chain(&["relative_loss"])).map_err(failed)?;
    for (forecast, record) in made.iter().zip(records) {
        let mut row = vec![forecast.series_id.clone(), forecast.method.as_str().to_owned(), record.scored.to_string()];
        let figures = AccuracyView::of(record).map(|view| {
            [view.bias, view.tracking_signal, view.coverage_80, view.coverage_95, view.loss, view.loss_naive]
                .map(Some)
                .into_iter()
                .chain([view.relative_loss])
                .collect::<Vec<_>>()
        });
        let figures = figures.unwrap_or_else(|| vec![None; 7]);
        row.extend(figures.into_iter().map(|figure| figure.map_or_else(String::new, |figure| figure.to_string())));
        writer.write_record(&row).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|cause| Error::internal("the accuracy can't be written").because(cause.to_string()))?;
    String::from_utf8(bytes).map_err(|cause| Error::internal("the accuracy is no text").because(cause))
}
