DROP INDEX forecast_by_run;
ALTER TABLE forecast DROP COLUMN run_id;
DROP TABLE forecast_run;
