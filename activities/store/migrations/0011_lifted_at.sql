-- Up Migration
-- When a person last began to set a version free: watches that began before that have nothing to look after any more.
ALTER TABLE secret_versions ADD COLUMN lifted_at timestamptz;

-- Down Migration
ALTER TABLE secret_versions DROP COLUMN lifted_at;
