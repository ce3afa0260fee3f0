-- Readings that belong to no shelf: tags, temperatures, doors.
-- Their value: level: base units; weight: mg net of the record's tare; status, battery: %, or -1; tag_read: 0.01 dBm, or 0;
-- temp: 0.001 degrees Celsius; humidity: 0.01 %; distance: mm; voltage: mV; door, button: 1 open, pressed

DO $$
DECLARE
  leaf RECORD;
BEGIN
  -- A partition that was attached keeps the rule it came with.
  ALTER TABLE observation DROP CONSTRAINT observation_kind_check;
  FOR leaf IN SELECT c.oid::regclass AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'observation'::regclass LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS observation_kind_check', leaf.name);
  END LOOP;
END $$;
ALTER TABLE observation ADD CONSTRAINT observation_kind_check
  CHECK (kind IN ('level', 'weight', 'status', 'tag_read', 'temp', 'humidity', 'distance', 'door', 'button', 'battery', 'voltage'));

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
