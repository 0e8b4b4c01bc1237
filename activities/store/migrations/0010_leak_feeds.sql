-- Up Migration
-- Findings of scanners that are not ours are counted and not kept.
CREATE TABLE feed_counts (
  feed text NOT NULL,
  outcome text NOT NULL,
  day date NOT NULL,
  count bigint NOT NULL,
  PRIMARY KEY (feed, outcome, day)
);
-- When a report was let through its reporter's budget; a report without it waits.
ALTER TABLE leak_reports ADD COLUMN let_through_at timestamptz;

-- Down Migration
ALTER TABLE leak_reports DROP COLUMN let_through_at;
DROP TABLE feed_counts;
