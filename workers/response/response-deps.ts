import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import type { ActivityDeps } from '../../activities/deps';
import { createCommandAdapter } from '../../activities/dependents/command';
import { createFileAdapter } from '../../activities/dependents/file';
import { createKubernetesRolloutAdapter } from '../../activities/dependents/kubernetes-rollout';
import { createKvPullAdapter } from '../../activities/dependents/kv-pull';
import { createManualAdapter } from '../../activities/dependents/manual';
import { createReloadHookAdapter } from '../../activities/dependents/reload-hook';
import { createApiTokenProvider } from '../../activities/providers/api-token';
import { createAwsAccessKeyProvider } from '../../activities/providers/aws-access-key';
import { createGitForgeTokenProvider } from '../../activities/providers/git-forge-token';
import { createGithubTokenProvider } from '../../activities/providers/github-token';
import { createHttpProvider } from '../../activities/providers/http';
import { createKeycloakClientProvider } from '../../activities/providers/keycloak-client';
import { createNatsUserProvider } from '../../activities/providers/nats-user';
import { createOauthClientProvider } from '../../activities/providers/oauth-client';
import { createPostgresRoleProvider } from '../../activities/providers/postgres-role';
import { createRedisAclProvider } from '../../activities/providers/redis-acl';
import { createActionBudget } from '../../activities/store/action-budget';
import { createApprovalDesk } from '../../activities/store/approval-desk';
import { createCheckpointFile } from '../../activities/store/audit-checkpoints';
import { createAuditLog } from '../../activities/store/audit-log';
import { createContainmentStore } from '../../activities/store/containment-store';
import type { Database } from '../../activities/store/database';
import { createDigestBox } from '../../activities/store/digest-box';
import { createDeliveryLog } from '../../activities/store/delivery-log';
import { createInTurn } from '../../activities/store/in-turn';
import { createInventory } from '../../activities/store/inventory';
import { createMovedByHand } from '../../activities/store/moved-by-hand';
import { createMovingTimeStore } from '../../activities/store/moving-time';
import { createTokenStore } from '../../activities/store/token-store';
import { tellAudience } from '../../activities/tell-audience';
import { partitionOf, type Subject } from '../../domain/subject';
import type { UsageBatch } from '../../domain/usage-event';
import { openBucket } from '../../enforcement/buckets';
import { createDenylist } from '../../enforcement/denylist-kv';
import { createGatewayRegistry } from '../../enforcement/gateway-lease';
import { createInventoryProjection } from '../../enforcement/inventory-kv';
import { createUseLog } from '../../enforcement/sightings-kv';
import { readSecretFile, type Config } from '../config';
import { errorLabel } from '../log';
import { readChannels } from '../channels';
import { createNotifiers } from '../notifiers';
import { openSecretStores } from '../secret-stores';
import { incidentsUrl, incidentUrl } from '../temporal';
import type { readResponseFiles } from './response-files';

/** Every part an incident touches: a provider or a dependent is added here by one line. */
export async function createResponseDeps(
  config: Config<'response'>,
  files: ReturnType<typeof readResponseFiles>,
  nats: NatsConnection,
  database: Database,
  log: Logger,
): Promise<ActivityDeps> {
  const { settings, policy, fingerprintKeys, accounts, sealingKey, auditKey, signingKey, approvalKey } = files;
  const { secrets, known: stores } = openSecretStores(settings, database, sealingKey);
  const gateways = createGatewayRegistry(await openBucket(nats, 'gateways'), (key, cause) =>
    log.error({ key, ...errorLabel(cause) }, 'a gateway lease could not be read'),
  );
  const pull = { credentials: await openBucket(nats, 'credentials'), acks: await openBucket(nats, 'acks') };

  const providers = [
    createPostgresRoleProvider(accounts.postgres, secrets, fingerprintKeys[0]),
    createRedisAclProvider(accounts.redis, secrets, fingerprintKeys[0]),
    createAwsAccessKeyProvider(accounts.aws, secrets),
    createOauthClientProvider(accounts.oauth, secrets, fingerprintKeys),
    createKeycloakClientProvider(accounts.keycloak, secrets, createInTurn(database), fingerprintKeys),
    createNatsUserProvider(accounts.nats, secrets, createInTurn(database), fingerprintKeys),
    createGitForgeTokenProvider(accounts.gitForge, secrets, fingerprintKeys),
    createGithubTokenProvider(accounts.github, secrets, fingerprintKeys),
    createHttpProvider(accounts.http, secrets, fingerprintKeys),
    createApiTokenProvider({ tokens: createTokenStore(database), secrets, gateways, fingerprintKeys }),
  ];
  const audit = createAuditLog(database, auditKey);
  const checkpoints = createCheckpointFile(config.TOURNIQUET_CHECKPOINT_FILE, signingKey);
  const notifiers = createNotifiers(log, files.signalSigner);
  const telling = {
    deliveries: createDeliveryLog(database),
    notifiers,
    audiences: readChannels(settings.audiences, notifiers),
  };
  const dependents = [
    createReloadHookAdapter(readSecretFile(config.TOURNIQUET_HOOK_KEY_FILE)),
    createKvPullAdapter(pull),
    createCommandAdapter(byName(settings.dependents.command)),
    createFileAdapter(byName(settings.dependents.file), secrets),
    createKubernetesRolloutAdapter(byName(settings.dependents['kubernetes-rollout']), secrets),
    createManualAdapter(createMovedByHand(database), (occasion, notice) =>
      tellAudience(telling, 'engineering', occasion, notice),
    ),
  ];

  return {
    inventory: createInventory(database),
    secrets,
    stores,
    containments: createContainmentStore(database),
    audit,
    checkpoint: () => audit.checkpoint(checkpoints),
    ...telling,
    digests: createDigestBox(database),
    budget: createActionBudget(database, policy.budgets),
    movingTime: createMovingTimeStore(database),
    approvals: createApprovalDesk(database, approvalKey),
    denylist: createDenylist(await openBucket(nats, 'denylist')),
    gateways,
    uses: createUseLog(await openBucket(nats, 'sightings')),
    projection: createInventoryProjection(await openBucket(nats, 'inventory')),
    announce: (listed, subjects, eventId) =>
      announce(nats, config.TOURNIQUET_PARTITIONS, { listed, subjects, eventId }),
    accounts: Object.fromEntries(
      Object.entries(settings.providers).map(([provider, configured]) => [provider, Object.keys(configured ?? {})]),
    ),
    providers: new Map(providers.map((provider) => [provider.id, provider])),
    dependents: new Map(dependents.map((dependent) => [dependent.kind, dependent])),
    incidentUrl: (workflowId, runId) =>
      incidentUrl(config.TOURNIQUET_TEMPORAL_UI_URL, config.TOURNIQUET_TEMPORAL_NAMESPACE, workflowId, runId),
    incidentsUrl: incidentsUrl(config.TOURNIQUET_TEMPORAL_UI_URL, config.TOURNIQUET_TEMPORAL_NAMESPACE),
  };
}

function byName<S>(systems: Readonly<Record<string, S>> = {}): ReadonlyMap<string, S> {
  return new Map(Object.entries(systems));
}

/** Into the partition that carries the subject's use, so that the fold of the detectors stays a function of its events. */
async function announce(
  nats: NatsConnection,
  partitions: number,
  { listed, subjects, eventId }: { listed: 'revoked' | 'none'; subjects: readonly Subject[]; eventId: string },
): Promise<void> {
  for (const subject of subjects) {
    const batch: UsageBatch = {
      events: [{ kind: 'control', id: `${eventId}/${subject}`, at: Date.now(), subject, listed }],
    };
    await jetstream(nats).publish(`usage.${partitionOf(subject, partitions)}`, JSON.stringify(batch), {
      msgID: `${eventId}/${subject}`,
    });
  }
}
