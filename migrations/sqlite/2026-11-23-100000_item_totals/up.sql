-- What a site holds of an item over all its places, and what its par levels add up to: reports over all stock points
-- read one row per item instead of fifty.

-- Follows from the levels.
CREATE TABLE item_level (
  site_id BIGINT NOT NULL,
  item_id BIGINT NOT NULL REFERENCES item (id),
  on_hand BIGINT NOT NULL,
  PRIMARY KEY (site_id, item_id)
) WITHOUT ROWID;
INSERT INTO item_level (site_id, item_id, on_hand)
SELECT sp.site_id, sp.item_id, CAST(SUM(l.quantity) AS BIGINT)
FROM level l JOIN stock_point sp ON sp.site_id = l.site_id AND sp.id = l.stock_point_id
GROUP BY sp.site_id, sp.item_id;

-- Follows from the stock points; a point without a par level adds nothing.
CREATE TABLE item_par (
  site_id BIGINT NOT NULL,
  item_id BIGINT NOT NULL REFERENCES item (id),
  par_level BIGINT NOT NULL,
  PRIMARY KEY (site_id, item_id)
) WITHOUT ROWID;
INSERT INTO item_par (site_id, item_id, par_level)
SELECT site_id, item_id, CAST(SUM(par_level) AS BIGINT) FROM stock_point WHERE par_level IS NOT NULL GROUP BY site_id, item_id;
