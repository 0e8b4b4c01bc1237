-- Up Migration
-- When it was presented and refused, after it had been revoked: what is revoked and not proven dead still needs its proof.
ALTER TABLE secret_versions ADD COLUMN proven_dead_at timestamptz;
UPDATE secret_versions v SET proven_dead_at = a.at
FROM audit_entries a
WHERE a.phase = 'outcome' AND a.event->>'action' = 'verify-dead'
  AND a.event->>'incidentId' = 'incident/' || v.credential_id || '/' || v.version;

-- Down Migration
ALTER TABLE secret_versions DROP COLUMN proven_dead_at;
