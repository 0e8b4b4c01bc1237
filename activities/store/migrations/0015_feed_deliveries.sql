-- Up Migration
-- What a scanner has signed is taken once: by its hash, for as long as somebody might send it again.
CREATE TABLE feed_deliveries (
  hash bytea PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX feed_deliveries_by_time ON feed_deliveries (at);

-- Down Migration
DROP TABLE feed_deliveries;
