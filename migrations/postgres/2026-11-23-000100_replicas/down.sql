DROP TABLE registry_version;
DROP INDEX outbox_unnumbered;
DROP INDEX outbox_by_number;
ALTER TABLE outbox DROP COLUMN stream_number;
CREATE INDEX outbox_by_id ON outbox (id);
