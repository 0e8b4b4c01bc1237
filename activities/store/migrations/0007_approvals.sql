-- Up Migration
-- `approver`: a person whose word may loosen.
ALTER TABLE api_keys DROP CONSTRAINT api_keys_role_check;
ALTER TABLE api_keys ADD CONSTRAINT api_keys_role_check
  CHECK (role IN ('viewer', 'reporter', 'responder', 'approver', 'admin', 'dependent', 'gateway'));

-- Approvals that were shown: each works once.
CREATE TABLE used_approvals (
  id text PRIMARY KEY,
  -- The update it was shown with: a repetition of that one is no second use.
  step_key text NOT NULL,
  incident_id text NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  expires_at timestamptz NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);

-- Down Migration
DROP TABLE used_approvals;
DELETE FROM api_keys WHERE role = 'approver';
ALTER TABLE api_keys DROP CONSTRAINT api_keys_role_check;
ALTER TABLE api_keys ADD CONSTRAINT api_keys_role_check
  CHECK (role IN ('viewer', 'reporter', 'responder', 'admin', 'dependent', 'gateway'));
