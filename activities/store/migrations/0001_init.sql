-- Up Migration
CREATE TABLE credentials (
  id text PRIMARY KEY,
  provider text NOT NULL,
  account text NOT NULL,
  principal text NOT NULL,
  principal_kind text NOT NULL CHECK (principal_kind IN ('workload', 'person', 'unknown')),
  owner_team text NOT NULL,
  criticality smallint NOT NULL CHECK (criticality BETWEEN 0 AND 3),
  enforcement text NOT NULL CHECK (enforcement IN ('gateway', 'provider')),
  protection text NOT NULL CHECK (protection IN ('normal', 'own', 'break-glass')),
  scopes jsonb NOT NULL,
  known_contexts jsonb NOT NULL
);

CREATE TABLE dependents (
  id text NOT NULL,
  credential_id text NOT NULL REFERENCES credentials (id),
  kind text NOT NULL,
  target text NOT NULL,
  owner text NOT NULL,
  criticality smallint NOT NULL CHECK (criticality BETWEEN 0 AND 3),
  PRIMARY KEY (credential_id, id)
);

CREATE TABLE secret_versions (
  credential_id text NOT NULL REFERENCES credentials (id),
  version integer NOT NULL CHECK (version > 0),
  public_id text NOT NULL DEFAULT '',
  state text NOT NULL CHECK (state IN ('pending', 'live', 'quarantined', 'revoked', 'discarded')),
  secret_store text NOT NULL,
  secret_path text NOT NULL,
  -- The incident step that minted it: one version a step, however often the step is tried.
  idempotency_key text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (credential_id, version),
  UNIQUE (credential_id, idempotency_key)
);

CREATE TABLE version_subjects (
  subject text PRIMARY KEY,
  credential_id text NOT NULL,
  version integer NOT NULL,
  FOREIGN KEY (credential_id, version) REFERENCES secret_versions (credential_id, version)
);

-- Values, sealed with AES-256-GCM; the key is not in this database.
CREATE TABLE secrets (
  path text NOT NULL,
  version integer NOT NULL,
  key_id text NOT NULL,
  nonce bytea NOT NULL,
  ciphertext bytea NOT NULL,
  tag bytea NOT NULL,
  PRIMARY KEY (path, version)
);

-- The truth about who is refused; the denylist in NATS KV is its projection.
CREATE TABLE containments (
  subject text PRIMARY KEY,
  entry jsonb NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- Tokens of the api-token provider, known by keyed fingerprint only.
CREATE TABLE api_tokens (
  fingerprint text PRIMARY KEY,
  public_id text NOT NULL UNIQUE,
  principal text NOT NULL,
  scopes jsonb NOT NULL,
  state text NOT NULL CHECK (state IN ('active', 'disabled', 'revoked')),
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE audit_entries (
  seq bigint PRIMARY KEY,
  at timestamptz NOT NULL,
  step_key text NOT NULL,
  phase text NOT NULL CHECK (phase IN ('intent', 'outcome')),
  event jsonb NOT NULL,
  previous_hash text NOT NULL,
  hash text NOT NULL,
  UNIQUE (step_key, phase)
);

-- Ids outlive the incident, so that a redelivered detection never reopens one.
CREATE TABLE handled_detections (
  id text PRIMARY KEY,
  incident_id text NOT NULL,
  handled_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE notifications (
  dedupe_key text PRIMARY KEY,
  audience text NOT NULL,
  sent_at timestamptz NOT NULL DEFAULT now()
);

-- Keys of programs and dependents that call our API; only their hash is kept.
CREATE TABLE api_keys (
  key_hash text PRIMARY KEY,
  name text NOT NULL UNIQUE,
  role text NOT NULL CHECK (role IN ('viewer', 'responder', 'admin', 'dependent')),
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Down Migration
DROP TABLE api_keys, notifications, handled_detections, audit_entries, api_tokens, containments, secrets,
  version_subjects, secret_versions, dependents, credentials;
