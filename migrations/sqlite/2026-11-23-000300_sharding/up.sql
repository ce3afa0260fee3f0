-- Nothing to do here: SQLite is never sharded, and could drop the unique rule of a device's secret only with the table.
SELECT 1;
