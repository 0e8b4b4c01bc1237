-- Up Migration
-- `reporter` may only hand in usage events.
ALTER TABLE api_keys DROP CONSTRAINT api_keys_role_check;
ALTER TABLE api_keys ADD CONSTRAINT api_keys_role_check
  CHECK (role IN ('viewer', 'reporter', 'responder', 'admin', 'dependent'));

-- Requests that came with an Idempotency-Key: the same key and body gets the same answer.
CREATE TABLE api_requests (
  caller text NOT NULL,
  key text NOT NULL,
  request_hash text NOT NULL,
  -- What the request was found to be about when it first came: a later try must not choose anew.
  target text NOT NULL,
  status smallint,
  -- Text, not jsonb: the same answer to the letter.
  answer text,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (caller, key)
);
CREATE INDEX api_requests_at ON api_requests (at);

-- Outside statements that a value is exposed. Known or not, each is kept and answered alike; a value itself never comes here.
CREATE TABLE leak_reports (
  id uuid PRIMARY KEY,
  subjects text[] NOT NULL,
  source text NOT NULL,
  severity text NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
  reporter text NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  handled_at timestamptz,
  outcome text,
  incident_id text
);
CREATE INDEX leak_reports_open ON leak_reports (received_at) WHERE handled_at IS NULL;

-- Down Migration
DROP TABLE leak_reports, api_requests;
DELETE FROM api_keys WHERE role = 'reporter';
ALTER TABLE api_keys DROP CONSTRAINT api_keys_role_check;
ALTER TABLE api_keys ADD CONSTRAINT api_keys_role_check CHECK (role IN ('viewer', 'responder', 'admin', 'dependent'));
