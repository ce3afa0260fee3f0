-- Readings stand in partitions by month, go with their month, and leave their sums by hour and day.

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
);

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
);

-- Hours whose sums must be made, or made again since something came late.
CREATE TABLE rollup_dirty (
  site_id BIGINT NOT NULL,
  channel_id BIGINT NOT NULL,
  bucket BIGINT NOT NULL,
  marked_at BIGINT NOT NULL,
  PRIMARY KEY (site_id, channel_id, bucket)
);

-- The table as it was becomes the first partition, up to the end of this month: nothing is copied.
ALTER TABLE observation RENAME TO observation_before;
ALTER INDEX observation_pkey RENAME TO observation_before_pkey;
DROP TRIGGER observation_no_change ON observation_before;
DROP TRIGGER observation_no_truncate ON observation_before;
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
) PARTITION BY RANGE (observed_at);
CREATE TRIGGER observation_no_change BEFORE UPDATE OR DELETE ON observation FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER observation_no_truncate BEFORE TRUNCATE ON observation FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A TRUNCATE of a partition passes the trigger of the whole: each has its own.
CREATE FUNCTION guard_observation_leaf(leaf TEXT) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', leaf || '_no_truncate', leaf);
END $$;

-- What belongs to no month: there should be nothing in it.
CREATE TABLE observation_default PARTITION OF observation DEFAULT;
SELECT guard_observation_leaf('observation_default');

-- Makes the partition of the month that holds a moment; false: it is there.
CREATE FUNCTION make_observation_month(moment BIGINT) RETURNS BOOLEAN LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  first_day TIMESTAMP := date_trunc('month', to_timestamp(moment / 1000000) AT TIME ZONE 'UTC');
  leaf TEXT := 'observation_' || to_char(first_day, 'YYYY_MM');
  from_at BIGINT := EXTRACT(EPOCH FROM first_day)::BIGINT * 1000000;
  to_at BIGINT := EXTRACT(EPOCH FROM first_day + INTERVAL '1 month')::BIGINT * 1000000;
BEGIN
  IF to_regclass(leaf) IS NOT NULL THEN
    RETURN FALSE;
  END IF;
  -- No partition is made over rows of the default one, and none of them may be deleted: they move with their table.
  IF EXISTS (SELECT 1 FROM observation_default WHERE observed_at >= from_at AND observed_at < to_at) THEN
    ALTER TABLE observation DETACH PARTITION observation_default;
    ALTER TABLE observation_default RENAME TO observation_stray;
    ALTER INDEX observation_default_pkey RENAME TO observation_stray_pkey;
    CREATE TABLE observation_default PARTITION OF observation DEFAULT;
    PERFORM guard_observation_leaf('observation_default');
  END IF;
  EXECUTE format('CREATE TABLE %I (LIKE observation INCLUDING ALL)', leaf);
  EXECUTE format('ALTER TABLE observation ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', leaf, from_at, to_at);
  PERFORM guard_observation_leaf(leaf);
  IF to_regclass('observation_stray') IS NOT NULL THEN
    INSERT INTO observation SELECT * FROM observation_stray;
    DROP TABLE observation_stray;
  END IF;
  RETURN TRUE;
EXCEPTION WHEN invalid_object_definition THEN
  -- The partition from before there were months reaches into it.
  RETURN FALSE;
END $$;

-- Drops the partitions that end before a moment up to which every site lets its readings go; answers how many.
CREATE FUNCTION drop_observation_months(up_to BIGINT) RETURNS BIGINT LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  leaf RECORD;
  gone BIGINT := 0;
BEGIN
  FOR leaf IN
    SELECT c.relname AS name, (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \(''?(-?[0-9]+)''?\)'))[1]::BIGINT AS to_at
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'observation'::regclass
  LOOP
    IF leaf.to_at <= LEAST(up_to, (SELECT MIN(cutoff) FROM retention_gate)) THEN
      EXECUTE format('ALTER TABLE observation DETACH PARTITION %I', leaf.name);
      EXECUTE format('DROP TABLE %I', leaf.name);
      gone := gone + 1;
    END IF;
  END LOOP;
  RETURN gone;
END $$;

DO $$
DECLARE
  next_month TIMESTAMP := date_trunc('month', now() AT TIME ZONE 'UTC') + INTERVAL '1 month';
BEGIN
  IF EXISTS (SELECT 1 FROM observation_before) THEN
    EXECUTE format('ALTER TABLE observation ATTACH PARTITION observation_before FOR VALUES FROM (MINVALUE) TO (%s)',
      GREATEST(EXTRACT(EPOCH FROM next_month)::BIGINT * 1000000, (SELECT MAX(observed_at) + 1 FROM observation_before)));
    PERFORM guard_observation_leaf('observation_before');
  ELSE
    DROP TABLE observation_before;
  END IF;
  -- Readings are taken up to 90 days late; months to come are made before they begin.
  FOR month IN -4..3 LOOP
    PERFORM make_observation_month((EXTRACT(EPOCH FROM next_month + make_interval(months => month - 1))::BIGINT) * 1000000);
  END LOOP;
END $$;
