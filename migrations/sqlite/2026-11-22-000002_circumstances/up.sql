-- What people know beside the demand itself: holidays, demand events, which item took the place of which.

CREATE TABLE holiday (
  site_id BIGINT NOT NULL,
  day BIGINT NOT NULL,
  name TEXT NOT NULL,
  version BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (site_id, day)
);

CREATE TABLE demand_event (
  site_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  place_id BIGINT, -- NULL: all places
  item_id BIGINT REFERENCES item (id), -- NULL: all items, or those of the group
  forecast_group TEXT, -- NULL: all items, or the one named
  first_day BIGINT NOT NULL,
  last_day BIGINT NOT NULL,
  factor DOUBLE PRECISION NOT NULL CHECK (factor >= 0.01 AND factor <= 100),
  note TEXT NOT NULL,
  created_by TEXT NOT NULL,
  version BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (site_id, id),
  FOREIGN KEY (site_id, place_id) REFERENCES place (site_id, id),
  CHECK (first_day <= last_day),
  CHECK (item_id IS NULL OR forecast_group IS NULL)
);
CREATE INDEX demand_event_by_id ON demand_event (id);

ALTER TABLE item ADD COLUMN predecessor_id BIGINT REFERENCES item (id); -- NULL: it takes the place of no other item
