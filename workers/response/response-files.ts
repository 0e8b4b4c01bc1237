import { IncidentError } from '../../domain/errors';
import { namedAudiences } from '../../domain/named-audiences';
import type { Policy } from '../../domain/policy';
import type { Config } from '../config';
import { readFingerprintKeys, readKey, readPrivateKey, readPublicKey, readTogether } from '../keys';
import { readPolicy } from '../policy-file';
import {
  awsAccounts,
  gitForgeAccounts,
  githubAccounts,
  httpAccounts,
  keycloakAccounts,
  natsAccounts,
  oauthAccounts,
  postgresAccounts,
  readSettings,
  redisAccounts,
  threatLists,
  type Settings,
} from '../settings';
import { mustOpenSecretStores } from '../secret-stores';
import { readSignalSigner } from '../signal-signer';
import { shownKey } from '../yaml-file';

/** What the files of a response worker say. @throws IncidentError CONFIG_INVALID with the faults of all of them together */
export function readResponseFiles(config: Config<'response'>) {
  const files = readTogether({
    settings: () => readSettings(config.TOURNIQUET_SETTINGS_FILE),
    policy: () => readPolicy(config.TOURNIQUET_POLICY_FILE),
    fingerprintKeys: () => readFingerprintKeys(config.TOURNIQUET_FINGERPRINT_KEYS_FILE),
    sealingKey: () => readKey(config.TOURNIQUET_SEALING_KEY_FILE),
    auditKey: () => readKey(config.TOURNIQUET_AUDIT_KEY_FILE),
    approvalKey: () => readPublicKey(config.TOURNIQUET_APPROVAL_PUBLIC_KEY_FILE),
    signingKey: () => readPrivateKey(config.TOURNIQUET_CHECKPOINT_KEY_FILE),
  });
  const {
    lists,
    signalSigner,
    audiences: _reached,
    stores: _open,
    ...accounts
  } = readTogether({
    signalSigner: () => readSignalSigner(files.settings),
    lists: () => threatLists(files.settings),
    stores: () => mustOpenSecretStores(files.settings),
    postgres: () => postgresAccounts(files.settings),
    redis: () => redisAccounts(files.settings),
    aws: () => awsAccounts(files.settings),
    oauth: () => oauthAccounts(files.settings),
    keycloak: () => keycloakAccounts(files.settings),
    nats: () => natsAccounts(files.settings),
    gitForge: () => gitForgeAccounts(files.settings),
    github: () => githubAccounts(files.settings),
    http: () => httpAccounts(files.settings),
    audiences: () => mustReach(files.policy.policy, files.settings, config.TOURNIQUET_POLICY_FILE ?? 'the policy'),
  });
  return { ...files, accounts, lists, signalSigner };
}

/** A page to an audience without channels reaches nobody, and would say so only at 3 a.m. */
function mustReach(policy: Policy, { audiences }: Settings, file: string): void {
  const faults = namedAudiences(policy)
    .filter(({ audience }) => !Object.hasOwn(audiences, audience))
    .map(
      ({ path, audience }) =>
        `${file}: ${path.join('.')}: the settings file has no channels for the audience ${shownKey(audience)}`,
    );
  if (faults.length > 0) throw new IncidentError('CONFIG_INVALID', { faults });
}
