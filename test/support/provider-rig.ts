import type { Credential, SecretVersion } from '../../domain/credential';
import type { CredentialProvider } from '../../domain/ports/credential-provider';
import type { SecretStore } from '../../domain/ports/stores';
import type { FaultProxy } from '../../drills/chaos/fault-proxy';
import type { BusyServer } from './server-says';

/** A provider on its real server, and the ways to look at that server and to break it. */
export interface ProviderRig {
  readonly provider: CredentialProvider;
  readonly credential: Credential;
  /** Where the provider keeps its values. */
  readonly secretStore: SecretStore;
  /** How many versions there can be at once, where there is a limit: those of a case are ended after it. */
  readonly mostVersions?: number;
  /** The way our admin calls take. */
  readonly adminWay: FaultProxy;
  /** The way by which versions are presented. */
  readonly loginWay: FaultProxy;
  readonly busy: BusyServer;
  /** What stands in whatever changes something there, and in nothing else that we say. */
  readonly changing: RegExp;
  /** Lets the server's clock go on by so long, where it has one. */
  later?(ms: number): void;
  /** Where only a person can have a value issued: what one does there. Resolves to the value, which is given to us. */
  issue?(): Promise<string>;
  /** A version that the server has never had; without it one of which nothing is kept. */
  readonly absent?: SecretVersion;
  /** Authenticates with the version in earnest, and ends what it opened. */
  accepts(version: SecretVersion): Promise<boolean>;
  /** Authenticates and stays; undefined when it was refused. */
  openSession(version: SecretVersion): Promise<{ end(): Promise<void> } | undefined>;
  sessions(version: SecretVersion): Promise<number>;
  /** Has our admin credential refused, or accepted again. */
  admin(accepted: boolean): Promise<void>;
  /** How many versions the server has, where each new one is one more. */
  kept?(): Promise<number>;
  /** All that the server has on record of versions and their rights. */
  records(): Promise<unknown>;
  /** Every secret value there is by now: of versions, and of admin credentials. */
  secrets(): Promise<readonly string[]>;
  stop(): Promise<void>;
}
