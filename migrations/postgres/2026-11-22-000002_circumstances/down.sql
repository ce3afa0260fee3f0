ALTER TABLE item DROP COLUMN predecessor_id;
DROP TABLE demand_event;
DROP TABLE holiday;
