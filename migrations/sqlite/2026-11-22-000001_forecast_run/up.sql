-- Forecast runs: what a plan's forecasts were made from, so that each can be made again.

CREATE TABLE forecast_run (
  site_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  made_at BIGINT NOT NULL,
  start_day BIGINT NOT NULL, -- first forecast day
  period_days BIGINT NOT NULL CHECK (period_days > 0),
  horizon_periods BIGINT NOT NULL CHECK (horizon_periods > 0),
  series_count BIGINT NOT NULL CHECK (series_count >= 0),
  model_version TEXT NOT NULL,
  seed BIGINT NOT NULL, -- the first 8 bytes of input_sha256, as a signed number
  input_sha256 TEXT NOT NULL,
  input TEXT NOT NULL, -- the JSON document, gzip, base64
  accuracy TEXT NOT NULL, -- JSON: by forecasting group; '' for items without one
  PRIMARY KEY (site_id, id)
);
CREATE INDEX forecast_run_by_id ON forecast_run (id);

ALTER TABLE forecast ADD COLUMN run_id BIGINT; -- NULL: made before runs were kept
CREATE INDEX forecast_by_run ON forecast (site_id, run_id);
