-- Readings go after a while, and leave their sums by hour and day.

-- How far retention has come: readings before the cutoff may be gone, and none is taken any more.
CREATE TABLE retention_gate (
  site_id BIGINT NOT NULL PRIMARY KEY,
  cutoff BIGINT NOT NULL
);

-- What readings say by hour and by day, kept longer than they are; a bucket is named by its first moment.
CREATE TABLE observation_hour (
  site_id BIGINT NOT NULL,
  channel_id BIGINT NOT NULL,
  bucket BIGINT NOT NULL,
  observations BIGINT NOT NULL CHECK (observations > 0),
  min_value BIGINT NOT NULL,
  max_value BIGINT NOT NULL,
  sum_value BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  last_value BIGINT NOT NULL,
  PRIMARY KEY (site_id, channel_id, bucket),
  CHECK (min_value <= last_value AND last_value <= max_value)
) WITHOUT ROWID;

CREATE TABLE observation_day (
  site_id BIGINT NOT NULL,
  channel_id BIGINT NOT NULL,
  bucket BIGINT NOT NULL,
  observations BIGINT NOT NULL CHECK (observations > 0),
  min_value BIGINT NOT NULL,
  max_value BIGINT NOT NULL,
  sum_value BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  last_value BIGINT NOT NULL,
  PRIMARY KEY (site_id, channel_id, bucket),
  CHECK (min_value <= last_value AND last_value <= max_value)
) WITHOUT ROWID;

-- Hours whose sums must be made, or made again since something came late.
CREATE TABLE rollup_dirty (
  site_id BIGINT NOT NULL,
  channel_id BIGINT NOT NULL,
  bucket BIGINT NOT NULL,
  marked_at BIGINT NOT NULL,
  PRIMARY KEY (site_id, channel_id, bucket)
) WITHOUT ROWID;

-- A row goes by retention only: before the cutoff of its site.
DROP TRIGGER observation_no_delete;
CREATE TRIGGER observation_no_delete BEFORE DELETE ON observation
WHEN old.observed_at >= COALESCE((SELECT cutoff FROM retention_gate WHERE site_id = old.site_id), -9223372036854775807)
BEGIN
  SELECT RAISE(ABORT, 'append_only');
END;
