-- Up Migration
-- From then on a token is refused. One without it ends only by being ended.
ALTER TABLE api_tokens ADD COLUMN expires_at timestamptz;

-- Tokens that holders of one have derived from it: fewer rights, a short life, and none of their own without their parent. A table of
-- its own, so that whoever may derive needs no right to make or change the tokens that are derived from.
CREATE TABLE child_tokens (
  fingerprint text PRIMARY KEY,
  public_id text NOT NULL UNIQUE,
  parent text NOT NULL REFERENCES api_tokens (public_id) ON DELETE CASCADE,
  -- The parent under every fingerprint key of the time: by these it is refused, and a use is told of.
  parent_subjects text[] NOT NULL CHECK (cardinality(parent_subjects) > 0),
  scopes jsonb NOT NULL,
  expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX child_tokens_of ON child_tokens (parent, expires_at);
CREATE INDEX child_tokens_over ON child_tokens (expires_at);

-- Down Migration
-- Nothing that is dead comes back with a build that knows no expiry.
UPDATE api_tokens SET state = 'revoked' WHERE expires_at <= now();
DROP TABLE child_tokens;
ALTER TABLE api_tokens DROP COLUMN expires_at;
