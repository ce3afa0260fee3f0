DROP TRIGGER observation_no_delete;
CREATE TRIGGER observation_no_delete BEFORE DELETE ON observation
BEGIN
  SELECT RAISE(ABORT, 'append_only');
END;
DROP TABLE rollup_dirty;
DROP TABLE observation_day;
DROP TABLE observation_hour;
DROP TABLE retention_gate;
