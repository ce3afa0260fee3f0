-- The first schema: catalogue, places, stock ledger, sensing, planning, orders, jobs, audit.
-- Quantities in base units, money in minor units, moments in UTC microseconds, days since 1970-01-01.

-- Reference tables: small, the same on every shard.

CREATE TABLE item (
  id BIGINT NOT NULL PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  form TEXT, -- NULL: not stated
  strength TEXT, -- NULL: not stated
  base_unit TEXT NOT NULL,
  gtin TEXT, -- NULL: none known
  atc TEXT, -- NULL: not stated
  ven TEXT NOT NULL CHECK (ven IN ('V', 'E', 'N')),
  storage_class TEXT NOT NULL CHECK (storage_class IN ('ambient', 'refrigerated', 'frozen', 'controlled')),
  controlled BOOLEAN NOT NULL,
  volume_ml DOUBLE PRECISION NOT NULL CHECK (volume_ml >= 0),
  shelf_life_days BIGINT CHECK (shelf_life_days > 0), -- NULL: does not expire
  forecast_group TEXT, -- NULL: forecast with all others
  archived BOOLEAN NOT NULL DEFAULT FALSE,
  version BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE TABLE supplier (
  id BIGINT NOT NULL PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  gln TEXT, -- NULL: none known
  lead_time_days BIGINT NOT NULL CHECK (lead_time_days >= 0),
  lead_time_sd_days DOUBLE PRECISION NOT NULL CHECK (lead_time_sd_days >= 0),
  order_cost_minor BIGINT NOT NULL CHECK (order_cost_minor >= 0),
  min_order_minor BIGINT NOT NULL CHECK (min_order_minor >= 0),
  currency TEXT NOT NULL,
  order_weekdays BIGINT NOT NULL CHECK (order_weekdays BETWEEN 0 AND 127), -- bit 0 = Monday; 0: any day
  archived BOOLEAN NOT NULL DEFAULT FALSE,
  version BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE TABLE offer (
  id BIGINT NOT NULL PRIMARY KEY,
  item_id BIGINT NOT NULL REFERENCES item (id),
  supplier_id BIGINT NOT NULL REFERENCES supplier (id),
  units_per_pack BIGINT NOT NULL CHECK (units_per_pack > 0),
  price_minor BIGINT NOT NULL CHECK (price_minor >= 0),
  currency TEXT NOT NULL,
  moq_packs BIGINT NOT NULL CHECK (moq_packs >= 1),
  lead_time_days BIGINT CHECK (lead_time_days >= 0), -- NULL: as the supplier's
  valid_from_day BIGINT NOT NULL, -- 0: from the beginning
  valid_to_day BIGINT, -- NULL: open end; else the last day
  archived BOOLEAN NOT NULL DEFAULT FALSE,
  version BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (item_id, supplier_id, units_per_pack, valid_from_day)
);

CREATE TABLE substitute (
  item_id BIGINT NOT NULL REFERENCES item (id),
  substitute_item_id BIGINT NOT NULL REFERENCES item (id),
  ratio DOUBLE PRECISION NOT NULL CHECK (ratio > 0),
  needs_approval BOOLEAN NOT NULL,
  version BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (item_id, substitute_item_id),
  CHECK (item_id <> substitute_item_id)
);

CREATE TABLE delivery (
  delivery_key TEXT NOT NULL PRIMARY KEY, -- hash of the imported row, or the order line that it came from
  supplier_id BIGINT NOT NULL REFERENCES supplier (id),
  item_id BIGINT REFERENCES item (id), -- NULL: not stated
  ordered_day BIGINT NOT NULL,
  promised_day BIGINT, -- NULL: no promise
  received_day BIGINT, -- NULL: still open
  packs BIGINT -- NULL: not stated
);
CREATE INDEX delivery_by_supplier ON delivery (supplier_id, ordered_day);

CREATE TABLE access_token (
  id BIGINT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'technician', 'pharmacist', 'procurement', 'approver', 'auditor', 'gateway', 'admin')),
  site_id BIGINT, -- NULL: every site
  secret_sha256 TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  expires_at BIGINT, -- NULL: until revoked
  revoked_at BIGINT -- NULL: in force
);

CREATE TABLE session (
  secret_sha256 TEXT NOT NULL PRIMARY KEY,
  token_id BIGINT NOT NULL REFERENCES access_token (id),
  csrf TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);

CREATE TABLE idempotency (
  caller TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  body_sha256 TEXT NOT NULL,
  status BIGINT NOT NULL,
  location TEXT, -- NULL: the answer had none
  etag TEXT, -- NULL: the answer had none
  answer TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (caller, idempotency_key)
);

-- Codes of places and devices are unique over all sites, though their tables are kept per site.
CREATE TABLE code_directory (
  noun TEXT NOT NULL CHECK (noun IN ('place', 'device')),
  code TEXT NOT NULL,
  site_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  PRIMARY KEY (noun, code)
);

-- Site tables: site_id leads every key.

CREATE TABLE place (
  site_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('site', 'store', 'ward', 'bin')),
  parent_id BIGINT, -- NULL: a site
  timezone TEXT, -- NULL: as the site; UTC for a site
  capacity_ambient_litres DOUBLE PRECISION CHECK (capacity_ambient_litres >= 0), -- NULL: unlimited
  capacity_refrigerated_litres DOUBLE PRECISION CHECK (capacity_refrigerated_litres >= 0), -- NULL: unlimited
  capacity_frozen_litres DOUBLE PRECISION CHECK (capacity_frozen_litres >= 0), -- NULL: unlimited
  capacity_controlled_litres DOUBLE PRECISION CHECK (capacity_controlled_litres >= 0), -- NULL: unlimited
  archived BOOLEAN NOT NULL DEFAULT FALSE,
  version BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (site_id, id),
  UNIQUE (site_id, code),
  FOREIGN KEY (site_id, parent_id) REFERENCES place (site_id, id),
  CHECK ((kind = 'site') = (parent_id IS NULL)),
  CHECK ((kind = 'site') = (id = site_id))
);

CREATE TABLE stock_point (
  site_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  item_id BIGINT NOT NULL REFERENCES item (id),
  place_id BIGINT NOT NULL,
  par_level BIGINT CHECK (par_level >= 0), -- NULL: none set
  max_level BIGINT CHECK (max_level >= 0), -- NULL: none set
  version BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (site_id, id),
  UNIQUE (site_id, item_id, place_id),
  FOREIGN KEY (site_id, place_id) REFERENCES place (site_id, id)
);
CREATE INDEX stock_point_by_place ON stock_point (site_id, place_id);

CREATE TABLE lot (
  site_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  item_id BIGINT NOT NULL REFERENCES item (id),
  lot_code TEXT NOT NULL, -- '': stock without a lot
  expiry_day BIGINT NOT NULL, -- 0: does not expire
  no_expiry BOOLEAN NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'held')),
  PRIMARY KEY (site_id, id),
  UNIQUE (site_id, item_id, lot_code, expiry_day),
  CHECK (no_expiry = (expiry_day = 0))
);

CREATE TABLE movement (
  site_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  stock_point_id BIGINT NOT NULL,
  lot_id BIGINT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('receipt', 'issue', 'transfer', 'adjustment', 'waste', 'return')),
  quantity_delta BIGINT NOT NULL CHECK (quantity_delta <> 0),
  requested_units BIGINT, -- NULL: as much was asked for as was issued
  source TEXT NOT NULL CHECK (source IN ('person', 'import', 'sensor', 'order')),
  source_key TEXT NOT NULL,
  event_at BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  reason TEXT, -- NULL: needs none
  actor TEXT NOT NULL,
  reversal_of BIGINT, -- NULL: no reversal
  PRIMARY KEY (site_id, id),
  UNIQUE (site_id, source, source_key),
  UNIQUE (site_id, reversal_of),
  FOREIGN KEY (site_id, stock_point_id) REFERENCES stock_point (site_id, id),
  FOREIGN KEY (site_id, lot_id) REFERENCES lot (site_id, id),
  FOREIGN KEY (site_id, reversal_of) REFERENCES movement (site_id, id)
);
CREATE INDEX movement_by_stock_point ON movement (site_id, stock_point_id, event_at);
CREATE INDEX movement_by_event ON movement (site_id, event_at);
-- Ids grow with time: what is new in the ledger, over all sites.
CREATE INDEX movement_by_id ON movement (id);

CREATE TABLE level (
  site_id BIGINT NOT NULL,
  stock_point_id BIGINT NOT NULL,
  lot_id BIGINT NOT NULL,
  quantity BIGINT NOT NULL CHECK (quantity >= 0),
  as_of BIGINT NOT NULL,
  last_movement_id BIGINT NOT NULL,
  PRIMARY KEY (site_id, stock_point_id, lot_id),
  FOREIGN KEY (site_id, stock_point_id) REFERENCES stock_point (site_id, id),
  FOREIGN KEY (site_id, lot_id) REFERENCES lot (site_id, id)
);

CREATE TABLE demand_history (
  site_id BIGINT NOT NULL,
  stock_point_id BIGINT NOT NULL,
  start_day BIGINT NOT NULL,
  period_days BIGINT NOT NULL CHECK (period_days BETWEEN 1 AND 31),
  quantity BIGINT NOT NULL CHECK (quantity >= 0),
  requested_units BIGINT NOT NULL CHECK (requested_units >= 0),
  stocked_out_share DOUBLE PRECISION NOT NULL CHECK (stocked_out_share BETWEEN 0 AND 1),
  PRIMARY KEY (site_id, stock_point_id, start_day),
  FOREIGN KEY (site_id, stock_point_id) REFERENCES stock_point (site_id, id)
);

CREATE TABLE forecast (
  site_id BIGINT NOT NULL,
  stock_point_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  made_at BIGINT NOT NULL,
  method TEXT NOT NULL,
  mean_daily_units DOUBLE PRECISION NOT NULL,
  input_sha256 TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (site_id, stock_point_id, id)
);

CREATE TABLE device (
  site_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'quarantined', 'active', 'suspended', 'retired')),
  secret_sha256 TEXT NOT NULL UNIQUE,
  commissioned_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (site_id, id),
  UNIQUE (site_id, code)
);

CREATE TABLE device_health (
  site_id BIGINT NOT NULL,
  device_id BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL,
  last_event_at BIGINT NOT NULL,
  boot_id TEXT NOT NULL,
  last_seq BIGINT NOT NULL,
  battery_pct BIGINT, -- NULL: never reported
  firmware TEXT, -- NULL: never reported
  records_stored BIGINT NOT NULL,
  records_quarantined BIGINT NOT NULL,
  records_rejected BIGINT NOT NULL,
  records_lost BIGINT NOT NULL,
  PRIMARY KEY (site_id, device_id),
  FOREIGN KEY (site_id, device_id) REFERENCES device (site_id, id)
);

CREATE TABLE channel (
  site_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  device_id BIGINT NOT NULL,
  code TEXT NOT NULL, -- '': the device itself
  PRIMARY KEY (site_id, id),
  UNIQUE (site_id, device_id, code),
  FOREIGN KEY (site_id, device_id) REFERENCES device (site_id, id)
);

CREATE TABLE binding (
  site_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  channel_id BIGINT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('level', 'weight')),
  stock_point_id BIGINT NOT NULL,
  mode TEXT NOT NULL CHECK (mode IN ('shadow', 'advise', 'authoritative')),
  unit_weight_mg BIGINT CHECK (unit_weight_mg > 0), -- NULL: does not weigh
  tare_mg BIGINT NOT NULL,
  max_units BIGINT NOT NULL CHECK (max_units > 0),
  settle_seconds BIGINT NOT NULL CHECK (settle_seconds >= 0),
  valid_from BIGINT NOT NULL,
  valid_to BIGINT NOT NULL, -- the end of time: in force
  PRIMARY KEY (site_id, id),
  FOREIGN KEY (site_id, channel_id) REFERENCES channel (site_id, id),
  FOREIGN KEY (site_id, stock_point_id) REFERENCES stock_point (site_id, id),
  CHECK (valid_from < valid_to),
  CHECK (kind <> 'weight' OR unit_weight_mg IS NOT NULL)
);
CREATE INDEX binding_by_channel ON binding (site_id, channel_id, valid_from);
CREATE INDEX binding_by_stock_point ON binding (site_id, stock_point_id);

CREATE TABLE observation (
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
);

CREATE TABLE channel_last (
  site_id BIGINT NOT NULL,
  channel_id BIGINT NOT NULL,
  observed_at BIGINT NOT NULL,
  dedupe_key BIGINT NOT NULL,
  event_at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  value BIGINT NOT NULL,
  PRIMARY KEY (site_id, channel_id)
);

CREATE TABLE ingest_batch (
  site_id BIGINT NOT NULL,
  device_id BIGINT NOT NULL,
  boot_id TEXT NOT NULL,
  seq BIGINT NOT NULL,
  id BIGINT NOT NULL,
  body_sha256 TEXT NOT NULL,
  status BIGINT NOT NULL,
  answer TEXT NOT NULL,
  received_at BIGINT NOT NULL,
  PRIMARY KEY (site_id, device_id, boot_id, seq),
  UNIQUE (site_id, id)
);

CREATE TABLE quarantine_record (
  site_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  device_id BIGINT NOT NULL,
  record_key TEXT NOT NULL, -- device, boot, seq, index: the same record is kept once
  channel TEXT NOT NULL,
  code TEXT NOT NULL,
  raw TEXT NOT NULL,
  received_at BIGINT NOT NULL,
  resolved_at BIGINT, -- NULL: still open
  PRIMARY KEY (site_id, id),
  UNIQUE (site_id, record_key),
  FOREIGN KEY (site_id, device_id) REFERENCES device (site_id, id)
);

CREATE TABLE sensor_step (
  site_id BIGINT NOT NULL,
  binding_id BIGINT NOT NULL,
  event_at BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('issue', 'adjustment')),
  reason TEXT NOT NULL,
  quantity_delta BIGINT NOT NULL,
  reversed BOOLEAN NOT NULL,
  PRIMARY KEY (site_id, binding_id, event_at, revision),
  FOREIGN KEY (site_id, binding_id) REFERENCES binding (site_id, id)
);

CREATE TABLE projection_task (
  site_id BIGINT NOT NULL,
  binding_id BIGINT NOT NULL,
  dirty_from BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  PRIMARY KEY (site_id, binding_id),
  FOREIGN KEY (site_id, binding_id) REFERENCES binding (site_id, id)
);

CREATE TABLE belief (
  site_id BIGINT NOT NULL,
  stock_point_id BIGINT NOT NULL,
  estimate BIGINT NOT NULL,
  low BIGINT NOT NULL,
  high BIGINT NOT NULL,
  confidence TEXT NOT NULL CHECK (confidence IN ('high', 'medium', 'low')),
  as_of BIGINT NOT NULL,
  mode TEXT NOT NULL,
  reasons TEXT NOT NULL, -- JSON list of texts
  PRIMARY KEY (site_id, stock_point_id),
  FOREIGN KEY (site_id, stock_point_id) REFERENCES stock_point (site_id, id)
);

CREATE TABLE discrepancy (
  site_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  stock_point_id BIGINT NOT NULL,
  book_units BIGINT NOT NULL,
  estimate_units BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'rejected', 'closed')),
  opened_at BIGINT NOT NULL,
  resolved_at BIGINT, -- NULL: open
  resolved_by TEXT, -- NULL: open, or closed by itself
  PRIMARY KEY (site_id, id),
  FOREIGN KEY (site_id, stock_point_id) REFERENCES stock_point (site_id, id)
);
CREATE UNIQUE INDEX discrepancy_one_open ON discrepancy (site_id, stock_point_id) WHERE state = 'open';

CREATE TABLE plan (
  site_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'accepted')),
  requested_by TEXT NOT NULL,
  requested_at BIGINT NOT NULL,
  options TEXT NOT NULL,
  finished_at BIGINT, -- NULL: not finished
  input_sha256 TEXT, -- NULL: not gathered yet
  instance TEXT, -- NULL: not gathered yet
  answer TEXT, -- NULL: not solved yet
  failure TEXT, -- NULL: has not failed
  version BIGINT NOT NULL,
  PRIMARY KEY (site_id, id)
);

CREATE TABLE plan_line (
  site_id BIGINT NOT NULL,
  plan_id BIGINT NOT NULL,
  line BIGINT NOT NULL,
  stock_point_id BIGINT NOT NULL,
  offer_id BIGINT NOT NULL REFERENCES offer (id),
  packs BIGINT NOT NULL CHECK (packs >= 0),
  units_per_pack BIGINT NOT NULL CHECK (units_per_pack > 0),
  price_minor BIGINT NOT NULL,
  currency TEXT NOT NULL,
  order_day BIGINT NOT NULL,
  arrival_day BIGINT NOT NULL,
  reason TEXT NOT NULL,
  explanation TEXT NOT NULL,
  drivers TEXT NOT NULL, -- JSON
  override_packs BIGINT CHECK (override_packs >= 0), -- NULL: as recommended
  override_reason TEXT, -- NULL: as recommended
  override_by TEXT, -- NULL: as recommended
  version BIGINT NOT NULL,
  PRIMARY KEY (site_id, plan_id, line),
  FOREIGN KEY (site_id, plan_id) REFERENCES plan (site_id, id),
  FOREIGN KEY (site_id, stock_point_id) REFERENCES stock_point (site_id, id)
);

CREATE TABLE purchase_order (
  site_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  code TEXT NOT NULL,
  supplier_id BIGINT NOT NULL REFERENCES supplier (id),
  plan_id BIGINT, -- NULL: not from a plan
  state TEXT NOT NULL CHECK (state IN ('draft', 'approved', 'sent', 'acknowledged', 'received', 'closed', 'cancelled')),
  order_day BIGINT NOT NULL,
  expected_day BIGINT NOT NULL,
  currency TEXT NOT NULL,
  total_minor BIGINT NOT NULL CHECK (total_minor >= 0),
  made_by TEXT NOT NULL,
  approved_by TEXT, -- NULL: not approved
  sent_at BIGINT, -- NULL: not sent
  version BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (site_id, id),
  UNIQUE (site_id, code)
);
CREATE INDEX purchase_order_by_plan ON purchase_order (site_id, plan_id);

CREATE TABLE order_line (
  site_id BIGINT NOT NULL,
  order_id BIGINT NOT NULL,
  line BIGINT NOT NULL,
  stock_point_id BIGINT NOT NULL,
  offer_id BIGINT NOT NULL REFERENCES offer (id),
  packs BIGINT NOT NULL CHECK (packs > 0),
  units_per_pack BIGINT NOT NULL CHECK (units_per_pack > 0),
  price_minor BIGINT NOT NULL CHECK (price_minor >= 0),
  received_units BIGINT NOT NULL CHECK (received_units >= 0),
  PRIMARY KEY (site_id, order_id, line),
  FOREIGN KEY (site_id, order_id) REFERENCES purchase_order (site_id, id),
  FOREIGN KEY (site_id, stock_point_id) REFERENCES stock_point (site_id, id)
);
CREATE INDEX order_line_by_stock_point ON order_line (site_id, stock_point_id);

CREATE TABLE alert (
  site_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  severity TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
  message TEXT NOT NULL,
  raised_at BIGINT NOT NULL,
  acknowledged_at BIGINT, -- NULL: not yet
  acknowledged_by TEXT, -- NULL: not yet
  closed_at BIGINT, -- NULL: still true
  PRIMARY KEY (site_id, id)
);
CREATE UNIQUE INDEX alert_one_open ON alert (site_id, kind, subject) WHERE closed_at IS NULL;

CREATE TABLE job (
  site_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  queue TEXT NOT NULL,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
  run_at BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  max_attempts BIGINT NOT NULL,
  lease_until BIGINT, -- NULL: not running
  worker TEXT, -- NULL: never claimed
  dedupe_key TEXT NOT NULL,
  last_error TEXT, -- NULL: none
  PRIMARY KEY (site_id, id),
  CHECK (attempts <= max_attempts)
);
CREATE UNIQUE INDEX job_one_alive ON job (site_id, dedupe_key) WHERE state IN ('queued', 'running');
CREATE INDEX job_claim ON job (site_id, queue, run_at, id) WHERE state = 'queued';
CREATE INDEX job_lease ON job (lease_until) WHERE state = 'running';

CREATE TABLE outbox (
  site_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  topic TEXT NOT NULL CHECK (topic IN ('stock', 'alert', 'plan', 'order', 'device')),
  payload TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (site_id, id)
);
CREATE INDEX outbox_by_id ON outbox (id);

CREATE TABLE audit_log (
  site_id BIGINT NOT NULL, -- 0: what belongs to no site
  seq BIGINT NOT NULL,
  at BIGINT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL, -- JSON: before, after, why
  prev_hash TEXT NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (site_id, seq)
);

-- Append-only: a correction is a new row.

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''append_only''; END';

CREATE TRIGGER movement_no_change BEFORE UPDATE OR DELETE ON movement FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER movement_no_truncate BEFORE TRUNCATE ON movement FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER observation_no_change BEFORE UPDATE OR DELETE ON observation FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER observation_no_truncate BEFORE TRUNCATE ON observation FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER audit_log_no_change BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- One channel is bound to one stock point at a time.

CREATE EXTENSION IF NOT EXISTS btree_gist;
ALTER TABLE binding ADD CONSTRAINT binding_no_overlap
  EXCLUDE USING gist (site_id WITH =, channel_id WITH =, int8range(valid_from, valid_to) WITH &&);
