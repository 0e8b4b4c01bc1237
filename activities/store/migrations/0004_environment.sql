-- Up Migration
ALTER TABLE credentials ADD COLUMN environment text NOT NULL DEFAULT 'production';

-- Down Migration
ALTER TABLE credentials DROP COLUMN environment;
