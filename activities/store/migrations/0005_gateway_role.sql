-- Up Migration
-- `gateway` may only read the denylist, while its own way to NATS is cut.
ALTER TABLE api_keys DROP CONSTRAINT api_keys_role_check;
ALTER TABLE api_keys ADD CONSTRAINT api_keys_role_check
  CHECK (role IN ('viewer', 'reporter', 'responder', 'admin', 'dependent', 'gateway'));

-- Down Migration
DELETE FROM api_keys WHERE role = 'gateway';
ALTER TABLE api_keys DROP CONSTRAINT api_keys_role_check;
ALTER TABLE api_keys ADD CONSTRAINT api_keys_role_check
  CHECK (role IN ('viewer', 'reporter', 'responder', 'admin', 'dependent'));
