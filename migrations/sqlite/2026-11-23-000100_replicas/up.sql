-- Several programs on one database: a stream whose order is settled after the commit, and a sign that bindings changed.

-- Ids do not grow in the order of commits, so a reader that remembers the last one would miss a slower write.
ALTER TABLE outbox ADD COLUMN stream_number BIGINT; -- NULL: committed, but its place in the stream is not settled yet
UPDATE outbox SET stream_number = id;
DROP INDEX outbox_by_id;
CREATE INDEX outbox_by_number ON outbox (stream_number);
CREATE INDEX outbox_unnumbered ON outbox (id) WHERE stream_number IS NULL;

-- Grows with every channel and binding of a site: what a program remembers of them is good until then.
CREATE TABLE registry_version (
  site_id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL
);
