//! Counters and histograms, read at `/metrics`.

use prometheus::{Encoder, HistogramVec, IntCounterVec, IntGauge, Registry, TextEncoder};

use crate::base::error::{Error, Result};

/// All metrics of the service.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Registry,
    /// Seconds per request, by method, route and status.
    pub request_seconds: HistogramVec,
    /// Records that came in, by result.
    pub ingest_records: IntCounterVec,
    /// Plans, by how they ended.
    pub plans: IntCounterVec,
    /// Commands that wait for the writer.
    pub write_queue: IntGauge,
}

impl Metrics {
    /// Registers them all.
    ///
    /// # Errors
    /// `internal` when a name is taken twice.
    pub fn new() -> Result<Self> {
        Self::register().map_err(|cause| Error::internal("metrics can't be registered").because(cause))
    }

    fn register() -> prometheus::Result<Self> {
        let registry = Registry::new();
        let request_seconds = HistogramVec::new(
            prometheus::HistogramOpts::new("wardstock_request_seconds", "Seconds from request to answer"),
            &["method", "route", "status"],
        )?;
        let ingest_records =
            IntCounterVec::new(prometheus::Opts::new("wardstock_ingest_records_total", "Records from devices, by result"), &["result"])?;
        let plans = IntCounterVec::new(prometheus::Opts::new("wardstock_plans_total", "Plans, by how they ended"), &["state"])?;
        let write_queue = IntGauge::new("wardstock_write_queue", "Commands that wait for the database writer")?;
        registry.register(Box::new(request_seconds.clone()))?;
        registry.register(Box::new(ingest_records.clone()))?;
        registry.register(Box::new(plans.clone()))?;
        registry.register(Box::new(write_queue.clone()))?;
        Ok(Self { registry, request_seconds, ingest_records, plans, write_queue })
    }

    /// The text that Prometheus reads.
    ///
    /// # Errors
    /// `internal` when it can't be written.
    pub fn text(&self) -> Result<String> {
        let mut bytes = Vec::new();
        TextEncoder::new()
            .encode(&self.registry.gather(), &mut bytes)
            .map_err(|cause| Error::internal("metrics can't be written").because(cause))?;
        String::from_utf8(bytes).map_err(|cause| Error::internal("metrics are no text").because(cause))
    }
}
