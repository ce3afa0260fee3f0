-- Backtests: ordering policies tried on a site's own record before one is switched on.

CREATE TABLE backtest (
  site_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
  requested_by TEXT NOT NULL,
  requested_at BIGINT NOT NULL,
  wish TEXT NOT NULL, -- JSON: what was asked for
  progress DOUBLE PRECISION NOT NULL CHECK (progress >= 0 AND progress <= 1),
  finished_at BIGINT, -- NULL: not finished
  result TEXT, -- JSON; NULL: not done
  failure TEXT, -- NULL: has not failed
  PRIMARY KEY (site_id, id)
);
CREATE INDEX backtest_by_id ON backtest (id);
