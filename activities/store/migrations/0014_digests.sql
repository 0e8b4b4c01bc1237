-- Up Migration
-- Notices that more came after of the same cause: one digest tells several.
CREATE TABLE digests (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  -- Audience, kind and cause.
  topic text NOT NULL,
  audience text NOT NULL,
  made_at timestamptz NOT NULL DEFAULT now(),
  -- A worker sends it until then; after that another one may.
  claimed_until timestamptz,
  sent_at timestamptz
);
CREATE INDEX digests_of_topic ON digests (topic, made_at DESC);
CREATE INDEX digests_unsent ON digests (made_at) WHERE sent_at IS NULL;
CREATE TABLE digest_notices (
  step_key text PRIMARY KEY,
  topic text NOT NULL,
  audience text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  -- What waits for a digest; nothing where it was sent alone.
  notice jsonb,
  digest uuid REFERENCES digests (id)
);
CREATE INDEX digest_notices_of_topic ON digest_notices (topic, at DESC);
CREATE INDEX digest_notices_waiting ON digest_notices (topic, at) WHERE notice IS NOT NULL AND digest IS NULL;
CREATE INDEX digest_notices_of_digest ON digest_notices (digest);

-- Down Migration
DROP TABLE digest_notices;
DROP TABLE digests;
