-- Answers to batches go after a while. Up to which batch of a boot they are gone: whatever comes from before may have come
-- once already, and is judged by its records alone.
CREATE TABLE batch_horizon (
  site_id BIGINT NOT NULL,
  device_id BIGINT NOT NULL,
  boot_id TEXT NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (site_id, device_id, boot_id),
  FOREIGN KEY (site_id, device_id) REFERENCES device (site_id, id)
) WITHOUT ROWID;
