DROP TABLE vendor_post;
CREATE TABLE observation_old (
  site_id BIGINT NOT NULL,
  channel_id BIGINT NOT NULL,
  observed_at BIGINT NOT NULL, -- the device's own stamp
  dedupe_key BIGINT NOT NULL,
  event_at BIGINT NOT NULL, -- corrected for the device's clock
  received_at BIGINT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('level', 'weight', 'status')),
  value BIGINT NOT NULL, -- base units (level), milligrams net of the record's tare (weight), battery % or -1 (status)
  quality TEXT NOT NULL, -- '': good; else the result code
  PRIMARY KEY (site_id, channel_id, observed_at, dedupe_key)
) WITHOUT ROWID;
INSERT INTO observation_old SELECT * FROM observation WHERE kind IN ('level', 'weight', 'status');
DROP TABLE observation;
ALTER TABLE observation_old RENAME TO observation;
CREATE TRIGGER observation_no_update BEFORE UPDATE ON observation
BEGIN
  SELECT RAISE(ABORT, 'append_only');
END;
-- A row goes by retention only: before the cutoff of its site.
CREATE TRIGGER observation_no_delete BEFORE DELETE ON observation
WHEN old.observed_at >= COALESCE((SELECT cutoff FROM retention_gate WHERE site_id = old.site_id), -9223372036854775807)
BEGIN
  SELECT RAISE(ABORT, 'append_only');
END;
