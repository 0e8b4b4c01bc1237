-- Up Migration
-- What was known against a version while it is refused, and when: an incident that is opened again begins with it. Never a secret.
ALTER TABLE secret_versions ADD COLUMN known_against jsonb, ADD COLUMN known_at timestamptz;

-- Down Migration
ALTER TABLE secret_versions DROP COLUMN known_against, DROP COLUMN known_at;
