-- Up Migration
-- An API key of ours that somebody has found in the open. People are told of it until it is revoked or made anew.
ALTER TABLE api_keys ADD COLUMN leaked_at timestamptz, ADD COLUMN leaked_in text, ADD COLUMN leak_reporter text;

-- Down Migration
ALTER TABLE api_keys DROP COLUMN leaked_at, DROP COLUMN leaked_in, DROP COLUMN leak_reporter;
