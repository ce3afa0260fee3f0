DROP FUNCTION drop_observation_months(BIGINT);
DROP FUNCTION make_observation_month(BIGINT);
ALTER TABLE observation RENAME TO observation_by_month;
ALTER INDEX observation_pkey RENAME TO observation_by_month_pkey;
CREATE TABLE observation (
  site_id BIGINT NOT NULL,
  channel_id BIGINT NOT NULL,
  observed_at BIGINT NOT NULL, -- the device's own stamp
  dedupe_key BIGINT NOT NULL,
  event_at BIGINT NOT NULL, -- corrected for the device's clock
  received_at BIGINT NOT NULL,
  kind TEXT NOT NULL CONSTRAINT observation_kind_check CHECK (kind IN ('level', 'weight', 'status')),
  value BIGINT NOT NULL, -- base units (level), milligrams net of the record's tare (weight), battery % or -1 (status)
  quality TEXT NOT NULL, -- '': good; else the result code
  PRIMARY KEY (site_id, channel_id, observed_at, dedupe_key)
);
INSERT INTO observation SELECT * FROM observation_by_month;
DROP TABLE observation_by_month;
DROP FUNCTION guard_observation_leaf(TEXT);
CREATE TRIGGER observation_no_change BEFORE UPDATE OR DELETE ON observation FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER observation_no_truncate BEFORE TRUNCATE ON observation FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
DROP TABLE rollup_dirty;
DROP TABLE observation_day;
DROP TABLE observation_hour;
DROP TABLE retention_gate;
