-- Up Migration
-- What was ended for ever, once a version: the breaker counts it before the next one.
CREATE TABLE irreversible_actions (
  credential_id text NOT NULL,
  version integer NOT NULL,
  provider text NOT NULL,
  team text NOT NULL,
  incident_id text NOT NULL,
  -- The person who decided it; what nobody decided counts against the budgets.
  decided_by text,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (credential_id, version)
);
CREATE INDEX irreversible_actions_automatic ON irreversible_actions (at) WHERE decided_by IS NULL;

-- Down Migration
DROP TABLE irreversible_actions;
