-- Readings that belong to no shelf: tags, temperatures, doors. A rule of a column can only change with its table here.

CREATE TABLE observation_new (
  site_id BIGINT NOT NULL,
  channel_id BIGINT NOT NULL,
  observed_at BIGINT NOT NULL, -- the device's own stamp
  dedupe_key BIGINT NOT NULL,
  event_at BIGINT NOT NULL, -- corrected for the device's clock
  received_at BIGINT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('level', 'weight', 'status', 'tag_read', 'temp', 'humidity', 'distance', 'door', 'button', 'battery', 'voltage')),
  value BIGINT NOT NULL, -- level: base units; weight: mg net of the record's tare; status, battery: %, or -1; tag_read: 0.01 dBm, or 0;
                         -- temp: 0.001 degrees Celsius; humidity: 0.01 %; distance: mm; voltage: mV; door, button: 1 open, pressed
  quality TEXT NOT NULL, -- '': good; else the result code
  PRIMARY KEY (site_id, channel_id, observed_at, dedupe_key)
) WITHOUT ROWID;
INSERT INTO observation_new SELECT * FROM observation;
DROP TABLE observation;
ALTER TABLE observation_new RENAME TO observation;
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

-- What a vendor's gateway sent, as it came; it goes when readings of its time go.
CREATE TABLE vendor_post (
  site_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  device_id BIGINT NOT NULL,
  door TEXT NOT NULL, -- impinj, zebra, chirpstack, ttn, generic
  body TEXT NOT NULL,
  body_sha256 TEXT NOT NULL,
  received_at BIGINT NOT NULL,
  PRIMARY KEY (site_id, id),
  UNIQUE (site_id, device_id, body_sha256),
  FOREIGN KEY (site_id, device_id) REFERENCES device (site_id, id)
);
CREATE INDEX vendor_post_by_time ON vendor_post (site_id, received_at);
