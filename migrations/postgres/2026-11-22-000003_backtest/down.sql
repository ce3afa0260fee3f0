DROP TABLE backtest;
