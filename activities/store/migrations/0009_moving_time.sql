-- Up Migration
-- How much longer people gave the dependents of one rotation. A rotation believes this table, and no signal.
CREATE TABLE moving_time (
  -- The step of the incident that gave it: a repetition gives nothing more.
  step_key text PRIMARY KEY,
  incident_run_id text NOT NULL,
  generation integer NOT NULL,
  seconds integer NOT NULL CHECK (seconds > 0),
  actor text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);

-- Down Migration
DROP TABLE moving_time;
