DROP TABLE item_par;
DROP TABLE item_level;
