-- Up Migration
-- How often a version's quarantine was lifted: whoever compares two states of a version needs to know which one is the later.
ALTER TABLE secret_versions ADD COLUMN releases integer NOT NULL DEFAULT 0;

-- Down Migration
ALTER TABLE secret_versions DROP COLUMN releases;
