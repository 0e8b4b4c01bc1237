-- Up Migration
-- What people were asked of dependents that only they can move, and what they said: a word counts while nothing was asked after it.
CREATE TABLE moved_by_hand (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  credential_id text NOT NULL REFERENCES credentials (id),
  dependent_id text NOT NULL,
  version integer NOT NULL,
  -- Who said it, and how that is known; nobody where it was asked.
  actor text,
  note text NOT NULL DEFAULT '',
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX moved_by_hand_of ON moved_by_hand (credential_id, dependent_id, id DESC);

-- Down Migration
DROP TABLE moved_by_hand;
