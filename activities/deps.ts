import type { Subject } from '../domain/subject';
import type { CredentialProvider } from '../domain/ports/credential-provider';
import type { Denylist, GatewayRegistry } from '../domain/ports/denylist';
import type { DigestBox } from '../domain/ports/digest-box';
import type { DependentAdapter } from '../domain/ports/dependent';
import type { Audience, Notifier, StandardAudience } from '../domain/ports/notifier';
import type { ApprovalDesk } from '../domain/ports/approvals';
import type { UseLog } from '../domain/ports/use-log';
import type {
  ActionBudget,
  AuditLog,
  ContainmentStore,
  Inventory,
  KnownSecretStores,
  MovingTimeStore,
  SecretStore,
} from '../domain/ports/stores';
import type { InventoryRecord } from '../domain/credential';
import type { DeliveryLog } from './store/delivery-log';

/** Where an audience is reached. */
export interface Channel {
  readonly notifier: string;
  readonly target: string;
}

/** Everything the activities touch, given by whoever wires a worker. */
export interface ActivityDeps {
  readonly inventory: Inventory;
  readonly secrets: SecretStore;
  readonly stores: KnownSecretStores;
  readonly containments: ContainmentStore;
  readonly audit: AuditLog;
  /** Signs how far the audit chain has come, outside the database. */
  readonly checkpoint: () => Promise<void>;
  readonly deliveries: DeliveryLog;
  readonly digests: DigestBox;
  /** How many versions may be ended without a person. */
  readonly budget: ActionBudget;
  readonly movingTime: MovingTimeStore;
  /** Who showed a signed approval for what loosens. */
  readonly approvals: ApprovalDesk;
  readonly denylist: Denylist;
  readonly gateways: GatewayRegistry;
  /** Who was seen using what has an open incident. */
  readonly uses: UseLog;
  readonly projection: { write(records: readonly InventoryRecord[]): Promise<void> };
  /** Tells the detectors, in the stream they fold, that subjects are revoked from now on, or that nothing is known against them. */
  readonly announce: (listed: 'revoked' | 'none', subjects: readonly Subject[], eventId: string) => Promise<void>;
  readonly providers: ReadonlyMap<string, CredentialProvider>;
  /** The accounts that are configured, by provider. */
  readonly accounts: Readonly<Record<string, readonly string[]>>;
  readonly dependents: ReadonlyMap<string, DependentAdapter>;
  readonly notifiers: ReadonlyMap<string, Notifier>;
  readonly audiences: Readonly<
    Record<StandardAudience, readonly Channel[]> & Partial<Record<Audience, readonly Channel[]>>
  >;
  /** The Temporal Web UI's page of a run. */
  readonly incidentUrl: (workflowId: string, runId: string) => string;
  /** Its list of all incidents. */
  readonly incidentsUrl: string;
}
