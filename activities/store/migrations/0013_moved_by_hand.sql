-- Up Migration
-- What people say of dependents that only they can move: the last word counts.
CREATE TABLE moved_by_hand (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  credential_id text NOT NULL REFERENCES credentials (id),
  dependent_id text NOT NULL,
  version integer NOT NULL,
  actor text NOT NULL,
  note text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX moved_by_hand_of ON moved_by_hand (credential_id, dependent_id, id DESC);

-- Down Migration
DROP TABLE moved_by_hand;
