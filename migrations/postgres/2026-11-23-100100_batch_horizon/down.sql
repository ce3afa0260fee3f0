DROP TABLE batch_horizon;
